// Types and list prices of the emulated account, per region. T4g.nano by region is from public catalogues (2025 and
// later, facts of 2026-11); a region without a known price has none, for a price that nobody knows is not zero.

interface InstanceKind {
  type: string
  arch: 'arm64' | 'x86_64'
  vcpus: number
  memoryMib: number
  /** Price as a multiple of t4g.nano in the same region, in hundredths: us-east-1's list. */
  hundredths: number
}

export const instanceKinds: readonly InstanceKind[] = [
  { type: 't4g.nano', arch: 'arm64', vcpus: 2, memoryMib: 512, hundredths: 100 },
  { type: 't4g.micro', arch: 'arm64', vcpus: 2, memoryMib: 1_024, hundredths: 200 },
  { type: 't4g.small', arch: 'arm64', vcpus: 2, memoryMib: 2_048, hundredths: 400 },
  { type: 't3.nano', arch: 'x86_64', vcpus: 2, memoryMib: 512, hundredths: 124 },
  { type: 't3.micro', arch: 'x86_64', vcpus: 2, memoryMib: 1_024, hundredths: 248 },
  { type: 't3.small', arch: 'x86_64', vcpus: 2, memoryMib: 2_048, hundredths: 495 },
]

/** $ per hour of t4g.nano, in ten-thousandths. */
const nanoByRegion: Readonly<Record<string, number>> = {
  'us-east-1': 42,
  'us-east-2': 42,
  'us-west-1': 50,
  'us-west-2': 42,
  'ca-central-1': 46,
  'mx-central-1': 44,
  'sa-east-1': 67,
  'eu-west-1': 46,
  'eu-west-2': 47,
  'eu-west-3': 47,
  'eu-central-1': 48,
  'eu-south-2': 46,
  'eu-north-1': 43,
  'me-central-1': 51,
  'il-central-1': 48,
  'af-south-1': 54,
  'ap-south-1': 28,
  'ap-southeast-1': 53,
  'ap-southeast-2': 53,
  'ap-southeast-3': 53,
  'ap-southeast-5': 48,
  'ap-northeast-1': 54,
  'ap-northeast-2': 52,
  'ap-east-1': 58,
}
/** $ per GB and month of gp3, in ten-thousandths; us-east-1 and ap-southeast-1 are sourced, others of their kind. */
const gp3ByRegion: Readonly<Record<string, number>> = {
  'us-east-1': 800,
  'us-east-2': 800,
  'us-west-1': 960,
  'us-west-2': 800,
  'ca-central-1': 880,
  'mx-central-1': 840,
  'sa-east-1': 1520,
  'eu-west-1': 880,
  'eu-west-2': 928,
  'eu-west-3': 928,
  'eu-central-1': 952,
  'eu-south-2': 880,
  'eu-north-1': 836,
  'me-central-1': 968,
  'il-central-1': 923,
  'af-south-1': 1047,
  'ap-south-1': 912,
  'ap-southeast-1': 960,
  'ap-southeast-2': 960,
  'ap-southeast-3': 960,
  'ap-southeast-5': 864,
  'ap-northeast-1': 960,
  'ap-northeast-2': 912,
  'ap-east-1': 1056,
}

interface UnitPrice {
  /** Billionths of a dollar. */
  nanos: number
  per: 'hour' | 'month'
}

/** null: nothing is known of it there. */
export function priceOf(region: string, kind: string, sku: string): UnitPrice | null {
  if (kind === 'instance') {
    const nano = nanoByRegion[region]
    const of = instanceKinds.find(({ type }) => type === sku)
    return nano === undefined || !of ? null : { nanos: nano * of.hundredths * 1_000, per: 'hour' }
  }
  // In use or idle: the same.
  if (kind === 'ipv4' || kind === 'address') return { nanos: 5_000_000, per: 'hour' }
  const gp3 = gp3ByRegion[region]
  if (gp3 === undefined) return null
  if (kind === 'disk') return sku === 'gp3' ? { nanos: gp3 * 100_000, per: 'month' } : null
  return kind === 'snapshot' ? { nanos: 50_000_000, per: 'month' } : null
}
