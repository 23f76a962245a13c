// One machine of the lab: a Debian tree under an overlay, booted by systemd-nspawn in its own network namespace and
// started again when it reboots. Nothing registers with the host, so it works where PID 1 is not systemd.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Done, mustRun, type RunOptions, run, waitFor } from './command.ts'
import { cutMachine, namespaceOf, namespacePath, processesIn, restoreMachine } from './network.ts'

/** systemd-nspawn ends with this status when the machine inside asked for a reboot. */
const rebooted = 133

export interface MachinePlan {
  name: string
  /** On the wire, and inside the mesh. */
  address: string
  mesh: string
  /** The machine's own directory, with `upper` already filled. */
  directory: string
  tree: string
}

export class Machine {
  readonly name: string
  readonly address: string
  readonly mesh: string
  readonly #plan: MachinePlan
  #process: ChildProcess | null = null
  #stopping = false
  #starts = 0

  constructor(plan: MachinePlan) {
    this.name = plan.name
    this.address = plan.address
    this.mesh = plan.mesh
    this.#plan = plan
  }

  /** How often it has booted since the lab began. */
  get boots(): number {
    return this.#starts
  }

  start(): void {
    const { directory, tree, name } = this.#plan
    for (const part of ['upper', 'work', 'root']) mkdirSync(join(directory, part), { recursive: true })
    const namespace = namespaceOf(name)
    const console = openSync(join(directory, 'console.log'), 'a')
    // Dies with the test process, however that ends: the parent-death signal reaches `unshare`, whose end takes the
    // process namespace along. (nspawn killed by itself would leave its machine running.)
    const child = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'slave'],
        ...[
          '--pid',
          '--fork',
          '--kill-child=SIGKILL',
          '--mount-proc',
          '/bin/sh',
          join(import.meta.dirname, 'start.sh'),
          namespace,
          tree,
          directory,
        ],
        ...['--boot', '--quiet', '--register=no', '--keep-unit', '--settings=no', '--console=pipe'],
        ...[`--hostname=${name}`, `--network-namespace-path=${namespacePath(namespace)}`],
        // Power over the machine's own network, which is all that it can see: WireGuard needs it.
        ...[
          '--capability=CAP_NET_ADMIN',
          '--bind=/dev/net/tun',
          '--resolv-conf=off',
          '--timezone=off',
          '--link-journal=no',
        ],
      ],
      { stdio: ['ignore', console, console], detached: true },
    )
    closeSync(console)
    this.#starts += 1
    this.#process = child
    child.on('exit', status => {
      this.#process = null
      if (!this.#stopping && status === rebooted) this.start()
    })
    child.on('error', () => {
      this.#process = null
    })
  }

  /** Resolves when systemd inside has finished starting, with its word for the state: `running`, `degraded`. */
  async booted(timeoutMs = 60_000): Promise<string> {
    const state = await waitFor(
      `${this.name} has booted`,
      async () => {
        const done = await this.tryExec(['systemctl', 'is-system-running'])
        const word = done.stdout.trim()
        return word === 'running' || word === 'degraded' ? word : null
      },
      timeoutMs,
    )
    return state
  }

  /** Enters the machine from outside: works while its network is cut. */
  tryExec(argv: readonly string[], options: RunOptions = {}): Promise<Done> {
    const leader = this.#leader()
    if (leader === null) return Promise.reject(new Error(`${this.name} is not running`))
    return run(
      [
        'nsenter',
        `--target=${leader}`,
        '--mount',
        '--uts',
        '--ipc',
        '--net',
        '--pid',
        '--cgroup',
        '--root',
        '--wd=/',
        '--',
        ...argv,
      ],
      {
        ...options,
        env: {
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          LC_ALL: 'C.UTF-8',
          ...options.env,
        },
      },
    )
  }

  async exec(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const done = await this.tryExec(argv, options)
    if (done.exit === 0) return done.stdout
    throw new Error(`${this.name}: ${argv.join(' ')}: exit ${done.exit}\n${done.stdout}${done.stderr}`)
  }

  async bootId(): Promise<string> {
    return (await this.exec(['cat', '/proc/sys/kernel/random/boot_id'])).trim()
  }

  /** Reboots as an operator would, and resolves when the machine is up again under another boot id. */
  async reboot(timeoutMs = 90_000): Promise<void> {
    const before = await this.bootId()
    await this.tryExec(['systemctl', 'reboot'])
    await waitFor(`${this.name} has another boot id`, async () => (await this.bootId()) !== before, timeoutMs)
    await this.booted(timeoutMs)
  }

  async stopUnit(unit: string): Promise<void> {
    await this.exec(['systemctl', 'stop', unit], { timeoutMs: 30_000 })
  }

  async startUnit(unit: string): Promise<void> {
    await this.exec(['systemctl', 'start', unit], { timeoutMs: 30_000 })
  }

  cutLink(): Promise<void> {
    return cutMachine(this.name)
  }

  restoreLink(): Promise<void> {
    return restoreMachine(this.name)
  }

  /** The fingerprint that sshd shows now: `SHA256:…`. */
  async hostkey(): Promise<string> {
    const shown = await this.exec(['ssh-keygen', '-l', '-f', '/etc/ssh/ssh_host_ed25519_key.pub'])
    const fingerprint = shown.split(' ')[1]
    if (fingerprint === undefined) throw new Error(`${this.name}: ssh-keygen said ${shown}`)
    return fingerprint
  }

  /** As after a reinstall: a new key, and sshd serves it. Resolves with the new fingerprint. */
  async changeHostKey(): Promise<string> {
    await this.exec(['rm', '-f', '/etc/ssh/ssh_host_ed25519_key', '/etc/ssh/ssh_host_ed25519_key.pub'])
    await this.exec(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/etc/ssh/ssh_host_ed25519_key'])
    await this.exec(['systemctl', 'restart', 'ssh.service'])
    return this.hostkey()
  }

  /** Pulls the power: no shutdown inside. */
  async destroy(): Promise<void> {
    this.#stopping = true
    const child = this.#process
    if (child === null) return
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await ended
    await waitFor(`${this.name} is gone`, async () => (await processesIn(namespaceOf(this.name))).length === 0, 10_000)
  }

  /** The machine's PID 1 as the host numbers it: 1 in a process namespace inside the supervisor's own. */
  #leader(): number | null {
    const supervisor = this.#process?.pid
    if (supervisor === undefined) return null
    return (
      descendants(supervisor).find(pid => namespacedPids(pid).length > 2 && namespacedPids(pid).at(-1) === '1') ?? null
    )
  }
}

function descendants(pid: number): number[] {
  const children = readProc(`/proc/${pid}/task/${pid}/children`).split(/\s+/).filter(Boolean).map(Number)
  return children.flatMap(child => [child, ...descendants(child)])
}

function namespacedPids(pid: number): string[] {
  return /^NSpid:\s+(.*)$/m.exec(readProc(`/proc/${pid}/status`))?.[1]?.split(/\s+/) ?? []
}

/** Empty when the process has gone meanwhile. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** One ssh key pair without a passphrase at `path` and `path.pub`. */
export async function makeKey(path: string, comment: string): Promise<void> {
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path])
}
