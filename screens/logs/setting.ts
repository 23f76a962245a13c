// What is read of a journal: which node, since when, how bad, which unit. Another setting is another book. Pure.
import { formatDuration, parseDuration } from '../../state/primitives/duration.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'

export interface Setting {
  node: string
  span: string
  round: number
  priority: number | null
  unit: string | null
}

/** Names of priorities by their number, as syslog has them. */
export const priorities: readonly string[] = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']

/** What the operator wants to see; null: another screen is shown, or the node is not in the fleet. */
export function settingOf({ view, live }: Pick<Snapshot, 'view' | 'live'>): Setting | null {
  const { screen, subject } = placeOf(view)
  if (screen !== 'logs' || subject === null || !Object.hasOwn(live.fleet.nodes, subject)) return null
  const { span, round, priority, unit } = view.screens.logs
  return { node: subject, span, round, priority, unit }
}

export function isSameSetting(a: Setting, b: Setting): boolean {
  return a.node === b.node && a.span === b.span && a.round === b.round && a.priority === b.priority && a.unit === b.unit
}

const dayMs = 86_400_000

/** Where the window begins, if it does: ms since the epoch. */
export function sinceOf(span: string, now: number): number | null {
  if (span === 'now') return now
  if (span === 'today') return Math.floor(now / dayMs) * dayMs
  const ms = parseDuration(span)
  return ms === null ? null : now - ms
}

export function spanWords(span: string): string {
  if (span === 'now') return 'from now'
  if (span === 'today') return 'today (UTC)'
  if (span === 'boot') return 'this boot'
  if (span === 'all') return 'all that is kept'
  const ms = parseDuration(span)
  return `the last ${ms === null ? span : formatDuration(ms)}`
}

export function priorityWords(priority: number | null): string {
  if (priority === null) return 'every priority'
  const name = priorities[priority] ?? String(priority)
  return priority === 0 ? name : `${name} and worse`
}

export function unitWords(unit: string | null): string {
  return unit === null ? 'all units' : unit
}
