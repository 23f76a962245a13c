// A page of a node's journal as screens ask for it and get it.
import type { NodeText } from '../../state/primitives/node-text.ts'

export interface LogLine {
  cursor: string
  /** ms since the epoch, by the node's clock */
  at: number
  /** 0 (emerg) to 7 (debug); null: the entry has none. */
  priority: number | null
  unit: string | null
  /** Who wrote it: what it calls itself, else its unit, else `kernel`. From the node: render it as such. */
  source: string
  /** May have several lines; more than 8 kB are cut, and said with `…`. */
  text: NodeText
  /** Boot id, 32 hex digits. */
  boot: string | null
}

export interface LogsQuestion {
  node: string
  /** A cursor: what came after it, the oldest first, up to `limit`. Not together with `before`. */
  after: string | null
  /** A cursor: the last `limit` lines before it, for scrolling back. */
  before: string | null
  /** ms since the epoch; not looked at where there is a cursor. Without one the newest `limit` lines are given. */
  since: number | null
  until: number | null
  /** That and worse (a smaller number). */
  priority: number | null
  unit: string | null
  /** 1 to 2000 */
  limit: number
}

export interface LogsAnswer {
  /** Oldest first. */
  lines: LogLine[]
  /** The cursor to continue from; it is the question's own where nothing came. */
  after: string | null
  /** There is more in the direction that was asked, or the journal has rotated away lines since `after`. */
  truncated: boolean
  /** Why it could not be read, or not as a whole, for people. `lines` hold what was read all the same. */
  failed: string | null
}
