// What `--json` prints of clouds and money: the shapes that scripts may rely on. They only grow; nothing is renamed or
// removed. Amounts are whole micro-units of the currency beside them; null is unknown, never 0.
import { type Static, Type } from 'typebox'
import { orNull } from '../../state/primitives/schema.ts'
import { costDocument } from '../money/export.ts'

const closed = { additionalProperties: false }
const currency = Type.String({ pattern: '^[A-Z]{3}$' })
const micros = Type.Integer()
const moment = Type.String({ format: 'date-time' })
const textOrNull = orNull(Type.String())
const amount = Type.Object({ currency, micros }, closed)

/** `cost --json`: one document. With `--what-if`, `what_if` is the other fleet file at the same prices. */
export const costAnswer = Type.Object(
  {
    ...costDocument.properties,
    what_if: Type.Optional(Type.Object({ file: Type.String(), ...costDocument.properties }, closed)),
  },
  closed,
)
export type CostAnswer = Static<typeof costAnswer>

/** `drift --json`: one document. */
export const driftDocument = Type.Object(
  {
    /** When the last whole look ended; null: there was none. */
    at: orNull(moment),
    regions: Type.Array(
      Type.Object(
        {
          provider: Type.String(),
          region: Type.String(),
          /** false: it could not be listed, and what it holds is unknown. */
          listed: Type.Boolean(),
          why: textOrNull,
          at: orNull(moment),
        },
        closed,
      ),
    ),
    findings: Type.Array(
      Type.Object(
        {
          kind: Type.Enum(['missing', 'extra', 'changed', 'orphan', 'leftover']),
          id: Type.String(),
          node: textOrNull,
          provider: Type.String(),
          region: Type.String(),
          what: Type.String(),
          remedy: Type.String(),
          monthly: orNull(amount),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type DriftDocument = Static<typeof driftDocument>

/** `offers --json`: one document. */
export const offersDocument = Type.Object(
  {
    offers: Type.Array(
      Type.Object(
        {
          provider: Type.String(),
          region: Type.String(),
          type: Type.String(),
          arch: Type.String(),
          vcpus: Type.Number(),
          memory_mib: Type.Number(),
          /** null: the provider does not say before one tries. */
          available: orNull(Type.Boolean()),
          note: textOrNull,
          currency: orNull(currency),
          hourly_nanos: orNull(Type.Integer()),
          /** With a public IPv4 address and the usual disk. */
          monthly_micros: orNull(micros),
          priced_at: orNull(moment),
          latency_ms: orNull(Type.Number()),
        },
        closed,
      ),
    ),
    unknown: Type.Array(Type.Object({ provider: Type.String(), region: Type.String(), why: Type.String() }, closed)),
  },
  closed,
)
export type OffersDocument = Static<typeof offersDocument>

/** `prices show --json` and `prices refresh --json`: one document. */
export const pricesDocument = Type.Object(
  {
    book: Type.Object(
      {
        oldest_at: orNull(moment),
        newest_at: orNull(moment),
        sources: Type.Array(Type.String()),
        by_source: costDocument.properties.price_book.properties.by_source,
      },
      closed,
    ),
    /** The whole book. */
    prices: Type.Array(
      Type.Object(
        {
          provider: Type.String(),
          region: Type.String(),
          resource: Type.String(),
          sku: Type.String(),
          currency,
          hourly_nanos: orNull(Type.Integer()),
          monthly_nanos: orNull(Type.Integer()),
          source: Type.String(),
          at: moment,
          /** It came with the program; false: this home read it at the provider. */
          carried: Type.Boolean(),
        },
        closed,
      ),
    ),
    /** How the refresh ended; absent with `show`. */
    refresh: Type.Optional(Type.Object({ changed: Type.Integer(), trouble: textOrNull }, closed)),
  },
  closed,
)
export type PricesDocument = Static<typeof pricesDocument>

const plan = Type.Object(
  {
    nodes: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          provider: Type.String(),
          region: Type.String(),
          type: Type.String(),
          arch: textOrNull,
          image: textOrNull,
          disk_gb: orNull(Type.Number()),
          ipv4: Type.Boolean(),
          lines: Type.Array(
            Type.Object(
              {
                resource: Type.String(),
                sku: Type.String(),
                quantity: Type.Number(),
                currency,
                monthly_micros: orNull(micros),
                source: Type.String(),
                priced_at: orNull(moment),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    refused: Type.Array(Type.Object({ node: Type.String(), why: Type.String(), remedy: Type.String() }, closed)),
    monthly: Type.Array(Type.Object({ currency, micros: orNull(micros) }, closed)),
    projection: orNull(Type.Object({ currency, before_micros: orNull(micros), after_micros: orNull(micros) }, closed)),
    verdict: Type.Enum(['within', 'warn', 'over', 'unknown', 'no-budget']),
    warnings: Type.Array(Type.String()),
  },
  closed,
)

/** `provision --json`, `teardown --json` and `adopt --json`: one document, when it is over. */
export const operationsDocument = Type.Object(
  {
    /** null: nothing was asked of the engine. */
    batch: textOrNull,
    /** What was asked for; null where the command creates nothing. */
    plan: orNull(plan),
    nodes: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          /** `open`: the engine goes on. `kept`: there was nothing to do. */
          outcome: Type.Enum(['done', 'failed', 'cancelled', 'open', 'kept', 'refused']),
          op: textOrNull,
          phase: textOrNull,
          provider: textOrNull,
          region: textOrNull,
          machine: textOrNull,
          ipv4: textOrNull,
          ipv6: textOrNull,
          hostkeys: Type.Array(Type.String()),
          /** What went wrong last. */
          trouble: orNull(Type.Object({ failure: Type.String(), code: textOrNull, message: Type.String() }, closed)),
          /** What a teardown left behind, and may cost. */
          leftovers: Type.Array(Type.Object({ id: Type.String(), kind: Type.String() }, closed)),
        },
        closed,
      ),
    ),
    /** The fleet file with what is now known, as a diff; null: nothing to change. */
    patch: textOrNull,
    /** The fleet file was changed so. */
    written: Type.Boolean(),
  },
  closed,
)
export type OperationsDocument = Static<typeof operationsDocument>
