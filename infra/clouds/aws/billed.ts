// What AWS itself says that a month cost. Cost Explorer is one for all regions (asked in each, the total would multiply),
// about a day late, and takes $0.01 a page: nobody calls this on a redraw.
import Type from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'
import type { Billed } from '../cloud.ts'
import { unitsOf } from '../decimals.ts'
import { CloudError } from '../error.ts'
import { type Aws, guarded } from './ask.ts'
import { unreadable } from './errors.ts'
import { clean } from './replies.ts'

const pageMicros = 10_000
const dayMs = 24 * 60 * 60_000

const results = checker(
  Type.Array(
    Type.Object({
      Estimated: Type.Optional(Type.Boolean()),
      Total: Type.Object({
        UnblendedCost: Type.Object({ Amount: Type.String(), Unit: Type.String({ pattern: '^[A-Z]{3}$' }) }),
      }),
    }),
  ),
)
const where = { action: 'GetCostAndUsage', region: 'us-east-1', creates: false }

export async function billedIn(aws: Aws, month: string, signal: AbortSignal): Promise<Billed> {
  const now = aws.settings.now()
  const period = periodOf(month, now)
  const micros = new Map<string, number>()
  const seen = new Set<string>()
  let [pages, estimated] = [0, false]
  let token: string | undefined
  do {
    const answer = await page(aws, period, token, signal)
    pages += 1
    const told: unknown = answer.ResultsByTime
    if (!results.is(told)) throw unreadable({ ...where, secrets: [] }, 'it names no cost')
    for (const { Estimated, Total } of told) {
      const { Amount, Unit } = Total.UnblendedCost
      const amount = unitsOf(Amount, 6)
      if (!amount) throw unreadable({ ...where, secrets: [] }, `an amount of ${clean(Amount, 40)}`)
      micros.set(Unit, (micros.get(Unit) ?? 0) + amount.units)
      estimated ||= Estimated === true
    }
    token = answer.NextPageToken || undefined
    if (token && seen.has(token)) throw unreadable({ ...where, secrets: [] }, 'its pages go round in circles')
    if (token) seen.add(token)
  } while (token)
  return {
    amounts: [...micros].map(([currency, amount]) => ({ currency, micros: amount })),
    // It counts whole days, and today's is not there yet.
    asOf: Math.max(period.from, Math.min(period.to, now - (now % dayMs))),
    estimated,
    queryCost: { currency: 'USD', micros: pages * pageMicros },
    source: 'AWS Cost Explorer, unblended',
  }
}

interface Period {
  from: number
  to: number
}

/** The month, or of the current one its days until tonight. */
function periodOf(month: string, now: number): Period {
  const [, year, number] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? []
  const from = Date.UTC(Number(year), Number(number) - 1)
  if (!year || from > now) {
    throw new CloudError({
      failure: 'invalid',
      effect: 'none',
      message: `AWS Cost Explorer: ${clean(month, 20)} is no month that has begun`,
      remedy: 'Name it as 2026-11.',
    })
  }
  const tomorrow = now - (now % dayMs) + dayMs
  return { from, to: Math.min(Date.UTC(Number(year), Number(number)), tomorrow) }
}

async function page(aws: Aws, { from, to }: Period, token: string | undefined, signal: AbortSignal) {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  try {
    return await guarded(aws, where, signal, async () => {
      const { sdk, client } = await aws.clients.costExplorer()
      return client.send(
        new sdk.GetCostAndUsageCommand({
          TimePeriod: { Start: day(from), End: day(to) },
          Granularity: 'MONTHLY',
          Metrics: ['UnblendedCost'],
          ...(token ? { NextPageToken: token } : {}),
        }),
        { abortSignal: signal },
      )
    })
  } catch (error) {
    throw error instanceof CloudError ? explained(error) : error
  }
}

function explained(error: CloudError): CloudError {
  const { failure, code, message } = error
  if (code === 'DataUnavailableException') {
    return new CloudError({
      failure: 'not-found',
      effect: 'none',
      message: `${message}. AWS has no figures of this month yet`,
      remedy: 'Cost Explorer has its first figures a day after it was enabled: try again tomorrow.',
      code,
    })
  }
  if (failure === 'rights' && /not enabled|not subscribed|isn't enabled/i.test(message)) {
    return new CloudError({
      failure: 'account',
      effect: 'none',
      message,
      remedy: 'Enable Cost Explorer once, in the Billing console of the account; its first figures come a day later.',
      code,
    })
  }
  if (failure === 'rights') {
    const remedy = 'Give these credentials ce:GetCostAndUsage, and let IAM see billing in the account settings.'
    return new CloudError({ failure, effect: 'none', message, remedy, code })
  }
  return error
}
