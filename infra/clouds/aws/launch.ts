// Sends a prepared request, once. Repeating it is for the caller, who knows what the journal says of the token.
import { CloudError } from '../error.ts'
import type { Machine, OwnerTags, Prepared } from '../shapes.ts'
import type { Region } from './ask.ts'
import { stateOf, toMachine } from './machine.ts'
import { instances, type Volume } from './replies.ts'
import { type RunRequest, runRequest, tagSpecifications } from './request.ts'

export async function launchMachine(
  region: Region,
  prepared: Prepared,
  tags: OwnerTags,
  token: string,
): Promise<Machine> {
  const { request } = prepared
  if (!runRequest.is(request)) {
    throw new CloudError({
      failure: 'invalid',
      effect: 'none',
      message: 'AWS RunInstances: the prepared request is not one of this adapter',
      remedy: 'Prepare it anew.',
    })
  }
  if (!/^[!-~]{1,64}$/.test(token)) {
    const message = 'AWS RunInstances: a token is of 1 to 64 printable ASCII characters'
    throw new CloudError({ failure: 'invalid', effect: 'none', message })
  }
  const { Instances: told }: { Instances?: unknown } = await region.ask(
    'RunInstances',
    ({ sdk, client, options }) => {
      const input = { ...request, ClientToken: token, TagSpecifications: tagSpecifications(tags) }
      return client.send(new sdk.RunInstancesCommand(input), options)
    },
    { creates: true },
  )
  const [instance] = instances.is(told) ? told : []
  if (!instance) throw region.unreadable('RunInstances', 'it names no machine', { creates: true })
  const state = stateOf(instance.State?.Name)
  if (state === 'gone' || state === 'terminating') {
    throw new CloudError({
      failure: 'conflict',
      effect: 'none',
      message: `AWS RunInstances in ${region.name}: the machine of this token, ${instance.InstanceId}, has ended`,
      remedy: 'A new attempt needs a new token.',
      code: 'IdempotentInstanceTerminated',
    })
  }
  const volumes = volumesIn(instance, request)
  return toMachine(instance, { region: region.name, volumes, checks: 'pending', hostkeys: [] })
}

/** The disk is as large as was asked; that saves a question which may not be answerable yet. */
function volumesIn(
  { InstanceId, BlockDeviceMappings = [], LaunchTime, Tags = [] }: Parameters<typeof toMachine>[0],
  request: RunRequest,
): Volume[] {
  return BlockDeviceMappings.flatMap(({ DeviceName, Ebs }) => {
    const asked = request.BlockDeviceMappings.find(mapping => mapping.DeviceName === DeviceName)?.Ebs
    if (!Ebs?.VolumeId || !asked) return []
    const { VolumeSize: Size, VolumeType } = asked
    return [{ VolumeId: Ebs.VolumeId, Size, VolumeType, CreateTime: LaunchTime, Tags, Attachments: [{ InstanceId }] }]
  })
}
