// Cost Explorer: what the account's own lifetimes cost, a day late. Each page that is asked for costs $0.01, which shows
// up in the bill as well.
import type { Account } from './account.ts'
import { priceOf } from './catalogue.ts'
import { isObject, type JsonCall, type JsonService, listIn, textIn } from './json.ts'
import { AwsProblem } from './problem.ts'
import type { KeptLife } from './state.ts'

const dayMs = 24 * 3_600_000
const queryNanos = 10_000_000n

export const explorer: JsonService = {
  contentType: 'application/x-amz-json-1.1',
  throttled: { code: 'LimitExceededException', status: 400 },
  actions: {
    GetCostAndUsage: {
      members: ['TimePeriod', 'Granularity', 'Filter', 'Metrics', 'GroupBy', 'BillingViewArn', 'NextPageToken'],
      answer(call) {
        const { account, body, now } = call
        if (!account.costExplorer.enabled) {
          throw new AwsProblem(
            'DataUnavailableException',
            'Data is not available. Please try to adjust the time period. If just enabled Cost Explorer, data might not be ingested yet',
          )
        }
        account.state.billedQueries.push(now)
        account.touch()
        return costAndUsage(call, body)
      },
    },
  },
}

interface Period {
  from: number
  to: number
}

function costAndUsage({ account, now }: JsonCall, body: JsonCall['body']) {
  if (body.Filter !== undefined && body.Filter !== null) {
    throw new AwsProblem('ValidationException', 'This emulator knows no Filter')
  }
  const metrics = listIn(body.Metrics).filter(metric => typeof metric === 'string')
  const unknown = metrics.find(
    metric => !['UnblendedCost', 'BlendedCost', 'AmortizedCost', 'NetUnblendedCost'].includes(metric),
  )
  if (metrics.length === 0 || unknown) throw new AwsProblem('ValidationException', `Invalid metric ${unknown ?? ''}`)
  const groupBy = listIn(body.GroupBy).filter(isObject)
  if (groupBy.length > 2) throw new AwsProblem('ValidationException', 'At most two groups')
  const periods = periodsOf(body)
  const inMetrics = (nanos: bigint) =>
    Object.fromEntries(metrics.map(metric => [metric, { Amount: amountOf(nanos), Unit: 'USD' }]))

  const offset = typeof body.NextPageToken === 'string' ? Number(body.NextPageToken) : 0
  if (!Number.isInteger(offset)) throw new AwsProblem('InvalidNextTokenException', 'The token is not valid')
  const size = account.costExplorer.groupsPerPage
  let more = false
  const results = periods.map(period => {
    const costs = costsIn(account, period, now)
    const groups = new Map<string, bigint>()
    for (const cost of costs) {
      const keys = groupBy.map(group => keyOf(group, cost))
      groups.set(JSON.stringify(keys), (groups.get(JSON.stringify(keys)) ?? 0n) + cost.nanos)
    }
    const rows = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
    if (offset + size < rows.length) more = true
    const total = costs.reduce((sum, { nanos }) => sum + nanos, 0n)
    const shown = groupBy.length === 0 ? [] : rows.slice(offset, offset + size)
    return {
      TimePeriod: { Start: dayOf(period.from), End: dayOf(period.to) },
      Total: groupBy.length === 0 ? inMetrics(total) : {},
      Groups: shown.map(([keys, nanos]) => ({ Keys: listIn(JSON.parse(keys)), Metrics: inMetrics(nanos) })),
      // Of the running month everything may still change.
      Estimated: period.to > monthOf(now),
    }
  })
  return {
    ...(groupBy.length === 0 ? {} : { GroupDefinitions: groupBy }),
    ResultsByTime: results,
    DimensionValueAttributes: [],
    ...(more && groupBy.length > 0 ? { NextPageToken: String(offset + size) } : {}),
  }
}

function periodsOf(body: JsonCall['body']): Period[] {
  const { TimePeriod: asked } = body
  if (!isObject(asked)) throw new AwsProblem('ValidationException', 'TimePeriod is missing')
  const [from, end] = [dayIn(textIn(asked, 'Start')), dayIn(textIn(asked, 'End'))]
  if (from >= end)
    throw new AwsProblem('ValidationException', 'Start date (and hour) should be before end date (and hour)')
  const granularity = body.Granularity
  if (granularity !== 'MONTHLY' && granularity !== 'DAILY')
    throw new AwsProblem('ValidationException', 'Granularity is MONTHLY or DAILY')
  const periods: Period[] = []
  for (let at = from; at < end; ) {
    const next = Math.min(end, granularity === 'DAILY' ? at + dayMs : nextMonth(at))
    periods.push({ from: at, to: next })
    at = next
  }
  return periods
}

function dayIn(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(at)) throw new AwsProblem('ValidationException', `${text} is no date as 2026-11-01`)
  return at
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)
const monthOf = (at: number): number => Date.UTC(new Date(at).getUTCFullYear(), new Date(at).getUTCMonth())
const nextMonth = (at: number): number => Date.UTC(new Date(at).getUTCFullYear(), new Date(at).getUTCMonth() + 1)

interface Cost {
  service: string
  region: string
  sku: string
  tags: Readonly<Record<string, string>>
  nanos: bigint
}

function costsIn(account: Account, period: Period, now: number): Cost[] {
  const until = now - account.timings.billing
  const lives = account.state.lives.flatMap(life => {
    const nanos = costOf(life, period, until)
    return nanos > 0n ? [{ service: serviceOf(life), region: life.region, sku: life.sku, tags: life.tags, nanos }] : []
  })
  const asked = account.state.billedQueries.filter(at => at >= period.from && at < period.to && at <= until).length
  const queries = {
    service: 'AWS Cost Explorer',
    region: 'us-east-1',
    sku: 'USE1-APIRequest',
    tags: {},
    nanos: BigInt(asked) * queryNanos,
  }
  return asked > 0 ? [...lives, queries] : lives
}

/** Billionths of a dollar: by the hour, or by the share of its month; an instance counts a minute at least. */
function costOf(life: KeptLife, { from, to }: Period, until: number): bigint {
  const price = priceOf(life.region, life.kind, life.sku)
  if (!price) return 0n
  const ended = Math.min(life.to ?? until, until)
  const end =
    life.kind === 'instance' && life.to !== null ? Math.max(ended, Math.min(life.from + 60_000, until)) : ended
  let nanos = 0n
  for (let at = Math.max(from, life.from); at < Math.min(to, end); ) {
    const next = Math.min(nextMonth(at), to, end)
    const perMs = price.per === 'hour' ? 3_600_000 : nextMonth(at) - monthOf(at)
    nanos += (BigInt(price.nanos) * BigInt(Math.round(life.quantity)) * BigInt(Math.round(next - at))) / BigInt(perMs)
    at = next
  }
  return nanos
}

function serviceOf({ kind }: KeptLife): string {
  if (kind === 'instance') return 'Amazon Elastic Compute Cloud - Compute'
  return kind === 'ipv4' || kind === 'address' ? 'Amazon Virtual Private Cloud' : 'EC2 - Other'
}

function keyOf(group: Readonly<Record<string, unknown>>, { service, region, sku, tags }: Cost): string {
  const key = textIn(group, 'Key')
  if (group.Type === 'TAG') return `${key}$${tags[key] ?? ''}`
  if (key === 'SERVICE') return service
  if (key === 'REGION') return region
  if (key === 'USAGE_TYPE' || key === 'INSTANCE_TYPE') return sku
  throw new AwsProblem('ValidationException', `Invalid group ${key}`)
}

function amountOf(nanos: bigint): string {
  const digits = nanos.toString().padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}0`
}
