// What a changed fleet file changes, for the journal and for the operator who is asked. Compared is what the files come
// to (defaults applied, templates filled): a change behind a default must not slip by.
import { formatDuration } from '../../state/primitives/duration.ts'
import { formatAmount } from '../../state/primitives/money.ts'
import { formatSecretRef, type SecretRef } from '../../state/primitives/secret.ts'
import type { Fleet, FleetNode, ProbeInstance, SshSettings } from './fleet.ts'
import type { FileChange } from './shapes.ts'

/** One comparable fact: `value` decides, `shown` is for people, `guard` says why a change of it needs a yes. */
interface Fact {
  value: string
  shown: string
  guard: string | null
  /** Where many nodes change alike, they are told in one change under this path. */
  alike?: (who: string) => string
  /** This fact is new with its node, whose own line already tells of it. */
  node?: string
}

const mostMerged = 3
const longestShown = 200

/** Sorted by path; guarded changes carry their reason. No change at all: an empty list. */
export function diffFleet(before: Fleet, after: Fleet): FileChange[] {
  const old = facts(before)
  const now = facts(after)
  const found: { path: string; change: FileChange; alike: Fact['alike'] }[] = []
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const from = old.get(path)
    const to = now.get(path)
    if (from?.value === to?.value) continue
    const kind = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    const guarded = guardOf(from, to, before, after)
    const fact = to ?? from
    // Facts of a node that is itself new or gone are told by its own line, unless they need a yes.
    const other = kind === 'added' ? before : after
    if (fact?.node !== undefined && kind !== 'changed' && guarded === null && !other.nodes.has(fact.node)) continue
    const change: FileChange = { path, kind, from: from?.shown ?? null, to: to?.shown ?? null, guarded }
    found.push({ path, change, alike: fact?.alike })
  }
  return merge(found).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** A node's address is no change of an endpoint when the node itself is new: nothing was trusted there before. */
function guardOf(from: Fact | undefined, to: Fact | undefined, before: Fleet, after: Fleet): string | null {
  const guard = to?.guard ?? from?.guard ?? null
  const node = (to ?? from)?.node
  if (guard === null || node === undefined) return guard
  if (!after.nodes.has(node)) return null
  if (!before.nodes.has(node) && guard === endpoint) return null
  return guard
}

const endpoint = 'changes where HQ connects to'
const runsOnHq = 'runs a program on HQ'
const hostKey = 'changes which host keys are trusted'
const route = 'changes the way through another host'
const sendsSecret = 'sends a secret'
const power = 'changes who may do what'
const trust = 'changes which certificates are trusted'
const listens = 'changes where HQ listens'
const alertsGo = 'changes where alerts go'

function facts(fleet: Fleet): Map<string, Fact> {
  const out = new Map<string, Fact>()
  const add = (path: string, shown: string | number | null, guard: string | null = null, extra: Partial<Fact> = {}) => {
    if (shown === null || shown === '') return
    const text = String(shown)
    out.set(path, { value: text, shown: short(text), guard, ...extra })
  }
  add('fleet', fleet.name, 'changes which fleet this is')
  add('timezone', fleet.timezone)
  add('environment', fleet.environment, 'changes how much is asked before something is destroyed')
  if (fleet.mesh) {
    const { kind, interface: device, cidr, hub, port, keepaliveMs } = fleet.mesh
    add('mesh', `${kind} ${device} ${cidr}`)
    add('mesh.hub', hub)
    add('mesh.port', port ?? null)
    add('mesh.keepalive', keepaliveMs === undefined ? null : formatDuration(keepaliveMs))
  }
  for (const [name, { login, roles }] of fleet.people) add(`people.${name}`, `${login}: ${roles.join(', ')}`, power)
  for (const [name, selector] of fleet.batches) add(`batches.${name}`, selector)
  add('severity.SEV2.missed', fleet.severity.SEV2.missed)
  add('severity.SEV1.down', formatDuration(fleet.severity.SEV1.downMs))
  if (fleet.budget) {
    const { ceilingMicros, currency, warnRatio } = fleet.budget
    add('budget', `${formatAmount(ceilingMicros)} ${currency}, warn at ${warnRatio * 100}%`)
  }
  for (const { to, from } of fleet.alerts)
    add(`alerts.${to}`, `from ${from}`, to.startsWith('exec:') ? runsOnHq : alertsGo)
  const { heartbeats, canaries, programs, dns, trust: trusted } = fleet.engine
  add('engine.listen.heartbeats', heartbeats, listens)
  add('engine.canaries', canaries.join(', '), endpoint)
  add('engine.dns', dns.join(', '), endpoint)
  add('engine.trust', trusted.join(', '), trust)
  for (const [name, argv] of Object.entries(programs)) add(`engine.programs.${name}`, JSON.stringify(argv), runsOnHq)
  for (const [name, recipe] of fleet.recipes ?? []) {
    const text = JSON.stringify(recipe)
    add(`recipes.${name}`, text, text.includes('"exec:') ? runsOnHq : null)
  }
  for (const node of fleet.nodes.values()) addNode(node, add)
  for (const probe of fleet.probes) addProbe(probe, add)
  return out
}

type Add = (path: string, shown: string | number | null, guard?: string | null, extra?: Partial<Fact>) => void

function addNode(node: FleetNode, add: Add): void {
  const base = `nodes.${node.name}`
  // Its value never changes: what changes about a node has lines of its own.
  add(base, describeNode(node), null, { value: 'node' })
  const field = (name: string, shown: string | number | null, guard: string | null = null) =>
    add(`${base}.${name}`, shown, guard, { node: node.name, alike: who => `nodes.${who}.${name}` })
  field('address', node.address, endpoint)
  field('host', node.host, endpoint)
  field('mesh', node.mesh, endpoint)
  field('provider', node.provider)
  field('region', node.region)
  field('city', node.city)
  field('type', node.type)
  field('arch', node.arch)
  field('tags', node.tags.join(', '))
  field('lifecycle', node.lifecycle)
  field('cost', node.cost && `${formatAmount(node.cost.monthlyMicros)} ${node.cost.currency} a month`)
  addSsh(node.ssh, field)
}

function addSsh(
  ssh: SshSettings,
  field: (name: string, shown: string | number | null, guard?: string | null) => void,
): void {
  const refs = [...ssh.identities, ssh.passphrase, ssh.become?.password ?? null]
  const execs = refs.some(ref => ref?.scheme === 'exec')
  field('ssh.user', ssh.user)
  field('ssh.port', ssh.port, endpoint)
  field('ssh.identity', ssh.identities.map(formatSecretRef).join(', '), execs ? runsOnHq : null)
  field('ssh.passphrase', shownRef(ssh.passphrase), execs ? runsOnHq : null)
  field('ssh.hostkey', ssh.hostkeys.join(', '), hostKey)
  field('ssh.jump', ssh.jump, route)
  field('ssh.become', ssh.become?.method ?? null)
  field('ssh.become.password', shownRef(ssh.become?.password ?? null), execs ? runsOnHq : sendsSecret)
}

function shownRef(ref: SecretRef | null): string | null {
  return ref === null ? null : formatSecretRef(ref)
}

function addProbe(probe: ProbeInstance, add: Add): void {
  const options = JSON.stringify(probe.options)
  const words = [
    probe.target,
    `every ${formatDuration(probe.everyMs)}, timeout ${formatDuration(probe.timeoutMs)}, after ${probe.failures}`,
    probe.severity,
    options === '{}' ? null : options,
  ]
  const guard = /"exec:/.test(options) ? runsOnHq : /"(?:env|file|vault):/.test(options) ? sendsSecret : null
  add(`nodes.${probe.node}.probes.${probe.id}`, words.filter(word => word !== null).join(' '), guard, {
    node: probe.node,
    alike: who => `nodes.${who}.probes.${probe.id}`,
  })
}

/** What a new or removed node is, in one line. */
function describeNode(node: FleetNode): string {
  const where = [node.address, node.mesh].filter(address => address !== null)
  return [node.provider, node.region, node.type, ...where].filter(word => word !== null).join(' ')
}

/** Changes that are alike on more than a few nodes become one: a new default must not write a thousand lines. */
function merge(found: readonly { path: string; change: FileChange; alike: Fact['alike'] }[]): FileChange[] {
  const groups = new Map<string, { changes: FileChange[]; alike: (who: string) => string }>()
  const single: FileChange[] = []
  for (const { change, alike } of found) {
    // A lifecycle in the file overrides what was observed, node by node: the reducer reads these paths.
    if (!alike || change.path.endsWith('.lifecycle')) {
      single.push(change)
      continue
    }
    const key = JSON.stringify([
      alike(''),
      change.kind,
      change.guarded,
      masked(change, change.from),
      masked(change, change.to),
    ])
    const group = groups.get(key)
    if (group) group.changes.push(change)
    else groups.set(key, { changes: [change], alike })
  }
  for (const { changes, alike } of groups.values()) {
    const [first] = changes
    if (!first || changes.length <= mostMerged) single.push(...changes)
    else single.push({ ...first, path: alike(`{${changes.length} nodes}`) })
  }
  return single
}

/** Probe texts differ in the node's own name and address only; those do not keep two changes apart. Guarded ones stay whole. */
function masked(change: FileChange, text: string | null): string | null {
  if (text === null || change.guarded !== null || !change.path.includes('.probes.')) return text
  return text.replace(/^\S+ /, '').replaceAll(change.path.split('.')[1] ?? '', '{name}')
}

function short(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown - 1)}…` : text
}
