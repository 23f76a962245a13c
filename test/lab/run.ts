// `node test/lab/run.ts [FILTER…]` runs the lab's tests; `… clean` removes what a killed run left; `… up` keeps a lab running
// until Ctrl-C, to try things by hand; `… collect` renews the fixtures. Needs root and the Debian packages of packages.txt.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { clean } from './clean.ts'
import { collect } from './collect.ts'
import { run } from './command.ts'
import { createLab } from './lab.ts'

const here = import.meta.dirname
const [verb, ...rest] = process.argv.slice(2)

process.exitCode = await main()

async function main(): Promise<number> {
  const missing = await missingPieces()
  if (missing !== null) {
    process.stderr.write(`lab: ${missing}\n`)
    return 2
  }
  switch (verb) {
    case 'clean':
      await clean()
      return 0
    case 'up':
      return keepUp()
    case 'collect':
      return collectFixtures()
    default:
      return test(verb === undefined ? [] : [verb, ...rest])
  }
}

/** What keeps the lab from running here, in a sentence that says what to do; null: nothing. */
async function missingPieces(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'it boots machines, so it needs root'
  const packages = readFileSync(join(here, 'packages.txt'), 'utf8').split('\n').filter(Boolean)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders.
  const known = await run(['dpkg-query', '--show', '--showformat=${Package} ${db:Status-Status}\\n', ...packages])
  const absent = packages.filter(name => !known.stdout.includes(`${name} installed`))
  return absent.length === 0 ? null : `apt-get install --no-install-recommends ${absent.join(' ')}`
}

async function test(filters: string[]): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  // Vitest ends when this does, however that happens; its machines end with it.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', process.execPath, vitest, 'run', '--config', join(here, 'vitest.config.ts'), ...filters],
    {
      stdio: 'inherit',
    },
  )
  const pass = () => child.kill('SIGINT')
  process.on('SIGINT', pass)
  process.on('SIGTERM', pass)
  const status = await new Promise<number>(resolve => {
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 70) : 130))
    child.on('error', () => resolve(70))
  })
  await clean()
  return status
}

async function collectFixtures(): Promise<number> {
  const lab = await createLab({ machines: ['alpha', 'beta', 'gamma'] })
  try {
    for (const path of await collect(lab)) process.stdout.write(`${path}\n`)
    return 0
  } finally {
    await lab.destroy()
  }
}

async function keepUp(): Promise<number> {
  const lab = await createLab({ machines: rest.length > 0 ? rest : ['alpha', 'beta', 'gamma'] })
  process.stdout.write(`fleet file: ${lab.fleetFile}\nHQ:         ${lab.hq.enter()}\nCtrl-C ends it.\n`)
  // Keeps the process alive while nothing happens.
  let keepAlive: NodeJS.Timeout | undefined
  await new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
    keepAlive = setInterval(() => {}, 60_000)
  })
  clearInterval(keepAlive)
  await lab.destroy()
  return 0
}
