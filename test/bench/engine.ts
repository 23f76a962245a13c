// Measures what the running engine costs: the built program watches 1,000 nodes with 8 probes each every 30 s. The
// connections are real (SSH, TLS, TCP, ICMP over loopback); the machines behind them are simulated by a second process,
// whose work is not counted. Run it alone with `node test/bench/engine.ts` after `npm run build`.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import ssh2 from 'ssh2'
import { issueCertificate, makeAuthority } from '../../infra/sandbox/certificates.ts'
import { attachEngine, type EngineClient } from '../../src/engine/client.ts'
import { engineProgram } from '../../src/engine/start.ts'
import type { Figure } from './exec.ts'

const nodeCount = Number(process.env.BENCH_NODES ?? '1000')
const measuredMs = 45_000
/** At most this long until every probe of every node has been looked at. */
const warmUpMs = 240_000
const names = Array.from({ length: nodeCount }, (_, index) => `node-${String(index).padStart(4, '0')}`)
const bundle = process.env.WATCHFLOOR_BUNDLE ?? fileURLToPath(new URL('../../dist/watchfloor.mjs', import.meta.url))

const what = `engine: ${nodeCount.toLocaleString('en')} nodes × 8 probes / 30 s`

export async function benchEngine(): Promise<Figure[]> {
  const missing = whyNot()
  if (missing !== null)
    return [{ name: what, value: 0, unit: '', budget: '≤ 25 % of a core, ≤ 250 MB', met: null, note: missing }]
  const dir = mkdtempSync(path.join(tmpdir(), 'engine-bench-'))
  const children: ChildProcess[] = []
  try {
    return await measure(dir, children)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
}

function whyNot(): string | null {
  if (process.platform !== 'linux') return 'needs Linux: all of 127.0.0.0/8 on loopback'
  if (spawnSync('fping', ['-v']).error) return 'fping is not installed: a ping process a node would be measured instead'
  const files = Number(spawnSync('sh', ['-c', 'ulimit -n']).stdout.toString())
  return files < nodeCount * 3 ? `a process may open only ${files} files (ulimit -n)` : null
}

async function measure(dir: string, children: ChildProcess[]): Promise<Figure[]> {
  const fleetFile = await startMachines(dir, children)
  const home = path.join(dir, 'home')
  const flags = [
    ...(process.env.BENCH_NODE_FLAGS?.split(' ') ?? []),
    ...(process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []),
  ]
  // As a command starts it.
  const [node = '', ...args] = engineProgram([process.execPath, bundle])
  const began = performance.now()
  const engine = spawn(
    node,
    [...flags, ...args, 'engine', 'run', '--kind', 'test', '--fleet', fleetFile, '--home', home],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, HOME: dir },
    },
  )
  children.push(engine)
  const pid = engine.pid ?? 0
  const socketPath = path.join(home, 'run', 'engine.sock')
  const attach = async (): Promise<EngineClient> => {
    for (;;) {
      try {
        return await attachEngine({ socketPath, version: 'bench', heal: false })
      } catch (error) {
        if (engine.exitCode !== null) throw new Error('the engine ended')
        if (!(error instanceof Error && /no-engine|link-lost/.test(error.name))) throw error
        await delay(50)
      }
    }
  }
  const first = await attach()
  const openMs = performance.now() - began
  while (looks(first).length < nodeCount * 8) {
    if (performance.now() - began > warmUpMs)
      throw new Error(`after ${warmUpMs / 1000} s only ${looks(first).length} probes have been looked at`)
    await delay(500)
  }
  const warmMs = performance.now() - began
  await first.close()

  // A whole interval passes first: the crowd of the start is spread over it.
  await delay(30_000)
  const before = cost(pid)
  const from = performance.now()
  const fromWall = Date.now()
  let mostMb = 0
  while (performance.now() - from < measuredMs) {
    await delay(1_000)
    mostMb = Math.max(mostMb, residentMb(pid))
  }
  const after = cost(pid)
  const seconds = (performance.now() - from) / 1000
  const last = await attach()
  const seen = looks(last)
  const fresh = seen.filter(at => at >= fromWall).length
  const health = Object.values(last.state().watch.nodes).filter(node => node.health === 'up').length
  const { troubles } = last.live().engine
  await last.close()
  const own = ((after.own - before.own) / seconds) * 100
  const pings = ((after.children - before.children) / seconds) * 100
  if (process.env.BENCH_PROFILE) {
    engine.kill('SIGTERM')
    await new Promise(resolve => engine.once('exit', resolve))
  }
  const real = `real SSH (one warm connection a node), HTTPS, TCP and ICMP over loopback, answers of ${nodeCount} simulated machines; ${fresh} of ${seen.length} probes looked at again in ${seconds.toFixed(0)} s, ${health} nodes up${troubles.length > 0 ? `, troubles: ${troubles.join('; ')}` : ''}`
  return [
    {
      name: `${what}: CPU`,
      value: round(own),
      unit: '% of a core',
      budget: '≤ 25 % of a core',
      met: own <= 25,
      note: `${real}; fping besides, as processes of its own: ${round(pings)} %`,
    },
    {
      name: `${what}: memory`,
      value: Math.round(mostMb),
      unit: 'MB',
      budget: '≤ 250 MB',
      met: mostMb <= 250,
      note: 'resident, the most seen in the same time',
    },
    {
      name: `${what}: first look at every probe`,
      value: round(warmMs / 1000),
      unit: 's',
      budget: '',
      met: null,
      note: `after the start of the process, ${nodeCount} SSH handshakes included; the engine answered after ${round(openMs)} ms`,
    },
  ]
}

/** Fleet file of machines that answer. */
async function startMachines(dir: string, children: ChildProcess[]): Promise<string> {
  const now = Date.now()
  const authority = makeAuthority(now)
  const certificate = issueCertificate(authority, {
    commonName: 'bench',
    names: [],
    addresses: ['127.0.0.1'],
    notBefore: now - 1000,
    notAfter: now + 86_400_000,
  })
  const machines = spawn(process.execPath, [fileURLToPath(new URL('./machines.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_CERT: certificate.certificate, BENCH_KEY: certificate.key },
  })
  children.push(machines)
  const told = await new Promise<string>(resolve => createInterface({ input: machines.stdout }).once('line', resolve))
  const { ssh, https, fingerprint }: { ssh: number; https: number; fingerprint: string } = JSON.parse(told)
  const key = path.join(dir, 'key')
  writeFileSync(key, ssh2.utils.generateKeyPairSync('ed25519').private, { mode: 0o600 })
  const trust = path.join(dir, 'ca.pem')
  writeFileSync(trust, authority.certificate)
  const nodes = names.map(
    (name, index) =>
      `  ${name}: { address: 127.90.${index >> 8}.${index & 255}, ssh: { port: ${ssh}, hostkey: "${fingerprint}" } }`,
  )
  const file = path.join(dir, 'fleet.yaml')
  const every = 'on: "*,!@hq", every: 30s'
  writeFileSync(
    file,
    `fleet: bench
timezone: UTC
hq: { name: hq, provider: static, address: 127.0.0.1 }
defaults: { provider: static, ssh: { user: operator, identity: "file:${key}" } }
nodes:
${nodes.join('\n')}
probes:
  - { kind: ping, ${every} }
  - { kind: ssh, ${every} }
  - { kind: http, ${every}, url: "https://127.0.0.1:${https}/{name}" }
  - { kind: port-closed, ${every}, port: 1 }
  - { kind: units, ${every}, units: [sshd.service] }
  - { kind: journal, ${every} }
  - { kind: boot, ${every} }
  - { kind: load, ${every} }
engine: { trust: [${trust}] }
`,
    { mode: 0o600 },
  )
  return file
}

/** When each probe was looked at last. */
function looks(engine: EngineClient): number[] {
  return Object.values(engine.live().probes).flatMap(node => Object.values(node).map(probe => probe.at))
}

/** CPU seconds of the process, and of its children that have ended. */
function cost(pid: number): { own: number; children: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const ticks = (at: number) => Number(fields[at] ?? 0) / 100
  return { own: ticks(11) + ticks(12), children: ticks(13) + ticks(14) }
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024
}

function round(value: number): number {
  return Number(value.toFixed(1))
}

if (import.meta.main) {
  for (const { name, value, unit, budget, met, note } of await benchEngine()) {
    const verdict = met === null ? '      ' : met ? 'met   ' : 'MISSED'
    process.stdout.write(
      `${verdict} ${name}: ${value} ${unit} ${budget ? `(budget ${budget})` : ''}\n         ${note ?? ''}\n`,
    )
  }
}
