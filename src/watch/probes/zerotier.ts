// Is the node's ZeroTier online, admitted to its network, and linked directly to its peers?
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { HostProbe } from '../probe.ts'
import { complaintOf, isForbidden, needRoot, textOf, unseen } from './answers.ts'
import { strings } from './measures.ts'
import { couldNotLook, failed } from './network.ts'

const networkId = Type.String({ pattern: '^[0-9a-f]{16}$' })

export const zerotier = {
  kind: 'zerotier',
  from: 'host',
  needsRoot: true,
  effect: 'degraded',
  options: Type.Object({
    network: Type.Optional(
      Type.Union([networkId, Type.Array(networkId, { minItems: 1 })], {
        description: 'Networks (16 hex digits) that must be joined and OK. Default: every network that is joined.',
      }),
    ),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 10_000, failures: 2 },
  targets: options => [{ id: 'zerotier', target: strings(options.network).join(', ') || 'zerotier' }],
  commands: () => [
    ['zerotier-cli', '-j', 'info'],
    ['zerotier-cli', '-j', 'listnetworks'],
    ['zerotier-cli', '-j', 'listpeers'],
  ],
  read(answers, probe) {
    const [infoAnswer, networksAnswer, peersAnswer] = answers
    const unread = unseen(infoAnswer, 'zerotier-cli')
    if (unread) return unread
    const status = json(textOf(infoAnswer))
    if (!isRecord(status)) {
      // It prints its complaints to standard output.
      const complaint = complaintOf(infoAnswer) || (textOf(infoAnswer).split('\n')[0] ?? '')
      if (isForbidden(complaint)) return couldNotLook(`could not look: zerotier-cli needs root; ${needRoot}`)
      if (/connection refused|missing port|connecting to/i.test(complaint))
        return failed('the ZeroTier service is not running')
      return couldNotLook(`could not look: zerotier-cli said: ${complaint || `exit ${infoAnswer?.exit}`}`)
    }
    const networks = readNetworks(json(textOf(networksAnswer)))
    const peers = readZerotierPeers(json(textOf(peersAnswer)))
    if (networks === null) return couldNotLook('could not look: zerotier-cli lists no networks that can be read')
    const wanted = strings(probe.options.network)
    const wrong: string[] = []
    if (status.online !== true) wrong.push('offline')
    for (const id of wanted) if (!networks.some(network => network.id === id)) wrong.push(`network ${id} is not joined`)
    for (const network of networks) {
      if (network.status !== 'OK' && (wanted.length === 0 || wanted.includes(network.id))) {
        wrong.push(`network ${network.name || network.id} is ${network.status}`)
      }
    }
    if (networks.length === 0 && wanted.length === 0) wrong.push('no network is joined')
    const leaves = peers?.filter(peer => peer.role === 'LEAF') ?? []
    const relayed = leaves.filter(peer => !peer.direct)
    const fallback = status.tcpFallbackActive === true
    const latencies = leaves.filter(peer => peer.direct && peer.latency >= 0).map(peer => peer.latency)
    const addresses = networks.flatMap(network => network.addresses)
    const notes = [
      ...(fallback ? ['relayed over TCP'] : []),
      ...(relayed.length > 0 ? [`${relayed.length} of ${leaves.length} peers relayed`] : []),
    ]
    const said = wrong.length > 0 ? wrong.join('; ') : ['online', ...notes].join(', ')
    return {
      ok: wrong.length === 0,
      ...(wrong.length === 0 && notes.length > 0 ? { warn: true } : {}),
      ms: null,
      detail: nodeText(said),
      values: {
        peers: leaves.length,
        peers_relayed: relayed.length,
        ...(latencies.length > 0 ? { peer_latency_ms: Math.max(...latencies) } : {}),
      },
      facts: {
        ...(typeof status.address === 'string' ? { address: nodeText(status.address, 32) } : {}),
        ...(typeof status.version === 'string' ? { version: nodeText(status.version, 32) } : {}),
        ...(addresses.length > 0 ? { addresses: nodeText(addresses.join(', '), 200) } : {}),
      },
    }
  },
} satisfies HostProbe

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Network {
  id: string
  name: string
  status: string
  addresses: string[]
}

function readNetworks(value: unknown): Network[] | null {
  if (!Array.isArray(value)) return null
  return value.filter(isRecord).map(network => ({
    id: String(network.nwid ?? network.id ?? ''),
    name: typeof network.name === 'string' ? network.name : '',
    status: typeof network.status === 'string' ? network.status : 'in no known state',
    addresses: strings(network.assignedAddresses),
  }))
}

interface ZerotierPeer {
  role: string
  /** ms; negative when not known. */
  latency: number
  direct: boolean
}

/** A link is direct when some path is active and not expired; else packets go through a relay. */
function readZerotierPeers(value: unknown): ZerotierPeer[] | null {
  if (!Array.isArray(value)) return null
  return value.filter(isRecord).map(peer => ({
    role: typeof peer.role === 'string' ? peer.role : '',
    latency: typeof peer.latency === 'number' ? peer.latency : -1,
    direct:
      Array.isArray(peer.paths) &&
      peer.paths.some(path => isRecord(path) && path.active === true && path.expired !== true),
  }))
}
