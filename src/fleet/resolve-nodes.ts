// From nodes as written to nodes as they are: defaults applied, templates filled, references read.
import { parseAmount } from '../../state/primitives/money.ts'
import { parseSecretRef } from '../../state/primitives/secret.ts'
import { parseSize } from '../../state/primitives/size.ts'
import { quote } from './explain.ts'
import type { FleetNode, SshSettings } from './fleet.ts'
import { nearest } from './nearest.ts'
import { type FileNode, type FileSsh, type FleetFile, hostPattern } from './schema.ts'
import type { Complaint, Path } from './source.ts'
import { fillDeep, type TemplateFields, upperSnake } from './templates.ts'

export interface ResolvedNodes {
  nodes: Map<string, FleetNode>
  /** Where each node is written: `['hq']` or `['nodes', 'paris']`. */
  places: Map<string, Path>
  complaints: Complaint[]
}

export function resolveNodes(file: FleetFile): ResolvedNodes {
  const out: ResolvedNodes = { nodes: new Map(), places: new Map(), complaints: [] }
  if (file.hq) {
    const { name, ...written } = file.hq
    // HQ is not made like the fleet: of the defaults only the login reaches it.
    const defaults = file.defaults?.ssh ? { ssh: file.defaults.ssh } : {}
    addNode(out, file, { name, written, defaults, place: ['hq'], isHq: true })
  }
  for (const [name, node] of Object.entries(file.nodes ?? {})) {
    const place = ['nodes', name]
    if (out.nodes.has(name)) {
      out.complaints.push({
        path: place,
        key: true,
        message: `${quote(name)} is already the name of HQ`,
        allowed: 'each name once',
      })
      continue
    }
    addNode(out, file, { name, written: node ?? {}, defaults: file.defaults ?? {}, place, isHq: false })
  }
  return out
}

interface Written {
  name: string
  written: FileNode
  defaults: NonNullable<FleetFile['defaults']>
  place: Path
  isHq: boolean
}

function addNode(out: ResolvedNodes, file: FleetFile, { name, written, defaults, place, isHq }: Written): void {
  const provider = written.provider ?? defaults.provider ?? 'static'
  // `type: t4g.nano` of an AWS default means nothing on a machine of another provider.
  const kin = provider === (defaults.provider ?? 'static') ? defaults : {}
  const region = written.region ?? kin.region ?? null
  const fields: TemplateFields = { name, NAME: upperSnake(name), fleet: file.fleet, provider, region }
  const fill = <T>(value: T, path: Path): T => {
    const filled = fillDeep(value, fields)
    for (const trouble of filled.troubles) {
      out.complaints.push(templateComplaint(trouble.field, trouble.why, name, [...path, ...trouble.path], fields))
    }
    return filled.value as T
  }
  const hostOf = (): string | null => {
    const [text, path] = written.host ? [written.host, [...place, 'host']] : [defaults.host, ['defaults', 'host']]
    if (text === undefined) return null
    const host = fill(text, path)
    const valid = new RegExp(hostPattern).test(host) && !/[{}]/.test(host)
    if (!valid && !out.complaints.some(known => samePath(known.path, path))) {
      out.complaints.push({ path, message: `${quote(host)} is not a host`, allowed: 'an IP address or a DNS name' })
    }
    return valid ? host : null
  }
  const host = hostOf()
  const address = written.address ?? host
  const mesh = written.mesh ?? null
  const cost = written.cost ? parseAmount(written.cost.monthly) : null
  if (written.cost && cost === null) {
    const message = `${quote(written.cost.monthly)} is not an amount of money`
    out.complaints.push({ path: [...place, 'cost', 'monthly'], message, allowed: 'at most six decimals, such as 3.90' })
  }
  const disk = diskOf(written.disk ?? kin.disk)
  if (disk === null) {
    const [value, path] =
      written.disk === undefined ? [kin.disk, ['defaults', 'disk']] : [written.disk, [...place, 'disk']]
    if (!out.complaints.some(known => samePath(known.path, path))) {
      const message = `${quote(value)} is not a disk's size`
      out.complaints.push({ path, message, allowed: 'whole gigabytes from 1 to 65536, such as 8 or 8GB' })
    }
  }
  const image = written.image ?? kin.image
  const ipv4 = written.ipv4 ?? kin.ipv4
  out.places.set(name, place)
  out.nodes.set(name, {
    name,
    provider,
    region,
    city: written.city ?? null,
    type: written.type ?? kin.type ?? null,
    arch: written.arch ?? kin.arch ?? null,
    tags: [...new Set([...(defaults.tags ?? []), ...(written.tags ?? [])])],
    address,
    host,
    mesh,
    isHq,
    lifecycle: written.lifecycle ?? (address !== null || mesh !== null ? 'live' : 'planned'),
    ssh: sshOf(name, fill(defaults.ssh ?? {}, ['defaults', 'ssh']), fill(written.ssh ?? {}, [...place, 'ssh'])),
    cost: written.cost && cost !== null ? { monthlyMicros: cost, currency: written.cost.currency } : null,
    ...(image === undefined ? {} : { image }),
    ...(disk === null || disk === undefined ? {} : { diskGb: disk }),
    ...(ipv4 === undefined ? {} : { ipv4 }),
  })
}

/** Whole gigabytes; null when it is no such size. */
function diskOf(disk: number | string | undefined): number | null | undefined {
  if (typeof disk !== 'string') return disk
  const gigabytes = (parseSize(disk) ?? Number.NaN) / 1000 ** 3
  return Number.isInteger(gigabytes) && gigabytes >= 1 && gigabytes <= 65_536 ? gigabytes : null
}

function sshOf(name: string, defaults: FileSsh, own: FileSsh): SshSettings {
  const ssh = { ...defaults, ...own }
  const become = ssh.become ?? false
  const password = typeof become === 'object' && become.password !== undefined ? parseSecretRef(become.password) : null
  return {
    user: ssh.user ?? null,
    port: ssh.port ?? null,
    identities: listOf(ssh.identity).flatMap(text => parseSecretRef(text) ?? []),
    passphrase: ssh.passphrase === undefined ? null : parseSecretRef(ssh.passphrase),
    hostkeys: listOf(ssh.hostkey).map(key => key.replace(/=$/, '')),
    // A default that jumps through the bastion does not send the bastion through itself.
    jump: ssh.jump === undefined || ssh.jump === name ? null : ssh.jump,
    become: become === false ? null : { method: 'sudo', password },
  }
}

function listOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

export function templateComplaint(
  field: string,
  why: 'unknown' | 'missing',
  node: string,
  path: Path,
  fields: TemplateFields,
): Complaint {
  const allowed = Object.keys(fields)
    .map(known => `{${known}}`)
    .join(' ')
  if (why === 'missing')
    return { path, message: `{${field}}: the node ${node} has none`, allowed: null, needs: 'field' }
  const near = nearest(field, Object.keys(fields))
  return {
    path,
    message: `{${field}} is nothing that a template can name`,
    allowed,
    suggestion: near === null ? null : `{${near}}`,
  }
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index])
}
