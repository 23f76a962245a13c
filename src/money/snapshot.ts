// Prices that the program carries, so that there is a figure before anybody asked a provider. They age: each has its
// date and says where it was read, and what nobody read says `estimated`. Net of tax.
import type { Price, ProviderName, ResourceKind } from '../../infra/clouds/shapes.ts'

const catalogues = 'libcloud (2023-08) and SkyPilot (2025) catalogues, which agree'
const estimatedNano = 'estimated: not in the catalogues of 2025'
const estimatedDisk = 'estimated: general knowledge, not read at AWS'

/**
 * AWS region, price of a t4g.nano hour and of a gp3 GB-month in billionths of a US dollar, and how well each is known:
 * `c` catalogues, `l` libcloud alone, `n` newest reading, `r` read at AWS, `e` estimated.
 */
const aws: readonly (readonly [string, number, 'c' | 'l' | 'n' | 'e', number, 'r' | 'e'])[] = [
  ['us-east-1', 4_200_000, 'n', 80_000_000, 'r'],
  ['us-west-1', 5_000_000, 'c', 96_000_000, 'e'],
  ['ca-central-1', 4_600_000, 'c', 88_000_000, 'e'],
  ['mx-central-1', 4_400_000, 'e', 84_000_000, 'e'],
  ['sa-east-1', 6_700_000, 'c', 152_000_000, 'e'],
  ['eu-west-2', 4_700_000, 'c', 92_800_000, 'e'],
  ['eu-west-3', 4_700_000, 'c', 92_800_000, 'e'],
  ['eu-central-1', 4_800_000, 'c', 95_200_000, 'e'],
  ['eu-south-2', 4_600_000, 'c', 88_000_000, 'e'],
  ['eu-north-1', 4_300_000, 'c', 83_600_000, 'e'],
  ['me-central-1', 5_100_000, 'c', 96_800_000, 'e'],
  ['il-central-1', 4_800_000, 'l', 92_400_000, 'e'],
  ['af-south-1', 5_400_000, 'c', 104_700_000, 'e'],
  ['ap-south-1', 2_800_000, 'c', 91_200_000, 'e'],
  ['ap-southeast-1', 5_300_000, 'c', 96_000_000, 'r'],
  ['ap-southeast-2', 5_300_000, 'c', 96_000_000, 'e'],
  ['ap-southeast-3', 5_300_000, 'c', 96_000_000, 'e'],
  ['ap-southeast-5', 4_800_000, 'e', 86_400_000, 'e'],
  ['ap-northeast-2', 5_200_000, 'c', 91_200_000, 'e'],
  ['ap-east-1', 5_800_000, 'c', 105_600_000, 'e'],
]
const nanoSource = {
  n: ['Karpenter price table (2026-07), read again 2026-10', '2026-10-01'],
  c: [catalogues, '2025-01-01'],
  l: ['libcloud catalogue (2023-08) alone', '2023-08-01'],
  e: [estimatedNano, '2026-11-21'],
} as const

/**
 * Hetzner type and monthly cap in billionths of a euro without address. hetzner.com shows prices with a primary IPv4
 * (0.50); its API and bill have that apart. The hour is a 624th of the month, as it was for CX33 in May 2026
 * (6.49 and 0.0104), to four decimals.
 */
const hetzner: readonly (readonly [string, number, number, string])[] = [
  ['cx23', 8_800_000, 5_490_000_000, '5.99'],
  ['cx33', 13_600_000, 8_490_000_000, '8.99'],
  ['cax11', 9_600_000, 5_990_000_000, '6.49'],
  ['cpx12', 18_400_000, 11_490_000_000, '11.99'],
]
const hetznerLocations = ['fsn1', 'nbg1', 'hel1']

/** GCP region, e2-micro hour, e2-small hour, where they were read and when. */
const gcp: readonly (readonly [string, number, number, string, string])[] = [
  ['us-central1', 8_400_000, 16_800_000, 'published list price, read from catalogues in 2026', '2026-11-21'],
  ['us-east1', 8_400_000, 16_800_000, 'estimated: as in us-central1', '2026-11-21'],
  ['us-west1', 8_400_000, 16_800_000, 'estimated: as in us-central1', '2026-11-21'],
  ['europe-west1', 9_210_000, 18_400_000, 'estimated: table of European regions by a third party', '2026-11-21'],
  ['europe-north1', 9_200_000, 18_400_000, 'estimated: table of European regions by a third party', '2026-11-21'],
]

export function snapshotPrices(): Price[] {
  return [...awsPrices(), ...hetznerPrices(), ...gcpPrices()]
}

function entry(
  place: [ProviderName, string],
  what: [ResourceKind, string],
  figures: { currency: 'USD' | 'EUR'; hourlyNanos?: number; monthlyNanos?: number },
  from: readonly [string, string],
): Price {
  return {
    provider: place[0],
    region: place[1],
    kind: what[0],
    sku: what[1],
    currency: figures.currency,
    hourlyNanos: figures.hourlyNanos ?? null,
    monthlyNanos: figures.monthlyNanos ?? null,
    source: from[0],
    at: Date.parse(from[1]),
  }
}

function awsPrices(): Price[] {
  const currency = 'USD'
  const read = ['price list of a third party, read 2026-11', '2026-11-24'] as const
  return [
    ...aws.flatMap(([region, nano, known, gp3, disk]) => [
      entry(['aws', region], ['instance', 't4g.nano'], { currency, hourlyNanos: nano }, nanoSource[known]),
      entry(['aws', region], ['disk', 'gp3'], { currency, monthlyNanos: gp3 }, [
        disk === 'r' ? 'AWS price list, read by others' : estimatedDisk,
        '2026-11-21',
      ]),
      entry(['aws', region], ['ipv4', 'public-ipv4'], { currency, hourlyNanos: 5_000_000 }, [
        'AWS: the same in every region since 2024-02-01',
        '2024-02-01',
      ]),
    ]),
    entry(['aws', 'us-east-1'], ['instance', 't4g.micro'], { currency, hourlyNanos: 8_400_000 }, read),
    entry(['aws', 'us-east-1'], ['instance', 't4g.small'], { currency, hourlyNanos: 16_800_000 }, read),
  ]
}

function hetznerPrices(): Price[] {
  const currency = 'EUR'
  return hetznerLocations.flatMap(region => [
    ...hetzner.map(([type, hourlyNanos, monthlyNanos, shown]) =>
      entry(['hetzner', region], ['instance', type], { currency, hourlyNanos, monthlyNanos }, [
        `hetzner.com ${shown} with IPv4 on 2026-09-03, less 0.50; hour estimated`,
        '2026-09-03',
      ]),
    ),
    entry(['hetzner', region], ['ipv4', 'public-ipv4'], { currency, hourlyNanos: 800_000, monthlyNanos: 500_000_000 }, [
      'estimated: what hetzner.com shows less what its API charges',
      '2026-09-03',
    ]),
    entry(['hetzner', region], ['disk', 'volume'], { currency, monthlyNanos: 57_200_000 }, [
      region === 'fsn1' ? 'GET /v1/pricing, read by others 2026-05-27' : 'estimated: as in fsn1',
      '2026-05-27',
    ]),
  ])
}

function gcpPrices(): Price[] {
  const currency = 'USD'
  const guess = ['estimated: general knowledge, not read at Google', '2026-11-21'] as const
  return gcp.flatMap(([region, micro, small, source, date]) => [
    entry(['gcp', region], ['instance', 'e2-micro'], { currency, hourlyNanos: micro }, [source, date]),
    entry(['gcp', region], ['instance', 'e2-small'], { currency, hourlyNanos: small }, [source, date]),
    entry(['gcp', region], ['ipv4', 'public-ipv4'], { currency, hourlyNanos: 5_000_000 }, [
      'published list price, read from catalogues in 2026',
      '2026-11-21',
    ]),
    entry(['gcp', region], ['disk', 'pd-balanced'], { currency, monthlyNanos: 100_000_000 }, guess),
    entry(['gcp', region], ['disk', 'pd-standard'], { currency, monthlyNanos: 40_000_000 }, guess),
  ])
}
