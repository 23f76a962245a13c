// The emulated clouds' own ledger: what was asked, what came into being and what ended. Crash tests believe this, and
// not the journal of the engine.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProviderName } from '../../clouds/shapes.ts'

export type CloudEntry =
  | { what: 'request'; provider: ProviderName; region: string; action: string; fault: string | null }
  | {
      what: 'created' | 'deleted'
      provider: ProviderName
      region: string
      /** instance, disk, ipv4, address, group, key … */
      kind: string
      id: string
      tags: Readonly<Record<string, string>>
      token: string | null
    }

export type CloudLine = CloudEntry & { at: number }

export interface CloudLedger {
  add(entry: CloudEntry): void
  lines(): readonly CloudLine[]
}

/** `keep`: called with each line as it is added, for a ledger that outlives its process. */
export function createCloudLedger(options: {
  now(): number
  kept?: readonly CloudLine[]
  keep?(line: CloudLine): void
}): CloudLedger {
  const lines: CloudLine[] = [...(options.kept ?? [])]
  return {
    add(entry) {
      const line = { ...entry, at: options.now() }
      lines.push(line)
      options.keep?.(line)
    },
    lines: () => lines,
  }
}

/** Where a world keeps its clouds' ledger. */
export function cloudsLedgerPath(dir: string): string {
  return join(dir, 'clouds-ledger.jsonl')
}

export function readCloudsLedger(dir: string): CloudLine[] {
  const path = cloudsLedgerPath(dir)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        // Our own file: a line that parses is one that was written here.
        return line === '' ? [] : [JSON.parse(line) as CloudLine]
      } catch {
        return []
      }
    })
}
