// Instances after their creation: switched, changed, looked into and ended.
import { createHash } from 'node:crypto'
import { typesIn } from './catalogue.ts'
import { checkFingerprint, endDisk, fingerprint } from './disks.ts'
import { bornOf, failureOf } from './instance-insert.ts'
import { itsInstance, pathOf, visibleInstances } from './instance-replies.ts'
import type { KeptInstance } from './kept.ts'
import { type Begun, operate } from './operations.ts'
import {
  type Call,
  checkLabels,
  type Handler,
  invalid,
  json,
  last,
  link,
  note,
  notFound,
  type Project,
  Refusal,
  regionOf,
} from './project.ts'
import { labelsRequest, metadataRequest, read, tagsRequest, typeRequest } from './requests.ts'

/** A change of one instance, as an operation; not carried out where it is to fail later. */
function change(
  type: string,
  work: (project: Project, instance: KeptInstance, call: Call, happens: boolean) => Pick<Begun, 'fails'> | undefined,
): Handler {
  return (project, call) =>
    operate(project, call, `instances.${type} ${call.at.zone} ${call.at.name} ${JSON.stringify(call.body)}`, () => {
      const instance = itsInstance(project, { ...call, fault: null })
      const target = { link: link(pathOf(call.at.project, instance)), id: instance.id }
      const fails = work(project, instance, call, call.fault?.kind !== 'fails-later')
      return { type, scope: `zones/${instance.zone}`, target, ...fails }
    })
}

export const deleteInstance = change('delete', (project, instance, _call, happens) => {
  if (instance.deletionProtection) {
    const message = `Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. Unset deletionProtection'.`
    throw new Refusal(400, 'invalidResourceUsage', message)
  }
  if (happens) endInstance(project, instance, project.now() + project.pace)
  return undefined
})

export function endInstance(project: Project, instance: KeptInstance, at: number): void {
  if (instance.goneAt !== null) return
  const region = regionOf(instance.zone)
  instance.phases = [{ status: 'STOPPING', until: at }]
  instance.goneAt = at
  note(project, 'deleted', { kind: 'instance', id: instance.id, region, tags: instance.labels })
  if (hasEphemeral(project, instance)) {
    note(project, 'deleted', { kind: 'ipv4', id: `${instance.id}/ipv4`, region, tags: instance.labels })
  }
  for (const { name, autoDelete } of instance.disks) {
    const disk = project.state.disks.find(one => one.zone === instance.zone && one.name === name && one.goneAt === null)
    if (autoDelete && disk) endDisk(project, disk, at)
  }
  project.world.end(instance.id)
}

const hasEphemeral = ({ state }: Project, { natIp }: KeptInstance) =>
  natIp !== null && !state.addresses.some(({ address }) => address === natIp)

export function switchInstance(project: Project, instance: KeptInstance, on: boolean, until: number): void {
  if (instance.on === on) return
  instance.on = on
  instance.phases = [{ status: on ? 'STAGING' : 'STOPPING', until }]
  if (on) bootInstance(project, instance)
  else project.world.end(instance.id)
}

/** Started again, also because the sandbox was: its addresses are those of the world now, but for a static one. */
export function bootInstance(project: Project, instance: KeptInstance): void {
  const born = project.world.begin(bornOf(instance))
  if (hasEphemeral(project, instance)) instance.natIp = born.ipv4
  instance.privateIp = born.private
  instance.hostkeys = born.hostkeys
}

export const stopInstance = change('stop', (project, instance, _call, happens) => {
  if (happens) switchInstance(project, instance, false, project.now() + project.pace)
  return undefined
})

export const startInstance = change('start', (project, instance, { fault }, happens) => {
  const fails = failureOf(fault?.kind, instance.zone, instance.type)
  if (fails) return { fails }
  if (happens) switchInstance(project, instance, true, project.now() + project.pace)
  return undefined
})

export const setLabels = change('setLabels', (_project, instance, { body }, happens) => {
  const { labels = {}, labelFingerprint } = read(labelsRequest, body)
  checkFingerprint(labelFingerprint, instance.labels)
  checkLabels('labels', labels)
  if (happens) instance.labels = labels
  return undefined
})

export const setTags = change('setTags', (_project, instance, { body }, happens) => {
  const { items = [], fingerprint: given = '' } = read(tagsRequest, body)
  checkChanged(given, instance.tags)
  if (happens) instance.tags = items
  return undefined
})

export const setMetadata = change('setMetadata', (_project, instance, { body }, happens) => {
  const { items = [], fingerprint: given = '' } = read(metadataRequest, body)
  checkChanged(given, instance.metadata)
  if (happens) instance.metadata = items
  return undefined
})

function checkChanged(given: string, value: unknown): void {
  if (given !== fingerprint(value))
    throw new Refusal(412, 'conditionNotMet', 'Supplied fingerprint does not match current')
}

export const setMachineType = change('setMachineType', (project, instance, { body }, happens) => {
  const { machineType } = read(typeRequest, body)
  const type = typesIn(instance.zone).find(({ name }) => name === last(machineType))
  if (!type) throw invalid('resource.machineType', `'${machineType}'. The referenced resource does not exist.`)
  if (instance.on || instance.phases.some(({ until }) => project.now() < until)) {
    const message = `The resource '${instance.name}' is not ready: machine type may only be changed when it is TERMINATED`
    throw new Refusal(400, 'resourceNotReady', message)
  }
  if (happens) instance.type = type.name
  return undefined
})

export const setDeletionProtection = change('setDeletionProtection', (_project, instance, { query }, happens) => {
  if (happens) instance.deletionProtection = query.get('deletionProtection') !== 'false'
  return undefined
})

/** `hostkeys/`: what the guest agent of a running instance publishes, where its metadata allows that. */
export const getGuestAttributes: Handler = (project, call) => {
  const instance = itsInstance(project, call)
  const path = call.query.get('queryPath') ?? ''
  const allowed = instance.metadata.some(
    ({ key, value }) => key === 'enable-guest-attributes' && value.toUpperCase() === 'TRUE',
  )
  const items = instance.hostkeys.flatMap(line => {
    const [, key, value] = /^((?:ssh|ecdsa)-\S+) (\S+)/.exec(line) ?? []
    return key && value ? [{ namespace: 'hostkeys', key, value }] : []
  })
  if (!allowed || !/^hostkeys\/?$/.test(path) || items.length === 0 || !isUp(project, instance)) {
    throw notFound(`${path}' of type 'Guest Attribute`)
  }
  const of = pathOf(call.at.project, instance)
  return json({
    kind: 'compute#guestAttributes',
    queryPath: path,
    queryValue: { items },
    selfLink: link(`${of}/getGuestAttributes?queryPath=${encodeURIComponent(path)}`),
  })
}

export const getSerialPort: Handler = (project, call) => {
  const instance = itsInstance(project, call)
  const host = instance.name
  const lines = isUp(project, instance)
    ? [
        '[  OK  ] Started ssh.service - OpenBSD Secure Shell server.',
        '-----BEGIN SSH HOST KEY FINGERPRINTS-----',
        ...instance.hostkeys.map(key => fingerprintLine(key, host)),
        '-----END SSH HOST KEY FINGERPRINTS-----',
        '',
        `${host} login: `,
      ]
    : ['Booting from Hard Disk 0...', '']
  const contents = lines.join('\r\n')
  return json({
    kind: 'compute#serialPortOutput',
    contents,
    start: '0',
    next: String(Buffer.byteLength(contents)),
    selfLink: link(`${pathOf(call.at.project, instance)}/serialPort`),
  })
}

/** As cloud-init prints it, of a public key or of its fingerprint. */
function fingerprintLine(key: string, host: string): string {
  const [, base64] = key.split(' ')
  const hash = createHash('sha256').update(Buffer.from(base64 ?? '', 'base64'))
  const fingerprint = base64 === undefined ? key : `SHA256:${hash.digest('base64').replace(/=+$/, '')}`
  return `256 ${fingerprint} root@${host} (${key.startsWith('ecdsa') ? 'ECDSA' : 'ED25519'})`
}

const isUp = (project: Project, instance: KeptInstance) =>
  instance.on && visibleInstances(project).includes(instance) && project.world.isUp(instance.id)
