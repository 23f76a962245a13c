// HQ of the lab: where Watchfloor runs. A network namespace of its own (so that HQ's own link can be cut) with its own
// processes and mounts: everything started here, engines that detached included, ends with the one process that holds it.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Done, mustRun, type RunOptions, run, waitFor } from './command.ts'
import { cutHq, namespacePath, restoreHq } from './network.ts'
import { hqNamespace } from './place.ts'

// Bash reaps what detached processes leave behind, as an init must; HQ's wireguard-go gets a socket directory of its own,
// and the lab has no resolver: a name that cannot be known should fail at once, not after a timeout.
const hold = [
  'mount --make-rprivate /',
  'mkdir -p /run/wireguard',
  'mount -t tmpfs tmpfs /run/wireguard',
  'mount --bind "$1" "$(readlink -f /etc/resolv.conf)"',
  'while :; do sleep 3600; done',
].join('\n')

export class Hq {
  readonly namespace = hqNamespace
  /** HOME of everything that runs here; thrown away with the lab. */
  readonly home: string
  #holder: ChildProcess | null = null
  #environment: Readonly<Record<string, string>> = {}

  constructor(directory: string) {
    this.home = join(directory, 'home')
  }

  async start(environment: Readonly<Record<string, string>>): Promise<void> {
    mkdirSync(this.home, { recursive: true, mode: 0o700 })
    const runtime = join(this.home, 'run')
    mkdirSync(runtime, { recursive: true, mode: 0o700 })
    this.#environment = {
      HOME: this.home,
      XDG_RUNTIME_DIR: runtime,
      XDG_STATE_HOME: join(this.home, 'state'),
      XDG_CONFIG_HOME: join(this.home, 'config'),
      XDG_DATA_HOME: join(this.home, 'data'),
      SSH_AUTH_SOCK: '',
      ...environment,
    }
    const resolver = join(this.home, 'resolv.conf')
    writeFileSync(resolver, 'nameserver 127.0.0.1\n')
    this.#holder = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'nsenter', `--net=${namespacePath(hqNamespace)}`],
        ...['unshare', '--mount', '--propagation', 'slave', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc'],
        ...['bash', '-c', hold, 'hq', resolver],
      ],
      { stdio: 'ignore', detached: true },
    )
    await waitFor(
      'HQ is there',
      async () => (await this.tryRun(['mountpoint', '-q', '/run/wireguard'])).exit === 0,
      10_000,
    )
  }

  /** Runs on HQ; a bad exit is an answer. */
  tryRun(argv: readonly string[], options: RunOptions = {}): Promise<Done> {
    const init = this.#init()
    if (init === null) return Promise.reject(new Error('HQ is not running'))
    return run(['nsenter', `--target=${init}`, '--mount', '--net', '--pid', '--', ...argv], {
      ...options,
      env: { ...this.#environment, ...options.env },
    })
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const done = await this.tryRun(argv, options)
    if (done.exit === 0) return done.stdout
    throw new Error(`HQ: ${argv.join(' ')}: exit ${done.exit}\n${done.stdout}${done.stderr}`)
  }

  /** Starts something that stays, e.g. an engine in the foreground; its output goes nowhere but to the caller. */
  spawn(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const init = this.#init()
    if (init === null) throw new Error('HQ is not running')
    return spawn('nsenter', [`--target=${init}`, '--mount', '--net', '--pid', '--', ...argv], {
      env: { ...process.env, ...this.#environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** The command that opens a shell on HQ, for people. */
  enter(): string {
    return `nsenter --target=${this.#init()} --mount --net --pid env HOME=${this.home} bash`
  }

  cutLink(): Promise<void> {
    return cutHq()
  }

  restoreLink(): Promise<void> {
    return restoreHq()
  }

  async destroy(): Promise<void> {
    const holder = this.#holder
    if (holder === null || holder.exitCode !== null) return
    const ended = new Promise<void>(resolve => holder.once('exit', () => resolve()))
    // Killing PID 1 of the namespace takes everything in it along; `unshare` does so when it goes.
    const init = this.#init()
    if (init !== null) process.kill(init, 'SIGKILL')
    holder.kill('SIGKILL')
    await ended
    this.#holder = null
  }

  #init(): number | null {
    const holder = this.#holder?.pid
    if (holder === undefined) return null
    try {
      const children = readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8').split(/\s+/).filter(Boolean)
      return children[0] === undefined ? null : Number(children[0])
    } catch {
      return null
    }
  }
}

/** HQ's end of the mesh, from the file that `wg-quick` reads. */
export async function raiseMesh(hq: Hq, configuration: string): Promise<void> {
  await hq.run(['wg-quick', 'up', configuration], {
    env: { WG_QUICK_USERSPACE_IMPLEMENTATION: 'wireguard-go' },
    timeoutMs: 30_000,
  })
  await hq.run(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'])
}

export async function makeMeshKey(): Promise<{ secret: string; public: string }> {
  const secret = (await mustRun(['wg', 'genkey'])).trim()
  return { secret, public: (await mustRun(['wg', 'pubkey'], { input: `${secret}\n` })).trim() }
}
