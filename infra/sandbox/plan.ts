// The fleet that the sandbox plays: one headquarters and twenty regions, with what differs between them in the
// world: where they are, how far from Zürich, and which octet is theirs. Figures are constants, so that two runs
// of the same sandbox look alike; round trips are typical public internet figures from Zürich.

export interface PlannedNode {
  name: string
  city: string
  /** null for headquarters. */
  region: string | null
  /** Last octet of both of its addresses. */
  octet: number
  /** Round trip from Zürich, ms. */
  rttMs: number
  /** Hours that its day is ahead of UTC: when its users are awake. */
  utcOffset: number
  tags: string[]
}

function region(
  name: string,
  city: string,
  code: string,
  octet: number,
  rttMs: number,
  utcOffset: number,
  tags: string[],
): PlannedNode {
  return { name, city, region: code, octet, rttMs, utcOffset, tags }
}

export const domain = 'clavitor.example'

export const plannedNodes: readonly PlannedNode[] = [
  { name: 'zurich', city: 'Zürich, CH', region: null, octet: 1, rttMs: 0.3, utcOffset: 1, tags: ['europe'] },
  region('virginia', 'N. Virginia, US', 'us-east-1', 11, 95, -5, ['pilot', 'america']),
  region('ncalifornia', 'N. California, US', 'us-west-1', 12, 155, -8, ['america']),
  region('montreal', 'Montreal, CA', 'ca-central-1', 13, 102, -5, ['america']),
  region('mexicocity', 'Mexico City, MX', 'mx-central-1', 14, 141, -6, ['america']),
  region('saopaulo', 'São Paulo, BR', 'sa-east-1', 15, 204, -3, ['america']),
  region('london', 'London, UK', 'eu-west-2', 16, 17, 0, ['europe']),
  region('paris', 'Paris, FR', 'eu-west-3', 17, 11, 1, ['europe']),
  region('frankfurt', 'Frankfurt, DE', 'eu-central-1', 18, 7, 1, ['pilot', 'europe']),
  region('spain', 'Spain, ES', 'eu-south-2', 19, 25, 1, ['europe']),
  region('stockholm', 'Stockholm, SE', 'eu-north-1', 20, 31, 1, ['europe']),
  region('uae', 'UAE', 'me-central-1', 21, 112, 4, ['middle-east']),
  region('telaviv', 'Tel Aviv, IL', 'il-central-1', 22, 54, 2, ['middle-east']),
  region('capetown', 'Cape Town, ZA', 'af-south-1', 23, 161, 2, ['africa']),
  region('mumbai', 'Mumbai, IN', 'ap-south-1', 24, 114, 5.5, ['asia']),
  region('singapore', 'Singapore, SG', 'ap-southeast-1', 25, 166, 8, ['pilot', 'asia']),
  region('jakarta', 'Jakarta, ID', 'ap-southeast-3', 26, 179, 7, ['asia']),
  region('malaysia', 'Kuala Lumpur, MY', 'ap-southeast-5', 27, 171, 8, ['asia']),
  region('sydney', 'Sydney, AU', 'ap-southeast-2', 28, 264, 10, ['oceania']),
  region('seoul', 'Seoul, KR', 'ap-northeast-2', 29, 243, 9, ['asia']),
  region('hongkong', 'Hong Kong', 'ap-east-1', 30, 189, 8, ['asia']),
]

/** Ports that a world uses on all of its addresses. */
export interface Ports {
  ssh: number
  https: number
  dns: number
  ping: number
  heartbeats: number
  canary: number
  /** Must stay closed in public; the chaos kind `open-port` opens it. */
  admin: number
}

/** Taken unless something on this machine listens there on all addresses; then the next free one is. */
export const preferredPorts: Ports = {
  ssh: 2222,
  https: 8443,
  dns: 5300,
  ping: 5301,
  heartbeats: 8484,
  canary: 5302,
  admin: 8022,
}

/** Both addresses of a node in the world whose base is `base`: an even second octet for the mesh, the next one public. */
export function addressesOf(node: { octet: number }, base: number): { mesh: string; public: string } {
  return { mesh: `127.${base}.0.${node.octet}`, public: `127.${base + 1}.0.${node.octet}` }
}

/** Addresses outside the fleet that headquarters judges its own link by. */
export function canariesOf(base: number): string[] {
  return [`127.${base + 1}.0.251`, `127.${base + 1}.0.252`]
}

/** Bases that worlds choose from: 127.0 is left to everybody else, 127.84 is the first choice. */
export const bases: readonly number[] = Array.from({ length: 60 }, (_, index) => 84 + 2 * index)
