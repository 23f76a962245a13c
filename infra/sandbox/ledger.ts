// What the nodes themselves saw, line by line: the world's own account, kept apart from the engine's journal, so that
// a crash test can compare the two. Written at once and append-only; it survives a kill -9 of the world (the page
// cache does), not a power cut. At 32 MB the file becomes `ledger.1.jsonl`, replacing the one before.
import { closeSync, existsSync, fstatSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export type LedgerEntry =
  | { what: 'connection'; address: string; service: 'ssh' | 'https' | 'admin'; from: string }
  | { what: 'authentication'; user: string; method: string; accepted: boolean }
  | { what: 'command'; session: string; command: string; bytes: number; sha256: string }
  | { what: 'exit'; session: string; exit: number | null; ms: number }
  | {
      what: 'file'
      path: string
      bytes: number
      sha256: string | null
      mode: string
      change: 'written' | 'moved' | 'removed'
    }
  | { what: 'unit'; unit: string; change: string; by: string }
  | { what: 'push'; at_s: number; status: number | null; error: string | null }
  | { what: 'reboot'; from: string; to: string; by: string }
  | { what: 'hostkey'; fingerprint: string }
  | {
      what: 'chaos'
      kind: string
      change: 'begun' | 'healed'
      id: string
      options: Readonly<Record<string, string | number>>
    }
  | { what: 'world'; change: 'started' | 'stopped'; pid: number }

/** `node` is null for what happened to the world itself. */
export type LedgerLine = { at: number; node: string | null } & LedgerEntry

export interface Ledger {
  add(node: string | null, entry: LedgerEntry): void
  close(): void
}

const rotateAt = 32 * 1024 * 1024

export function openLedger(dir: string, now: () => number): Ledger {
  const path = join(dir, 'ledger.jsonl')
  let file = openSync(path, 'a', 0o600)
  let size = fstatSync(file).size
  let closed = false
  return {
    add(node, entry) {
      // A push or a session may end after the world did; its descriptor may by then belong to another file.
      if (closed) return
      const line = `${JSON.stringify({ at: now(), node, ...entry })}\n`
      size += writeSync(file, line)
      if (size < rotateAt) return
      closeSync(file)
      renameSync(path, join(dir, 'ledger.1.jsonl'))
      file = openSync(path, 'a', 0o600)
      size = 0
    },
    close() {
      if (!closed) closeSync(file)
      closed = true
    },
  }
}

/** All lines that are whole, oldest first; works while the world runs and after it died. */
export function readLedger(dir: string): LedgerLine[] {
  return ['ledger.1.jsonl', 'ledger.jsonl']
    .map(name => join(dir, name))
    .filter(path => existsSync(path))
    .flatMap(path => readFileSync(path, 'utf8').split('\n').slice(0, -1))
    .flatMap(line => {
      try {
        // Our own file: a line that parses is one that `add` wrote.
        return [JSON.parse(line) as LedgerLine]
      } catch {
        return []
      }
    })
}
