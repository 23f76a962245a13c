// Puts our tags on a machine that somebody else made, and on its disks and interfaces, so that it is found and counted.
import { CloudError } from '../error.ts'
import type { OwnerTags } from '../shapes.ts'
import type { Region } from './ask.ts'
import { notFound } from './end.ts'
import { instanceOf } from './look.ts'
import { clean, tagOf } from './replies.ts'
import { ownerTags } from './request.ts'

export async function adoptMachine(region: Region, id: string, tags: OwnerTags): Promise<void> {
  const instance = await instanceOf(region, id)
  if (!instance || instance.State?.Name === 'terminated') throw notFound(region, id)
  const [fleet, node] = [tagOf(instance.Tags, 'fleet'), tagOf(instance.Tags, 'node')]
  if ((fleet !== null && fleet !== tags.fleet) || (node !== null && node !== tags.node)) {
    throw new CloudError({
      failure: 'conflict',
      effect: 'none',
      message: `AWS ${id} in ${region.name} belongs to ${clean(`${fleet ?? 'no fleet'}/${node ?? 'no node'}`, 200)} by its tags`,
      remedy: 'If it is to change hands, remove its tags fleet and node in the AWS console first.',
    })
  }
  const disks = (instance.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.VolumeId)
  const interfaces = (instance.NetworkInterfaces ?? []).map(({ NetworkInterfaceId }) => NetworkInterfaceId)
  const Resources = [id, ...disks, ...interfaces].filter(resource => resource !== undefined)
  await region.ask('CreateTags', ({ sdk, client, options }) =>
    client.send(new sdk.CreateTagsCommand({ Resources, Tags: ownerTags(tags) }), options),
  )
}
