// What can be made to go wrong. A kind is one entry here: what it does to nodes while it lasts (conditions), what it
// does once (begin), and how it is undone (heal). Active chaos is durable and outlives the world's process.
import type { Conditions, Machine } from './nodes/machine.ts'

export type ChaosOptions = Readonly<Record<string, string | number>>

export interface ActiveChaos {
  id: string
  kind: string
  nodes: readonly string[]
  options: ChaosOptions
  at: number
}

/** What a kind may use beside the machine. */
export interface ChaosTools {
  /** A fresh OpenSSH private key and its fingerprint. */
  makeHostKey(): { key: string; fingerprint: string }
  /** A certificate for the machine that ended an hour ago. */
  makeExpiredCertificate(machine: Machine): Machine['kept']['certificate']
}

export interface ChaosKind {
  kind: string
  description: string
  /** Options with their defaults. */
  options: ChaosOptions
  /** It happens and is over by itself: nothing stays active. */
  momentary?: boolean
  /** It hits all of them: no node needs to be named. */
  everywhere?: boolean
  /** Which other nodes are hit with those named. */
  spread?: (named: readonly Machine[], all: readonly Machine[]) => readonly Machine[]
  conditions?: (options: ChaosOptions) => Partial<Conditions>
  begin?: (machine: Machine, options: ChaosOptions, tools: ChaosTools) => void
  heal?: (machine: Machine, options: ChaosOptions) => void
}

const silence = { silentPublic: true, silentMesh: true, pushesLost: true }

export const chaosKinds: readonly ChaosKind[] = [
  {
    kind: 'stop-service',
    description: 'A service fails and stays down (option unit; default the web service).',
    options: { unit: '' },
    begin: (machine, options) => {
      machine.stopUnit(String(options.unit) || machine.webUnit, 'chaos', 1)
    },
    heal: (machine, options) => {
      machine.startUnit(String(options.unit) || machine.webUnit, 'heal')
    },
  },
  {
    kind: 'drop-node',
    description: 'The node neither hears nor says anything; no push arrives.',
    options: {},
    conditions: () => silence,
  },
  {
    kind: 'lose-region',
    description: 'Every node in the regions of the named nodes is dropped.',
    options: {},
    spread: (named, all) => {
      const regions = new Set(named.map(machine => machine.plan.region?.split('-')[0]))
      return all.filter(machine => machine.plan.region !== null && regions.has(machine.plan.region.split('-')[0]))
    },
    conditions: () => silence,
  },
  {
    kind: 'slow-link',
    description: 'Every round trip takes longer (option ms).',
    options: { ms: 600 },
    conditions: options => ({ extraMs: Number(options.ms) }),
  },
  {
    kind: 'drop-mesh',
    description:
      'The node leaves the mesh: its mesh address is silent and pushes are lost, its public address answers.',
    options: {},
    conditions: () => ({ silentMesh: true, pushesLost: true }),
  },
  {
    kind: 'expire-certificate',
    description: 'HTTPS serves a certificate that ended an hour ago.',
    options: {},
    conditions: () => ({ certificateExpired: true }),
    begin: (machine, _options, tools) => machine.putExpiredCertificate(tools.makeExpiredCertificate(machine)),
    heal: machine => machine.putExpiredCertificate(null),
  },
  {
    kind: 'reboot',
    description: 'The node restarts: away for some seconds (option seconds), then another boot id.',
    options: { seconds: 8 },
    momentary: true,
    begin: (machine, options) => machine.reboot(Number(options.seconds) * 1000, 'chaos'),
    heal: machine => machine.comeBack(),
  },
  {
    kind: 'change-hostkey',
    description: 'sshd shows another host key, as an impostor or a reinstalled machine would.',
    options: {},
    begin: (machine, _options, tools) => {
      const { key, fingerprint } = tools.makeHostKey()
      machine.replaceHostKey(key, fingerprint)
    },
    heal: machine => machine.restoreHostKey(),
  },
  {
    kind: 'full-disk',
    description: 'The disk is full: writes fail, the database reports it, telemetry shows 100 %.',
    options: {},
    conditions: () => ({ diskFull: true }),
  },
  {
    kind: 'errors',
    description: 'The web service logs an error to the journal every few seconds.',
    options: {},
    conditions: () => ({ errors: true }),
  },
  {
    kind: 'open-port',
    description: 'A port that must be closed answers in public.',
    options: {},
    conditions: () => ({ portOpen: true }),
  },
  {
    kind: 'blind-hq',
    description: 'Headquarters loses its own link: every node and every canary is out of its reach.',
    options: {},
    everywhere: true,
    spread: (_named, all) => all,
    conditions: () => ({ hqBlind: true, pushesLost: true }),
  },
]

export function chaosKind(kind: string): ChaosKind | null {
  return chaosKinds.find(each => each.kind === kind) ?? null
}

/** All that is active on a node, together: silence wins, delays add up. */
export function conditionsOf(name: string, active: readonly ActiveChaos[], start: Conditions): Conditions {
  let conditions = start
  for (const { kind, nodes, options } of active) {
    if (!nodes.includes(name)) continue
    const part = chaosKind(kind)?.conditions?.(options) ?? {}
    conditions = { ...conditions, ...part, extraMs: conditions.extraMs + (part.extraMs ?? 0) }
  }
  return conditions
}
