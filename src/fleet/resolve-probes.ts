// From probes as written to one instance for each node and target: selected, templated, judged by their kind's schema.
import type { TSchema } from 'typebox'
import { formatDuration, parseDuration } from '../../state/primitives/duration.ts'
import { parseSecretRef, secretForms } from '../../state/primitives/secret.ts'
import { explain, quote, unknownKey } from './explain.ts'
import type { Fleet, FleetNode, ProbeInstance } from './fleet.ts'
import { nearest } from './nearest.ts'
import { samePath, templateComplaint } from './resolve-nodes.ts'
import { type FleetFile, probeCommon } from './schema.ts'
import type { Directory } from './selector.ts'
import type { Complaint, Path } from './source.ts'
import { fillDeep, type TemplateFields, upperSnake } from './templates.ts'

/** What the loader needs of a probe kind; every kind that the watch registers fits. */
export interface LoadableKind {
  options: TSchema
  defaults: { everyMs: number; timeoutMs: number; failures: number }
  targets(options: Readonly<Record<string, unknown>>, node: FleetNode, fleet: Fleet): { id: string; target: string }[]
}

type WrittenProbe = NonNullable<FleetFile['probes']>[number]

/** Stands in where a probe reaches no node yet. */
const exampleFields: TemplateFields = {
  ...{ name: 'example', NAME: 'EXAMPLE', fleet: 'example', provider: 'static', region: 'example', city: 'Example' },
  ...{ type: 'example', arch: 'arm64', address: '192.0.2.1', host: 'example.com', mesh: '192.0.2.2' },
}

/** What `{…}` may name in a probe. */
function probeFields(node: FleetNode, fleet: Fleet): TemplateFields {
  const { name, provider, region, city, type, arch, address, host, mesh } = node
  return { name, NAME: upperSnake(name), fleet: fleet.name, provider, region, city, type, arch, address, host, mesh }
}

export function resolveProbes(
  written: readonly WrittenProbe[],
  fleet: Fleet,
  directory: Directory,
  kinds: ReadonlyMap<string, LoadableKind>,
): { probes: ProbeInstance[]; complaints: Complaint[] } {
  const probes: ProbeInstance[] = []
  const complaints: Complaint[] = []
  const taken = new Map<string, Set<string>>()
  for (const [index, probe] of written.entries()) {
    const place: Path = ['probes', index]
    const kind = kinds.get(probe.kind)
    if (!kind) {
      const message = `${quote(probe.kind)} is not a probe kind`
      const allowed = [...kinds.keys()].sort().join(', ')
      complaints.push({ path: [...place, 'kind'], message, allowed, suggestion: nearest(probe.kind, kinds.keys()) })
    }
    const chosen = directory.select(probe.on)
    if (!chosen.ok) {
      const suggestion = chosen.suggestions[0] ?? null
      complaints.push({
        path: [...place, 'on'],
        message: chosen.message,
        allowed: chosen.allowed,
        suggestion,
        needs: chosen.sought,
      })
    }
    if (!kind) continue
    const timing = timingOf(probe, kind, place, complaints)
    const names = chosen.ok ? chosen.nodes : []
    const options = Object.fromEntries(Object.entries(probe).filter(([key]) => !Object.hasOwn(probeCommon, key)))
    const wrong = optionComplaints(kind, options, names, fleet, directory, place)
    complaints.push(...wrong)
    if (wrong.length > 0 || !timing) continue
    for (const name of names) {
      const node = fleet.nodes.get(name)
      if (!node) continue
      const filled = fillDeep(options, probeFields(node, fleet))
      // A planned node has no address yet: what needs one begins once it has.
      if (filled.troubles.length > 0) continue
      const own = asRecord(filled.value)
      for (const { id, target } of kind.targets(own, node, fleet)) {
        const ids = taken.get(name) ?? new Set<string>()
        taken.set(name, ids)
        const unique = uniqueId(id, ids)
        ids.add(unique)
        probes.push({
          id: unique,
          node: name,
          kind: probe.kind,
          target,
          ...timing,
          severity: probe.severity ?? null,
          options: own,
        })
      }
    }
  }
  return { probes, complaints }
}

/** `http`, then `http#2`: the order of the file decides, so an id stays when other kinds come or go. */
function uniqueId(id: string, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id
  let count = 2
  while (taken.has(`${id}#${count}`)) count += 1
  return `${id}#${count}`
}

function timingOf(
  probe: WrittenProbe,
  kind: LoadableKind,
  place: Path,
  complaints: Complaint[],
): { everyMs: number; timeoutMs: number; failures: number } | null {
  const everyMs = probe.every === undefined ? kind.defaults.everyMs : parseDuration(probe.every)
  const timeoutMs =
    probe.timeout === undefined
      ? Math.min(kind.defaults.timeoutMs, everyMs ?? Number.MAX_SAFE_INTEGER)
      : parseDuration(probe.timeout)
  if (everyMs === null || everyMs < 1000 || everyMs > 30 * 86_400_000) {
    complaints.push({
      path: [...place, 'every'],
      message: `${quote(probe.every)} is no interval to look in`,
      allowed: '1s to 30d',
    })
    return null
  }
  if (timeoutMs === null || timeoutMs < 1 || timeoutMs > everyMs) {
    const message = `${quote(probe.timeout)} is longer than the interval ${formatDuration(everyMs)}, or nothing at all`
    complaints.push({ path: [...place, 'timeout'], message, allowed: `up to ${formatDuration(everyMs)}` })
    return null
  }
  return { everyMs, timeoutMs, failures: probe.failures ?? kind.defaults.failures }
}

/** The kind's own keys, judged as they will be on a real node: a URL is no URL before its templates are filled. */
function optionComplaints(
  kind: LoadableKind,
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
  fleet: Fleet,
  directory: Directory,
  place: Path,
): Complaint[] {
  const common = Object.keys(probeCommon)
  const properties = asRecord(asRecord(kind.options).properties)
  const known = [...Object.keys(properties), ...common]
  const unknown = Object.keys(options).filter(key => !Object.hasOwn(properties, key))
  const found: Complaint[] = unknown.map(key => unknownKey([...place, key], key, known))
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => Object.hasOwn(properties, key)))
  found.push(...namedThings(properties, own, fleet, directory, place), ...openSecrets(own, place))

  let judged = false
  const missing = new Set<string>()
  for (const name of names) {
    const node = fleet.nodes.get(name)
    if (!node) continue
    const fields = probeFields(node, fleet)
    const filled = fillDeep(own, fields)
    const unfilled = filled.troubles.filter(({ why }) => why === 'unknown' || node.lifecycle === 'live')
    for (const { field, why, path } of unfilled) {
      const once = JSON.stringify([path, field])
      if (missing.has(once)) continue
      missing.add(once)
      found.push(templateComplaint(field, why, name, [...place, ...path], fields))
    }
    if (filled.troubles.length > 0) continue
    judged = true
    const wrong = explain(kind.options, filled.value, place, common)
    // What is wrong for one node is almost always wrong for all: once is enough.
    if (wrong.length > 0) return [...found, ...wrong]
  }
  if (!judged) {
    const filled = fillDeep(own, exampleFields)
    const unknown = filled.troubles.map(({ field, path }) =>
      templateComplaint(field, 'unknown', '', [...place, ...path], exampleFields),
    )
    const told = missing.size === 0 ? [...found, ...unknown] : found
    const wrong = explain(kind.options, filled.value, place, common)
    return [...told, ...wrong.filter(({ path }) => !told.some(known => samePath(known.path, path)))]
  }
  return found
}

/** Whatever a kind's schema says, what is called a token or a password is a reference. */
function openSecrets(options: Readonly<Record<string, unknown>>, place: Path): Complaint[] {
  return Object.entries(options).flatMap(([key, value]): Complaint[] => {
    if (!/(?:pass(?:word|phrase)?|secret|token)$/i.test(key) || typeof value !== 'string') return []
    if (parseSecretRef(value) !== null) return []
    const message = 'a secret must be a reference (what stands here is not shown)'
    return [{ path: [...place, key], message, allowed: secretForms }]
  })
}

/** Options that name nodes or selectors (`names` in the kind's schema) must name something. */
function namedThings(
  properties: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
  fleet: Fleet,
  directory: Directory,
  place: Path,
): Complaint[] {
  return Object.entries(options).flatMap(([key, value]): Complaint[] => {
    const names = asRecord(properties[key]).names
    if (typeof value !== 'string' || value.includes('{')) return []
    if (names === 'node' && !fleet.nodes.has(value)) {
      const suggestion = nearest(value, fleet.nodes.keys())
      return [
        { path: [...place, key], message: `there is no node ${quote(value)}`, allowed: "a node's name", suggestion },
      ]
    }
    if (names !== 'selector') return []
    const chosen = directory.select(value)
    if (chosen.ok) return []
    return [
      {
        path: [...place, key],
        message: chosen.message,
        allowed: chosen.allowed,
        suggestion: chosen.suggestions[0] ?? null,
        needs: chosen.sought,
      },
    ]
  })
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
