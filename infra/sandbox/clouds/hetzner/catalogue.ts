// What can be had: locations, server types and their prices, images.
//
// CX22 and CX32 cannot be ordered any more (deprecated in October 2025; CX23 and CX33 follow them). Monthly prices of
// CX23, CX33 and CPX12 are those seen in September 2026; the others are of that order and stand for them only here.
// A month is capped at 624 hours.

export interface Location {
  id: number
  name: string
  description: string
  country: string
  city: string
  latitude: number
  longitude: number
  network_zone: string
}

export const locations: readonly Location[] = [
  place(1, 'fsn1', 'Falkenstein DC Park 1', 'DE', 'Falkenstein', 50.47612, 12.370071, 'eu-central'),
  place(2, 'nbg1', 'Nuremberg DC Park 1', 'DE', 'Nuremberg', 49.452102, 11.076665, 'eu-central'),
  place(3, 'hel1', 'Helsinki DC Park 1', 'FI', 'Helsinki', 60.169855, 24.938379, 'eu-central'),
  place(4, 'ash', 'Ashburn, VA', 'US', 'Ashburn, VA', 39.045821, -77.487073, 'us-east'),
  place(5, 'hil', 'Hillsboro, OR', 'US', 'Hillsboro, OR', 45.54222, -122.951924, 'us-west'),
  place(6, 'sin', 'Singapore', 'SG', 'Singapore', 1.283333, 103.833333, 'ap-southeast'),
]

function place(
  id: number,
  name: string,
  description: string,
  country: string,
  city: string,
  latitude: number,
  longitude: number,
  network_zone: string,
): Location {
  return { id, name, description, country, city, latitude, longitude, network_zone }
}

export interface ServerType {
  id: number
  name: string
  cores: number
  memoryGb: number
  diskGb: number
  architecture: 'x86' | 'arm'
  dedicated: boolean
  category: string
  locations: readonly string[]
  /** Cents of a euro a month, net. */
  monthlyCents: number
  retired: boolean
}

const europe = ['fsn1', 'nbg1', 'hel1']
const everywhere = locations.map(({ name }) => name)

export const serverTypes: readonly ServerType[] = [
  kind(104, 'cx22', [2, 4, 40], 'cost_optimized', europe, 379, { retired: true }),
  kind(105, 'cx32', [4, 8, 80], 'cost_optimized', europe, 680, { retired: true }),
  kind(114, 'cx23', [2, 4, 40], 'cost_optimized', europe, 599),
  kind(115, 'cx33', [4, 8, 80], 'cost_optimized', europe, 899),
  kind(45, 'cax11', [2, 4, 40], 'cost_optimized', europe, 599, { architecture: 'arm' }),
  kind(93, 'cax21', [4, 8, 80], 'cost_optimized', europe, 1049, { architecture: 'arm' }),
  kind(109, 'cpx12', [1, 2, 40], 'regular_purpose', everywhere, 1199),
  kind(110, 'cpx22', [2, 4, 80], 'regular_purpose', everywhere, 1599),
  kind(96, 'ccx13', [2, 8, 80], 'general_purpose', everywhere, 1949, { dedicated: true }),
  kind(97, 'ccx23', [4, 16, 160], 'general_purpose', everywhere, 3899, { dedicated: true }),
]

function kind(
  id: number,
  name: string,
  [cores, memoryGb, diskGb]: readonly [number, number, number],
  category: string,
  where: readonly string[],
  monthlyCents: number,
  other: Partial<ServerType> = {},
): ServerType {
  const usual = { architecture: 'x86', dedicated: false, retired: false } as const
  return { id, name, cores, memoryGb, diskGb, category, locations: where, monthlyCents, ...usual, ...other }
}

/** Net, in euros where it is text. */
export const otherPrices = {
  ipv4MonthlyCents: 50,
  volumePerGbMonth: '0.0572',
  trafficPerTb: '1.0000',
}

export interface StockImage {
  id: number
  name: string
  flavor: 'debian' | 'ubuntu'
  version: string
  architecture: 'x86' | 'arm'
}

export const images: readonly StockImage[] = [
  { id: 114690387, name: 'debian-12', flavor: 'debian', version: '12', architecture: 'x86' },
  { id: 114690389, name: 'debian-12', flavor: 'debian', version: '12', architecture: 'arm' },
  { id: 310557660, name: 'debian-13', flavor: 'debian', version: '13', architecture: 'x86' },
  { id: 310557661, name: 'debian-13', flavor: 'debian', version: '13', architecture: 'arm' },
  { id: 161547269, name: 'ubuntu-24.04', flavor: 'ubuntu', version: '24.04', architecture: 'x86' },
  { id: 161547270, name: 'ubuntu-24.04', flavor: 'ubuntu', version: '24.04', architecture: 'arm' },
]
