// The node's own systemd journal: an append-only file beside its state, with cursors that stay valid over restarts.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

export interface JournalEntry {
  /** Counts up for ever; the cursor is made of it. */
  number: number
  atMs: number
  bootId: string
  /** syslog priority, 3 = err. */
  priority: number
  unit: string | null
  identifier: string
  pid: number
  message: string
}

const keptEntries = 600

export interface NodeJournal {
  entries(): readonly JournalEntry[]
  add(entry: Omit<JournalEntry, 'number'>): void
  /** Called for each new entry until the returned function is called. */
  follow(listener: (entry: JournalEntry) => void): () => void
}

export function openJournal(path: string): NodeJournal {
  let entries: JournalEntry[] = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .slice(0, -1)
        .slice(-keptEntries)
        // Our own file, one whole line an entry; a torn last line has no line break and is left out above.
        .map(line => JSON.parse(line) as JournalEntry)
    : []
  const listeners = new Set<(entry: JournalEntry) => void>()
  let next = (entries.at(-1)?.number ?? 0) + 1
  return {
    entries: () => entries,
    add(fields) {
      const entry = { number: next++, ...fields }
      appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
      entries = [...entries.slice(-keptEntries + 1), entry]
      for (const listener of listeners) listener(entry)
    },
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function cursorOf(machineId: string, entry: JournalEntry): string {
  const number = entry.number.toString(16)
  return `s=${machineId};i=${number};b=${entry.bootId.replaceAll('-', '')};m=${number};t=${(entry.atMs * 1000).toString(16)};x=${number}`
}

/** The entry number inside a cursor; null if it is none of ours. */
export function numberInCursor(cursor: string): number | null {
  const found = /(?:^|;)i=([0-9a-f]+)(?:;|$)/.exec(cursor)?.[1]
  return found === undefined ? null : Number.parseInt(found, 16)
}
