// Measures `exec` on 100 addresses of real OpenSSH servers against the tools that operators use for it: cold (every
// connection made anew) against pssh and clush, warm against Ansible with pipelining and ControlPersist. Ratios of
// medians in one run, everything on loopback, every peer with the same key, the same servers and the same command.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { createSshPool } from '../../infra/ssh/pool.ts'
import type { SshPool, SshTarget } from '../../infra/ssh/ssh.ts'
import { systemClock } from '../../state/primitives/clock.ts'
import { Secret } from '../../state/primitives/secret.ts'

export interface Figure {
  name: string
  value: number
  unit: string
  budget: string
  /** Null: not measured, `note` says why. */
  met: boolean | null
  note?: string
}

const addresses = Array.from({ length: 100 }, (_, index) => `127.77.${Math.floor(index / 10)}.${10 + (index % 10)}`)
const rounds = 3
/** sshd listens on at most 16 addresses; so several of one configuration share them. */
const addressesPerServer = 15

interface Rig {
  folder: string
  port: number
  user: string
  /** ssh_config for the peers: the same key, the same known_hosts. */
  sshConfig: string
  stop(): void
}

export async function benchExec(): Promise<Figure[]> {
  const missing = whyNot()
  if (missing !== null) return [skipped('exec', missing)]
  const rig = await startRig()
  try {
    const figures: Figure[] = []
    for (const parallel of [32, 64]) figures.push(...(await benchCold(rig, parallel)))
    for (const parallel of [32, 64]) figures.push(...(await benchWarm(rig, parallel)))
    return figures
  } finally {
    rig.stop()
  }
}

function whyNot(): string | null {
  if (process.platform !== 'linux') return 'needs Linux: all of 127.0.0.0/8 on loopback'
  if (!existsSync('/usr/sbin/sshd')) return 'sshd is not installed'
  if (find('ssh-keygen') === null) return 'ssh-keygen is not installed'
  return null
}

async function benchCold(rig: Rig, parallel: number): Promise<Figure[]> {
  const process_ = runs(() => measureProcess(rig, parallel))
  const engine = await runsAsync(() => coldInProcess(rig, parallel))
  const name = `exec cold, 100 addresses, ${parallel} parallel`
  const figures: Figure[] = [
    { name: `${name}: from a running engine`, value: round(engine), unit: 'ms', budget: '', met: null },
    { name: `${name}: as a process of its own`, value: round(process_), unit: 'ms', budget: '', met: null },
  ]
  for (const peer of [pssh(rig, parallel), clush(rig, parallel)]) {
    if (peer.argv === null) {
      figures.push(skipped(`${name}: ${peer.name} / watchfloor`, peer.why))
      continue
    }
    const { argv } = peer
    const theirs = runs(() => timeCommand(argv))
    figures.push({
      name: `${name}: ${peer.name} / watchfloor`,
      value: ratio(theirs, engine),
      unit: '×',
      budget: '≥ 4',
      met: theirs / engine >= 4,
      note: `${peer.name} ${round(theirs)} ms; ${ratio(theirs, process_)}× against a process of its own`,
    })
  }
  return figures
}

async function benchWarm(rig: Rig, parallel: number): Promise<Figure[]> {
  const name = `exec warm, 100 addresses, ${parallel} parallel`
  const pool = newPool()
  await sweep(pool, rig, parallel)
  const ours = await runsAsync(() => sweep(pool, rig, parallel))
  await pool.close()
  const figures: Figure[] = [{ name, value: round(ours), unit: 'ms', budget: '', met: null }]
  for (const module of ['command', 'raw']) {
    const peer = ansible(rig, parallel, module)
    const label = `${name}: ansible (${module}) / watchfloor`
    if (peer.argv === null) {
      figures.push(skipped(label, peer.why))
      continue
    }
    const { argv, env } = peer
    timeCommand(argv, env)
    const theirs = runs(() => timeCommand(argv, env), 3)
    const budget = module === 'command' ? '≥ 10' : ''
    const met = module === 'command' ? theirs / ours >= 10 : null
    figures.push({
      name: label,
      value: ratio(theirs, ours),
      unit: '×',
      budget,
      met,
      note: `ansible ${round(theirs)} ms`,
    })
  }
  return figures
}

// -- ours --------------------------------------------------------------------------------------------------------

function newPool(): SshPool {
  return createSshPool({ clock: systemClock, random: Math.random, word: () => randomBytes(16).toString('hex') })
}

async function coldInProcess(rig: Rig, parallel: number): Promise<number> {
  const pool = newPool()
  const ms = await sweep(pool, rig, parallel)
  await pool.close()
  return ms
}

/** Runs `true` on every address, so many at once. Fails on any other end than success. */
async function sweep(pool: SshPool, rig: Pick<Rig, 'folder' | 'port' | 'user'>, parallel: number): Promise<number> {
  const key = new Secret(readFileSync(path.join(rig.folder, 'id'), 'utf8'))
  const targets = addresses.map(host => targetOf(host, rig, key))
  const started = performance.now()
  const queue = targets.values()
  const lane = async () => {
    for (const target of queue) {
      const result = await pool.exec(target, { argv: ['true'], deadlineMs: 60_000 })
      if (result.outcome !== 'ok') throw new Error(`${target.host}: ${result.outcome}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return performance.now() - started
}

function targetOf(host: string, rig: Pick<Rig, 'folder' | 'port' | 'user'>, key: Secret): SshTarget {
  return {
    node: host,
    host,
    port: rig.port,
    user: rig.user,
    identities: [{ label: 'id', key, passphrase: null }],
    agent: null,
    hostkeys: [],
    knownHosts: [path.join(rig.folder, 'known_hosts')],
    jump: null,
    become: null,
  }
}

function measureProcess(rig: Rig, parallel: number): number {
  const file = fileURLToPath(import.meta.url)
  return timeCommand([process.execPath, file, '--once', rig.folder, String(rig.port), rig.user, String(parallel)])
}

// -- the peers ---------------------------------------------------------------------------------------------------

interface Peer {
  name: string
  argv: string[] | null
  env: Record<string, string>
  why: string
}

function peer(name: string, program: string | null, rest: string[], env: Record<string, string> = {}): Peer {
  return { name, argv: program === null ? null : [program, ...rest], env, why: `${name} is not installed` }
}

function pssh(rig: Rig, parallel: number): Peer {
  const program = find('parallel-ssh') ?? find('pssh')
  const hosts = path.join(rig.folder, 'hosts')
  return peer('pssh', program, ['-h', hosts, '-p', String(parallel), '-t', '60', '-x', `-F ${rig.sshConfig}`, 'true'])
}

function clush(rig: Rig, parallel: number): Peer {
  const rest = ['-w', addresses.join(','), '-f', String(parallel), '-S', '-n', '-o', `-F ${rig.sshConfig}`, 'true']
  return peer('clush', find('clush'), rest)
}

function ansible(rig: Rig, parallel: number, module: string): Peer {
  const control = '-o ControlMaster=auto -o ControlPersist=120s'
  const env = {
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_SSH_ARGS: `-F ${rig.sshConfig} ${control}`,
    ANSIBLE_SSH_CONTROL_PATH_DIR: path.join(rig.folder, 'cp'),
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    ANSIBLE_LOCALHOST_WARNING: 'False',
    ANSIBLE_HOME: path.join(rig.folder, 'ansible'),
    LC_ALL: 'C.UTF-8',
  }
  const rest = ['all', '-i', path.join(rig.folder, 'hosts'), '-f', String(parallel), '-m', module, '-a', 'true']
  return peer('ansible', find('ansible'), rest, env)
}

function timeCommand(argv: readonly string[], env: Record<string, string> = {}): number {
  const [program = '', ...rest] = argv
  const started = performance.now()
  const done = spawnSync(program, rest, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const ms = performance.now() - started
  if (done.status !== 0) throw new Error(`${program} failed: ${(done.stderr + done.stdout).slice(-500)}`)
  return ms
}

// -- the servers -------------------------------------------------------------------------------------------------

async function startRig(): Promise<Rig> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-bench-'))
  chmodSync(folder, 0o755)
  for (const name of ['host', 'id'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, name)])
  const isRoot = process.getuid?.() === 0
  const user = isRoot ? `wfbench${process.pid}` : userInfo().username
  if (isRoot) {
    // `*` is no password but, unlike `!`, no lock either: without PAM sshd lets no locked account in.
    const home = path.join(folder, 'home')
    execFileSync('useradd', [
      '--system',
      '--password',
      '*',
      '--shell',
      '/bin/dash',
      '--create-home',
      '--home-dir',
      home,
      user,
    ])
    mkdirSync('/run/sshd', { recursive: true })
  }
  const port = await freePort()
  const hostKey = readFileSync(path.join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
  writeFileSync(path.join(folder, 'authorized'), readFileSync(path.join(folder, 'id.pub')))
  writeFileSync(
    path.join(folder, 'known_hosts'),
    addresses.map(address => `[${address}]:${port} ${hostKey}\n`).join(''),
  )
  writeFileSync(path.join(folder, 'hosts'), addresses.map(address => `${address}\n`).join(''))
  const sshConfig = path.join(folder, 'ssh_config')
  writeFileSync(
    sshConfig,
    `Host *\n User ${user}\n Port ${port}\n IdentityFile ${folder}/id\n IdentitiesOnly yes\n BatchMode yes\n` +
      ` UserKnownHostsFile ${folder}/known_hosts\n GlobalKnownHostsFile none\n StrictHostKeyChecking yes\n LogLevel ERROR\n`,
  )
  const servers: ChildProcess[] = []
  for (let from = 0; from < addresses.length; from += addressesPerServer) {
    const config = path.join(folder, `sshd_config_${from}`)
    const listen = addresses.slice(from, from + addressesPerServer).map(address => `ListenAddress ${address}\n`)
    writeFileSync(
      config,
      `Port ${port}\n${listen.join('')}HostKey ${folder}/host\nAuthorizedKeysFile ${folder}/authorized\nPidFile none\n` +
        'StrictModes no\nUsePAM no\nUseDNS no\nMaxStartups 1000:30:1000\nPrintMotd no\nPrintLastLog no\nLogLevel ERROR\n',
    )
    servers.push(spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore' }))
  }
  for (const address of addresses) await answers(address, port)
  return {
    folder,
    port,
    user,
    sshConfig,
    stop() {
      for (const server of servers) server.kill()
      spawnSync('ssh', ['-F', sshConfig, '-O', 'exit', 'none'], { stdio: 'ignore' })
      if (isRoot) endUser(user)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Ends what the user still runs (ControlPersist, login shells), then the user. Only a user that this run made. */
function endUser(user: string): void {
  spawnSync('pkill', ['-KILL', '-u', user], { stdio: 'ignore' })
  spawnSync('userdel', ['--force', user], { stdio: 'ignore' })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** Resolves when a server listens there. */
async function answers(host: string, port: number): Promise<void> {
  const until = performance.now() + 10_000
  for (;;) {
    const isUp = await new Promise<boolean>(resolve => {
      const socket = connect(port, host, () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (isUp) return
    if (performance.now() > until) throw new Error(`no sshd on ${host}:${port}`)
  }
}

// -- figures -----------------------------------------------------------------------------------------------------

function find(program: string): string | null {
  const folders = (process.env.PATH ?? '').split(':').filter(folder => folder !== '')
  return folders.map(folder => path.join(folder, program)).find(file => existsSync(file)) ?? null
}

function runs(once: () => number, count = rounds): number {
  return median(Array.from({ length: count }, once))
}

async function runsAsync(once: () => Promise<number>): Promise<number> {
  const values: number[] = []
  for (let index = 0; index < rounds; index++) values.push(await once())
  return median(values)
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function round(ms: number): number {
  return Math.round(ms)
}

function ratio(theirs: number, ours: number): number {
  return Math.round((theirs / ours) * 100) / 100
}

function skipped(name: string, why: string): Figure {
  return { name, value: Number.NaN, unit: '', budget: '', met: null, note: `skipped: ${why}` }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--once') {
    const [folder = '', port = '', user = '', parallel = ''] = process.argv.slice(3)
    const pool = newPool()
    await sweep(pool, { folder, port: Number(port), user }, Number(parallel))
    await pool.close()
  } else {
    for (const figure of await benchExec()) {
      const verdict = figure.met === null ? '' : figure.met ? 'met' : 'MISSED'
      const budget = figure.budget === '' ? '' : `(budget ${figure.budget})`
      const value = Number.isNaN(figure.value) ? '' : `${figure.value} ${figure.unit}`
      process.stdout.write(
        `${[figure.name, value, budget, verdict, figure.note ?? ''].filter(text => text !== '').join('  ')}\n`,
      )
    }
  }
}
