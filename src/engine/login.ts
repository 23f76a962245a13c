// How an operator's own `ssh` reaches a node: the options that follow from the fleet file and nothing else, so that the
// operator's OpenSSH config decides what the file leaves open. A key that the file pins by its fingerprint is no line that
// `ssh` could read; the whole key is taken from a handshake that the pool itself has judged.
import { type ConnectReport, SshError, type SshPool, type SshTarget } from '../../infra/ssh/ssh.ts'
import { wrongWith } from '../../infra/ssh/target.ts'
import { BadInput, Unreachable } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { SecretRef } from '../../state/primitives/secret.ts'
import type { Fleet, FleetNode } from '../fleet/fleet.ts'
import { addressOf, jumpHost } from './targets.ts'

export interface LoginAnswer {
  /** Begins with `ssh`, ends with `--` and the host: options of the caller go behind the first word. */
  argv: string[]
  /** Lines for a `UserKnownHostsFile`; empty: the operator's own known_hosts decides. A jump host's are not among them. */
  knownHosts: string[]
  /** For people: `root@10.84.0.17 port 22 over the mesh`. */
  where: string
}

export interface LoginWorld {
  fleet(): Fleet
  /** Where a `file:` reference lies on this machine. */
  pathOf(reference: string): string
  target(node: FleetNode): Promise<SshTarget>
  pool: Pick<SshPool, 'connect'>
  clean(text: string): string
}

const deadlineMs = 10_000

export async function answerLogin(name: string, world: LoginWorld): Promise<LoginAnswer> {
  const node = world.fleet().nodes.get(name)
  if (!node) throw new BadInput({ name: 'bad-node', message: `there is no node ${name} in the fleet file` })
  const login = loginOf(node, world.fleet(), world.pathOf)
  if (node.ssh.hostkeys.length === 0) return { ...login, knownHosts: [] }
  try {
    const { hostkey } = await world.pool.connect(await world.target(node), { deadlineMs })
    return { ...login, knownHosts: [knownHostLine(node, hostkey)] }
  } catch (error) {
    if (!(error instanceof SshError)) throw error
    throw new Unreachable({
      name: 'node-unreachable',
      message: forTerminal(world.clean(`${name}: ${error.failure}: ${error.detail}`)),
      remedy: 'Its pinned key is taken from a connection of the engine, and the engine cannot connect.',
    })
  }
}

/** Pure. */
export function loginOf(
  node: FleetNode,
  fleet: Fleet,
  pathOf: (reference: string) => string,
): Pick<LoginAnswer, 'argv' | 'where'> {
  const host = addressOf(node, 'any')
  if (host === null) throw refusal(node, 'the fleet file gives it no address')
  const { user, port } = node.ssh
  checkHop(node, { host, user, port })
  const jumps = jumpsOf(node, fleet, [])
  const argv = [
    'ssh',
    ...(port === null ? [] : ['-p', String(port)]),
    ...(user === null ? [] : ['-l', user]),
    ...node.ssh.identities.filter(isFile).flatMap(({ reference }) => ['-i', pathOf(reference)]),
    ...(jumps.length === 0 ? [] : ['-J', jumps.join(',')]),
    '-o',
    'ForwardAgent=no',
    '-o',
    'StrictHostKeyChecking=yes',
    ...(node.ssh.hostkeys.length === 0 ? [] : ['-o', `HostKeyAlias=${aliasOf(node)}`]),
    '--',
    host,
  ]
  const who = user === null ? host : `${user}@${host}`
  const through = jumps.length === 0 ? '' : ` through ${jumps.join(', then ')}`
  const way = host === node.mesh ? 'over the mesh' : 'at its public address'
  return { argv, where: `${who}${port === null ? '' : ` port ${port}`} ${way}${through}` }
}

/** No name that a host could have in the operator's own known_hosts. */
function aliasOf(node: FleetNode): string {
  return `watchfloor-${node.name}`
}

function knownHostLine(node: FleetNode, hostkey: ConnectReport['hostkey']): string {
  return `${aliasOf(node)} ${hostkey.type} ${hostkey.base64}`
}

function isFile(ref: SecretRef): boolean {
  return ref.scheme === 'file'
}

interface Hop {
  host: string
  user: string | null
  port: number | null
}

/** As `-J` takes them: the first one is reached first. */
function jumpsOf(node: FleetNode, fleet: Fleet, through: readonly string[]): string[] {
  const { jump } = node.ssh
  if (jump === null) return []
  const way = [...through, node.name]
  if (way.includes(jump)) throw refusal(node, `the jumps lead in a circle: ${[...way, jump].join(' → ')}`)
  const other = fleet.nodes.get(jump)
  if (other) {
    const host = addressOf(other, 'any')
    if (host === null) throw refusal(node, `the fleet file gives its jump host ${jump} no address`)
    return [...jumpsOf(other, fleet, way), hopText(node, { host, user: other.ssh.user, port: other.ssh.port })]
  }
  const hop = jumpHost(jump)
  if (!hop) throw refusal(node, `"${jump}" is no host to jump through`)
  return [hopText(node, hop)]
}

function hopText(node: FleetNode, hop: Hop): string {
  checkHop(node, hop)
  // In a list of hops these would begin the next one, or another host.
  if (/[,@:]/.test(hop.user ?? '') || hop.host.includes(',')) throw refusal(node, 'its jump host cannot be told to ssh')
  const host = hop.host.includes(':') ? `[${hop.host}]` : hop.host
  return `${hop.user === null ? '' : `${hop.user}@`}${host}${hop.port === null ? '' : `:${hop.port}`}`
}

function checkHop(node: FleetNode, hop: Hop): void {
  const wrong = wrongWith({ host: hop.host, user: hop.user ?? 'anybody', port: hop.port ?? 22 })
  if (wrong !== null) throw refusal(node, wrong)
}

function refusal(node: FleetNode, why: string): BadInput {
  return new BadInput({ name: 'ssh-host', message: `${node.name}: ${why}` })
}
