// The Cloud Billing catalogue: SKUs of Compute Engine with list prices. A core's price is that of a whole core; a
// shared type takes a share of it (e2-micro a quarter). Beside on-demand there are spot and committed SKUs, and tiers.
//
// Prices of the American regions are Google's; elsewhere they are multiplied by what is about right, and stand for
// themselves only here.
import { type Handler, invalid, json, notFound } from './project.ts'

const computeService = '6F81-5844-456A'

const places: readonly { name: string; in: readonly string[]; percent: number }[] = [
  { name: 'Americas', in: ['us-central1', 'us-east1', 'us-west1'], percent: 100 },
  { name: 'Sao Paulo', in: ['southamerica-east1'], percent: 159 },
  { name: 'EMEA', in: ['europe-west1'], percent: 110 },
  { name: 'Frankfurt', in: ['europe-west3'], percent: 129 },
  { name: 'Zurich', in: ['europe-west6'], percent: 140 },
  { name: 'Japan', in: ['asia-northeast1'], percent: 128 },
  { name: 'Singapore', in: ['asia-southeast1'], percent: 123 },
  { name: 'Sydney', in: ['australia-southeast1'], percent: 142 },
]

interface Sku {
  description: string
  family: string
  group: string
  usage: string
  unit: 'h' | 'GiBy.h' | 'GiBy.mo'
  regions: readonly string[]
  tiers: readonly { from: number; nanos: number }[]
}

const flat = (nanos: number) => [{ from: 0, nanos }]

const ofPlace = ({ name, in: served, percent }: (typeof places)[number]): Sku[] => {
  const at = (nanos: number) => Math.round((nanos * percent) / 100)
  const sku = (
    description: string,
    group: string,
    unit: Sku['unit'],
    nanos: number,
    other: Partial<Sku> = {},
  ): Sku => ({
    description,
    group,
    unit,
    family: 'Compute',
    usage: 'OnDemand',
    regions: served,
    tiers: flat(at(nanos)),
    ...other,
  })
  return [
    sku(`E2 Instance Core running in ${name}`, 'CPU', 'h', 21_811_590),
    sku(`E2 Instance Ram running in ${name}`, 'RAM', 'GiBy.h', 2_923_530),
    sku(`Spot Preemptible E2 Instance Core running in ${name}`, 'CPU', 'h', 6_543_000, { usage: 'Preemptible' }),
    sku(`Spot Preemptible E2 Instance Ram running in ${name}`, 'RAM', 'GiBy.h', 877_000, { usage: 'Preemptible' }),
    sku(`Commitment v1: E2 Cpu in ${name} for 1 Year`, 'CPU', 'h', 13_741_000, { usage: 'Commit1Yr' }),
    sku(`Balanced PD Capacity in ${name}`, 'SSD', 'GiBy.mo', 100_000_000, { family: 'Storage' }),
    sku(`Storage PD Capacity in ${name}`, 'PDStandard', 'GiBy.mo', 40_000_000, {
      family: 'Storage',
      tiers: [
        ...(name === 'Americas' ? [{ from: 0, nanos: 0 }] : []),
        { from: name === 'Americas' ? 30 : 0, nanos: at(40_000_000) },
      ],
    }),
  ]
}

const address = { family: 'Network', group: 'IpAddress', usage: 'OnDemand', unit: 'h' } as const
const skus: readonly Sku[] = [
  ...places.flatMap(ofPlace),
  {
    ...address,
    description: 'External IP Charge on a Standard VM',
    regions: ['global'],
    tiers: flat(5_000_000),
  },
  {
    ...address,
    description: 'Static Ip Charge',
    regions: ['global'],
    tiers: flat(10_000_000),
  },
]

const units = {
  h: { usageUnitDescription: 'hour', baseUnit: 's', baseUnitDescription: 'second', baseUnitConversionFactor: 3_600 },
  'GiBy.h': {
    usageUnitDescription: 'gibibyte hour',
    baseUnit: 'By.s',
    baseUnitDescription: 'byte second',
    baseUnitConversionFactor: 3_865_470_566_400,
  },
  'GiBy.mo': {
    usageUnitDescription: 'gibibyte month',
    baseUnit: 'By.s',
    baseUnitDescription: 'byte second',
    baseUnitConversionFactor: 2_875_910_101_401_600,
  },
} as const

const skuReply = (sku: Sku, index: number, now: number) => {
  const skuId = `0000-0000-${(index + 1).toString(16).toUpperCase().padStart(4, '0')}`
  const single = sku.regions.length === 1
  const isGlobal = sku.regions[0] === 'global'
  return {
    name: `services/${computeService}/skus/${skuId}`,
    skuId,
    description: sku.description,
    category: {
      serviceDisplayName: 'Compute Engine',
      resourceFamily: sku.family,
      resourceGroup: sku.group,
      usageType: sku.usage,
    },
    serviceRegions: sku.regions,
    pricingInfo: [
      {
        summary: '',
        pricingExpression: {
          usageUnit: sku.unit,
          displayQuantity: 1,
          ...units[sku.unit],
          tieredRates: sku.tiers.map(({ from, nanos }) => ({
            startUsageAmount: from,
            unitPrice: {
              currencyCode: 'USD',
              units: String(Math.floor(nanos / 1_000_000_000)),
              nanos: nanos % 1_000_000_000,
            },
          })),
        },
        currencyConversionRate: 1,
        effectiveTime: new Date(now).toISOString(),
      },
    ],
    serviceProviderName: 'Google',
    geoTaxonomy: isGlobal
      ? { type: 'GLOBAL', regions: [] }
      : { type: single ? 'REGIONAL' : 'MULTI_REGIONAL', regions: sku.regions },
  }
}

export const listSkus: Handler = (project, { at, query }) => {
  if (at.name !== computeService) throw notFound(`services/${at.name}`)
  const currency = query.get('currencyCode') ?? 'USD'
  if (currency !== '' && currency !== 'USD') throw invalid('currencyCode', `'${currency}'. Only USD is priced here.`)
  const size = Math.min(5_000, Number(query.get('pageSize') ?? 0) || 5_000)
  const from = Number(query.get('pageToken') ?? 0) || 0
  const all = skus.map((sku, index) => skuReply(sku, index, project.now()))
  const to = from + size
  return json({ skus: all.slice(from, to), nextPageToken: to < all.length ? String(to) : '' })
}
