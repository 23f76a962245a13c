// A server on loopback that answers the SDK word for word as a test says, and remembers what it was asked.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAwsCloud } from '../../../../infra/clouds/aws/index.ts'
import type { Cloud } from '../../../../infra/clouds/cloud.ts'
import { CloudError } from '../../../../infra/clouds/error.ts'
import type { CloudSettings } from '../../../../infra/clouds/settings.ts'
import type { MachineSpec } from '../../../../infra/clouds/shapes.ts'

export interface Asked {
  action: string
  region: string
  form: URLSearchParams
  /** Body of the services that speak JSON. */
  json: unknown
}
export type Reply = { status?: number; type?: string; body: string } | 'drop'
export type Script = Record<string, (asked: Asked, nth: number) => Reply>

export interface Scripted {
  cloud: Cloud
  asked: Asked[]
  of(action: string): Asked[]
  script: Script
  paused: number[]
  url: string
  close(): Promise<void>
}

export const noSignal = new AbortController().signal
export const tags = { fleet: 'noc', node: 'virginia', op: 'op-1' }
export const token = '5b0f8f6e-2c55-4a52-8a2e-0f6f3a2f7d11'
export const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbPv4mnKhrDrvYQ2zNNx7Wf0YHnLpY3Y9zZ8iYzV0mQ solo@laptop'
export const now = Date.UTC(2026, 10, 21, 12)

export function spec(change: Partial<MachineSpec> = {}): MachineSpec {
  return {
    provider: 'aws',
    region: 'us-east-1',
    type: 't4g.nano',
    arch: null,
    image: null,
    diskGb: null,
    ipv4: true,
    sshKeys: [ed25519],
    meshPort: 51820,
    sshOpen: true,
    ...change,
  }
}

/** As EC2 writes: an array is items. */
function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map(item => `<item>${xml(item)}</item>`).join('')
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, inner]) => `<${name}>${xml(inner)}</${name}>`)
      .join('')
  }
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

export function answer(action: string, fields: object): Reply {
  return { body: `<${action}Response>${xml({ requestId: 'r-1', ...fields })}</${action}Response>` }
}

export function refusal(code: string, status = 400, message = 'no'): Reply {
  const Errors = { Error: { Code: code, Message: message } }
  return { status, body: `<?xml version="1.0"?><Response>${xml({ Errors, RequestID: 'r-1' })}</Response>` }
}

export function json(fields: object, status = 200): Reply {
  return { status, type: 'application/x-amz-json-1.1', body: JSON.stringify(fields) }
}

export const html: Reply = { status: 502, type: 'text/html', body: '<html><body><h1>502</h1></body></html>' }

/** An instance as EC2 describes it. */
export function instance(id: string, change: object = {}): object {
  return {
    instanceId: id,
    imageId: 'ami-1',
    instanceState: { code: 16, name: 'running' },
    instanceType: 't4g.nano',
    architecture: 'arm64',
    clientToken: token,
    keyName: 'watchfloor-noc-1',
    launchTime: '2026-11-20T10:00:00.000Z',
    placement: { availabilityZone: 'us-east-1a' },
    ipAddress: '198.51.100.7',
    privateIpAddress: '172.31.0.7',
    groupSet: [{ groupId: 'sg-1' }, { groupId: 'sg-2' }],
    networkInterfaceSet: [{ networkInterfaceId: 'eni-1', groupSet: [{ groupId: 'sg-1' }, { groupId: 'sg-2' }] }],
    blockDeviceMapping: [{ deviceName: '/dev/xvda', ebs: { volumeId: `vol-${id}` } }],
    tagSet: tagSet(tags),
    ...change,
  }
}

export function tagSet(values: Record<string, string>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}

export function machines(...list: object[]): Reply {
  return answer('DescribeInstances', { reservationSet: list.map(one => ({ instancesSet: [one] })) })
}

/** A region where all is well and nothing is there yet. */
function goodRegion(): Script {
  return {
    DescribeRegions: () =>
      answer('DescribeRegions', {
        regionInfo: [
          { regionName: 'us-east-1', optInStatus: 'opt-in-not-required' },
          { regionName: 'me-central-1', optInStatus: 'opted-in' },
          { regionName: 'af-south-1', optInStatus: 'not-opted-in' },
        ],
      }),
    ListRegions: () => ({ status: 403, body: '{"__type":"AccessDeniedException"}' }),
    DescribeInstanceTypes: ({ form }) => {
      const type = form.get('Filter.1.Value.1') ?? 't4g.nano'
      const supportedArchitectures = [type.startsWith('t4g') ? 'arm64' : 'x86_64']
      return answer('DescribeInstanceTypes', {
        instanceTypeSet: [
          {
            instanceType: type,
            currentGeneration: true,
            burstablePerformanceSupported: type.startsWith('t'),
            processorInfo: { supportedArchitectures },
            vCpuInfo: { defaultVCpus: 2 },
            memoryInfo: { sizeInMiB: 512 },
          },
        ],
      })
    },
    DescribeInstanceTypeOfferings: ({ form }) =>
      answer('DescribeInstanceTypeOfferings', {
        instanceTypeOfferingSet: (form.get('LocationType') === 'region'
          ? ['us-east-1']
          : ['us-east-1a', 'us-east-1b']
        ).map(location => ({ instanceType: form.get('Filter.1.Value.1') ?? 't4g.nano', location })),
      }),
    DescribeImages: () =>
      answer('DescribeImages', {
        imagesSet: [
          image('ami-old', '2026-05-30T00:00:00.000Z'),
          image('ami-new', '2026-06-30T00:00:00.000Z'),
          image('ami-mid', '2026-06-10T00:00:00.000Z'),
        ],
      }),
    DescribeVpcs: ({ form }) =>
      form.get('DryRun') === 'true'
        ? refusal('DryRunOperation', 412)
        : answer('DescribeVpcs', { vpcSet: [{ vpcId: 'vpc-1' }] }),
    DescribeSubnets: () =>
      answer('DescribeSubnets', {
        subnetSet: ['b', 'a', 'c'].map(letter => ({
          subnetId: `subnet-${letter}`,
          availabilityZone: `us-east-1${letter}`,
          state: 'available',
          availableIpAddressCount: 100,
        })),
      }),
    DescribeAvailabilityZones: () =>
      answer('DescribeAvailabilityZones', {
        availabilityZoneInfo: ['a', 'b', 'c'].map(letter => ({
          zoneName: `us-east-1${letter}`,
          zoneState: 'available',
        })),
      }),
    DescribeSecurityGroups: () => answer('DescribeSecurityGroups', { securityGroupInfo: [] }),
    CreateSecurityGroup: ({ form }) =>
      answer('CreateSecurityGroup', { groupId: form.get('GroupName')?.endsWith('-install') ? 'sg-2' : 'sg-1' }),
    AuthorizeSecurityGroupIngress: () => answer('AuthorizeSecurityGroupIngress', { return: true }),
    RevokeSecurityGroupIngress: () => answer('RevokeSecurityGroupIngress', { return: true }),
    DescribeKeyPairs: () => answer('DescribeKeyPairs', { keySet: [] }),
    ImportKeyPair: ({ form }) => answer('ImportKeyPair', { keyName: form.get('KeyName') }),
    RunInstances: ({ form }) =>
      form.get('DryRun') === 'true'
        ? refusal('DryRunOperation', 412)
        : answer('RunInstances', {
            instancesSet: [instance('i-1', { instanceState: { name: 'pending' }, ipAddress: '' })],
          }),
    DescribeInstances: () => machines(instance('i-1')),
    DescribeVolumes: () => answer('DescribeVolumes', { volumeSet: [volume('vol-i-1', 'i-1')] }),
    DescribeInstanceStatus: () => answer('DescribeInstanceStatus', { instanceStatusSet: [status('i-1', 'ok', 'ok')] }),
    GetConsoleOutput: () => answer('GetConsoleOutput', { output: '' }),
    DescribeAddresses: () => answer('DescribeAddresses', { addressesSet: [] }),
    TerminateInstances: () => answer('TerminateInstances', { instancesSet: [] }),
    CreateTags: () => answer('CreateTags', { return: true }),
    DeleteSecurityGroup: () => answer('DeleteSecurityGroup', { return: true }),
    DeleteKeyPair: () => answer('DeleteKeyPair', { return: true }),
    ModifyNetworkInterfaceAttribute: () => answer('ModifyNetworkInterfaceAttribute', { return: true }),
    ModifyInstanceAttribute: () => answer('ModifyInstanceAttribute', { return: true }),
  }
}

export function image(id: string, creationDate: string, rootGb = 4): object {
  return {
    imageId: id,
    name: `nixos/26.05.${id}`,
    creationDate,
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: [{ deviceName: '/dev/xvda', ebs: { volumeSize: rootGb } }],
  }
}

export function volume(id: string, machine: string | null, change: object = {}): object {
  return {
    volumeId: id,
    size: 8,
    volumeType: 'gp3',
    status: machine ? 'in-use' : 'available',
    createTime: '2026-11-20T10:00:01.000Z',
    tagSet: tagSet(tags),
    attachmentSet: machine ? [{ instanceId: machine, status: 'attached' }] : [],
    ...change,
  }
}

export function status(id: string, ofInstance: string, ofSystem: string): object {
  return { instanceId: id, instanceStatus: { status: ofInstance }, systemStatus: { status: ofSystem } }
}

export async function scripted(change: Script = {}, settings: Partial<CloudSettings> = {}): Promise<Scripted> {
  const script: Script = { ...goodRegion(), ...change }
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString('utf8')
      const one = read(request.headers, request.url ?? '', body)
      asked.push(one)
      const nth = asked.filter(({ action }) => action === one.action).length
      const reply = script[one.action]?.(one, nth) ?? refusal('InvalidAction')
      if (reply === 'drop') return void response.destroy()
      response.writeHead(reply.status ?? 200, { 'content-type': reply.type ?? 'text/xml' })
      response.end(reply.body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const paused: number[] = []
  const cloud = createAwsCloud(
    {
      env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI-planted', AWS_ENDPOINT_URL: url },
      aws: { profile: null, endpoint: null },
      gcp: { project: null, endpoint: null, credentials: null },
      hetzner: { endpoint: null, token: null },
      now: () => now,
      ...settings,
    },
    async ms => void paused.push(ms),
  )
  return {
    cloud,
    asked,
    of: action => asked.filter(one => one.action === action),
    script,
    paused,
    url,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function read(headers: Record<string, string | string[] | undefined>, url: string, body: string): Asked {
  const scope = /Credential=[^/]+\/\d+\/([a-z0-9-]+)\//.exec(String(headers.authorization))
  const region = scope?.[1] ?? ''
  const target = headers['x-amz-target']
  if (typeof target === 'string') {
    return { action: target.split('.').at(-1) ?? '', region, form: new URLSearchParams(), json: JSON.parse(body) }
  }
  if (url.startsWith('/listRegions')) return { action: 'ListRegions', region, form: new URLSearchParams(), json: null }
  const form = new URLSearchParams(body)
  return { action: form.get('Action') ?? url, region, form, json: null }
}

/** What a call rejects with, which must be a CloudError. */
export async function failureOf(call: Promise<unknown>): Promise<CloudError> {
  const thrown = await call.then(
    () => null,
    (error: unknown) => error,
  )
  if (thrown instanceof CloudError) return thrown
  throw new Error(`no CloudError, but ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
}
