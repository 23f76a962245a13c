// What a schema cannot see: names that must exist, addresses that must differ, zones and currencies that must be real.
import { BlockList, isIP, isIPv6 } from 'node:net'
import { parseAmount } from '../../state/primitives/money.ts'
import { checkClouds, checkRates } from './clouds.ts'
import { quote } from './explain.ts'
import { nearest } from './nearest.ts'
import type { ResolvedNodes } from './resolve-nodes.ts'
import type { FleetFile } from './schema.ts'
import type { Directory } from './selector.ts'
import type { Complaint, Path } from './source.ts'

export function crossCheck(file: FleetFile, resolved: ResolvedNodes, directory: Directory): Complaint[] {
  return [
    ...timezone(file),
    ...currencies(file),
    ...checkRates(file),
    ...checkClouds(file),
    ...meshAddresses(file, resolved),
    ...twinNames(resolved),
    ...hub(file, resolved),
    ...jumps(resolved),
    ...logins(file),
    ...batches(file, resolved, directory),
    ...ports(file),
    ...alerts(file),
  ]
}

function timezone(file: FleetFile): Complaint[] {
  if (file.timezone === undefined) return []
  try {
    new Intl.DateTimeFormat('en', { timeZone: file.timezone })
    return []
  } catch {
    const suggestion = nearest(file.timezone, Intl.supportedValuesOf('timeZone'))
    const message = `${quote(file.timezone)} is not a time zone`
    return [{ path: ['timezone'], message, allowed: 'an IANA name, such as Europe/Zurich', suggestion }]
  }
}

function currencies(file: FleetFile): Complaint[] {
  const written: [Path, string | undefined][] = [
    [['budget', 'currency'], file.budget?.currency],
    [['hq', 'cost', 'currency'], file.hq?.cost?.currency],
    ...Object.entries(file.nodes ?? {}).map(([name, node]): [Path, string | undefined] => [
      ['nodes', name, 'cost', 'currency'],
      node?.cost?.currency,
    ]),
  ]
  if (!written.some(([, currency]) => currency !== undefined)) return []
  const real = new Set(Intl.supportedValuesOf('currency'))
  const wrong = written.flatMap(([path, currency]): Complaint[] => {
    if (currency === undefined || real.has(currency)) return []
    return [
      {
        path,
        message: `${quote(currency)} is not a currency`,
        allowed: 'an ISO 4217 code, such as EUR or USD',
        suggestion: nearest(currency, real),
      },
    ]
  })
  if (file.budget && parseAmount(file.budget.ceiling) === null) {
    const message = `${quote(file.budget.ceiling)} is not an amount of money`
    wrong.push({ path: ['budget', 'ceiling'], message, allowed: 'at most six decimals, such as 99.50' })
  }
  return wrong
}

function meshAddresses(file: FleetFile, { nodes, places }: ResolvedNodes): Complaint[] {
  const found: Complaint[] = []
  const inside = file.mesh ? rangeOf(file.mesh.cidr) : null
  if (file.mesh && !inside) {
    const message = `${quote(file.mesh.cidr)} is not an address range`
    found.push({ path: ['mesh', 'cidr'], message, allowed: 'ADDRESS/BITS, such as 10.84.0.0/24' })
  }
  const owners = new Map<string, string>()
  for (const node of nodes.values()) {
    if (node.mesh === null) continue
    const path = [...(places.get(node.name) ?? []), 'mesh']
    const canonical = canonicalAddress(node.mesh)
    const owner = owners.get(canonical)
    if (owner !== undefined) {
      found.push({
        path,
        message: `${quote(node.mesh)} is already the mesh address of ${owner}`,
        allowed: 'each address once',
      })
    } else owners.set(canonical, node.name)
    if (inside && file.mesh && !inside(node.mesh)) {
      found.push({
        path,
        message: `${quote(node.mesh)} is outside the mesh`,
        allowed: `an address in ${file.mesh.cidr}`,
      })
    }
  }
  return found
}

function rangeOf(cidr: string): ((address: string) => boolean) | null {
  const [base = '', bits = ''] = cidr.split('/')
  const family = isIP(base)
  const prefix = Number(bits)
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return null
  const list = new BlockList()
  list.addSubnet(base, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return address => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** `fd00::0:1` and `fd00::1` are one address. */
function canonicalAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname : address
}

function twinNames({ nodes, places }: ResolvedNodes): Complaint[] {
  const seen = new Map<string, string>()
  return [...nodes.keys()].flatMap((name): Complaint[] => {
    const lower = name.toLowerCase()
    const twin = seen.get(lower)
    seen.set(lower, name)
    if (twin === undefined) return []
    const message = `${quote(name)} differs from the node ${quote(twin)} only in upper and lower case`
    return [{ path: places.get(name) ?? [], key: true, message, allowed: 'names that people can tell apart' }]
  })
}

function hub(file: FleetFile, { nodes }: ResolvedNodes): Complaint[] {
  const name = file.mesh?.hub
  if (name === undefined) return []
  const node = nodes.get(name)
  const path = ['mesh', 'hub']
  if (!node) return [noNode(name, path, nodes.keys())]
  if (node.mesh === null)
    return [{ path, message: `the hub ${name} has no mesh address`, allowed: 'a node with `mesh:`' }]
  return []
}

function noNode(name: string, path: Path, known: Iterable<string>): Complaint {
  return {
    path,
    message: `there is no node ${quote(name)}`,
    allowed: "a node's name",
    suggestion: nearest(name, known),
  }
}

const outsideJump =
  /^[A-Za-z0-9_][A-Za-z0-9_.-]*@(?!-)[A-Za-z0-9_.-]+(?::[0-9]{1,5})?$|^[A-Za-z0-9_][A-Za-z0-9_.-]*@\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?$/

function jumps({ nodes, places }: ResolvedNodes): Complaint[] {
  const told = new Set<string>()
  return [...nodes.values()].flatMap((node): Complaint[] => {
    const through = node.ssh.jump
    if (through === null) return []
    const path = [...(places.get(node.name) ?? []), 'ssh', 'jump']
    if (through.includes('@')) {
      if (outsideJump.test(through) || told.has(through)) return []
      told.add(through)
      return [{ path, message: `${quote(through)} is not a jump`, allowed: "another node's name, or USER@HOST:PORT" }]
    }
    if (!nodes.has(through)) {
      if (told.has(through)) return []
      told.add(through)
      return [{ ...noNode(through, path, nodes.keys()), allowed: "another node's name, or USER@HOST:PORT" }]
    }
    const way = [node.name]
    let next: string | null = through
    while (next !== null) {
      if (way.includes(next)) {
        // Told once for the circle, by the first of its nodes.
        if (next !== node.name || way.some(name => told.has(name))) return []
        for (const name of way) told.add(name)
        return [{ path, message: `the jumps ${[...way, next].join(' → ')} go in a circle`, allowed: null }]
      }
      way.push(next)
      next = nodes.get(next)?.ssh.jump ?? null
    }
    return []
  })
}

function logins(file: FleetFile): Complaint[] {
  const seen = new Map<string, string>()
  return Object.entries(file.people ?? {}).flatMap(([name, person]): Complaint[] => {
    const other = seen.get(person.login)
    seen.set(person.login, name)
    if (other === undefined) return []
    const message = `the login ${quote(person.login)} is already ${other}'s`
    return [{ path: ['people', name, 'login'], message, allowed: 'one person for each login' }]
  })
}

function batches(file: FleetFile, { nodes }: ResolvedNodes, directory: Directory): Complaint[] {
  return Object.entries(file.batches ?? {}).flatMap(([name, selector]): Complaint[] => {
    if (nodes.has(name)) {
      const message = `${quote(name)} is the name of a node and of a batch: a selector could not tell them apart`
      return [{ path: ['batches', name], key: true, message, allowed: 'another name' }]
    }
    const chosen = directory.select(selector)
    if (chosen.ok) return []
    const { message, allowed, suggestions } = chosen
    return [{ path: ['batches', name], message, allowed, suggestion: suggestions[0] ?? null, needs: chosen.sought }]
  })
}

function ports(file: FleetFile): Complaint[] {
  const written: [Path, string | undefined][] = [
    [['engine', 'listen', 'heartbeats'], file.engine?.listen?.heartbeats],
    ...(file.engine?.dns ?? []).map((server, index): [Path, string] => [['engine', 'dns', index], server]),
  ]
  return written.flatMap(([path, text]): Complaint[] => {
    const port = Number(/:([0-9]+)$/.exec(text ?? '')?.[1] ?? 0)
    if (text === undefined || port <= 65535) return []
    return [{ path, message: `${quote(text)} has no possible port`, allowed: 'a port of at most 65535' }]
  })
}

function alerts(file: FleetFile): Complaint[] {
  return (file.alerts ?? []).flatMap(({ to }, index): Complaint[] => {
    if (!/\/\/[^/]*@/.test(to)) return []
    const message = 'an address with a login or token in it stands open in the file'
    return [{ path: ['alerts', index, 'to'], message, allowed: 'an address without USER:PASSWORD@' }]
  })
}
