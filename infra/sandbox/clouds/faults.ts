// Faults on demand: which provider, region and action they hit, how often, and what happens then.
import type { ProviderName } from '../../clouds/shapes.ts'

export type FaultKind =
  /** The provider's own answer to too many requests. */
  | 'throttle'
  /** No room for the type in the zone. */
  | 'capacity'
  | 'quota'
  /** The credentials may not do it. */
  | 'rights'
  /** The account is not verified yet. */
  | 'account'
  /** The provider's own 500 or 503, without effect. */
  | 'server-error'
  /** The same, but the effect took place. */
  | 'error-after-effect'
  /** What was just created is not seen for `ms`: eventual consistency. */
  | 'lag'
  /** An asynchronous action that is accepted and then fails. */
  | 'fails-later'
  // Of the wire:
  /** An HTML page instead of an answer. */
  | 'html-502'
  /** The connection ends before anything happened. */
  | 'drop'
  /** It took effect, and the connection ends without an answer. */
  | 'reply-lost'
  /** It takes `ms` longer. */
  | 'slow'

export interface Fault {
  kind: FaultKind
  /** `*`: any. */
  provider: ProviderName | '*'
  region: string
  action: string
  /** How often it still happens. */
  times: number
  /** Of `slow` and `lag`. */
  ms: number
}
export type TakenFault = Omit<Fault, 'times'>

const ofTheWire: ReadonlySet<FaultKind> = new Set(['html-502', 'drop', 'reply-lost', 'slow'])

export function isOfProvider(fault: TakenFault): boolean {
  return !ofTheWire.has(fault.kind)
}

export interface Faults {
  add(fault: Partial<Fault> & Pick<Fault, 'kind'>): void
  clear(): void
  /** The oldest that fits, used up by one. */
  take(where: { provider: ProviderName; region: string; action: string }): TakenFault | null
  waiting(): readonly Fault[]
}

export function createFaults(): Faults {
  let waiting: Fault[] = []
  return {
    add({ kind, provider = '*', region = '*', action = '*', times = 1, ms = 0 }) {
      waiting.push({ kind, provider, region, action, times, ms })
    },
    clear() {
      waiting = []
    },
    take(where) {
      const fits = (wanted: string, is: string) => wanted === '*' || wanted === is
      const found = waiting.find(
        fault =>
          fits(fault.provider, where.provider) && fits(fault.region, where.region) && fits(fault.action, where.action),
      )
      if (!found) return null
      found.times -= 1
      if (found.times <= 0) waiting = waiting.filter(fault => fault !== found)
      const { times: _times, ...taken } = found
      return taken
    },
    waiting: () => waiting,
  }
}
