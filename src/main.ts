// The composition root: the only file that may import every floor. Screens are loaded only when a terminal wants them.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { CliCommand, CliContext } from './cli/command.ts'
import { commands } from './cli/commands.ts'
import { processConsole } from './cli/output.ts'
import { runCli } from './cli/program.ts'
import { openEngine, withEngine } from './cli/session.ts'
import { showStatus } from './cli/status.ts'
import { roomPlaces } from './engine/places.ts'
import { type Bindable, noSettings, type ReadSettings } from './room/shapes.ts'

declare const __VERSION__: string
const version = typeof __VERSION__ === 'string' ? __VERSION__ : 'unbuilt'

/** `watchfloor` alone: the control room, or the same as plain text when stdout is no terminal. */
const room: CliCommand = {
  name: '',
  summary: 'the control room',
  options: [
    {
      flags: '--plain-ui',
      description: 'the room as lines, for screen readers: no picture, a line is a name or an answer',
    },
  ],
  exits: '1 a node is down (plain) · 4 no engine',
  async run(call) {
    const isPlain = call.options.plainUi === true
    if (!isPlain && (!process.stdout.isTTY || !process.stdin.isTTY)) {
      return withEngine(call, engine => showStatus(engine, call))
    }
    // Both at once: the picture's code loads while the engine is being reached.
    const screens = import('../screens/app.tsx')
    const engine = await openEngine(call, { heal: true })
    const { openRoom, openPlainRoom, bindable } = await screens
    const { around } = call.context
    const { fleet, engine: info } = engine.live()
    const places = roomPlaces(fleet.name, info.homeKind, around)
    const settings = around.exists(places.settings) ? await settingsIn(places.settings, bindable) : noSettings
    return isPlain
      ? openPlainRoom({ engine, env: process.env })
      : openRoom({ engine, env: process.env, settings, places })
  },
}

async function settingsIn(file: string, actions: readonly Bindable[]): Promise<ReadSettings> {
  const { readSettings } = await import('./room/settings.ts')
  try {
    return readSettings(file, readFileSync(file), actions)
  } catch (error) {
    return { ...noSettings, mistakes: [`${file}: ${error instanceof Error ? error.message : String(error)}`] }
  }
}

/** ctrl-c and ctrl-d are an answer too: none. */
async function askPerson(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const gone = new AbortController()
  lines.on('close', () => gone.abort())
  try {
    return await lines.question(question, { signal: gone.signal })
  } catch {
    return ''
  } finally {
    lines.close()
  }
}

const context: CliContext = {
  console: processConsole(),
  around: {
    env: process.env,
    cwd: process.cwd(),
    uid: process.getuid?.() ?? 0,
    homeDir: homedir(),
    exists: existsSync,
  },
  version,
  program: [process.execPath, fileURLToPath(import.meta.url)],
  // The answer may be piped away: the question goes where messages go.
  ask: process.stdin.isTTY && process.stderr.isTTY ? askPerson : null,
}
// `watchfloor status | head` closes our stdout: that is no error.
process.stdout.on('error', () => {
  // The room has a listener of its own while it is open: it keeps what was being typed, and ends by itself.
  if (process.stdout.listenerCount('error') === 1) process.exit(0)
})

// Timers of the engine's parts never keep a process alive by themselves; a running command does.
const alive = setInterval(() => {}, 2 ** 30)
process.exitCode = await runCli(process.argv.slice(2), commands, room, context)
clearInterval(alive)
// What is still open (an idle socket, a timer) must not hold a finished command; what is still to be written may.
if (process.stdout.writableLength === 0) process.exit()
process.stdout.once('drain', () => process.exit())
