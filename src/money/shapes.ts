// Money as it is kept and shown. Amounts are whole micro-units of one currency; prices are whole billionths (nanos),
// since providers publish more than six decimals. Accrued, reported and projection are never merged; unknown is null.
import Type, { type Static } from 'typebox'
import { price, providerName, resourceKind } from '../../infra/clouds/shapes.ts'
import { orNull } from '../../state/primitives/schema.ts'

const closed = { additionalProperties: false } as const
const currency = Type.String({ pattern: '^[A-Z]{3}$' })
const moment = Type.Number()

/** From `from` on, one unit of a resource costs this. */
const rate = Type.Object(
  {
    from: moment,
    currency,
    hourlyNanos: orNull(Type.Integer({ minimum: 0 })),
    monthlyNanos: orNull(Type.Integer({ minimum: 0 })),
    source: Type.String({ maxLength: 300 }),
    pricedAt: moment,
  },
  closed,
)
export type Rate = Static<typeof rate>

/** A time in which a resource was billed: append-only but for its end, its rates and its pauses. */
export const lifetime = Type.Object(
  {
    /** Provider, region and the provider's id of the thing. */
    id: Type.String({ minLength: 1, maxLength: 400 }),
    node: orNull(Type.String()),
    provider: providerName,
    region: Type.String(),
    kind: resourceKind,
    sku: Type.String(),
    quantity: Type.Number({ minimum: 0 }),
    from: moment,
    /** `provider`: the provider's own time; `seen`: when it was first seen, so that what came before is unknown. */
    fromSource: Type.Enum(['provider', 'seen']),
    to: orNull(moment),
    /** Ascending; empty: no price is known. */
    rates: Type.Array(rate),
    /** Stretches in which it was not billed (a stopped EC2 instance). The last may be open. */
    pauses: Type.Array(Type.Object({ from: moment, to: orNull(moment) }, closed)),
  },
  closed,
)
export type Lifetime = Static<typeof lifetime>

/** What a provider's billing or an invoice says of a month. */
export const reported = Type.Object(
  {
    provider: Type.String({ minLength: 1, maxLength: 60 }),
    /** `2026-11` */
    month: Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$' }),
    currency,
    micros: Type.Integer(),
    asOf: moment,
    estimated: Type.Boolean(),
    source: Type.String({ minLength: 1, maxLength: 300 }),
    /** sha256 of the kept invoice. */
    evidence: orNull(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    by: Type.String(),
    /** What asking cost. */
    queryCost: orNull(Type.Object({ currency, micros: Type.Integer({ minimum: 0 }) }, closed)),
  },
  closed,
)
export type Reported = Static<typeof reported>

export interface MoneySlice {
  /** Lifetimes that are open or ended in this or the last two months, by id. */
  lifetimes: Readonly<Record<string, Lifetime>>
  /** Prices read from providers, newer than the embedded snapshot, by `provider/region/kind/sku`. */
  prices: Readonly<Record<string, Static<typeof price>>>
  /** By `provider/month/currency`, the newest of each; the last 24 months. */
  reported: Readonly<Record<string, Reported>>
  /** When each provider's billing was last asked, ms: it may be asked twice a day. */
  asked: Readonly<Record<string, number>>
  /** Price refreshes and billing questions that are open, by id. */
  open: Readonly<
    Record<string, { id: string; kind: 'prices' | 'billing'; provider: string | null; by: string; at: number }>
  >
  /** How the last ones ended, newest last, at most 50. */
  closed: readonly {
    id: string
    kind: 'prices' | 'billing'
    provider: string | null
    endedAt: number
    changed: number
    trouble: string | null
  }[]
}

/** What money begins to be spent on, ends, pauses, and changes price. Made by whoever sees it, in the same commit. */
export const moneyEvents = {
  /** Idempotent: an id that is known is left as it is. */
  'money.began': Type.Object({ type: Type.Literal('money.began'), lifetimes: Type.Array(lifetime) }, closed),
  'money.ended': Type.Object({ type: Type.Literal('money.ended'), ids: Type.Array(Type.String()), at: moment }, closed),
  'money.paused': Type.Object(
    { type: Type.Literal('money.paused'), ids: Type.Array(Type.String()), at: moment },
    closed,
  ),
  'money.resumed': Type.Object(
    { type: Type.Literal('money.resumed'), ids: Type.Array(Type.String()), at: moment },
    closed,
  ),
  /** New prices: the book's, and from `at` on those of running lifetimes that they fit. */
  'money.priced': Type.Object({ type: Type.Literal('money.priced'), prices: Type.Array(price), at: moment }, closed),
  'money.reported': Type.Object({ type: Type.Literal('money.reported'), reported }, closed),
  'money.asking': Type.Object(
    {
      type: Type.Literal('money.asking'),
      id: Type.String(),
      kind: Type.Enum(['prices', 'billing']),
      provider: orNull(Type.String()),
    },
    closed,
  ),
  'money.answered': Type.Object(
    {
      type: Type.Literal('money.answered'),
      id: Type.String(),
      /** How many figures are other than before. */
      changed: Type.Integer({ minimum: 0 }),
      trouble: orNull(Type.String({ maxLength: 2_000 })),
    },
    closed,
  ),
} as const
export type MoneyEvent = { [K in keyof typeof moneyEvents]: Static<(typeof moneyEvents)[K]> }[keyof typeof moneyEvents]

/** Answer to the question `cost`; the command line prints it with snake_case names. */
export interface CostReport {
  /** `2026-11`. Months are those of UTC, as providers bill. */
  month: string
  at: number
  totals: {
    currency: string
    accruedMicros: number
    /** null: no provider has said anything. */
    reportedMicros: number | null
    reportedAsOf: number | null
    projectionMicros: number
    /** A whole month of what is billed now; null: the month is over. */
    monthlyMicros: number | null
  }[]
  /** All in the budget's currency at dated rates; null: no budget, one currency only, or a rate is missing. */
  converted: {
    currency: string
    rates: { from: string; rate: string; date: string }[]
    accruedMicros: number
    projectionMicros: number
    monthlyMicros: number | null
  } | null
  ceiling: {
    currency: string
    micros: number
    warnMicros: number
    /** `over`: even what is known is over it. `unknown`: what is known is within, but not all is known. */
    verdict: 'within' | 'warn' | 'over' | 'unknown'
    /** Projection less ceiling, where known; negative: room. */
    overMicros: number | null
    /** A whole month less ceiling: what was launched on the 28th is in it for all of its days. null: not known. */
    monthlyOverMicros: number | null
  } | null
  /** What has no figure, and why; for people. `isUnmetered`: nobody measures it here, so it is not in the verdict. */
  unknown: { node: string | null; what: string; why: string; isUnmetered?: true }[]
  lines: CostLine[]
  reported: Reported[]
  /** Accrued and reported differ by more than a tenth and a unit: a finding. */
  differences: { provider: string; currency: string; accruedMicros: number; reportedMicros: number }[]
  /** Against a week ago, per month at full running: what came, went, or changed price. */
  changes: { what: string; node: string | null; currency: string; monthlyMicros: number }[]
  hints: SavingsHint[]
  priceBook: { oldestAt: number; newestAt: number; sources: string[]; bySource: PriceSource[] }
}

/** Where prices were read, and of when they are. */
export interface PriceSource {
  source: string
  oldestAt: number
  newestAt: number
  /** Nobody read it at the provider or in a catalogue. */
  isEstimated: boolean
  prices: number
}

export interface CostLine {
  node: string | null
  resource: string
  sku: string
  quantity: number
  provider: string
  region: string
  currency: string
  /** Whole micro-units, rounded, per hour (or month, as `unit` says); the exact figure is `unitPriceNanos`. */
  unitPriceMicros: number | null
  unitPriceNanos: number | null
  unit: 'hour' | 'month'
  /** Billed hours so far this month. */
  hours: number | null
  accruedMicros: number | null
  projectionMicros: number | null
  /** Full month at this month's length. */
  monthlyMicros: number | null
  source: string
  pricedAt: number | null
  running: boolean
}

export interface SavingsHint {
  what: string
  nodes: string[]
  currency: string
  /** Saved per month. */
  monthlyMicros: number
}

/** Answer to the question `offers`. */
export interface OfferRow {
  provider: string
  region: string
  type: string
  arch: string
  vcpus: number
  memoryMib: number
  available: boolean | null
  note: string | null
  currency: string | null
  hourlyNanos: number | null
  /** With a public IPv4 address and the usual disk. */
  monthlyMicros: number | null
  pricedAt: number | null
  /** Median round trip from HQ to nodes of this fleet in that region, ms; null: none is there. */
  latencyMs: number | null
}
export interface OffersReport {
  rows: OfferRow[]
  /** Regions that could not be asked, and why. */
  unknown: { provider: string; region: string; why: string }[]
}
