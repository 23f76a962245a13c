// Security groups and their rules.
import { type Account, accountId, stateOf } from '../account.ts'
import { AwsProblem } from '../problem.ts'
import {
  applyFilters,
  filterParameters,
  type Parameters,
  pageOf,
  pageParameters,
  tagParameters,
  tagsFor,
} from '../query.ts'
import { vpcOf } from '../regions.ts'
import type { KeptGroup, KeptRule } from '../state.ts'
import { tagSet } from '../xml.ts'
import { type Ec2Actions, type Ec2Call, notFound, refuseDryRun, seenFrom } from './action.ts'

const ruleParameters = [
  'IpPermissions.#.IpProtocol',
  'IpPermissions.#.FromPort',
  'IpPermissions.#.ToPort',
  'IpPermissions.#.IpRanges.#.CidrIp',
  'IpPermissions.#.IpRanges.#.Description',
  'IpPermissions.#.Ipv6Ranges.#.CidrIpv6',
  'IpPermissions.#.Ipv6Ranges.#.Description',
]

export const groups: Ec2Actions = {
  CreateSecurityGroup: {
    parameters: [...tagParameters, 'GroupName', 'GroupDescription', 'VpcId'],
    answer(call) {
      const { account, region, parameters } = call
      const name = parameters.must('GroupName')
      const description = parameters.must('GroupDescription')
      if (!region.defaultVpc) throw new AwsProblem('VPCIdNotSpecified', 'No default VPC for this user')
      const vpc = parameters.text('VpcId') ?? vpcOf(region)
      if (vpc !== vpcOf(region)) throw new AwsProblem('InvalidVpcID.NotFound', `The vpc ID '${vpc}' does not exist`)
      if (inRegion(account, region.name).some(group => group.name === name)) {
        throw new AwsProblem('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc}'`)
      }
      refuseDryRun(call)
      const tags = tagsFor(parameters, 'security-group')
      const id = account.newId('sg')
      const open = {
        id: account.newId('sgr'),
        protocol: '-1',
        from: -1,
        to: -1,
        ipv4: '0.0.0.0/0',
        ipv6: null,
        description: '',
      }
      const group: KeptGroup = {
        id,
        region: region.name,
        name,
        description,
        vpc,
        tags,
        ingress: [],
        egress: [open],
        seenFrom: seenFrom(call),
      }
      account.state.groups.push(group)
      account.note('created', { region: region.name, kind: 'group', id, tags })
      return { groupId: id, tagSet: tagSet(tags), securityGroupArn: arnOf(group) }
    },
  },
  AuthorizeSecurityGroupIngress: {
    parameters: [...ruleParameters, ...tagParameters, 'GroupId', 'GroupName'],
    answer(call) {
      const group = groupOf(call)
      const rules = rulesIn(call.parameters)
      const twice = rules.find(rule => group.ingress.some(other => isSame(rule, other)))
      if (twice) {
        const message = `the specified rule "${inWords(twice)}" already exists`
        throw new AwsProblem('InvalidPermission.Duplicate', message)
      }
      refuseDryRun(call)
      const made = rules.map(rule => ({ ...rule, id: call.account.newId('sgr') }))
      group.ingress.push(...made)
      call.account.touch()
      return { return: true, securityGroupRuleSet: made.map(rule => describeRule(rule, group)) }
    },
  },
  RevokeSecurityGroupIngress: {
    parameters: [...ruleParameters, 'GroupId', 'GroupName', 'SecurityGroupRuleId.#'],
    answer(call) {
      const group = groupOf(call)
      const ids = call.parameters.list('SecurityGroupRuleId')
      const rules = rulesIn(call.parameters)
      const missing = rules.find(rule => !group.ingress.some(other => isSame(rule, other)))
      if (missing) {
        throw new AwsProblem('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
      }
      const absent = ids.find(id => !group.ingress.some(rule => rule.id === id))
      if (absent) {
        throw new AwsProblem(
          'InvalidSecurityGroupRuleId.NotFound',
          `The security group rule ID '${absent}' does not exist`,
        )
      }
      refuseDryRun(call)
      group.ingress = group.ingress.filter(rule => !ids.includes(rule.id) && !rules.some(other => isSame(rule, other)))
      call.account.touch()
      return { return: true }
    },
  },
  DescribeSecurityGroups: {
    parameters: [...filterParameters, ...pageParameters, 'GroupId.#', 'GroupName.#'],
    answer({ account, region, parameters, now }) {
      const ids = parameters.list('GroupId')
      const names = parameters.list('GroupName')
      const all = inRegion(account, region.name).filter(group => group.seenFrom <= now)
      const missing =
        ids.find(id => !all.some(group => group.id === id)) ??
        names.find(name => !all.some(group => group.name === name))
      if (missing) throw groupMissing(missing)
      const asked = all.filter(({ id, name }) => {
        return (ids.length === 0 || ids.includes(id)) && (names.length === 0 || names.includes(name))
      })
      const found = applyFilters(asked, parameters, {
        'group-id': ({ id }) => [id],
        'group-name': ({ name }) => [name],
        'vpc-id': ({ vpc }) => [vpc],
        description: ({ description }) => [description],
        'owner-id': () => [accountId],
      })
      const { page, next } = pageOf(found, parameters, { least: 5, most: 1_000 })
      return { securityGroupInfo: page.map(describeGroup), nextToken: next }
    },
  },
  DeleteSecurityGroup: {
    parameters: ['GroupId', 'GroupName'],
    answer(call) {
      const { account, now } = call
      const group = groupOf(call)
      const used = account.state.instances.some(instance => {
        return instance.groups.includes(group.id) && stateOf(instance, now, account.timings) !== 'terminated'
      })
      if (used) throw new AwsProblem('DependencyViolation', `resource ${group.id} has a dependent object`)
      refuseDryRun(call)
      account.state.groups = account.state.groups.filter(other => other !== group)
      account.note('deleted', { region: group.region, kind: 'group', id: group.id, tags: group.tags })
      return { return: true, groupId: group.id }
    },
  },
}

export const inRegion = ({ state }: Account, region: string): KeptGroup[] =>
  state.groups.filter(group => group.region === region)

export const groupMissing = (id: string): AwsProblem =>
  notFound('InvalidGroup.NotFound', `The security group '${id}' does not exist`)

function groupOf({ account, region, parameters, now }: Ec2Call): KeptGroup {
  const id = parameters.text('GroupId')
  const name = id ?? parameters.must('GroupName')
  const group = inRegion(account, region.name).find(other => (id === null ? other.name === name : other.id === id))
  if (!group || group.seenFrom > now) throw groupMissing(name)
  return group
}

function rulesIn(parameters: Parameters): KeptRule[] {
  return parameters.parts('IpPermissions').flatMap(part => {
    const protocol = part.must('IpProtocol')
    const from = part.whole('FromPort') ?? -1
    const to = part.whole('ToPort') ?? -1
    const common = { id: '', protocol: protocol === '6' ? 'tcp' : protocol === '17' ? 'udp' : protocol, from, to }
    const ipv4 = part.parts('IpRanges').map(range => ({
      ...common,
      ipv4: range.must('CidrIp'),
      ipv6: null,
      description: range.text('Description') ?? '',
    }))
    const ipv6 = part.parts('Ipv6Ranges').map(range => ({
      ...common,
      ipv4: null,
      ipv6: range.must('CidrIpv6'),
      description: range.text('Description') ?? '',
    }))
    return [...ipv4, ...ipv6]
  })
}

const isSame = (a: KeptRule, b: KeptRule): boolean =>
  a.protocol === b.protocol && a.from === b.from && a.to === b.to && a.ipv4 === b.ipv4 && a.ipv6 === b.ipv6

function inWords({ protocol, from, to, ipv4, ipv6 }: KeptRule): string {
  return `peer: ${ipv4 ?? ipv6}, ${protocol.toUpperCase()}, from port: ${from}, to port: ${to}, ALLOW`
}

const arnOf = ({ region, id }: KeptGroup) => `arn:aws:ec2:${region}:${accountId}:security-group/${id}`

function describeGroup(group: KeptGroup) {
  const { id, name, description, vpc, tags, ingress, egress } = group
  return {
    ownerId: accountId,
    groupId: id,
    groupName: name,
    groupDescription: description,
    vpcId: vpc,
    securityGroupArn: arnOf(group),
    ipPermissions: permissionsOf(ingress),
    ipPermissionsEgress: permissionsOf(egress),
    tagSet: tagSet(tags),
  }
}

/** Rules of the same ports are one permission with several ranges. */
function permissionsOf(rules: readonly KeptRule[]) {
  const ports = [...new Set(rules.map(({ protocol, from, to }) => `${protocol} ${from} ${to}`))]
  return ports.flatMap(port => {
    const same = rules.filter(({ protocol, from, to }) => `${protocol} ${from} ${to}` === port)
    const first = same[0]
    if (!first) return []
    return [
      {
        ipProtocol: first.protocol,
        fromPort: first.protocol === '-1' ? null : first.from,
        toPort: first.protocol === '-1' ? null : first.to,
        groups: [],
        ipRanges: same.flatMap(({ ipv4, description }) =>
          ipv4 ? [{ cidrIp: ipv4, description: description || null }] : [],
        ),
        ipv6Ranges: same.flatMap(({ ipv6, description }) =>
          ipv6 ? [{ cidrIpv6: ipv6, description: description || null }] : [],
        ),
        prefixListIds: [],
      },
    ]
  })
}

function describeRule({ id, protocol, from, to, ipv4, ipv6, description }: KeptRule, group: KeptGroup) {
  return {
    securityGroupRuleId: id,
    groupId: group.id,
    groupOwnerId: accountId,
    isEgress: false,
    ipProtocol: protocol,
    fromPort: from,
    toPort: to,
    cidrIpv4: ipv4,
    cidrIpv6: ipv6,
    description: description || null,
    tagSet: [],
  }
}
