// Takes every secret that the engine has resolved out of what it keeps or tells: outputs, log lines, and the one sentence
// of a look that failed, which may quote what a node printed.
import { nodeText } from '../../state/primitives/node-text.ts'
import type { Secret } from '../../state/primitives/secret.ts'
import { type Redactor, redactor } from '../../state/redactor.ts'
import type { Outcome } from '../watch/probe.ts'

export interface Clean {
  bytes(dirty: Uint8Array): Uint8Array
  text(dirty: string): string
  record(dirty: Readonly<Record<string, string>>): Record<string, string>
  outcome<O extends Outcome>(dirty: O): O
}

export function createClean(secrets: () => readonly Secret[]): Clean {
  // To prepare the search for a thousand push tokens takes long; it is kept until another secret becomes known.
  let search: Redactor = redactor([])
  let known: readonly Secret[] = []

  function bytes(dirty: Uint8Array): Uint8Array {
    const all = secrets()
    if (all.length === 0) return dirty
    if (all.length !== known.length || all.some((secret, at) => secret !== known[at])) {
      search = redactor(all.map(secret => secret.reveal()))
      known = [...all]
    }
    return Buffer.concat([search.push(dirty), search.end()])
  }

  function text(dirty: string): string {
    if (secrets().length === 0 || dirty === '') return dirty
    const before = Buffer.from(dirty)
    const after = bytes(before)
    return before.equals(after) ? dirty : Buffer.from(after).toString('utf8')
  }

  function record(dirty: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(dirty).map(([name, value]) => [name, text(value)]))
  }

  return {
    bytes,
    text,
    record,
    outcome(dirty) {
      if (secrets().length === 0) return dirty
      const detail = nodeText(text(dirty.detail))
      return dirty.facts ? { ...dirty, detail, facts: record(dirty.facts) } : { ...dirty, detail }
    },
  }
}
