// Attaches to the engine of a home and starts one if none runs. The started engine outlives the terminal: its own
// systemd scope where there is one (logind may kill what a login leaves behind), else its own session.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { unitName } from '../../infra/systemd/unit.ts'
import { Unreachable } from '../../state/primitives/errors.ts'
import { attachEngine, type EngineClient } from './client.ts'
import { type Door, isSharedHome } from './places.ts'

export interface StartOptions {
  /** argv prefix that runs this program: Node and the bundle. */
  program: readonly string[]
  version: string
  fleetFile: string
  home: string
  kind: 'real' | 'sandbox' | 'test'
  door: Door
  heal: boolean
  /** Told once, when an engine had to be started: how, and what that means. */
  onStarted(how: 'scope' | 'session'): void
}

const startDeadlineMs = 20_000
const graceMs = 1_500

export async function attachOrStart(options: StartOptions): Promise<EngineClient> {
  const attach = () => attachEngine({ socketPath: options.door.socket, version: options.version, heal: options.heal })
  try {
    return await attach()
  } catch (error) {
    if (!isAbsent(error, options)) throw error
  }
  if (isForeign(options.home)) throw notOurs(options.home)
  const started = launch(options)
  const deadline = performance.now() + startDeadlineMs
  while (performance.now() < deadline) {
    await new Promise<void>(resolve => setTimeout(resolve, 20))
    try {
      const client = await attach()
      // Of several starts at once each writes its own; the one that counts is kept under one name.
      renameSync(started.log, path.join(path.dirname(started.log), 'start.log'))
      options.onStarted(started.how)
      return client
    } catch (error) {
      if (!isAbsent(error, options)) throw error
    }
    const ended = started.ended()
    // Refused: another engine was quicker and owns the home. It may be opening a long journal: it gets the whole time.
    if (ended !== null && ended.code !== 5 && performance.now() - ended.at > graceMs)
      throw didNotStart(started.log, ended.code)
  }
  throw didNotStart(started.log, started.ended()?.code ?? null)
}

/** Nothing listens, as far as one can tell: where a shared engine is not running, its closed home hides that. */
export function isAbsent(error: unknown, at: { home: string; door: Door }): boolean {
  if (!(error instanceof Unreachable)) return false
  if (error.name === 'no-engine' || error.name === 'link-lost') return true
  return error.name === 'engine-forbidden' && !at.door.shared && isSharedHome(at.home)
}

/** Another login's home: even root must not start an engine in it, whose files that login could not read any more. */
function isForeign(home: string): boolean {
  const found = statSync(home, { throwIfNoEntry: false })
  return found !== undefined && found.uid !== process.getuid?.()
}

function notOurs(home: string): Unreachable {
  return new Unreachable({
    name: 'engine-not-ours',
    message: `no engine runs, and its home ${home} belongs to another login`,
    remedy: isSharedHome(home)
      ? `Start it: \`systemctl start ${unitName(path.basename(home))}\`.`
      : 'That login has to start it, or name a home of your own with --home.',
  })
}

/**
 * The program with what keeps an engine small: it lives for months and allocates evenly, so that a smaller young
 * generation and a heap that grows in smaller steps halve its memory (386 to 199 MB at 1,000 nodes) for a twentieth more
 * work.
 */
export function engineProgram(program: readonly string[]): string[] {
  const [node = '', ...rest] = program
  return [node, '--max-semi-space-size=4', '--heap-growing-percent=30', ...rest]
}

function launch(options: StartOptions): {
  how: 'scope' | 'session'
  log: string
  ended(): { code: number; at: number } | null
} {
  const logDir = path.join(options.home, 'log')
  mkdirSync(logDir, { recursive: true, mode: 0o700 })
  const log = path.join(logDir, `start-${process.pid}.log`)
  const out = openSync(log, 'w', 0o600)
  const engine = [
    ...engineProgram(options.program),
    'engine',
    'run',
    '--fleet',
    options.fleetFile,
    '--home',
    options.home,
    '--kind',
    options.kind,
  ]
  const how = hasUserManager() ? 'scope' : 'session'
  const argv = how === 'scope' ? ['systemd-run', '--user', '--scope', '--quiet', '--collect', '--', ...engine] : engine
  const [file = '', ...args] = argv
  let ended: { code: number; at: number } | null = null
  const child = spawn(file, args, { detached: true, stdio: ['ignore', out, out], cwd: '/' })
  child.on('exit', (code, signal) => {
    ended = { code: code ?? (signal ? 128 : 1), at: performance.now() }
  })
  child.on('error', () => {
    ended = { code: 127, at: performance.now() }
  })
  child.unref()
  closeSync(out)
  return { how, log, ended: () => ended }
}

/** A user manager that answers; without it `systemd-run --user` hangs or fails. */
function hasUserManager(): boolean {
  const runtime = process.env.XDG_RUNTIME_DIR
  if (!runtime || !existsSync(path.join(runtime, 'systemd', 'private'))) return false
  const asked = spawnSync('systemctl', ['--user', 'is-system-running'], { timeout: 2_000, encoding: 'utf8' })
  return /^(running|degraded)/.test(asked.stdout ?? '')
}

function didNotStart(log: string, ended: number | null): Unreachable {
  let said = ''
  try {
    said = readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n')
  } catch {
    // What it said is a help, not a need.
  }
  const how = ended === null ? `did not answer within ${startDeadlineMs / 1000} s` : `ended with ${ended}`
  return new Unreachable({
    name: 'engine-did-not-start',
    message: `the engine ${how}${said ? `:\n${said}` : ''}`,
    remedy: `Its messages are in ${log}; \`watchfloor engine run\` in a terminal shows them live.`,
  })
}
