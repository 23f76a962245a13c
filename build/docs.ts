// Writes what is generated of the documentation, or says what is stale: `node build/docs.ts`, `node build/docs.ts --check`.
// A page that follows from the code cannot drift from it, since `npm run check` fails when it does.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { troubleActions } from '../screens/incidents/actions-anywhere.ts'
import { onOneActions } from '../screens/incidents/actions-on-one.ts'
import type { Action } from '../screens/keys/action.ts'
import { actions } from '../screens/keys/actions.ts'
import { movement } from '../screens/keys/movement.ts'
import { onNodes } from '../screens/keys/on-nodes.ts'
import { createRoom } from '../screens/room/room.ts'
import type { Screen } from '../screens/room/screen.ts'
import { execAction } from '../screens/runs/exec.ts'
import { type ScreenId, screenIds, screens } from '../screens/screens.ts'
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
import {
  costAnswer,
  driftDocument,
  offersDocument,
  operationsDocument,
  pricesDocument,
} from '../src/cli/shapes-clouds.ts'
import { fleetJsonSchema } from '../src/fleet/json-schema.ts'
import { roomSettings } from '../src/room/shapes.ts'
import { probeKinds } from '../src/watch/probes/index.ts'
import { fakeEngine } from '../test/screens/fake-engine.ts'
import { cliPage } from './docs/cli.ts'
import { collectErrors, errorsPage } from './docs/errors.ts'
import { type KeyGroup, keysPage } from './docs/keys.ts'
import { probesPage } from './docs/probes.ts'

const root = path.join(import.meta.dirname, '..')

/** Path below the root → what must stand there. */
export function generatedDocuments(): Map<string, string> {
  return new Map([
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
    ['docs/schema/cost.schema.json', published(costAnswer, 'watchfloor cost --json')],
    ['docs/schema/drift.schema.json', published(driftDocument, 'watchfloor drift --json')],
    ['docs/schema/offers.schema.json', published(offersDocument, 'watchfloor offers --json')],
    ['docs/schema/prices.schema.json', published(pricesDocument, 'watchfloor prices show --json')],
    [
      'docs/schema/operations.schema.json',
      published(operationsDocument, 'What provision, teardown and adopt print with --json'),
    ],
    ['docs/schema/uptime.schema.json', published(uptimeDocument, 'watchfloor uptime --json')],
    ['docs/keys.md', keys()],
    ['docs/schema/room.schema.json', published(roomSettings, 'room.yaml: settings of the control room')],
  ])
}

function keys(): string {
  // A room on an empty fleet: what the page tells of lists is there in any other too.
  const room = createRoom(fakeEngine(0), { columns: 120, rows: 36 }, () => 0)
  const snapshot = room.snapshot()
  room.close()
  return keysPage(keyGroups(), snapshot)
}

/** Every action once: with its screen, with what it acts on, else everywhere. */
function keyGroups(): KeyGroup[] {
  const onThem = new Set<Action>([...onNodes, execAction])
  const onTrouble = new Set<Action>([...troubleActions, ...onOneActions])
  const moves = new Set<Action>(movement)
  const isSomewhereElse = (one: Action) =>
    one.screen !== undefined || onThem.has(one) || onTrouble.has(one) || moves.has(one)
  return [
    ...screenIds().map(
      (id): KeyGroup => ({
        heading: `On the screen: ${screens[id].title}`,
        words: openedBy(id),
        actions: actions.filter(one => one.screen === id),
      }),
    ),
    {
      heading: 'On nodes',
      words: 'Wherever there are nodes: on the marked ones, else on the one under the cursor.',
      actions: actions.filter(one => onThem.has(one)),
    },
    {
      heading: 'On trouble',
      words: 'On incidents, and wherever there are nodes that they may be about.',
      actions: actions.filter(one => onTrouble.has(one)),
    },
    { heading: 'Everywhere', words: null, actions: actions.filter(one => !isSomewhereElse(one)) },
    { heading: 'Moving about', words: null, actions: actions.filter(one => moves.has(one)) },
  ]
}

function openedBy(id: ScreenId): string | null {
  const { key, isNamed = false, title }: Pick<Screen<object, unknown>, 'key' | 'isNamed' | 'title'> = screens[id]
  if (key !== null) return `\`${key}\` opens it.`
  return isNamed ? `\`:${title}\` opens it.` : null
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
  const documents = generatedDocuments()
  const checks = process.argv.includes('--check')
  const stale = checks ? staleDocuments(root, documents) : writeDocuments(root, documents)
  for (const name of stale) {
    if (checks) process.stderr.write(`${name} is stale: run \`npm run docs\`\n`)
    else process.stdout.write(`wrote ${name}\n`)
  }
  process.exit(checks && stale.length > 0 ? 1 : 0)
}
