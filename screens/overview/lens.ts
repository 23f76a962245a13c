// The fleet as it was: a picture of the past that everything else draws as if it were now. What was not kept is unknown,
// never up, never down and never what it is today. Pure.
import type { LiveProbe, Questions } from '../../src/engine/engine.ts'
import type { Incident } from '../../src/incidents/shapes.ts'
import type { NodeHealth } from '../../src/watch/shapes.ts'
import type { SlotState } from '../../state/history/history.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { leadProbe } from '../node/values.ts'
import type { Snapshot } from '../room/room.ts'
import { clock } from '../widgets/measure.ts'

/** What the engine said of a moment; `failed` is why it said nothing. */
export interface Past {
  at: number
  answer: Questions['past']['answer'] | null
  failed: string | null
}

/** A snapshot of the past knows the one it was made from: time goes on while one looks back. */
interface PastSnapshot extends Snapshot {
  taken: Snapshot
}

function isPast(snapshot: Snapshot): snapshot is PastSnapshot {
  return 'taken' in snapshot
}

/** The snapshot of now, whichever is shown. */
export function takenFrom(snapshot: Snapshot): Snapshot {
  return isPast(snapshot) ? snapshot.taken : snapshot
}

/** The snapshot as the overview shows it: itself while it is live, and until the engine has said how it was. */
export function seen(snapshot: Snapshot): Snapshot {
  const answer = shownPast(snapshot)
  if (answer === null || isPast(snapshot)) return snapshot
  const { memo, state, live, order } = snapshot
  const incidents = memo('past incidents', [answer, state.incidents], () => incidentsAt(state.incidents, answer.at))
  const nodes = memo('past health', [answer, incidents, order], () => healthAt(answer, incidents.open, order))
  const probes = memo('past readings', [answer, live.fleet], () => readingsAt(answer, live.probes))
  const sparks = memo('past sparks', [answer], () =>
    Object.fromEntries(Object.entries(answer.readings).map(([name, { spark }]) => [name, spark])),
  )
  const pastState = memo('past state', [state, incidents, nodes], () => ({
    ...state,
    incidents: { ...state.incidents, ...incidents },
    watch: { ...state.watch, nodes },
  }))
  const pastLive = memo('past live', [live, probes, sparks], () => ({ ...live, probes, sparks }))
  const past: PastSnapshot = { ...snapshot, now: answer.at, state: pastState, live: pastLive, taken: snapshot }
  return past
}

/** The moment that is shown: the last one that the engine has answered while the next is on its way. Null: now. */
export function shownPast({ view, found }: Pick<Snapshot, 'view' | 'found'>): Questions['past']['answer'] | null {
  return view.screens.overview.at === null ? null : (found.overview?.answer ?? null)
}

function incidentsAt(
  { open, closed }: Snapshot['state']['incidents'],
  at: number,
): { open: Record<string, Incident>; closed: Incident[] } {
  const asThen = (one: Incident): Incident => ({
    ...one,
    acknowledged: one.acknowledged !== null && one.acknowledged.at <= at ? one.acknowledged : null,
    resolved: one.resolved !== null && one.resolved.at <= at ? one.resolved : null,
    notes: one.notes.filter(note => note.at <= at),
  })
  const then = [...closed, ...Object.values(open)].filter(one => one.openedAt <= at).map(asThen)
  return {
    open: Object.fromEntries(then.filter(one => one.resolved === null).map(one => [one.id, one])),
    closed: then.filter(one => one.resolved !== null),
  }
}

/** False: incidents of then have been forgotten since, and that none is known says nothing. */
export function knowsIncidentsAt({ incidents }: Pick<Snapshot['state'], 'incidents'>, at: number): boolean {
  const [oldest] = incidents.closed
  return incidents.closed.length < mostClosed || (oldest?.openedAt ?? 0) <= at
}

/** So many closed ones are kept at hand. */
const mostClosed = 200

function healthAt(
  answer: Questions['past']['answer'],
  open: Readonly<Record<string, Incident>>,
  order: readonly string[],
): Record<string, NodeHealth> {
  const worst = new Map<string, Incident>()
  for (const incident of Object.values(open)) {
    for (const name of incident.nodes) {
      const known = worst.get(name)
      if (!known || incident.severity < known.severity) worst.set(name, incident)
    }
  }
  const unknown = unknownWords(answer)
  return Object.fromEntries(
    order.map((name): [string, NodeHealth] => {
      const slot: SlotState = answer.health[name] ?? 'none'
      const health = slot === 'none' ? 'unknown' : slot
      const incident = health === 'down' || health === 'degraded' ? (worst.get(name) ?? null) : null
      return [
        name,
        {
          health,
          // Only an incident says since when; slots say how it was, not for how long.
          since: incident?.openedAt ?? Number.NaN,
          severity: incident?.severity ?? null,
          reason: incident?.title ?? (slot === 'none' ? unknown : slot === 'unknown' ? 'nobody knew then either' : ''),
          causes: [],
        },
      ]
    }),
  )
}

function unknownWords({ at, oldest }: Questions['past']['answer']): string {
  if (oldest === null) return 'nothing has been kept yet'
  return at < oldest ? 'nothing was kept of then' : 'was not watched then'
}

/** The latency that leads, as it was; of everything else nothing was asked, and nothing is shown. */
function readingsAt(
  answer: Questions['past']['answer'],
  probes: Snapshot['live']['probes'],
): Snapshot['live']['probes'] {
  return Object.fromEntries(
    Object.entries(answer.readings).flatMap(([name, { ms }]) => {
      const lead = leadProbe(probes[name])
      if (!lead || ms === null) return []
      const { facts: _facts, values: _values, warn: _warn, ...probe } = lead
      const then: LiveProbe = { ...probe, at: answer.at, ok: true, ms, detail: nodeText(`${ms} ms`) }
      return [[name, { [lead.probe]: then }]]
    }),
  )
}

/** Why there is little to see, where there is. */
export function pastNote({ at, oldest }: Questions['past']['answer'], now: number): string | null {
  if (oldest === null) return 'nothing has been kept yet: all of it is unknown'
  return at < oldest ? `nothing was kept before ${clock(oldest, now)}: all of it is unknown` : null
}
