// A world of its own for tests that drive the built program: temporary folders, an environment that finds nothing of the
// login that runs the tests, real SSH servers on loopback, and an end at which no process is left, whatever happened.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServerChannel } from 'ssh2'
import { attachEngine, type EngineClient } from '../../../src/engine/client.ts'
import { doorOf } from '../../../src/engine/places.ts'
import { answer, startServer, type TestServer } from '../../infra/ssh/server.ts'

/** The built program; another one can be named, so that a long run is not disturbed by the next build. */
export const bundle =
  process.env.WATCHFLOOR_BUNDLE ?? fileURLToPath(new URL('../../../dist/watchfloor.mjs', import.meta.url))

export interface Ran {
  stdout: string
  stderr: string
  /** null: a signal ended it. */
  exit: number | null
  signal: NodeJS.Signals | null
}

export interface Background {
  pid: number
  child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves when its output (both streams) holds this. */
  says(words: string): Promise<void>
  gone: Promise<Ran>
}

export interface RunOptions {
  env?: Record<string, string>
  cwd?: string
  /** Given to stdin, which is then closed. Default: nothing. */
  stdin?: string
  /** What runs: default the pinned Node with the bundle. */
  program?: readonly string[]
}

export interface World {
  dir: string
  env: Record<string, string>
  /** Where the home of a fleet lies by default. */
  home(fleet?: string): string
  write(name: string, text: string, mode?: number): string
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>
  begin(argv: readonly string[], options?: RunOptions): Background
  /** A server on loopback that lasts as long as the world. */
  server(run?: (command: string, channel: ServerChannel) => void): Promise<TestServer>
  /** A second client of a running engine, in this process. */
  attach(fleet?: string): Promise<EngineClient>
  /** Runs an engine as our child and attaches to it: `engine run` with these options. */
  runEngine(
    fleetFile: string,
    options?: readonly string[],
    run?: RunOptions,
  ): Promise<{ run: Background; client: EngineClient }>
  /** Every live process that this world began, however far it has gone from us. */
  processes(): number[]
  close(): Promise<void>
}

const marker = 'WATCHFLOOR_TEST_WORLD'

export function makeWorld(): World {
  const dir = mkdtempSync(path.join(tmpdir(), 'wf-'))
  const state = path.join(dir, 'state')
  const userHome = path.join(dir, 'home')
  mkdirSync(userHome, { mode: 0o700 })
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: userHome,
    XDG_STATE_HOME: state,
    XDG_CONFIG_HOME: path.join(dir, 'config'),
    TZ: 'UTC',
    [marker]: dir,
  }
  const cleanups: (() => Promise<void>)[] = []

  function begin(argv: readonly string[], options: RunOptions = {}): Background {
    const [file = process.execPath, ...prefix] = options.program ?? [process.execPath, bundle]
    const child = spawn(file, [...prefix, ...argv], {
      cwd: options.cwd ?? dir,
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    const listening = new Set<() => void>()
    const heard = (into: Buffer[]) => (piece: Buffer) => {
      into.push(piece)
      for (const look of [...listening]) look()
    }
    child.stdout.on('data', heard(out))
    child.stderr.on('data', heard(err))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
    let ended = false
    const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString('utf8')
    const gone = once(child, 'close').then(([exit, signal]): Ran => {
      ended = true
      for (const look of [...listening]) look()
      return { stdout: text(out), stderr: text(err), exit, signal }
    })
    if (child.pid === undefined) throw new Error(`${file} does not start`)
    return {
      pid: child.pid,
      child,
      stdout: () => text(out),
      stderr: () => text(err),
      gone,
      says: words =>
        new Promise((resolve, reject) => {
          const look = () => {
            if (text(out).includes(words) || text(err).includes(words)) resolve()
            else if (ended) reject(new Error(`it ended without saying "${words}": ${text(out)} ${text(err)}`))
            else return
            listening.delete(look)
          }
          listening.add(look)
          look()
        }),
    }
  }

  function processes(): number[] {
    const wanted = `${marker}=${dir}\0`
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(wanted)
        } catch {
          return false
        }
      })
      .map(Number)
  }

  const home = (fleet = 'harbour') => env.WATCHFLOOR_HOME ?? path.join(state, 'watchfloor', fleet)
  async function attach(fleet = 'harbour'): Promise<EngineClient> {
    const around = { env, cwd: dir, uid: process.getuid?.() ?? 0, homeDir: userHome, exists: () => false }
    const client = await attachEngine({
      socketPath: doorOf(home(fleet), fleet, around).socket,
      version: 'test',
      heal: false,
    })
    cleanups.push(() => client.close())
    return client
  }

  return {
    dir,
    env,
    home,
    begin,
    run: (argv, options) => begin(argv, options).gone,
    processes,
    write(name, text, mode = 0o600) {
      const file = path.join(dir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text, { mode })
      return file
    },
    async server(run) {
      const server = await startServer({ run: (command, channel) => (run ?? shell)(command, channel) })
      cleanups.push(() => server.close())
      return server
    },
    attach,
    async runEngine(fleetFile, options = [], how = {}) {
      const run = begin(['engine', 'run', '--fleet', fleetFile, ...options], how)
      let ended: Ran | null = null
      void run.gone.then(ran => {
        ended = ran
      })
      for (;;) {
        const client = await attach().catch(() => null)
        if (client) return { run, client }
        if (ended) throw new Error(`the engine ended: ${run.stderr()}`)
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    },
    async close() {
      for (const clean of cleanups.splice(0).reverse()) await clean()
      // A process may be starting another at this moment: looked at until none is left.
      for (let left = processes(); left.length > 0; left = processes()) {
        for (const pid of left) {
          try {
            process.kill(pid, 'SIGKILL')
          } catch {
            // Gone by itself.
          }
        }
        await new Promise(resolve => setTimeout(resolve, 10))
      }
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Says what a small machine would: `echo`, an exit code, an endless command. */
export function shell(command: string, channel: ServerChannel): void {
  const words = command.replaceAll("'", '')
  const fails = /^exit-with (\d+)$/.exec(words)
  if (fails) {
    channel.write('some output\n')
    channel.stderr.write('it is broken\n')
    channel.exit(Number(fails[1]))
    channel.end()
    return
  }
  if (words === 'sleep forever') return
  answer(command, channel)
}

/** Two machines that answer to the same server, and HQ; each has an `ssh` probe. */
export function fleetText(
  world: World,
  server: TestServer,
  more: { nodes?: string; rest?: string; every?: string } = {},
): string {
  const key = world.write('id_test', server.clientKey.privateText)
  const ssh = `ssh: { port: ${server.port}, hostkey: "${server.key.fingerprint}" }`
  return `fleet: harbour
timezone: UTC
hq: { name: hq, provider: static, address: 127.0.0.1 }
defaults: { provider: static, ssh: { user: operator, identity: "file:${key}" } }
nodes:
  alpha: { address: 127.0.0.1, tags: [pilot], ${ssh} }
  bravo: { address: 127.0.0.1, ${ssh} }
${more.nodes ?? ''}
probes:
  - { kind: ssh, on: "*,!@hq", every: ${more.every ?? '10s'} }
${more.rest ?? ''}`
}

/** Waits for a state of the engine instead of for time. */
export function until(engine: EngineClient, holds: () => boolean): Promise<void> {
  return new Promise(resolve => {
    if (holds()) return resolve()
    const stop = engine.subscribe(() => {
      if (!holds()) return
      stop()
      resolve()
    })
  })
}
