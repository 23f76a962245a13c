// The one way from the bytes of a fleet file to a Fleet: read, judge, resolve, cross-check; every error at once.
// Nothing is executed, resolved or looked up here: a file can be judged without trusting it.
import { createHash } from 'node:crypto'
import { parseDuration } from '../../state/primitives/duration.ts'
import { parseAmount } from '../../state/primitives/money.ts'
import { parsePercent } from '../../state/primitives/percent.ts'
import type { FleetView } from '../engine/engine.ts'
import { cloudsOf, ratesOf } from './clouds.ts'
import { crossCheck } from './cross-checks.ts'
import { unreadableFacts } from './diff.ts'
import type { FleetError } from './errors.ts'
import { explain } from './explain.ts'
import type { Fleet } from './fleet.ts'
import { prune } from './prune.ts'
import { type ResolvedNodes, resolveNodes } from './resolve-nodes.ts'
import { type LoadableKind, resolveProbes } from './resolve-probes.ts'
import { FleetFile, fleetFile } from './schema.ts'
import { directoryOf } from './selector.ts'
import { type Complaint, mostComplaints, type Path, readSource } from './source.ts'

export type LoadedFleet = { ok: true; fleet: Fleet; view: FleetView } | { ok: false; errors: FleetError[] }

/** `text` may be the bytes as they were read: only they can show that a file is not UTF-8. */
export function loadFleet(
  { path, text }: { path: string; text: string | Uint8Array },
  { kinds }: { kinds: ReadonlyMap<string, LoadableKind> },
): LoadedFleet {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const read = readSource(path, bytes)
  if (!read.ok) return read
  const complaints = explain(FleetFile, read.source.value)
  // What is wrong is taken out, so that the rest of the file is judged in the same go.
  // With more than anybody will read, the rest is not: a file is judged between two looks at the fleet.
  const tooMany = complaints.length >= mostComplaints
  const written = complaints.length === 0 || tooMany ? read.source.value : prune(read.source.value, complaints)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const resolved = !tooMany && fleetFile.is(written) ? resolveFile(written, kinds, { path, sha256 }) : null
  if (resolved) complaints.push(...consequences(resolved.complaints, complaints))
  if (complaints.length === 0 && resolved) complaints.push(...unreadable(resolved.fleet))
  if (complaints.length > 0 || !resolved) {
    const errors = complaints.slice(0, mostComplaints).map(complaint => read.source.locate(complaint))
    return {
      ok: false,
      errors: errors.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)),
    }
  }
  return { ok: true, fleet: resolved.fleet, view: viewFleet(resolved.fleet) }
}

/** The fleet as screens and clients see it: plain, and without how to log in. */
export function viewFleet(fleet: Fleet): FleetView {
  const { name, environment, timezone, budget } = fleet
  return {
    name,
    environment,
    timezone,
    nodes: Object.fromEntries([...fleet.nodes].map(([key, { ssh: _ssh, ...node }]) => [key, node])),
    batches: Object.fromEntries(fleet.batches),
    budget: budget && { ceilingMicros: budget.ceilingMicros, currency: budget.currency },
  }
}

function resolveFile(
  file: FleetFile,
  kinds: ReadonlyMap<string, LoadableKind>,
  source: Fleet['source'],
): { fleet: Fleet; complaints: Complaint[] } {
  const resolved: ResolvedNodes = resolveNodes(file)
  const batches = new Map(Object.entries(file.batches ?? {}))
  const directory = directoryOf(resolved.nodes.values(), batches)
  const bare: Fleet = { ...fleetWithoutProbes(file, source), nodes: resolved.nodes, batches }
  const { probes, complaints } = resolveProbes(file.probes ?? [], bare, directory, kinds)
  return {
    fleet: { ...bare, probes },
    complaints: [...resolved.complaints, ...crossCheck(file, resolved, directory), ...complaints],
  }
}

function fleetWithoutProbes(file: FleetFile, source: Fleet['source']): Fleet {
  const { mesh, budget, engine, severity } = file
  const keepalive = mesh?.keepalive === undefined ? null : parseDuration(mesh.keepalive)
  const ceiling = budget ? parseAmount(budget.ceiling) : null
  return {
    name: file.fleet,
    timezone: file.timezone ?? 'UTC',
    environment: file.environment ?? null,
    nodes: new Map(),
    mesh: mesh
      ? {
          kind: mesh.kind,
          interface: mesh.interface ?? (mesh.kind === 'wireguard' ? 'wg0' : 'zt0'),
          cidr: mesh.cidr,
          hub: mesh.hub ?? null,
          ...(mesh.port === undefined ? {} : { port: mesh.port }),
          ...(keepalive === null ? {} : { keepaliveMs: keepalive }),
        }
      : null,
    people: new Map(Object.entries(file.people ?? {})),
    batches: new Map(),
    probes: [],
    severity: {
      SEV2: { missed: severity?.SEV2?.missed ?? 2 },
      SEV1: { downMs: parseDuration(severity?.SEV1?.down ?? '5m') ?? 300_000 },
    },
    alerts: (file.alerts ?? []).map(({ to, from }) => ({ to, from })),
    budget:
      budget && ceiling !== null
        ? {
            ceilingMicros: ceiling,
            currency: budget.currency,
            warnRatio: parsePercent(budget.warn ?? '80%') ?? 0.8,
            ...(budget.rates ? { rates: ratesOf(budget.rates) } : {}),
          }
        : null,
    ...(file.clouds ? { clouds: cloudsOf(file.clouds) } : {}),
    engine: {
      heartbeats: engine?.listen?.heartbeats ?? null,
      canaries: engine?.canaries ?? [],
      programs: engine?.programs ?? {},
      dns: engine?.dns ?? [],
      trust: engine?.trust ?? [],
    },
    ...(file.recipes ? { recipes: new Map(Object.entries(file.recipes)) } : {}),
    source,
  }
}

/** What an operator will be asked to accept must be possible to read. */
function unreadable(fleet: Fleet): Complaint[] {
  return unreadableFacts(fleet).map(({ steps, length, most }) => ({
    path: steps,
    message: `${length} characters that an operator would have to accept`,
    allowed: `at most ${most} characters`,
  }))
}

const selectedBy = new Set(['tags', 'region', 'provider', 'type', 'arch', 'lifecycle'])

/** Drops what is only wrong because something else is: a selector misses the tag of a line that could not be read. */
function consequences(later: readonly Complaint[], first: readonly Complaint[]): Complaint[] {
  const inNodes = first.filter(({ path }) => ['nodes', 'defaults', 'hq'].includes(String(path[0])))
  const lost = inNodes.map(({ path, key, suggestion }) =>
    key ? suggestion : String(path[path[0] === 'nodes' ? 2 : 1]),
  )
  const nodeLost = inNodes.some(({ path }) => path.length < (path[0] === 'nodes' ? 3 : 2))
  const selectorsBlurred = nodeLost || lost.some(field => selectedBy.has(field ?? ''))
  return later.filter(complaint => {
    if (first.some(known => known.path.length > 1 && startsWith(complaint.path, known.path))) return false
    switch (complaint.needs) {
      case 'selectable':
        return !selectorsBlurred
      case 'field':
        return inNodes.length === 0
      case 'node':
        return !nodeLost
      default:
        return true
    }
  })
}

function startsWith(path: Path, beginning: Path): boolean {
  return beginning.every((step, index) => path[index] === step)
}
