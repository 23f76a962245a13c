// What the node said of itself in its last push. Pure.
import type { ShownNode } from '../overview/nodes.ts'
import { isStale, latest } from '../overview/readings.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { age } from '../widgets/measure.ts'
import { type Piece, piece, type Row, widthOf } from '../widgets/row.ts'

/** Names of the telemetry as people say them, with the unit. */
const known: Readonly<Record<string, { label: string; unit: string }>> = {
  ram_mb: { label: 'ram', unit: ' MB' },
  disk_pct: { label: 'disk', unit: ' %' },
  cpu_pct: { label: 'cpu', unit: ' %' },
  db_size_mb: { label: 'database', unit: ' MB' },
  db_integrity: { label: 'integrity', unit: '' },
  active_sessions: { label: 'sessions', unit: '' },
  req_1h: { label: 'requests', unit: ' an hour' },
  err_1h: { label: 'errors', unit: ' an hour' },
  cert_days_remaining: { label: 'certificate', unit: ' d left' },
  nix_gen: { label: 'generation', unit: '' },
}
/** Said elsewhere, or only for machines. */
const left = new Set(['missed', 'uptime_s'])

export function telemetryRows({ now, columns }: Snapshot, node: ShownNode, _theme: Theme): Row[] {
  const push = latest(node, 'heartbeat')
  if (!push) return []
  const readings = [...Object.entries(push.values ?? {}), ...Object.entries(push.facts ?? {})].filter(
    ([name]) => !left.has(name),
  )
  if (readings.length === 0) return []
  const token: Token = isStale(push, now) || push.ok !== true ? 'dim' : 'text'
  const rows: Piece[][] = []
  for (const [name, value] of readings) {
    const { label, unit } = known[name] ?? { label: name, unit: '' }
    const reading = [piece('dim', `   ${label} `), piece(token, String(value)), piece('dim', unit)]
    const last = rows.at(-1)
    if (last && widthOf([...last, ...reading]) <= columns) last.push(...reading)
    else rows.push(reading)
  }
  return [[], [piece('dim', ` telemetry, pushed ${ago(now, push.at)}`)], ...rows]
}

function ago(now: number, at: number): string {
  const said = age(now, at)
  return said === 'now' ? 'just now' : `${said} ago`
}
