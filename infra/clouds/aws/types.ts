// What EC2 says of its machine types. Where a server does not say, the name does: Graviton has a `g` behind its number.

import type { Offer } from '../cloud.ts'
import { CloudError } from '../error.ts'
import { allPages, type Region } from './ask.ts'
import { unlessSilent } from './network.ts'
import { instanceTypes, offerings } from './replies.ts'

export interface TypeFacts {
  /** arm64, x86_64 … */
  archs: readonly string[]
  burstable: boolean
}

/** Asks for a single type; throws `invalid` if there is none of that name. */
export async function factsOf(region: Region, type: string): Promise<TypeFacts> {
  const told = await unlessSilent(region, () => describe(region, [type]))
  if (told === null)
    return { archs: [/^(?:a1\.|[a-z]+\d+g[a-z]*\.)/.test(type) ? 'arm64' : 'x86_64'], burstable: byName(type) }
  const found = told.find(({ InstanceType }) => InstanceType === type)
  if (!found) {
    throw new CloudError({
      failure: 'invalid',
      effect: 'none',
      message: `AWS ${region.name} has no type ${type}`,
      remedy: `Choose one that it has: watchfloor offers shows them.`,
      code: 'InvalidInstanceType',
    })
  }
  const archs = found.ProcessorInfo?.SupportedArchitectures?.filter(arch => arch !== 'i386') ?? []
  return { archs, burstable: found.BurstablePerformanceSupported ?? byName(type) }
}

function byName(type: string): boolean {
  return /^t\d/.test(type)
}

export async function offersOf(region: Region, types: readonly string[] | null): Promise<Offer[]> {
  const [told, offered] = await Promise.all([
    describe(region, types),
    unlessSilent(region, () => offeredThere(region, types)),
  ])
  return told.flatMap(({ InstanceType: type, VCpuInfo, MemoryInfo, ProcessorInfo, CurrentGeneration }) => {
    const [vcpus, memoryMib] = [VCpuInfo?.DefaultVCpus, MemoryInfo?.SizeInMiB]
    const archs = ProcessorInfo?.SupportedArchitectures?.filter(arch => arch !== 'i386') ?? []
    const arch = archs.find(name => name === 'arm64' || name === 'x86_64') ?? archs[0]
    if (vcpus === undefined || memoryMib === undefined || arch === undefined) return []
    const isThere = offered === null || offered.has(type)
    const note = isThere ? (CurrentGeneration === false ? 'previous generation' : null) : 'not offered in this region'
    // Whether there is room is only learned by trying.
    const available = isThere ? null : false
    return [
      { provider: 'aws' as const, region: region.name, type, arch, vcpus, memoryMib, diskGb: null, available, note },
    ]
  })
}

/** By filter and not by name: one type that this region does not know would fail all of them. */
function describe(region: Region, types: readonly string[] | null) {
  return allPages(region, 'DescribeInstanceTypes', async token => {
    const { InstanceTypes: items, NextToken: next }: { InstanceTypes?: unknown; NextToken?: string | undefined } =
      await region.ask('DescribeInstanceTypes', ({ sdk, client, options }) =>
        client.send(
          new sdk.DescribeInstanceTypesCommand({
            ...(types === null ? {} : { Filters: [{ Name: 'instance-type', Values: [...types] }] }),
            MaxResults: 100,
            ...(token ? { NextToken: token } : {}),
          }),
          options,
        ),
      )
    if (!instanceTypes.is(items)) throw region.unreadable('DescribeInstanceTypes', 'it is no list of types')
    return { items: types === null ? items : items.filter(({ InstanceType: type }) => types.includes(type)), next }
  })
}

async function offeredThere(region: Region, types: readonly string[] | null): Promise<Set<string>> {
  const all = await allPages(region, 'DescribeInstanceTypeOfferings', async token => {
    const {
      InstanceTypeOfferings: items,
      NextToken: next,
    }: { InstanceTypeOfferings?: unknown; NextToken?: string | undefined } = await region.ask(
      'DescribeInstanceTypeOfferings',
      ({ sdk, client, options }) =>
        client.send(
          new sdk.DescribeInstanceTypeOfferingsCommand({
            LocationType: 'region',
            ...(types === null ? {} : { Filters: [{ Name: 'instance-type', Values: [...types] }] }),
            MaxResults: 1000,
            ...(token ? { NextToken: token } : {}),
          }),
          options,
        ),
    )
    if (!offerings.is(items)) throw region.unreadable('DescribeInstanceTypeOfferings', 'it is no list of offerings')
    return { items, next }
  })
  return new Set(all.flatMap(({ InstanceType }) => (InstanceType ? [InstanceType] : [])))
}
