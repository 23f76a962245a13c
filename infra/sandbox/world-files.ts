// The files that a world hands to its visitors (the fleet file, the client key, the authority, tokens, ping), and
// the secrets it is made with.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { issueCertificate, makeAuthority } from './certificates.ts'
import { replaceFile } from './documents.ts'
import { pingProgram } from './echo.ts'
import { type CloudEndpoints, fleetFile } from './fleet-file.ts'
import type { Machine } from './nodes/machine.ts'
import { domain, type PlannedNode, preferredPorts } from './plan.ts'
import { fingerprintOf, makeSshKey } from './ssh-keys.ts'
import type { WorldState } from './world-shape.ts'

/** What a world begins with; its client key is written beside it, since nothing else ever sees the private half. */
export function makeWorldState(dir: string, now: number): WorldState {
  const client = makeSshKey('watchfloor-sandbox')
  replaceFile(join(dir, 'client_key'), client.private)
  replaceFile(join(dir, 'client_key.pub'), `${client.public}\n`)
  return {
    version: 1,
    madeAt: now,
    base: 0,
    ports: { ...preferredPorts },
    authority: makeAuthority(now),
    authorizedKey: client.public,
    chaos: [],
  }
}

/** `days` is what is left of a lifetime of ninety days, less a week or so that differs between nodes; below zero: over. */
export function issueFor(
  plan: PlannedNode,
  days: number,
  authority: WorldState['authority'],
  now: number,
): Machine['kept']['certificate'] {
  const day = 86_400_000
  const notAfter = days < 0 ? now - 3_600_000 : now + (days - (plan.octet % 11)) * day
  return issueCertificate(authority, {
    commonName: `${plan.name}.${domain}`,
    names: [`${plan.name}.${domain}`],
    addresses: [],
    notBefore: notAfter - 90 * day,
    notAfter,
  })
}

/** What a node's heartbeats prove themselves with; made at the first asking. */
export function tokenOf(dir: string, node: string): string {
  const path = join(dir, 'tokens', node)
  if (!existsSync(path)) replaceFile(path, randomBytes(24).toString('hex'))
  return readFileSync(path, 'utf8').trim()
}

/** Credentials of the world's clouds, which take any; files as an operator would have them. */
const cloudSecrets = {
  'aws-access-key': 'AKIASANDBOX000000000',
  'aws-secret-key': 'sandbox',
  'hetzner-token': 'sandbox',
}

export interface VisitorFiles {
  dir: string
  state: WorldState
  plan: readonly PlannedNode[]
  machines: readonly Machine[]
  /** The Node program that the fleet file names for `ping.cjs`. */
  node: string
  pushEveryMs: number
  /** Where the world's clouds answer; null: it has none. */
  endpoints: CloudEndpoints | null
}

export function writeVisitorFiles({ dir, state, plan, machines, node, pushEveryMs, endpoints }: VisitorFiles): void {
  const hostKeys = new Map(
    machines.map(machine => [machine.name, fingerprintOf(machine.kept.formerHostKey ?? machine.kept.hostKey)]),
  )
  for (const each of plan) tokenOf(dir, each.name)
  writeIfNew(join(dir, 'ca.pem'), state.authority.certificate)
  writeIfNew(join(dir, 'ping.cjs'), pingProgram)
  for (const [name, secret] of Object.entries(cloudSecrets)) writeIfNew(join(dir, name), `${secret}\n`)
  const { base, ports } = state
  writeIfNew(
    join(dir, 'fleet.yaml'),
    fleetFile({ dir, base, ports, nodes: plan, hostKeys, node, pushEveryMs, endpoints }),
  )
}

/** An unchanged file keeps its inode and time: an engine that watches it has nothing to look at. */
function writeIfNew(path: string, content: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== content) replaceFile(path, content)
}
