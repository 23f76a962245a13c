// Faults on demand: which provider, region and action they hit, how often, and what happens then.
import type { ProviderName } from '../../clouds/shapes.ts'

export const faultKinds = {
  throttle: "The provider's own answer to too many requests.",
  capacity: 'No room for the type in the zone.',
  quota: 'A limit of the account is reached.',
  rights: 'The credentials may not do it.',
  account: 'The account is not verified yet.',
  'server-error': "The provider's own 500 or 503, without effect.",
  'error-after-effect': 'The same, but the effect took place.',
  lag: 'What was just created is not seen for `ms`: eventual consistency.',
  'fails-later': 'An asynchronous action that is accepted and then fails.',
  // Of the wire:
  'html-502': 'An HTML page instead of an answer.',
  drop: 'The connection ends before anything happened.',
  'reply-lost': 'It took effect, and the connection ends without an answer.',
  slow: 'It takes `ms` longer.',
} as const
export type FaultKind = keyof typeof faultKinds

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
