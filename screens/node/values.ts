// What a probe measures: the names of its values as people say them, with the unit, and which of them comes first. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import { milliseconds } from '../widgets/measure.ts'

type Measuring = Pick<LiveProbe, 'kind' | 'ms' | 'values'>

const spoken: Readonly<Record<string, { label: string; unit: string }>> = {
  ms: { label: '', unit: 'ms' },
  ram_mb: { label: 'ram', unit: 'MB' },
  db_size_mb: { label: 'database', unit: 'MB' },
  db_integrity: { label: 'integrity', unit: '' },
  active_sessions: { label: 'sessions', unit: '' },
  req_1h: { label: 'requests', unit: 'an hour' },
  err_1h: { label: 'errors', unit: 'an hour' },
  cert_days_remaining: { label: 'certificate', unit: 'd left' },
  tls_days: { label: 'certificate', unit: 'd left' },
  tls_left_pct: { label: 'of its lifetime', unit: '% left' },
  nix_gen: { label: 'generation', unit: '' },
  load_1m: { label: 'load', unit: '' },
  units_bad: { label: 'units that are not well', unit: '' },
  units_restarted: { label: 'units restarted', unit: '' },
  uptime_s: { label: 'up for', unit: 's' },
  missed: { label: 'pushes missed', unit: '' },
}

const units: readonly (readonly [RegExp, string])[] = [
  [/_pct$/, '%'],
  [/_ms$/, 'ms'],
  [/_mb$/, 'MB'],
  [/_bytes$/, 'B'],
  [/_days$/, 'd'],
  [/_s$/, 's'],
]

/** `ram_pct` → `ram` and `%`; a name that nobody has words for is shown as it is. */
export function wordsOf(name: string): { label: string; unit: string } {
  // Names come from nodes: `constructor` is one like any other.
  const known = Object.hasOwn(spoken, name) ? spoken[name] : undefined
  if (known) return known
  const found = units.find(([ending]) => ending.test(name))
  return found ? { label: name.replace(found[0], '').replaceAll('_', ' '), unit: found[1] } : { label: name, unit: '' }
}

/** What each kind measures when it can look: a look that failed must not take its chart away. */
const measured: Readonly<Record<string, readonly string[]>> = {
  ping: ['ms'],
  http: ['ms'],
  ssh: ['ms'],
  dns: ['ms'],
  mesh: ['ms'],
  tls: ['ms', 'tls_days', 'tls_left_pct'],
  load: ['ram_pct', 'disk_pct', 'cpu_pct', 'load_1m'],
  units: ['units_bad', 'units_restarted'],
  journal: ['errors'],
  boot: ['uptime_s'],
  wireguard: ['newest_handshake_s', 'peers_stale', 'peers', 'rx_bytes', 'tx_bytes'],
  zerotier: ['peer_latency_ms', 'peers_relayed', 'peers'],
}

/** Names of what can be charted of a probe, the leading one first; never empty. */
export function valuesOf({ kind, ms, values }: Measuring): readonly string[] {
  const known = Object.hasOwn(measured, kind) ? (measured[kind] ?? []) : []
  const names = new Set([...known, ...(ms === null ? [] : ['ms']), ...Object.keys(values ?? {})])
  // How many pushes are missing is 0 on every good day: last.
  const sorted = [...names].sort((a, b) => Number(a === 'missed') - Number(b === 'missed'))
  return sorted.length > 0 ? sorted : [kind === 'heartbeat' ? 'missed' : 'ms']
}

/** The latency that people look at first: the mesh, else ping, else the service, else the login, else anything. */
export function leadProbe(probes: Readonly<Record<string, LiveProbe>> | undefined): LiveProbe | null {
  const list = Object.values(probes ?? {})
  return (
    list.find(probe => probe.probe === 'ping:mesh') ??
    ['ping', 'http', 'ssh', 'dns'].flatMap(kind => list.filter(probe => probe.kind === kind))[0] ??
    list[0] ??
    null
  )
}

export function readingOf({ ms, values }: Pick<LiveProbe, 'ms' | 'values'>, name: string): number | null {
  if (name === 'ms') return ms
  return values !== undefined && Object.hasOwn(values, name) ? (values[name] ?? null) : null
}

const sizes = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const

/** A measured number as short as it can be said. */
export function figure(name: string, value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–'
  if (name === 'ms') return milliseconds(value)
  const size = sizes.find(([least]) => Math.abs(value) >= least)
  if (!size) return String(Number(value.toPrecision(4)))
  return `${Number((value / (size[1] === 'k' ? 1e3 : size[0])).toPrecision(3))}${size[1]}`
}

/** `41 %`, `9.1 ms`, `3`. */
export function withUnit(name: string, value: number | null): string {
  const { unit } = wordsOf(name)
  return unit === '' || value === null ? figure(name, value) : `${figure(name, value)} ${unit}`
}
