// What a changed fleet file changes, for the journal and for the operator who is asked. Compared is what the files come
// to (defaults applied, templates filled): a change behind a default must not slip by.
import { targetReference } from '../../infra/alerts/reference.ts'
import { formatDuration } from '../../state/primitives/duration.ts'
import { Bug } from '../../state/primitives/errors.ts'
import { formatAmount } from '../../state/primitives/money.ts'
import { formatSecretRef, type SecretRef } from '../../state/primitives/secret.ts'
import type { Fleet, FleetNode, ProbeInstance, SshSettings } from './fleet.ts'
import type { FileChange } from './shapes.ts'

/** One comparable fact: `value` decides, `shown` is for people, `guard` says why a change of it needs a yes. */
interface Fact {
  /** Where it stands. Names may hold dots: only the steps tell `x.ssh` of one node from `ssh` of another. */
  steps: readonly string[]
  value: string
  shown: string
  guard: string | null
  /** The part of the value that the guard is about; absent: all of it. */
  guardedPart?: string
  /** Where many nodes change alike, they are told in one change under this path. */
  alike?: (who: string) => string
  /** This fact is new with its node, whose own line already tells of it. */
  node?: string
}

interface Found {
  change: FileChange
  fact: Fact
  from: string | null
  to: string | null
}

const mostMerged = 3
const longestShown = 200
/** What needs a yes is shown whole, so that it has to be something that a person can read. */
const longestGuarded = 4_000

/** Sorted by path; guarded changes carry their reason. No change at all: an empty list. */
export function diffFleet(before: Fleet, after: Fleet): FileChange[] {
  const old = facts(before)
  const now = facts(after)
  const found: Found[] = []
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const from = old.get(key)
    const to = now.get(key)
    const fact = to ?? from
    if (fact === undefined || from?.value === to?.value) continue
    const kind = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    const guarded = guardOf(from, to, before, after)
    // Facts of a node that is itself new or gone are told by its own line, unless they need a yes.
    const other = kind === 'added' ? before : after
    if (fact.node !== undefined && kind !== 'changed' && guarded === null && !other.nodes.has(fact.node)) continue
    const shown = (one: Fact | undefined) => (one === undefined ? null : shownText(one, guarded !== null))
    const redeclares = redeclaredNode(fact, kind)
    const change: FileChange = {
      path: dotted(fact.steps),
      kind,
      from: shown(from),
      to: shown(to),
      guarded,
      ...(redeclares === null ? {} : { redeclares }),
    }
    found.push({ change, fact, from: from?.value ?? null, to: to?.value ?? null })
  }
  return merge(found).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** Facts that would need a yes and are too long to be read by anybody, as steps into the fleet. */
export function unreadableFacts(fleet: Fleet): { steps: readonly string[]; length: number; most: number }[] {
  return [...facts(fleet).values()]
    .filter(fact => fact.guard !== null && fact.shown.length > longestGuarded)
    .map(fact => ({ steps: fact.steps, length: fact.shown.length, most: longestGuarded }))
}

/** The node whose lifecycle the file newly says, or which it drops: what was observed of it no longer counts. */
function redeclaredNode({ steps }: Fact, kind: FileChange['kind']): string | null {
  const [top, name, field] = steps
  if (top !== 'nodes' || name === undefined) return null
  if (steps.length === 3 && field === 'lifecycle') return name
  return steps.length === 2 && kind === 'removed' ? name : null
}

/** A node's address is no change of an endpoint when the node itself is new: nothing was trusted there before. */
function guardOf(from: Fact | undefined, to: Fact | undefined, before: Fleet, after: Fleet): string | null {
  const guard = to?.guard ?? from?.guard ?? null
  const node = (to ?? from)?.node
  const part = to?.guardedPart ?? from?.guardedPart
  // Nothing is connected to any more, or still the same.
  if (part !== undefined && (to === undefined || from?.guardedPart === to.guardedPart)) return null
  if (guard === null || node === undefined) return guard
  if (!after.nodes.has(node)) return null
  if (!before.nodes.has(node) && guard === endpoint) return null
  return guard
}

/** For people: a node's name with dots is quoted, so that it cannot pass for something else. */
function dotted(steps: readonly string[]): string {
  return steps
    .map((step, at) => (steps[0] === 'nodes' && at === 1 && step.includes('.') ? `"${step}"` : step))
    .join('.')
}

const endpoint = 'changes where HQ connects to'
const runsOnHq = 'runs a program on HQ'
const hostKey = 'changes which host keys are trusted'
const route = 'changes the way through another host'
const sendsSecret = 'sends a secret'
const power = 'changes who may do what'
const account = 'changes which account at a provider is used'
const trust = 'changes which certificates are trusted'
const listens = 'changes where HQ listens'
const alertsGo = 'changes where alerts go'

function facts(fleet: Fleet): Map<string, Fact> {
  const out = new Map<string, Fact>()
  const add: Add = (steps, shown, guard = null, extra = {}) => {
    if (shown === null || shown === '') return
    const path = typeof steps === 'string' ? steps.split('.') : steps
    const key = JSON.stringify(path)
    // A fact that hides another would hide a change that needs a yes.
    if (out.has(key)) throw new Bug({ name: 'fact-twice', message: `two facts of a fleet stand under ${key}` })
    const text = String(shown)
    out.set(key, { steps: path, value: text, shown: text, guard, ...extra })
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
  for (const [name, { login, roles }] of fleet.people) add(['people', name], `${login}: ${roles.join(', ')}`, power)
  for (const [name, selector] of fleet.batches) add(['batches', name], selector)
  add('severity.SEV2.missed', fleet.severity.SEV2.missed)
  add('severity.SEV1.down', formatDuration(fleet.severity.SEV1.downMs))
  if (fleet.budget) {
    const { ceilingMicros, currency, warnRatio, rates } = fleet.budget
    add('budget', `${formatAmount(ceilingMicros)} ${currency}, warn at ${warnRatio * 100}%`)
    for (const one of rates ?? []) add(['budget', 'rates', one.currency], `${one.rate} of ${one.date}`)
  }
  addClouds(fleet, add)
  addAlerts(fleet, add)
  const { heartbeats, canaries, programs, dns, trust: trusted } = fleet.engine
  add('engine.listen.heartbeats', heartbeats, listens)
  add('engine.canaries', canaries.join(', '), endpoint)
  add('engine.dns', dns.join(', '), endpoint)
  add('engine.trust', trusted.join(', '), trust)
  for (const [name, argv] of Object.entries(programs)) add(['engine', 'programs', name], JSON.stringify(argv), runsOnHq)
  for (const [name, recipe] of fleet.recipes ?? []) {
    const text = JSON.stringify(recipe)
    add(['recipes', name], text, text.includes('"exec:') ? runsOnHq : null)
  }
  for (const node of fleet.nodes.values()) addNode(node, add)
  for (const probe of fleet.probes) addProbe(probe, add)
  return out
}

type Add = (
  /** A text is for steps without names in them. */
  steps: string | readonly string[],
  shown: string | number | null,
  guard?: string | null,
  extra?: Partial<Fact>,
) => void

/** An account, or where its requests go, changes whose money is spent and who gets the credentials. */
function addClouds({ clouds }: Fleet, add: Add): void {
  const { aws, gcp, hetzner } = clouds ?? {}
  add('clouds.aws.profile', aws?.profile ?? null, account)
  add('clouds.gcp.project', gcp?.project ?? null, account)
  for (const [path, ref] of [
    ['clouds.aws.accessKey', aws?.accessKey],
    ['clouds.aws.secretKey', aws?.secretKey],
    ['clouds.gcp.credentials', gcp?.credentials],
    ['clouds.hetzner.token', hetzner?.token],
  ] as const) {
    add(path, shownRef(ref ?? null), ref?.scheme === 'exec' ? runsOnHq : account)
  }
  for (const [provider, cloud] of Object.entries({ aws, gcp, hetzner })) {
    add(`clouds.${provider}.endpoint`, cloud?.endpoint ?? null, endpoint)
    add(`clouds.${provider}.regions`, cloud?.regions?.join(', ') ?? null)
  }
}

/** A target may stand twice with two severities; its address is a secret, which only `steps` and `value` may hold. */
function addAlerts(fleet: Fleet, add: Add): void {
  const targets = new Map<string, string[]>()
  for (const { to, from } of fleet.alerts) targets.set(to, [...(targets.get(to) ?? []), from])
  for (const [to, severities] of targets) {
    const from = `from ${severities.join(', ')}`
    // What would run has to be read; where something is sent is recognised by its reference.
    if (to.startsWith('exec:')) add(['alerts', to], from, runsOnHq)
    else add(['alerts', targetReference(to)], from, alertsGo, { value: JSON.stringify([to, severities]) })
  }
}

function addNode(node: FleetNode, add: Add): void {
  // Its value never changes: what changes about a node has lines of its own.
  add(['nodes', node.name], describeNode(node), null, { value: 'node' })
  const field = (name: string, shown: string | number | null, guard: string | null = null) =>
    add(['nodes', node.name, ...name.split('.')], shown, guard, {
      node: node.name,
      alike: who => `nodes.${who}.${name}`,
    })
  field('address', node.address, endpoint)
  field('host', node.host, endpoint)
  field('mesh', node.mesh, endpoint)
  field('provider', node.provider)
  field('region', node.region)
  field('city', node.city)
  field('type', node.type)
  field('arch', node.arch)
  field('image', node.image ?? null)
  field('disk', node.diskGb === undefined ? null : `${node.diskGb}GB`)
  field('ipv4', node.ipv4 === undefined ? null : String(node.ipv4))
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
  // Another login, or another way to root, gets the password that is sent to it.
  const toWhom = ssh.become?.password ? sendsSecret : null
  field('ssh.user', ssh.user, toWhom)
  field('ssh.port', ssh.port, endpoint)
  field('ssh.identity', ssh.identities.map(formatSecretRef).join(', '), execs ? runsOnHq : null)
  field('ssh.passphrase', shownRef(ssh.passphrase), execs ? runsOnHq : null)
  field('ssh.hostkey', ssh.hostkeys.join(', '), hostKey)
  field('ssh.jump', ssh.jump, route)
  field('ssh.become', ssh.become?.method ?? null, toWhom)
  field('ssh.become.password', shownRef(ssh.become?.password ?? null), execs ? runsOnHq : sendsSecret)
}

function shownRef(ref: SecretRef | null): string | null {
  return ref === null ? null : formatSecretRef(ref)
}

/** Options that say where a probe connects to, whom it asks for and what it sends. */
const endpointOptions = ['url', 'endpoint', 'name', 'servername', 'headers', 'follow']

function addProbe(probe: ProbeInstance, add: Add): void {
  const options = JSON.stringify(probe.options)
  const words = [
    probe.target,
    `every ${formatDuration(probe.everyMs)}, timeout ${formatDuration(probe.timeoutMs)}, after ${probe.failures}`,
    probe.severity,
    options === '{}' ? null : options,
  ]
  const secret = /"exec:/.test(options) ? runsOnHq : /"(?:env|file|vault):/.test(options) ? sendsSecret : null
  const ends = endpointOptions.flatMap(name =>
    Object.hasOwn(probe.options, name) ? [[name, probe.options[name]]] : [],
  )
  const guard = secret ?? (ends.length > 0 ? endpoint : null)
  add(['nodes', probe.node, 'probes', probe.id], words.filter(word => word !== null).join(' '), guard, {
    node: probe.node,
    alike: who => `nodes.${who}.probes.${probe.id}`,
    ...(guard === endpoint ? { guardedPart: JSON.stringify([probe.kind, ends]) } : {}),
  })
}

/** What a new or removed node is, in one line. */
function describeNode(node: FleetNode): string {
  const where = [node.address, node.mesh].filter(address => address !== null)
  return [node.provider, node.region, node.type, ...where].filter(word => word !== null).join(' ')
}

/** Changes that are alike on more than a few nodes become one: a new default must not write a thousand lines. */
function merge(found: readonly Found[]): FileChange[] {
  const groups = new Map<string, { changes: FileChange[]; alike: (who: string) => string }>()
  const single: FileChange[] = []
  for (const { change, fact, from, to } of found) {
    const { alike } = fact
    // A lifecycle in the file overrides what was observed, node by node: the reducer reads these changes.
    if (!alike || change.redeclares !== undefined) {
      single.push(change)
      continue
    }
    // By the values themselves: what is shown of them may be cut.
    const mask = (value: string | null) => (change.guarded === null ? masked(fact, value) : value)
    const key = JSON.stringify([alike(''), change.kind, change.guarded, mask(from), mask(to)])
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

/** Probe texts differ in the node's own name and address only; those do not keep two harmless changes apart. */
function masked({ steps, node }: Fact, value: string | null): string | null {
  if (value === null || node === undefined || steps[2] !== 'probes') return value
  return value.replace(/^\S+ /, '').replaceAll(node, '{name}')
}

/** Blanks that push the end of a line out of sight are told as what they are. The last four are letters that look empty. */
const blanks = /([\s\u2800\u3164\u115f\u1160])\1{3,}/gu

/** What needs a yes is never cut. */
function shownText({ shown }: Fact, whole: boolean): string {
  const text = shown.replace(blanks, run => `␣×${run.length}`)
  return whole || text.length <= longestShown ? text : `${text.slice(0, longestShown - 1)}…`
}
