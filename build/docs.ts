// Writes what is generated of the documentation, or says what is stale: `node build/docs.ts`, `node build/docs.ts --check`.
// A page that follows from the code cannot drift from it, since `npm run check` fails when it does.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { commands } from '../src/cli/commands.ts'
import {
  alertTestDocument,
  checkDocument,
  doneDocument,
  execLine,
  incidentsDocument,
  statusDocument,
  uptimeDocument,
} from '../src/cli/shapes.ts'
import { fleetJsonSchema } from '../src/fleet/json-schema.ts'
import { probeKinds } from '../src/watch/probes/index.ts'
import { cliPage } from './docs/cli.ts'
import { collectErrors, errorsPage } from './docs/errors.ts'
import { keysPage } from './docs/keys.ts'
import { probesPage } from './docs/probes.ts'

const root = path.join(import.meta.dirname, '..')
/** Pure data, without React; written by the screens. */
const actionsFile = 'screens/keys/actions.ts'

/** Path below the root → what must stand there. */
export async function generatedDocuments(): Promise<Map<string, string>> {
  const documents = new Map([
    ['docs/cli.md', cliPage(commands)],
    ['docs/errors.md', errorsPage(collectErrors(root, ['state', 'infra', 'src', 'screens']))],
    ['docs/probes.md', probesPage(probeKinds)],
    ['docs/schema/fleet.schema.json', json(fleetJsonSchema(probeKinds))],
    ['docs/schema/check.schema.json', published(checkDocument, 'watchfloor check --json')],
    ['docs/schema/exec.schema.json', published(execLine, 'One line of watchfloor exec --json')],
    ['docs/schema/status.schema.json', published(statusDocument, 'watchfloor status --json')],
    ['docs/schema/incidents.schema.json', published(incidentsDocument, 'watchfloor incident list --json')],
    ['docs/schema/done.schema.json', published(doneDocument, 'What a command that did something prints with --json')],
    ['docs/schema/alert-test.schema.json', published(alertTestDocument, 'watchfloor alert test --json')],
    ['docs/schema/uptime.schema.json', published(uptimeDocument, 'watchfloor uptime --json')],
  ])
  if (existsSync(path.join(root, actionsFile))) {
    const found: unknown = await import(pathToFileURL(path.join(root, actionsFile)).href)
    documents.set('docs/keys.md', keysPage(found))
  }
  return documents
}

/** Names of documents below `folder` that are not what they should be. */
export function staleDocuments(folder: string, documents: ReadonlyMap<string, string>): string[] {
  return [...documents].flatMap(([name, text]) => {
    const file = path.join(folder, name)
    return existsSync(file) && readFileSync(file, 'utf8') === text ? [] : [name]
  })
}

function writeDocuments(folder: string, documents: ReadonlyMap<string, string>): string[] {
  const stale = staleDocuments(folder, documents)
  for (const name of stale) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, documents.get(name) ?? '')
  }
  return stale
}

function published(schema: object, title: string): string {
  return json({ $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema })
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const documents = await generatedDocuments()
  const checks = process.argv.includes('--check')
  const stale = checks ? staleDocuments(root, documents) : writeDocuments(root, documents)
  for (const name of stale) {
    if (checks) process.stderr.write(`${name} is stale: run \`npm run docs\`\n`)
    else process.stdout.write(`wrote ${name}\n`)
  }
  process.exit(checks && stale.length > 0 ? 1 : 0)
}
