// The catalogue as the API shows it: prices are text with ten decimals, net and gross, and stock is told per location.
import {
  images,
  type Location,
  locations,
  otherPrices,
  type ServerType,
  type StockImage,
  serverTypes,
} from './catalogue.ts'
import type { KeptSnapshot } from './kept.ts'
import { narrowed, page } from './lists.ts'
import { find, type Handler, iso, json, notFound, type Project } from './project.ts'

const vatPercent = 19
const cappedHours = 624
const tebibyte = 1_099_511_627_776
const announced = '2025-10-16T00:00:00+00:00'
const unavailableAfter = '2026-01-01T00:00:00+00:00'

/** Of whole 10^-10 euros. */
const text = (units: bigint) => `${units / 10_000_000_000n}.${String(units % 10_000_000_000n).padStart(10, '0')}`
const money = (units: bigint) => ({ net: text(units), gross: text((units * BigInt(100 + vatPercent)) / 100n) })
const ofCents = (cents: number) => BigInt(cents) * 100_000_000n
const ofText = (euros: string) => BigInt(Math.round(Number(euros) * 10_000)) * 1_000_000n
/** Hours are priced in steps of a hundredth of a cent. */
const hourly = (cents: number) => BigInt(Math.round((cents * 100) / cappedHours)) * 1_000_000n

const perTime = (cents: number, location: string) => ({
  location,
  price_hourly: money(hourly(cents)),
  price_monthly: money(ofCents(cents)),
})

const typePrices = (type: ServerType) =>
  type.locations.map(location => ({
    ...perTime(type.monthlyCents, location),
    included_traffic: (location === 'ash' || location === 'hil' || location === 'sin' ? 1 : 20) * tebibyte,
    price_per_tb_traffic: money(ofText(otherPrices.trafficPerTb)),
  }))

export const locationNamed = (name: string): Location =>
  locations.find(one => one.name === name) ?? { ...(locations[0] ?? noPlace), name }
const noPlace: Location = {
  id: 0,
  name: '',
  description: '',
  country: '',
  city: '',
  latitude: 0,
  longitude: 0,
  network_zone: '',
}

export const isAvailable = ({ state }: Project, type: ServerType, location: string) =>
  !type.retired && type.locations.includes(location) && !state.soldOut.includes(`${type.name}@${location}`)

export function typeReply(project: Project, type: ServerType) {
  const deprecation = type.retired ? { announced, unavailable_after: unavailableAfter } : null
  return {
    id: type.id,
    name: type.name,
    description: type.name.toUpperCase(),
    category: type.category,
    cores: type.cores,
    memory: type.memoryGb,
    disk: type.diskGb,
    cpu_type: type.dedicated ? 'dedicated' : 'shared',
    architecture: type.architecture,
    storage_type: 'local',
    deprecated: type.retired,
    deprecation,
    prices: typePrices(type),
    locations: type.locations.map(name => ({
      id: locationNamed(name).id,
      name,
      available: isAvailable(project, type, name),
      recommended: isAvailable(project, type, name),
      deprecation,
    })),
  }
}

const stockImage = (image: StockImage) => ({
  id: image.id,
  type: 'system',
  status: 'available',
  name: image.name,
  description: `${image.flavor === 'debian' ? 'Debian' : 'Ubuntu'} ${image.version}`,
  image_size: null,
  disk_size: 5,
  created: '2025-08-12T09:00:00+00:00',
  created_from: null,
  bound_to: null,
  os_flavor: image.flavor,
  os_version: image.version,
  rapid_deploy: true,
  protection: { delete: false },
  deprecated: null,
  deleted: null,
  labels: {},
  architecture: image.architecture,
})

const snapshotImage = (snapshot: KeptSnapshot) => ({
  ...stockImage({ id: snapshot.id, name: '', flavor: 'debian', version: '', architecture: snapshot.architecture }),
  type: 'snapshot',
  name: null,
  description: snapshot.description,
  image_size: 2.3,
  created: iso(snapshot.created),
  os_flavor: 'unknown',
  os_version: null,
  rapid_deploy: false,
  labels: snapshot.labels,
})

export function allImages({ state }: Project) {
  return [...images.map(stockImage), ...state.snapshots.map(snapshotImage)]
}

export const getImages: Handler = (project, { query }) => {
  const fits = (field: string, is: string) => query.getAll(field).length === 0 || query.getAll(field).includes(is)
  const found = allImages(project).filter(
    one => fits('type', one.type) && fits('architecture', one.architecture) && fits('status', one.status),
  )
  const shown = new Set(
    narrowed(
      query,
      found.map(one => ({ id: one.id, name: one.name ?? '', labels: one.labels })),
    ).map(({ id }) => id),
  )
  return page(
    query,
    'images',
    found.filter(one => shown.has(one.id)),
  )
}

export const getImage: Handler = (project, { ids }) => json(200, { image: find('image', allImages(project), ids[0]) })

export const getLocations: Handler = (_project, { query }) => page(query, 'locations', named(query, locations))
export const getLocation: Handler = (_project, { ids }) => json(200, { location: find('location', locations, ids[0]) })

export const getServerTypes: Handler = (project, { query }) =>
  page(
    query,
    'server_types',
    named(query, serverTypes).map(type => typeReply(project, type)),
  )

export const getServerType: Handler = (project, { ids: [id = 0] }) => {
  const type = serverTypes.find(one => one.id === id)
  if (!type) throw notFound('server type', id)
  return json(200, { server_type: typeReply(project, type) })
}

function named<T extends { name: string }>(query: URLSearchParams, all: readonly T[]): readonly T[] {
  const name = query.get('name')
  return name === null ? all : all.filter(one => one.name === name)
}

export const getPricing: Handler = () => {
  const addresses = (cents: number) => locations.map(({ name }) => perTime(cents, name))
  const monthly = (cents: number) =>
    addresses(cents).map(({ location, price_monthly }) => ({ location, price_monthly }))
  return json(200, {
    pricing: {
      currency: 'EUR',
      vat_rate: `${vatPercent}.000000`,
      image: { price_per_gb_month: money(ofText('0.0143')) },
      floating_ip: { price_monthly: money(ofCents(300)) },
      floating_ips: [
        { type: 'ipv4', prices: monthly(300) },
        { type: 'ipv6', prices: monthly(100) },
      ],
      primary_ips: [
        { type: 'ipv4', prices: addresses(otherPrices.ipv4MonthlyCents) },
        { type: 'ipv6', prices: addresses(0) },
      ],
      server_backup: { percentage: '20.0000000000' },
      server_types: serverTypes.map(type => ({ id: type.id, name: type.name, prices: typePrices(type) })),
      load_balancer_types: [],
      volume: { price_per_gb_month: money(ofText(otherPrices.volumePerGbMonth)) },
    },
  })
}
