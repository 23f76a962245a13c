// The end of machines, of the SSH access of their installing, and of what a fleet leaves behind that costs nothing. Tags
// are looked at in the moment before: nothing is touched that does not carry ours.
import type { DestroyOutcome } from '../cloud.ts'
import { CloudError } from '../error.ts'
import type { Region } from './ask.ts'
import { codeOf, isUnsupported } from './errors.ts'
import { findGroup } from './groups.ts'
import { instanceOf, instancesBy, ourGroups, ourKeys } from './look.ts'
import { installGroupName } from './names.ts'
import { clean, type Instance, tagOf } from './replies.ts'

interface Owner {
  fleet: string
  node: string
}

const atOnce = 100

export async function destroyMachines(region: Region, ids: readonly string[], tags: Owner): Promise<DestroyOutcome[]> {
  const outcomes = new Map<string, DestroyOutcome>()
  const doomed: string[] = []
  const wanted = [...new Set(ids)]
  for (let from = 0; from < wanted.length; from += atOnce) {
    const some = wanted.slice(from, from + atOnce)
    // By filter, since by name a single id that is not known would fail the question for all.
    const there = await instancesBy(region, [{ Name: 'instance-id', Values: some }])
    for (const id of some) {
      const outcome = before(
        id,
        there.find(({ InstanceId }) => InstanceId === id),
        tags,
      )
      if (outcome) outcomes.set(id, outcome)
      else doomed.push(id)
    }
  }
  for (let from = 0; from < doomed.length; from += atOnce) {
    await terminate(region, doomed.slice(from, from + atOnce), outcomes)
  }
  return ids.map(id => outcomes.get(id) ?? { id, outcome: 'refused', why: 'AWS did not say what became of it' })
}

/** What holds without asking for its end; null: it may end. */
function before(id: string, instance: Instance | undefined, { fleet, node }: Owner): DestroyOutcome | null {
  if (!instance) return unseen(id)
  // It has ended, whoever's it was.
  if (instance.State?.Name === 'terminated') return { id, outcome: 'gone' }
  const [ofFleet, ofNode] = [tagOf(instance.Tags, 'fleet'), tagOf(instance.Tags, 'node')]
  if (ofFleet === fleet && ofNode === node) return null
  const whose =
    ofFleet === null ? 'no fleet' : `fleet ${clean(ofFleet, 100)}, node ${clean(ofNode ?? '', 100) ?? 'none'}`
  return { id, outcome: 'refused', why: `its tags say: ${whose}` }
}

/** Just after its create a machine is not shown everywhere; to call it gone would forget one that is paid for. */
function unseen(id: string): DestroyOutcome {
  return {
    id,
    outcome: 'refused',
    why: 'AWS does not show it: it is gone for longer than an hour, or too new to be seen',
  }
}

async function terminate(region: Region, ids: readonly string[], outcomes: Map<string, DestroyOutcome>): Promise<void> {
  if (ids.length === 0) return
  try {
    await region.ask('TerminateInstances', ({ sdk, client, options }) =>
      client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [...ids] }), options),
    )
    for (const id of ids) outcomes.set(id, { id, outcome: 'asked' })
  } catch (error) {
    const [only] = ids
    if (ids.length === 1 && only !== undefined) {
      region.signal.throwIfAborted()
      if (!(error instanceof CloudError)) throw error
      outcomes.set(only, refusal(only, error) ?? { id: only, outcome: 'failed', error })
      return
    }
    // One that is protected fails them all.
    for (const id of ids) await terminate(region, [id], outcomes)
  }
}

function refusal(id: string, error: unknown): DestroyOutcome | null {
  const code = codeOf(error)
  if (code === 'OperationNotPermitted') {
    return { id, outcome: 'refused', why: 'termination protection is on: switch it off in the AWS console first' }
  }
  return code?.startsWith('InvalidInstanceID.') ? unseen(id) : null
}

/** Takes the machine out of the group that opens SSH. */
export async function closeInstallSsh(region: Region, id: string, { fleet, node }: Owner): Promise<void> {
  const instance = await instanceOf(region, id)
  // One that has ended is open to nobody.
  if (instance?.State?.Name === 'terminated' || instance?.State?.Name === 'shutting-down') return
  if (!instance) throw notFound(region, id)
  if (tagOf(instance.Tags, 'fleet') !== fleet || tagOf(instance.Tags, 'node') !== node) {
    throw new CloudError({
      failure: 'conflict',
      effect: 'none',
      message: `AWS ${id} in ${region.name} does not carry the tags of ${fleet}/${node}: it was left as it is`,
      remedy: 'Look whose machine it is; adopt takes one into the fleet.',
    })
  }
  const group = await findGroup(region, null, installGroupName(fleet))
  if (!group) return
  const without = (list: readonly { GroupId?: string }[] = []) =>
    list.flatMap(({ GroupId }) => (GroupId && GroupId !== group.GroupId ? [GroupId] : []))
  const isIn = (list: readonly { GroupId?: string }[] = []) => list.some(({ GroupId }) => GroupId === group.GroupId)
  const interfaces = (instance.NetworkInterfaces ?? []).filter(({ Groups }) => isIn(Groups))
  let isClosed = !isIn(instance.SecurityGroups)
  for (const { NetworkInterfaceId, Groups } of interfaces) {
    if (!NetworkInterfaceId) continue
    try {
      await region.ask('ModifyNetworkInterfaceAttribute', ({ sdk, client, options }) =>
        client.send(
          new sdk.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups: without(Groups) }),
          options,
        ),
      )
      isClosed = true
    } catch (error) {
      if (!isUnsupported(error)) throw error
      isClosed = false
    }
  }
  if (isClosed) return
  await region.ask('ModifyInstanceAttribute', ({ sdk, client, options }) =>
    client.send(
      new sdk.ModifyInstanceAttributeCommand({ InstanceId: id, Groups: without(instance.SecurityGroups) }),
      options,
    ),
  )
}

export function notFound(region: Region, id: string): CloudError {
  return new CloudError({
    failure: 'not-found',
    effect: 'none',
    message: `AWS ${region.name} shows no machine ${clean(id, 100)}`,
    remedy: 'Just after it was made this is usual: look again in a minute.',
    code: 'InvalidInstanceID.NotFound',
  })
}

/** Groups and keys of the fleet that no machine uses, by what they were. */
export async function tidyFleet(region: Region, fleet: string): Promise<string[]> {
  const live = (await instancesBy(region, [])).filter(({ State }) => State?.Name !== 'terminated')
  const removed: string[] = []
  for (const { id } of await ourGroups(region, fleet, live)) {
    const isGone = await unlessUsed(() =>
      region.ask('DeleteSecurityGroup', ({ sdk, client, options }) =>
        client.send(new sdk.DeleteSecurityGroupCommand({ GroupId: id }), options),
      ),
    )
    if (isGone) removed.push(`group ${clean(id, 200)}`)
  }
  for (const { id } of await ourKeys(region, fleet, live)) {
    const isGone = await unlessUsed(() =>
      region.ask('DeleteKeyPair', ({ sdk, client, options }) =>
        client.send(new sdk.DeleteKeyPairCommand({ KeyName: id }), options),
      ),
    )
    if (isGone) removed.push(`key ${clean(id, 200)}`)
  }
  return removed
}

/** Interfaces of a machine hold its groups for a while after its end. */
async function unlessUsed(remove: () => Promise<unknown>): Promise<boolean> {
  try {
    await remove()
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'DependencyViolation' || code === 'InvalidGroup.InUse' || code?.endsWith('.NotFound')) return false
    throw error
  }
}
