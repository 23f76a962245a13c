// Static addresses: they are kept for somebody, and an idle one costs more than one in use.
import { regions } from './catalogue.ts'
import { fingerprint } from './disks.ts'
import type { KeptAddress } from './kept.ts'
import { aggregated, list } from './lists.ts'
import { operate } from './operations.ts'
import { type Handler, json, link, note, notFound, type Project, Refusal, regionOf, stamp } from './project.ts'

const userOf = ({ state }: Project, { address }: KeptAddress) =>
  state.instances.find(one => one.goneAt === null && one.natIp === address)

function addressReply(project: Project, name: string, address: KeptAddress) {
  const user = userOf(project, address)
  const path = `projects/${name}/regions/${address.region}`
  return {
    kind: 'compute#address',
    id: address.id,
    creationTimestamp: stamp(address.created),
    name: address.name,
    description: '',
    address: address.address,
    addressType: 'EXTERNAL',
    networkTier: 'PREMIUM',
    status: user ? 'IN_USE' : 'RESERVED',
    region: link(path),
    labels: address.labels,
    labelFingerprint: fingerprint(address.labels),
    ...(user ? { users: [link(`projects/${name}/zones/${user.zone}/instances/${user.name}`)] } : {}),
    selfLink: link(`${path}/addresses/${address.name}`),
  }
}

export const listAllAddresses: Handler = (project, call) =>
  aggregated(
    call,
    'addresses',
    'addressAggregatedList',
    ['global', ...Object.keys(regions).map(region => `regions/${region}`)],
    project.state.addresses.map(address => ({
      scope: `regions/${address.region}`,
      item: addressReply(project, call.at.project ?? '', address),
    })),
  )

export const listAddresses: Handler = (project, call) => {
  const { project: name = '', region = '' } = call.at
  const there = project.state.addresses.filter(address => address.region === region)
  return list(
    call,
    'addressList',
    `regions/${region}/addresses`,
    there.map(address => addressReply(project, name, address)),
  )
}

function its({ state }: Project, { project, region, name }: Readonly<Record<string, string>>): KeptAddress {
  const found = state.addresses.find(address => address.region === region && address.name === name)
  if (!found) throw notFound(`projects/${project}/regions/${region}/addresses/${name}`)
  return found
}

export const getAddress: Handler = (project, { at }) => json(addressReply(project, at.project ?? '', its(project, at)))

export function addAddress(project: Project, asked: Omit<KeptAddress, 'id' | 'created' | 'address'>): KeptAddress {
  const id = project.nextId()
  // A documentation address (RFC 5737): nobody answers there.
  const address: KeptAddress = { ...asked, id, created: project.now(), address: `203.0.113.${Number(id) % 254}` }
  project.state.addresses.push(address)
  note(project, 'created', { kind: 'address', id, region: address.region, tags: address.labels })
  return address
}

export const deleteAddress: Handler = (project, call) =>
  operate(project, call, `addresses.delete ${call.at.region} ${call.at.name}`, () => {
    const address = its(project, call.at)
    const path = `projects/${call.at.project}/regions/${address.region}/addresses/${address.name}`
    const user = userOf(project, address)
    if (user) {
      const what = `The address resource '${path}' is already being used by '${user.name}' in ${regionOf(user.zone)}`
      throw new Refusal(400, 'resourceInUseByAnotherResource', what)
    }
    const target = { type: 'delete', scope: `regions/${address.region}`, target: { link: link(path), id: address.id } }
    if (call.fault?.kind === 'fails-later') return target
    project.state.addresses = project.state.addresses.filter(other => other !== address)
    note(project, 'deleted', { kind: 'address', id: address.id, region: address.region, tags: address.labels })
    return target
  })
