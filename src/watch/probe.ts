// One signature for every probe kind: a file in `probes/` exports a `ProbeKind`, `probes/index.ts` lists it.

import type { Resolver } from 'node:dns/promises'
import type { TSchema } from 'typebox'
import type { RunLocal } from '../../infra/local/run.ts'
import type { SshPool, SshTarget } from '../../infra/ssh/ssh.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import type { NodeText } from '../../state/primitives/node-text.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../fleet/fleet.ts'

/** What one look found. `ok: null` means the probe could not look (no program, HQ trouble): unknown, never down. */
export interface Outcome {
  ok: boolean | null
  /** Warned but not failed: `tls` in its warning span, `load` over its first limit. Only with `ok: true`. */
  warn?: boolean
  /** Duration that means something to people (round trip, request), in ms; null when there is none. */
  ms: number | null
  /** One sentence for people: `200 in 118 ms`, `sshd.service is failed (exit 255)`. */
  detail: NodeText
  /** Numbers worth keeping in history, by name with the unit in it: `{ ram_pct: 41, tls_days: 58 }`. */
  values?: Readonly<Record<string, number>>
  /** Facts worth showing: `{ boot_id, generation, method }`. Not history. */
  facts?: Readonly<Record<string, string>>
  /** Milder than the kind's effect, for this finding: a refused login is no dead node. Only with `ok: false`. */
  effect?: Effect
}

export interface Sample extends Outcome {
  node: string
  /** ProbeInstance.id */
  probe: string
  kind: string
  /** Wall clock when the look ended, ms since the epoch. */
  at: number
}

/** What a failing probe of this kind means for its node. */
export type Effect = 'down' | 'degraded' | 'none'

/** `any`: through the mesh where the node has one, since SSH is closed in public on a finished node. */
export type Way = 'public' | 'mesh' | 'any'

export interface ProbeContext {
  fleet: Fleet
  node: FleetNode
  clock: Clock
  ssh: SshPool
  /** A node's login, ready for the pool. Rejects with a reason for people where a key or a jump cannot be had. */
  sshTarget(node: FleetNode, via: Way): Promise<SshTarget>
  resolver: Resolver
  /** PEM texts trusted beside the system's. The same array every time: trust built from it is kept by its identity. */
  trustedCas: readonly string[]
  /** Runs a program on HQ with a deadline; argv only, never a shell. */
  runLocal: RunLocal
  /** What this probe remembered at its last look (cursor, boot id); survives engine restarts. */
  memory: Readonly<Record<string, string>>
  /** Remembers for the next look: durable, so only what changes rarely. Small strings only. */
  remember(memory: Readonly<Record<string, string>>): void
  /** This look comes again by itself; an operator's own look tries harder (a node in backoff is tried all the same). */
  periodic: boolean
  /** Kept between looks of this probe by the scheduler and lost with the engine: counters to take differences of. */
  scratch: Map<string, number>
  /** The last heartbeat of this node, if one came. */
  lastHeartbeat: Heartbeat | null
  /**
   * For each text which of the regular expressions match, found away from the engine's own thread: what a node or a site
   * says may be made to keep one busy for hours. Null: it took too long, so nothing is known.
   */
  match(patterns: readonly string[], texts: readonly string[]): Promise<boolean[][] | null>
}

/** What a push probe gets: it matches nothing. */
export type PushContext = Omit<ProbeContext, 'match'>

/** Telemetry pushed by a node, already validated and capped. */
export interface Heartbeat {
  at: number
  status: 'up' | 'down'
  values: Readonly<Record<string, number>>
  facts: Readonly<Record<string, string>>
}

/** One answer of the remote shell to one command of a host probe. */
export interface HostAnswer {
  exit: number | null
  stdout: Uint8Array
  stderr: Uint8Array
}

interface Kind {
  kind: string
  /** The kind's own options in the fleet file (common keys `kind on every timeout failures severity` are added to it). */
  options: TSchema
  effect: Effect
  /** `false`: a good look does not show that the node lives (a closed port, a name in the DNS). */
  provesLife?: false
  defaults: { everyMs: number; timeoutMs: number; failures: number }
  /** One entry per target on this node; `id` and `target` as in ProbeInstance. Empty: does not apply to the node. */
  targets(options: Readonly<Record<string, unknown>>, node: FleetNode, fleet: Fleet): { id: string; target: string }[]
}

/** Looks from HQ. */
export interface DirectProbe extends Kind {
  from: 'hq'
  look(probe: ProbeInstance, context: ProbeContext, signal: AbortSignal): Promise<Outcome>
  /**
   * Looks at many targets at once, answers in their order; null: that cannot be done here, look one by one.
   * All due probes of such a kind come in one call.
   */
  lookMany?(looks: readonly Look[], signal: AbortSignal): Promise<readonly Outcome[] | null>
}

export interface Look {
  probe: ProbeInstance
  context: ProbeContext
}

/** Looks on the node; all due host probes of a node share one SSH round trip. */
export interface HostProbe extends Kind {
  from: 'host'
  /** Its commands see the truth only as root: the batch uses the node's `become`. */
  needsRoot?: boolean
  /** Commands as argv; the batch quotes them with the one quoting function. Needs no shell features. */
  commands(probe: ProbeInstance, context: ProbeContext): readonly (readonly string[])[]
  /** Does nothing but read: answers in the order of the commands. A promise only where it has to match. */
  read(answers: readonly HostAnswer[], probe: ProbeInstance, context: ProbeContext): Outcome | Promise<Outcome>
}

/** Is told, does not look: judged from what the node pushed. */
export interface PushProbe extends Kind {
  from: 'push'
  judge(probe: ProbeInstance, context: PushContext): Outcome
}

export type ProbeKind = DirectProbe | HostProbe | PushProbe
