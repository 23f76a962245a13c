// The two security groups of a fleet in a region: what its nodes serve, and SSH while they are being installed. They are
// made once, by whoever comes first, and their rules are put right by everybody who comes.
import { CloudError } from '../error.ts'
import type { OwnerTags } from '../shapes.ts'
import type { Region } from './ask.ts'
import { codeOf } from './errors.ts'
import { groupName, installGroupName } from './names.ts'
import { clean, type Group, groups, type Permission, tagOf } from './replies.ts'

export interface Rule {
  protocol: 'tcp' | 'udp'
  port: number
  cidr: '0.0.0.0/0' | '::/0'
  /** Tells our rules from those that an operator added by hand, which are left alone. */
  description: string
}

/** Ids of the groups that a new machine begins in. */
export async function ensureGroups(
  region: Region,
  vpc: string,
  tags: OwnerTags,
  { meshPort, sshOpen }: { meshPort: number | null; sshOpen: boolean },
): Promise<string[]> {
  const serving = await ensureGroup(region, vpc, groupName(tags.fleet), 'Nodes of a fleet: web and mesh', tags)
  await reconcile(region, serving, servingRules(meshPort))
  if (!sshOpen) return [serving.GroupId]
  const name = installGroupName(tags.fleet)
  const installing = await ensureGroup(region, vpc, name, 'Nodes of a fleet that are being installed: SSH', tags)
  await reconcile(region, installing, [...open('tcp', 22, 'ssh')])
  return [serving.GroupId, installing.GroupId]
}

function servingRules(meshPort: number | null): Rule[] {
  return [
    ...open('tcp', 80, 'http'),
    ...open('tcp', 443, 'https'),
    ...(meshPort === null ? [] : open('udp', meshPort, 'mesh')),
  ]
}

function open(protocol: Rule['protocol'], port: number, what: string): Rule[] {
  const description = `watchfloor ${what}`
  return [
    { protocol, port, cidr: '0.0.0.0/0', description },
    { protocol, port, cidr: '::/0', description },
  ]
}

export async function findGroup(region: Region, vpc: string | null, name: string): Promise<Group | null> {
  const { SecurityGroups: told }: { SecurityGroups?: unknown } = await region.ask(
    'DescribeSecurityGroups',
    ({ sdk, client, options }) =>
      client.send(
        new sdk.DescribeSecurityGroupsCommand({
          Filters: [
            { Name: 'group-name', Values: [name] },
            ...(vpc === null ? [] : [{ Name: 'vpc-id', Values: [vpc] }]),
          ],
        }),
        options,
      ),
  )
  if (!groups.is(told)) throw region.unreadable('DescribeSecurityGroups', 'it is no list of groups')
  return told.find(({ GroupName }) => GroupName === name) ?? null
}

async function ensureGroup(
  region: Region,
  vpc: string,
  name: string,
  description: string,
  tags: OwnerTags,
): Promise<Group> {
  const found = await findGroup(region, vpc, name)
  if (found) return tagged(region, found, tags)
  try {
    const { GroupId } = await region.ask('CreateSecurityGroup', ({ sdk, client, options }) =>
      client.send(
        new sdk.CreateSecurityGroupCommand({
          GroupName: name,
          Description: description,
          VpcId: vpc,
          TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsOf(tags) }],
        }),
        options,
      ),
    )
    if (typeof GroupId === 'string' && GroupId) return { GroupId, GroupName: name, IpPermissions: [] }
    throw region.unreadable('CreateSecurityGroup', 'it names no group')
  } catch (error) {
    if (codeOf(error) !== 'InvalidGroup.Duplicate') throw error
    // Another creator was faster; it may take a moment until everybody sees what it made.
    return untilSeen(region, error, () => findGroup(region, vpc, name))
  }
}

/** A group that was made without tags (by a server that does not know them with a create) gets them. */
async function tagged(region: Region, group: Group, tags: OwnerTags): Promise<Group> {
  const owner = tagOf(group.Tags, 'fleet')
  if (owner === tags.fleet) return group
  if (owner !== null) {
    throw new CloudError({
      failure: 'conflict',
      effect: 'none',
      message: `AWS group ${group.GroupId} in ${region.name} has the name of a group of ${tags.fleet}, and is of fleet ${clean(owner, 100)}`,
      remedy: 'Rename or delete it in the AWS console, or give the fleet another name.',
      code: 'InvalidGroup.Duplicate',
    })
  }
  await region.ask('CreateTags', ({ sdk, client, options }) =>
    client.send(new sdk.CreateTagsCommand({ Resources: [group.GroupId], Tags: tagsOf(tags) }), options),
  )
  return group
}

/** It belongs to the whole fleet: it carries no node. */
function tagsOf({ fleet, op }: OwnerTags): { Key: string; Value: string }[] {
  return [
    { Key: 'fleet', Value: fleet },
    { Key: 'op', Value: op },
  ]
}

async function untilSeen<Found>(region: Region, error: unknown, look: () => Promise<Found | null>): Promise<Found> {
  for (const waitMs of [200, 1000, 3000]) {
    const found = await look()
    if (found) return found
    await region.aws.pause(waitMs, region.signal)
  }
  const found = await look()
  if (!found) throw error
  return found
}

async function reconcile(region: Region, group: Group, wanted: readonly Rule[]): Promise<void> {
  const there = rulesOf(group)
  const missing = wanted.filter(rule => !there.some(other => isSame(other, rule)))
  const superfluous = there.filter(rule => isOurs(rule, wanted) && !wanted.some(other => isSame(other, rule)))
  await authorize(region, group.GroupId, missing)
  for (const rule of superfluous) {
    try {
      await region.ask('RevokeSecurityGroupIngress', ({ sdk, client, options }) => {
        const IpPermissions = [permissionOf(rule)]
        return client.send(
          new sdk.RevokeSecurityGroupIngressCommand({ GroupId: group.GroupId, IpPermissions }),
          options,
        )
      })
    } catch (error) {
      if (codeOf(error) !== 'InvalidPermission.NotFound') throw error
    }
  }
}

/** Ours, and this caller knows what it should be: one without a mesh says nothing of the port of the others' mesh. */
function isOurs({ description }: Rule, wanted: readonly Rule[]): boolean {
  if (!description.startsWith('watchfloor ')) return false
  return description !== 'watchfloor mesh' || wanted.some(rule => rule.description === description)
}

/** All at once; if one of them is there already the whole call is refused, and they are sent one by one. */
async function authorize(region: Region, GroupId: string, rules: readonly Rule[]): Promise<void> {
  if (rules.length === 0) return
  try {
    await patiently(region, () =>
      region.ask('AuthorizeSecurityGroupIngress', ({ sdk, client, options }) => {
        const IpPermissions = rules.map(permissionOf)
        return client.send(new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }), options)
      }),
    )
  } catch (error) {
    if (codeOf(error) !== 'InvalidPermission.Duplicate') throw error
    if (rules.length > 1) for (const rule of rules) await authorize(region, GroupId, [rule])
  }
}

/** A group that was just made may not be known everywhere yet. */
async function patiently(region: Region, call: () => Promise<unknown>): Promise<void> {
  for (const waitMs of [500, 1500, 4000, 0]) {
    try {
      await call()
      return
    } catch (error) {
      if (waitMs === 0 || codeOf(error) !== 'InvalidGroup.NotFound') throw error
      await region.aws.pause(waitMs, region.signal)
    }
  }
}

function permissionOf({ protocol, port, cidr, description }: Rule) {
  return {
    IpProtocol: protocol,
    FromPort: port,
    ToPort: port,
    ...(cidr === '::/0'
      ? { Ipv6Ranges: [{ CidrIpv6: cidr, Description: description }] }
      : { IpRanges: [{ CidrIp: cidr, Description: description }] }),
  }
}

/** Those of one port that are open to the world; what else is there is not ours. */
function rulesOf({ IpPermissions: permissions = [] }: Group): Rule[] {
  return permissions.flatMap(permission => {
    const { IpProtocol: protocol, FromPort: port, ToPort: to } = permission
    if ((protocol !== 'tcp' && protocol !== 'udp') || port === undefined || port !== to) return []
    return openTo(permission).map(({ cidr, description }) => ({ protocol, port, cidr, description }))
  })
}

function openTo({ IpRanges = [], Ipv6Ranges = [] }: Permission): Pick<Rule, 'cidr' | 'description'>[] {
  const found: Pick<Rule, 'cidr' | 'description'>[] = []
  for (const { CidrIp, Description = '' } of IpRanges) {
    if (CidrIp === '0.0.0.0/0') found.push({ cidr: CidrIp, description: Description })
  }
  for (const { CidrIpv6, Description = '' } of Ipv6Ranges) {
    if (CidrIpv6 === '::/0') found.push({ cidr: CidrIpv6, description: Description })
  }
  return found
}

function isSame(a: Rule, b: Rule): boolean {
  return a.protocol === b.protocol && a.port === b.port && a.cidr === b.cidr
}
