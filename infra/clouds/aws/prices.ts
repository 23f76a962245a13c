// List prices, from the Pricing API: machines (Linux, on demand), gp3 and public IPv4 addresses. One question a type
// serves all regions. A price that cannot be told exactly is left out: missing is unknown, never another figure.
import Type from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'
import { unitsOf } from '../decimals.ts'
import { CloudError } from '../error.ts'
import type { Price, ResourceKind } from '../shapes.ts'
import { type Aws, guarded } from './ask.ts'
import { isUnsupported, unreadable } from './errors.ts'

/** The API is in these regions only, and tells of all. */
const apiRegions = ['us-east-1', 'eu-central-1', 'ap-south-1'] as const

const product = checker(
  Type.Object({
    product: Type.Object({ attributes: Type.Record(Type.String(), Type.Unknown()) }),
    terms: Type.Object({
      OnDemand: Type.Record(
        Type.String(),
        Type.Object({
          priceDimensions: Type.Record(
            Type.String(),
            Type.Object({
              unit: Type.String(),
              beginRange: Type.Optional(Type.String()),
              pricePerUnit: Type.Record(Type.String(), Type.String()),
            }),
          ),
        }),
      ),
    }),
  }),
)

interface Question {
  kind: ResourceKind
  sku: string
  per: 'hour' | 'month'
  service: string
  fields: Readonly<Record<string, string>>
  /** Of several products that fit, those that are meant. */
  isMeant(attributes: Readonly<Record<string, unknown>>): boolean
}

export async function pricesOf(
  aws: Aws,
  regions: readonly string[],
  types: readonly string[],
  signal: AbortSignal,
): Promise<Price[]> {
  const found = new Map<string, Price>()
  for (const question of [...[...new Set(types)].map(ofType), gp3, ipv4]) {
    for (const price of await answers(aws, question, regions, signal)) {
      found.set(`${price.region} ${price.kind} ${price.sku}`, price)
    }
  }
  return [...found.values()]
}

function ofType(type: string): Question {
  return {
    kind: 'instance',
    sku: type,
    per: 'hour',
    service: 'AmazonEC2',
    fields: {
      instanceType: type,
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      preInstalledSw: 'NA',
      capacitystatus: 'Used',
    },
    isMeant: has =>
      has.instanceType === type && absentOr(has.capacitystatus, 'Used') && absentOr(has.tenancy, 'Shared'),
  }
}

const gp3: Question = {
  kind: 'disk',
  sku: 'gp3',
  per: 'month',
  service: 'AmazonEC2',
  fields: { productFamily: 'Storage', volumeApiName: 'gp3' },
  isMeant: has => has.volumeApiName === 'gp3',
}

const ipv4: Question = {
  kind: 'ipv4',
  sku: 'public-ipv4',
  per: 'hour',
  service: 'AmazonVPC',
  fields: { group: 'VPCPublicIPv4Address' },
  // Idle addresses are other products of the group.
  isMeant: has =>
    has.group === 'VPCPublicIPv4Address' &&
    (typeof has.usagetype !== 'string' || has.usagetype.endsWith('InUseAddress')),
}

function absentOr(value: unknown, wanted: string): boolean {
  return value === undefined || value === wanted
}

async function answers(
  aws: Aws,
  question: Question,
  regions: readonly string[],
  signal: AbortSignal,
): Promise<Price[]> {
  const [only] = regions
  const fields = regions.length === 1 && only ? { ...question.fields, regionCode: only } : question.fields
  const at = aws.settings.now()
  const list = await products(aws, question.service, fields, signal)
  return list.flatMap(entry => {
    const price = priceIn(entry, question, at)
    return price && regions.includes(price.region) ? [price] : []
  })
}

async function products(
  aws: Aws,
  service: string,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown[]> {
  let failure: unknown
  for (const region of apiRegions) {
    try {
      return await productsFrom(aws, region, service, fields, signal)
    } catch (error) {
      // Another region of it tells the same.
      if (!(error instanceof CloudError) || error.failure !== 'unreachable' || isUnsupported(error)) throw error
      failure = error
    }
  }
  throw failure
}

async function productsFrom(
  aws: Aws,
  region: string,
  ServiceCode: string,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown[]> {
  const where = { action: 'GetProducts', region, creates: false }
  const Filters = Object.entries(fields).map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }))
  const all: unknown[] = []
  const seen = new Set<string>()
  let token: string | undefined
  do {
    const answer = await guarded(aws, where, signal, async () => {
      const { sdk, client } = await aws.clients.pricing(region)
      const NextToken = token
      const input = {
        ServiceCode,
        Filters,
        FormatVersion: 'aws_v1',
        MaxResults: 100,
        ...(NextToken ? { NextToken } : {}),
      }
      return client.send(new sdk.GetProductsCommand(input), { abortSignal: signal })
    })
    const told: unknown = answer.PriceList
    if (!Array.isArray(told)) throw unreadable({ ...where, secrets: [] }, 'it is no price list')
    for (const entry of told) all.push(entry)
    token = answer.NextToken || undefined
    if (token && seen.has(token)) throw unreadable({ ...where, secrets: [] }, 'its pages go round in circles')
    if (token) seen.add(token)
  } while (token)
  return all
}

/** One product as the API writes it, JSON in a string; null: not one that was asked for, or not to be told exactly. */
function priceIn(entry: unknown, question: Question, at: number): Price | null {
  const read = parsed(entry)
  if (!product.is(read)) return null
  const { attributes } = read.product
  const region = attributes.regionCode
  if (typeof region !== 'string' || !/^[a-z0-9-]{1,50}$/.test(region) || !question.isMeant(attributes)) return null
  const dimensions = Object.values(read.terms.OnDemand).flatMap(term => Object.values(term.priceDimensions))
  const unit = question.per === 'hour' ? /^h(?:ou)?rs?$/i : /^GB-Mo(?:nth)?$/i
  const fitting = dimensions.filter(({ unit: of, beginRange = '0' }) => unit.test(of) && beginRange === '0')
  const [dimension] = fitting
  if (!dimension || fitting.length > 1) return null
  const [priced, ...others] = Object.entries(dimension.pricePerUnit).filter(([currency]) => /^[A-Z]{3}$/.test(currency))
  if (!priced || others.length > 0) return null
  const [currency, amount] = priced
  const nanos = unitsOf(amount, 9)
  if (!nanos?.isExact || nanos.units < 0) return null
  return {
    provider: 'aws',
    region,
    kind: question.kind,
    sku: question.sku,
    currency,
    hourlyNanos: question.per === 'hour' ? nanos.units : null,
    monthlyNanos: question.per === 'month' ? nanos.units : null,
    source: 'AWS Pricing API',
    at,
  }
}

/** The SDK hands out such strings as objects of its own that are Strings. */
function parsed(entry: unknown): unknown {
  if (typeof entry !== 'string' && !(entry instanceof String)) return entry
  try {
    return JSON.parse(entry.toString())
  } catch {
    return null
  }
}
