// What was seen, kept apart from the journal: raw samples in hourly segments, health in 30-second slots, rollups.

export const slotMs = 30_000
/** Order is the stored code (4 bits). */
export const slotStates = ['none', 'up', 'degraded', 'down', 'unknown', 'maintenance'] as const
export type SlotState = (typeof slotStates)[number]

export interface HistoryRow {
  node: string
  probe: string
  /** ms since the epoch */
  at: number
  ok: boolean | null
  ms: number | null
  values?: Readonly<Record<string, number>>
}

export interface Point {
  /** Start of the bucket, ms since the epoch. */
  at: number
  count: number
  min: number | null
  avg: number | null
  max: number | null
  p95: number | null
}

export interface UptimeRow {
  name: string
  upS: number
  degradedS: number
  downS: number
  unknownS: number
  maintenanceS: number
  /** (up + degraded) / (up + degraded + down); null when nothing was watched. */
  ratio: number | null
  /** Share of the window really watched: (up + degraded + down + maintenance) / window since the node was first known. */
  coverage: number
}

interface HistoryStats {
  /** Samples taken since it was opened. */
  rows: number
  /** Samples that never reached the disk. */
  lost: number
  bytes: number
  /** Why the disk takes nothing right now. */
  failed: string | null
  /** Damaged lines and files that were skipped. */
  bad: number
  /** Bytes of half-written lines that a crash left and that were cut. */
  torn: number
}

export interface Absence {
  from: number
  to: number
  /** By the clock that does not jump; null when the machine was booted in between. */
  realMs: number | null
}

export interface History {
  /** Buffers; durable within a second (group commit). Never throws on a full disk: counts and reports. */
  append(rows: readonly HistoryRow[]): void
  /** Health of a node from `at` on, until told otherwise. Slots are written by time, so that a gap in calls of `tick` is unknown. */
  health(node: string, state: SlotState, at: number): void
  /** Called about once a second by the engine: closes slots and segments, group-commits, retains. */
  tick(now: number): Promise<void>
  uptime(window: { from: number; to: number }, nodes?: readonly string[]): UptimeRow[]
  /** Slot states, oldest first, one per slot: for rewind and strips. */
  slots(node: string, window: { from: number; to: number }): SlotState[]
  /** Where the kept slots begin, ms since the epoch; null: there are none. */
  oldestSlot(): number | null
  /** `value` is `ms` or a name in `values`. Buckets of equal length; an empty one is a gap (`count: 0`). */
  series(query: {
    node: string
    probe: string
    value: string
    from: number
    to: number
    buckets: number
  }): Promise<Point[]>
  /** Raw rows of one probe, newest first, up to `limit`. */
  rows(query: { node: string; probe?: string; from: number; to: number; limit: number }): Promise<HistoryRow[]>
  stats(): HistoryStats
  /** How long nobody watched before this was opened: for timers that shift by the outage. Null in an empty history. */
  absence(): Absence | null
  /** Resolves when closing, packing and removing that `tick` began in the background are done. */
  settled(): Promise<void>
  close(): Promise<void>
}
