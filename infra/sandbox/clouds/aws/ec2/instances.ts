// Looking at instances: what there is, how their checks stand, and what their console shows.
import { createHash } from 'node:crypto'
import { type Account, accountId, isListed, stateOf } from '../account.ts'
import { AwsProblem } from '../problem.ts'
import { applyFilters, type FilterValues, filterParameters, pageOf, pageParameters } from '../query.ts'
import type { KeptInstance } from '../state.ts'
import { xmlTime } from '../xml.ts'
import { type Ec2Actions, type Ec2Call, notFound } from './action.ts'
import { describeReservation, describeState, publicIpv4Of } from './instance-xml.ts'

export const instances: Ec2Actions = {
  DescribeInstances: {
    parameters: [...filterParameters, ...pageParameters, 'InstanceId.#'],
    answer(call) {
      const { account, parameters, now } = call
      const found = applyFilters(askedFor(call), parameters, filtersOf(account, now))
      const { page, next } = pageOf(found, parameters, { least: 5, most: 1_000 })
      return { reservationSet: page.map(instance => describeReservation(instance, account, now)), nextToken: next }
    },
  },
  DescribeInstanceStatus: {
    parameters: [...filterParameters, ...pageParameters, 'InstanceId.#', 'IncludeAllInstances'],
    answer(call) {
      const { account, parameters, now } = call
      const asked = askedFor(call).filter(instance => {
        return parameters.flag('IncludeAllInstances') || stateOf(instance, now, account.timings) === 'running'
      })
      const found = applyFilters(asked, parameters, {
        ...filtersOf(account, now),
        'instance-status.status': instance => [statusOf(instance, account, now)],
        'system-status.status': instance => [statusOf(instance, account, now)],
      })
      const { page, next } = pageOf(found, parameters, { least: 5, most: 1_000 })
      return {
        instanceStatusSet: page.map(instance => {
          const status = statusOf(instance, account, now)
          const detail = { ok: 'passed', initializing: 'initializing', impaired: 'failed', 'not-applicable': null }[
            status
          ]
          const check = { status, details: detail === null ? [] : [{ name: 'reachability', status: detail }] }
          return {
            instanceId: instance.id,
            availabilityZone: instance.zone,
            instanceState: describeState(stateOf(instance, now, account.timings)),
            // The host is in order also where the machine does not answer.
            systemStatus:
              status === 'impaired' ? { status: 'ok', details: [{ name: 'reachability', status: 'passed' }] } : check,
            instanceStatus: check,
          }
        }),
        nextToken: next,
      }
    },
  },
  GetConsoleOutput: {
    parameters: ['InstanceId', 'Latest'],
    answer(call) {
      const { account, parameters, now } = call
      const id = parameters.must('InstanceId')
      const instance = listedIn(call).find(other => other.id === id)
      if (!instance) throw instancesMissing([id])
      return {
        instanceId: id,
        timestamp: xmlTime(now),
        output: Buffer.from(consoleOf(instance, account, now)).toString('base64'),
      }
    },
  },
}

export function listedIn({ account, region, now }: Ec2Call): KeptInstance[] {
  return account.state.instances.filter(
    instance => instance.region === region.name && isListed(instance, now, account.timings),
  )
}

/** Those that are named, or all. */
function askedFor(call: Ec2Call): KeptInstance[] {
  const { parameters } = call
  const ids = parameters.list('InstanceId')
  const all = listedIn(call)
  if (ids.length === 0) return all
  if (parameters.text('MaxResults') !== null) {
    const message = 'The parameter instancesSet cannot be used with the parameter maxResults'
    throw new AwsProblem('InvalidParameterCombination', message)
  }
  return byId(all, ids)
}

export function byId(all: readonly KeptInstance[], ids: readonly string[]): KeptInstance[] {
  const bad = ids.find(id => !/^i-[0-9a-f]{8,17}$/.test(id))
  if (bad) throw new AwsProblem('InvalidInstanceID.Malformed', `Invalid id: "${bad}"`)
  const missing = ids.filter(id => !all.some(instance => instance.id === id))
  if (missing.length > 0) throw instancesMissing(missing)
  return all.filter(({ id }) => ids.includes(id))
}

function instancesMissing(ids: readonly string[]): AwsProblem {
  const message =
    ids.length === 1
      ? `The instance ID '${ids[0]}' does not exist`
      : `The instance IDs '${ids.join(', ')}' do not exist`
  return notFound('InvalidInstanceID.NotFound', message)
}

function filtersOf(account: Account, now: number): FilterValues<KeptInstance> {
  const orNone = (value: string | null) => (value === null ? [] : [value])
  return {
    'instance-id': ({ id }) => [id],
    'instance-state-name': instance => [stateOf(instance, now, account.timings)],
    'instance-type': ({ type }) => [type],
    'client-token': ({ token }) => orNone(token),
    'availability-zone': ({ zone }) => [zone],
    'subnet-id': ({ subnet }) => [subnet],
    'vpc-id': ({ vpc }) => [vpc],
    'image-id': ({ image }) => [image],
    'key-name': ({ key }) => orNone(key),
    architecture: ({ arch }) => [arch],
    'instance.group-id': ({ groups }) => groups,
    'network-interface.group-id': ({ groups }) => groups,
    'private-ip-address': instance => orNone(instance.private),
    'ip-address': instance => orNone(publicIpv4Of(instance, account, true)),
    'owner-id': () => [accountId],
  }
}

/** A machine that does not answer for this long after its start is impaired, ms. */
const patience = 300_000

function statusOf(
  instance: KeptInstance,
  account: Account,
  now: number,
): 'ok' | 'initializing' | 'impaired' | 'not-applicable' {
  const { timings, world } = account
  if (stateOf(instance, now, timings) !== 'running') return 'not-applicable'
  const runningFor = now - instance.startedAt - timings.pending
  if (runningFor < timings.checks) return 'initializing'
  if (world.isUp(instance.id)) return 'ok'
  return runningFor < patience ? 'initializing' : 'impaired'
}

/** Empty until it has booted, as EC2's is. NixOS prints its host keys' fingerprints when sshd runs. */
function consoleOf(instance: KeptInstance, account: Account, now: number): string {
  const { timings, world } = account
  const booted = now >= instance.startedAt + timings.pending + timings.console
  if (!booted || instance.failsAt !== null || !world.isUp(instance.id)) return ''
  const host = `ip-${(instance.private ?? '').replaceAll('.', '-')}`
  const lines = [
    '[    0.000000] Linux version 6.18.12 (nixbld@localhost)',
    '<<< NixOS Stage 1 >>>',
    '<<< NixOS Stage 2 >>>',
    'starting systemd...',
    '[  OK  ] Started SSH Daemon.',
    '-----BEGIN SSH HOST KEY FINGERPRINTS-----',
    ...instance.hostkeys.map(key => fingerprintLine(key, host)),
    '-----END SSH HOST KEY FINGERPRINTS-----',
    '[  OK  ] Reached target Multi-User System.',
    '',
    `<<< Welcome to NixOS 26.05 (${instance.arch === 'arm64' ? 'aarch64' : 'x86_64'}) - ttyS0 >>>`,
    '',
    `${host} login: `,
  ]
  return lines.join('\r\n')
}

/** As `ssh-keygen -l` writes it, of a fingerprint or of a public key. */
function fingerprintLine(key: string, host: string): string {
  const [type = '', base64] = key.split(' ')
  if (base64 === undefined) return `256 ${key} root@${host} (ED25519)`
  const fingerprint = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64').replace(/=+$/, '')
  const [bits, name] = type === 'ssh-rsa' ? [4096, 'RSA'] : type.startsWith('ecdsa') ? [256, 'ECDSA'] : [256, 'ED25519']
  return `${bits} SHA256:${fingerprint} root@${host} (${name})`
}
