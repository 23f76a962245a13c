import { afterEach, expect, test } from 'vitest'
import { prepared as preparedShape } from '../../../../infra/clouds/shapes.ts'
import { checker } from '../../../../state/primitives/schema.ts'
import {
  type Asked,
  answer,
  ed25519,
  failureOf,
  html,
  image,
  instance,
  noSignal,
  refusal,
  type Script,
  type Scripted,
  scripted,
  spec,
  tagSet,
  tags,
  token,
} from './scripted.ts'

let world: Scripted
afterEach(() => world.close())

const prepare = async (change: Script = {}, of: Parameters<typeof spec>[0] = {}, zone: string | null = null) => {
  world = await scripted(change)
  return world.cloud.prepare(spec(of), tags, zone, noSignal)
}
const formOf = (asked: Asked | undefined) => Object.fromEntries(asked?.form ?? [])

test('a prepared request is plain JSON that the journal can keep and that says what it will cost', async () => {
  const prepared = await prepare()
  expect(checker(preparedShape).errors(prepared)).toEqual([])
  expect(JSON.parse(JSON.stringify(prepared))).toEqual(prepared)
  expect(prepared.zone).toBe('us-east-1a')
  expect(prepared.otherZones).toEqual(['us-east-1b'])
  expect(prepared.resources).toEqual([
    { kind: 'instance', sku: 't4g.nano', quantity: 1 },
    { kind: 'ipv4', sku: 'public-ipv4', quantity: 1 },
    { kind: 'disk', sku: 'gp3', quantity: 8 },
  ])
  expect(prepared.summary.join('\n')).toContain('ami-new (nixos/26.05.ami-new, 2026-06-30)')
})

test('what is launched is the prepared request, the token and the tags, and nothing else', async () => {
  const prepared = await prepare()
  const kept = JSON.parse(JSON.stringify(prepared))
  const machine = await world.cloud.launch(kept, tags, token, noSignal)
  const [dry, real] = world.of('RunInstances').map(formOf)
  const tagFields = Object.fromEntries(
    ['instance', 'volume', 'network-interface'].flatMap((kind, at) => [
      [`TagSpecification.${at + 1}.ResourceType`, kind],
      ...[
        ['fleet', 'noc'],
        ['node', 'virginia'],
        ['op', 'op-1'],
        ['Name', 'virginia'],
      ].flatMap(([key, value], nth) => [
        [`TagSpecification.${at + 1}.Tag.${nth + 1}.Key`, key],
        [`TagSpecification.${at + 1}.Tag.${nth + 1}.Value`, value],
      ]),
    ]),
  )
  const { KeyName, ...rest } = real ?? {}
  expect(KeyName).toMatch(/^watchfloor-noc-key-[0-9a-f]{16}$/)
  expect(rest).toEqual({
    Action: 'RunInstances',
    Version: '2016-11-15',
    'BlockDeviceMapping.1.DeviceName': '/dev/xvda',
    'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
    'BlockDeviceMapping.1.Ebs.VolumeSize': '8',
    'BlockDeviceMapping.1.Ebs.VolumeType': 'gp3',
    ClientToken: token,
    'CreditSpecification.CpuCredits': 'standard',
    ImageId: 'ami-new',
    InstanceType: 't4g.nano',
    MaxCount: '1',
    MinCount: '1',
    'MetadataOptions.HttpEndpoint': 'enabled',
    'MetadataOptions.HttpTokens': 'required',
    'NetworkInterface.1.AssociatePublicIpAddress': 'true',
    'NetworkInterface.1.DeleteOnTermination': 'true',
    'NetworkInterface.1.DeviceIndex': '0',
    'NetworkInterface.1.SecurityGroupId.1': 'sg-1',
    'NetworkInterface.1.SecurityGroupId.2': 'sg-2',
    'NetworkInterface.1.SubnetId': 'subnet-a',
    ...tagFields,
  })
  expect(dry?.DryRun).toBe('true')
  expect(machine).toMatchObject({ id: 'i-1', state: 'pending', token, tags, addresses: { ipv4: null } })
  expect(machine.resources.find(({ kind }) => kind === 'disk')).toMatchObject({
    id: 'vol-i-1',
    sku: 'gp3',
    quantity: 8,
  })
})

test('the same token is sent with the same parameters again', async () => {
  const prepared = await prepare()
  await world.cloud.launch(prepared, tags, token, noSignal)
  await world.cloud.launch(JSON.parse(JSON.stringify(prepared)), { ...tags }, token, noSignal)
  const [, first, second] = world.of('RunInstances').map(formOf)
  expect(second).toEqual(first)
})

test('the image is the newest NixOS 26.05 of its owner for the architecture of the type', async () => {
  await prepare()
  expect(formOf(world.of('DescribeImages')[0])).toMatchObject({
    'Owner.1': '427812963091',
    'Filter.1.Name': 'name',
    'Filter.1.Value.1': 'nixos/26.05*',
    'Filter.2.Name': 'architecture',
    'Filter.2.Value.1': 'arm64',
  })
})

test('where there is no NixOS 26.05 it is 25.11, and where there is none it is Debian', async () => {
  const wanted: string[] = []
  const prepared = await prepare({
    DescribeImages: ({ form }) => {
      wanted.push(`${form.get('Owner.1')} ${form.get('Filter.1.Value.1')}`)
      const isDebian = form.get('Owner.1') === '136693071363'
      return answer('DescribeImages', { imagesSet: isDebian ? [image('ami-deb', '2026-01-01')] : [] })
    },
  })
  expect(wanted).toEqual(['427812963091 nixos/26.05*', '427812963091 nixos/25.11*', '136693071363 debian-13-arm64-*'])
  expect(prepared.request).toMatchObject({ ImageId: 'ami-deb' })
})

test('an image by name is taken from known owners only', async () => {
  await prepare({}, { image: 'my-nixos' })
  const owners = [...(world.of('DescribeImages')[0]?.form ?? [])].filter(([name]) => name.startsWith('Owner.'))
  expect(owners.map(([, owner]) => owner)).toEqual(['self', '427812963091', '136693071363', 'amazon'])
})

test('no image at all is an error that says what to do', async () => {
  const failure = await failureOf(prepare({ DescribeImages: () => answer('DescribeImages', { imagesSet: [] }) }))
  expect(failure).toMatchObject({ failure: 'not-found', effect: 'none' })
  expect(failure.remedy).toContain('ami-')
})

test('the disk is as large as the image needs', async () => {
  const large = { DescribeImages: () => answer('DescribeImages', { imagesSet: [image('ami-1', '2026-01-01', 30)] }) }
  expect((await prepare(large)).resources[2]).toEqual({ kind: 'disk', sku: 'gp3', quantity: 30 })
})

test('only burstable types get a credit specification', async () => {
  expect((await prepare({}, { type: 'm7i.large' })).request).not.toHaveProperty('CreditSpecification')
})

test('IPv6 only asks for no IPv4 address, and needs a subnet that has IPv6', async () => {
  const withV6 = {
    DescribeSubnets: () =>
      answer('DescribeSubnets', {
        subnetSet: [
          { subnetId: 'subnet-a', availabilityZone: 'us-east-1a' },
          {
            subnetId: 'subnet-b',
            availabilityZone: 'us-east-1b',
            ipv6CidrBlockAssociationSet: [
              { ipv6CidrBlock: '2001:db8::/64', ipv6CidrBlockState: { state: 'associated' } },
            ],
          },
        ],
      }),
  }
  const prepared = await prepare(withV6, { ipv4: false })
  expect(prepared.request).toMatchObject({
    NetworkInterfaces: [{ AssociatePublicIpAddress: false, Ipv6AddressCount: 1, SubnetId: 'subnet-b' }],
  })
  expect(prepared.resources.map(({ kind }) => kind)).toEqual(['instance', 'disk'])
  await world.close()
  const failure = await failureOf(prepare({}, { ipv4: false }))
  expect(failure).toMatchObject({ failure: 'invalid', remedy: expect.stringContaining('IPv6') })
})

test('a region without a default network, or without subnets in it, says how to make them', async () => {
  const noVpc = await failureOf(
    prepare({
      DescribeVpcs: ({ form }) =>
        form.get('DryRun') ? refusal('DryRunOperation', 412) : answer('DescribeVpcs', { vpcSet: [] }),
    }),
  )
  expect(noVpc).toMatchObject({ failure: 'invalid', code: 'VPCIdNotSpecified' })
  expect(noVpc.remedy).toContain('aws ec2 create-default-vpc --region us-east-1')
  await world.close()
  const noSubnet = await failureOf(prepare({ DescribeSubnets: () => answer('DescribeSubnets', { subnetSet: [] }) }))
  expect(noSubnet.remedy).toContain('create-default-subnet')
})

test('a zone is taken only if it is open, has the type and has a subnet', async () => {
  const prepared = await prepare({}, {}, 'us-east-1b')
  expect([prepared.zone, ...prepared.otherZones]).toEqual(['us-east-1b', 'us-east-1a'])
  await world.close()
  // us-east-1c has a subnet but not the type.
  const failure = await failureOf(prepare({}, {}, 'us-east-1c'))
  expect(failure).toMatchObject({ failure: 'capacity', remedy: expect.stringContaining('us-east-1a, us-east-1b') })
})

test('a type that is nowhere offered, or of another architecture, is told before anything is made', async () => {
  const nowhere = await failureOf(
    prepare({
      DescribeInstanceTypeOfferings: () => answer('DescribeInstanceTypeOfferings', { instanceTypeOfferingSet: [] }),
    }),
  )
  expect(nowhere).toMatchObject({ failure: 'capacity', code: 'Unsupported' })
  await world.close()
  expect(await failureOf(prepare({}, { arch: 'x86_64' }))).toMatchObject({ failure: 'invalid' })
  expect(world.of('ImportKeyPair')).toEqual([])
})

test('missing rights and full quotas are found by a dry run, before anything is journaled', async () => {
  for (const [code, failure] of [
    ['UnauthorizedOperation', 'rights'],
    ['VcpuLimitExceeded', 'quota'],
    ['PendingVerification', 'account'],
  ] as const) {
    expect(await failureOf(prepare({ RunInstances: () => refusal(code, 403) }))).toMatchObject({
      failure,
      effect: 'none',
    })
    await world.close()
  }
})

test('a dry run that only fails for the moment does not stop the preparing', async () => {
  for (const reply of [refusal('InvalidKeyPair.NotFound'), refusal('InvalidAction'), html]) {
    expect(await prepare({ RunInstances: () => reply })).toHaveProperty('request')
    await world.close()
  }
})

test('a server that ignores DryRun is never asked for a dry run of a launch', async () => {
  await prepare({ DescribeVpcs: () => answer('DescribeVpcs', { vpcSet: [{ vpcId: 'vpc-1' }] }) })
  expect(world.of('RunInstances')).toEqual([])
})

test('a dry run that launched after all is ended at once, and carried our tags', async () => {
  await prepare({ RunInstances: () => answer('RunInstances', { instancesSet: [instance('i-9')] }) })
  expect(formOf(world.of('RunInstances')[0])).toMatchObject({ 'TagSpecification.1.Tag.3.Value': 'op-1' })
  expect(formOf(world.of('TerminateInstances')[0])).toMatchObject({ 'InstanceId.1': 'i-9' })
  await world.cloud.prepare(spec(), tags, null, noSignal)
  expect(world.of('RunInstances')).toHaveLength(1)
})

test('a server without types, offerings and zones gets its launch all the same', async () => {
  const nothing = () => refusal('InvalidAction')
  const prepared = await prepare({
    DescribeInstanceTypes: nothing,
    DescribeInstanceTypeOfferings: () => ({ status: 404, type: 'text/plain', body: 'not found' }),
    DescribeAvailabilityZones: () => ({ status: 501, type: 'text/html', body: '<html><p>no</p></html>' }),
  })
  expect(prepared.request).toMatchObject({ CreditSpecification: { CpuCredits: 'standard' } })
  expect(prepared.otherZones).toEqual(['us-east-1b', 'us-east-1c'])
  expect(formOf(world.of('DescribeImages')[0])).toMatchObject({ 'Filter.2.Value.1': 'arm64' })
})

const groupOf = (form: URLSearchParams, nth: number) => form.get(`IpPermissions.${nth}.FromPort`)

test('the fleet has one group for what it serves and one for SSH while installing, each made once', async () => {
  await prepare()
  expect(world.of('CreateSecurityGroup').map(({ form }) => form.get('GroupName'))).toEqual([
    'watchfloor-noc-web',
    'watchfloor-noc-install',
  ])
  const [serving, installing] = world.of('AuthorizeSecurityGroupIngress').map(({ form }) => form)
  const rules = (form: URLSearchParams | undefined) =>
    [1, 2, 3, 4, 5, 6, 7].flatMap(nth => {
      const port = form && groupOf(form, nth)
      if (!form || !port) return []
      const cidr =
        form.get(`IpPermissions.${nth}.IpRanges.1.CidrIp`) ?? form.get(`IpPermissions.${nth}.Ipv6Ranges.1.CidrIpv6`)
      return [`${form.get(`IpPermissions.${nth}.IpProtocol`)} ${port} ${cidr}`]
    })
  expect(rules(serving)).toEqual([
    'tcp 80 0.0.0.0/0',
    'tcp 80 ::/0',
    'tcp 443 0.0.0.0/0',
    'tcp 443 ::/0',
    'udp 51820 0.0.0.0/0',
    'udp 51820 ::/0',
  ])
  expect(rules(installing)).toEqual(['tcp 22 0.0.0.0/0', 'tcp 22 ::/0'])
})

test('without SSH to install there is no group that opens it', async () => {
  const prepared = await prepare({}, { sshOpen: false })
  expect(world.of('CreateSecurityGroup')).toHaveLength(1)
  expect(prepared.request).toMatchObject({ NetworkInterfaces: [{ Groups: ['sg-1'] }] })
})

const rule = (protocol: string, port: number, description: string, v6 = true) => ({
  ipProtocol: protocol,
  fromPort: port,
  toPort: port,
  ipRanges: [{ cidrIp: '0.0.0.0/0', description }],
  ...(v6 ? { ipv6Ranges: [{ cidrIpv6: '::/0', description }] } : {}),
})

test('rules of a group that is there are put right: missing added, ours that are superfluous revoked, others left', async () => {
  await prepare(
    {
      DescribeSecurityGroups: () =>
        answer('DescribeSecurityGroups', {
          securityGroupInfo: [
            {
              groupId: 'sg-1',
              groupName: 'watchfloor-noc-web',
              tagSet: tagSet({ fleet: 'noc' }),
              ipPermissions: [
                rule('tcp', 80, 'watchfloor http'),
                rule('tcp', 443, 'watchfloor https', false),
                rule('udp', 41820, 'watchfloor mesh'),
                rule('tcp', 8443, 'by hand'),
              ],
            },
          ],
        }),
    },
    { sshOpen: false },
  )
  expect(world.of('CreateSecurityGroup')).toEqual([])
  const [added] = world.of('AuthorizeSecurityGroupIngress')
  expect([1, 2, 3, 4].map(nth => added && groupOf(added.form, nth))).toEqual(['443', '51820', '51820', null])
  const revoked = world.of('RevokeSecurityGroupIngress').map(({ form }) => groupOf(form, 1))
  expect(revoked).toEqual(['41820', '41820'])
})

test('a node without a mesh does not close the mesh of the others', async () => {
  const ipPermissions = [
    rule('tcp', 80, 'watchfloor http'),
    rule('tcp', 443, 'watchfloor https'),
    rule('udp', 51820, 'watchfloor mesh'),
  ]
  const group = { groupId: 'sg-1', groupName: 'watchfloor-noc-web', tagSet: tagSet({ fleet: 'noc' }), ipPermissions }
  await prepare(
    { DescribeSecurityGroups: () => answer('DescribeSecurityGroups', { securityGroupInfo: [group] }) },
    { meshPort: null, sshOpen: false },
  )
  expect(world.of('RevokeSecurityGroupIngress')).toEqual([])
})

test('of two creators the slower one uses what the faster one made, also if it is not seen at once', async () => {
  let isSeen = false
  const group = { groupId: 'sg-7', groupName: 'watchfloor-noc-web', tagSet: tagSet({ fleet: 'noc' }) }
  const prepared = await prepare(
    {
      DescribeSecurityGroups: (_, nth) => {
        isSeen = nth >= 3
        return answer('DescribeSecurityGroups', { securityGroupInfo: isSeen ? [group] : [] })
      },
      CreateSecurityGroup: () => refusal('InvalidGroup.Duplicate'),
      AuthorizeSecurityGroupIngress: ({ form }) =>
        groupOf(form, 2) === null && groupOf(form, 1) !== '80'
          ? answer('AuthorizeSecurityGroupIngress', { return: true })
          : refusal('InvalidPermission.Duplicate'),
    },
    { sshOpen: false },
  )
  expect(prepared.request).toMatchObject({ NetworkInterfaces: [{ Groups: ['sg-7'] }] })
  expect(world.paused).toEqual([200])
  // One that is there already fails all at once: each is sent alone then.
  expect(world.of('AuthorizeSecurityGroupIngress')).toHaveLength(7)
})

test('a group that is not known everywhere yet is asked for again', async () => {
  await prepare(
    {
      AuthorizeSecurityGroupIngress: (_, nth) =>
        nth < 3 ? refusal('InvalidGroup.NotFound') : answer('AuthorizeSecurityGroupIngress', { return: true }),
    },
    { sshOpen: false },
  )
  expect(world.paused).toEqual([500, 1500])
})

test('a group that was made without tags gets them', async () => {
  const group = { groupId: 'sg-1', groupName: 'watchfloor-noc-web' }
  await prepare(
    { DescribeSecurityGroups: () => answer('DescribeSecurityGroups', { securityGroupInfo: [group] }) },
    { sshOpen: false },
  )
  expect(formOf(world.of('CreateTags')[0])).toMatchObject({ 'ResourceId.1': 'sg-1', 'Tag.1.Value': 'noc' })
})

test('a group of another fleet under that name is not used and not changed', async () => {
  const group = { groupId: 'sg-1', groupName: 'watchfloor-noc-web', tagSet: tagSet({ fleet: 'other' }) }
  const failure = await failureOf(
    prepare(
      { DescribeSecurityGroups: () => answer('DescribeSecurityGroups', { securityGroupInfo: [group] }) },
      { sshOpen: false },
    ),
  )
  expect(failure).toMatchObject({ failure: 'conflict', effect: 'none' })
  expect([...world.of('AuthorizeSecurityGroupIngress'), ...world.of('CreateTags')]).toEqual([])
})

const keyPair = (fingerprint: string) => (asked: Asked) =>
  answer('DescribeKeyPairs', {
    keySet: [{ keyName: asked.form.get('Filter.1.Value.1') ?? '', keyFingerprint: fingerprint }],
  })

test('a key that is there already is used if it is the same key', async () => {
  // ssh-keygen -lf of the key; EC2 pads it.
  await prepare({ DescribeKeyPairs: keyPair(`${fingerprint}=`) })
  expect(world.of('ImportKeyPair')).toEqual([])
})

test('another key under the name of ours is a conflict', async () => {
  const failure = await failureOf(
    prepare({ DescribeKeyPairs: keyPair('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=') }),
  )
  expect(failure).toMatchObject({ failure: 'conflict', code: 'InvalidKeyPair.Duplicate' })
  expect(world.of('RunInstances')).toEqual([])
})

test('a key that another creator imports meanwhile is judged too', async () => {
  const empty = () => answer('DescribeKeyPairs', { keySet: [] })
  const race = (fingerprint: string): Script => ({
    ImportKeyPair: () => refusal('InvalidKeyPair.Duplicate'),
    DescribeKeyPairs: (asked, nth) => (nth === 1 ? empty() : keyPair(fingerprint)(asked)),
  })
  expect(await prepare(race(fingerprint))).toHaveProperty('request')
  await world.close()
  expect(await failureOf(prepare(race('c0:ff:ee')))).toMatchObject({ failure: 'conflict' })
})

test('a kind of key that EC2 does not take is refused with a remedy, and no key is no key', async () => {
  const ecdsa = 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= x'
  expect(await failureOf(prepare({}, { sshKeys: [ecdsa] }))).toMatchObject({ failure: 'invalid' })
  await world.close()
  const prepared = await prepare({}, { sshKeys: [ecdsa, ed25519] })
  expect(prepared.summary).toContain(
    `may log in: ssh-ed25519 SHA256:${fingerprint}; the other key is not on it, since EC2 puts one on a machine`,
  )
  await world.close()
  expect((await prepare({}, { sshKeys: [] })).request).not.toHaveProperty('KeyName')
})

const fingerprint = 'jqNOapJ8WKZvLh5+trVjaKdyWpjHd3b4XwmqrP4e7Nc'
