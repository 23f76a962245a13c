// What the watcher saw becomes durable here: health, blindness and what probes remember, and in the same commit the
// incidents and alerts that follow from it.
import { type Static, Type } from 'typebox'
import { Refused } from '../../state/primitives/errors.ts'
import { own } from '../../state/primitives/record.ts'
import { type AlertsEvent, alertsFrom } from '../alerts/queue.ts'
import { Changing } from '../engine/changing.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext, Noun } from '../engine/noun.ts'
import type { IncidentsEvent } from '../incidents/events.ts'
import { endedBy } from '../incidents/noun.ts'
import { incidentsFrom } from '../incidents/open.ts'
import { isSameHealth } from './judge-change.ts'
import { blindness, health, memory, type NodeHealth, nodeHealth, severity, type WatchSlice } from './shapes.ts'

const seenHealth = Type.Object({
  node: Type.String(),
  health,
  severity: Type.Union([severity, Type.Null()]),
  reason: Type.String({ maxLength: 400 }),
  causes: Type.Array(Type.String()),
  worsensAt: Type.Optional(Type.Number()),
})

const remembered = Type.Object({ node: Type.String(), probe: Type.String(), memory })

const watchCommands = {
  /** Everything that was seen since the last one. Only the engine says it. */
  'watch.observe': Type.Object({
    type: Type.Literal('watch.observe'),
    changes: Type.Array(seenHealth),
    /** HQ became blind, or sees again (`false`). */
    blind: Type.Optional(Type.Union([blindness, Type.Literal(false)])),
    /** Groups of nodes that went down together, or nodes that follow a group that did. */
    groups: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.String(),
          title: Type.String(),
          nodes: Type.Array(Type.String()),
          /** Open groups that are part of it. */
          absorbs: Type.Optional(Type.Array(Type.String())),
        }),
      ),
    ),
    /** Nodes that are not in the fleet or not live any more. */
    gone: Type.Optional(Type.Array(Type.String())),
    memory: Type.Optional(Type.Array(remembered)),
    /** Nothing changed, but a `for` duration is running: remember that somebody watched. */
    mark: Type.Optional(Type.Boolean()),
    /** The fleet file's alert targets. */
    targets: Type.Optional(Type.Array(Type.Object({ to: Type.String(), from: severity }))),
    /** Changed nodes that a silence covers. */
    muted: Type.Optional(Type.Array(Type.String())),
    holdMs: Type.Optional(Type.Number({ minimum: 0 })),
  }),
} as const
export type WatchCommand = Static<(typeof watchCommands)['watch.observe']>

const watchEvents = {
  'watch.health': Type.Object({ type: Type.Literal('watch.health'), node: Type.String(), health: nodeHealth }),
  /** Every node is unknown from here on. */
  'watch.blind': Type.Object({ type: Type.Literal('watch.blind'), blind: blindness }),
  'watch.sighted': Type.Object({ type: Type.Literal('watch.sighted') }),
  'watch.remembered': Type.Union([
    Type.Object({ type: Type.Literal('watch.remembered'), entries: Type.Array(remembered) }),
    /** As older journals have it: one event for each. */
    Type.Object({ type: Type.Literal('watch.remembered'), ...remembered.properties }),
  ]),
  'watch.gone': Type.Object({ type: Type.Literal('watch.gone'), node: Type.String() }),
  'watch.marked': Type.Object({ type: Type.Literal('watch.marked') }),
} as const
export type WatchEvent = { [K in keyof typeof watchEvents]: Static<(typeof watchEvents)[K]> }[keyof typeof watchEvents]

/** Its decisions are of three nouns: health, incident and alert stand in one commit, or none of them does. */
export const watchNoun: Omit<Noun<WatchSlice, WatchCommand, WatchEvent>, 'decide'> & {
  decide(
    state: FleetState,
    command: WatchCommand,
    context: DecideContext,
  ): (WatchEvent | IncidentsEvent | AlertsEvent)[]
} = {
  name: 'watch',
  commands: watchCommands,
  events: watchEvents,
  initial: { nodes: {}, blind: null, memory: {} },
  decide: decideWatch,
  reduce: (slice, event, commit) => reduceWatch(slice, [event], commit),
  reduceAll: reduceWatch,
}

function decideWatch(
  state: FleetState,
  command: WatchCommand,
  context: DecideContext,
): (WatchEvent | IncidentsEvent | AlertsEvent)[] {
  if (context.by !== 'engine') {
    throw new Refused({ name: 'engine-only', message: 'only the engine says what it saw' })
  }
  const watch: WatchEvent[] = []
  const before = state.watch
  const blind = command.blind ?? undefined
  if (blind === false && before.blind !== null) watch.push({ type: 'watch.sighted' })
  if (blind !== undefined && blind !== false && before.blind === null) watch.push({ type: 'watch.blind', blind })
  const { nodes } = reduceWatch(before, watch, { at: context.now })

  const changes: { node: string; health: NodeHealth }[] = []
  for (const seen of command.changes) {
    const known = nodes[seen.node]
    const next: NodeHealth = {
      health: seen.health,
      since: known?.health === seen.health ? known.since : context.now,
      severity: seen.severity,
      reason: seen.reason,
      causes: seen.causes,
      ...(seen.worsensAt === undefined ? {} : { worsensAt: seen.worsensAt }),
    }
    if (isSameHealth(next, known)) continue
    watch.push({ type: 'watch.health', node: seen.node, health: next })
    changes.push({ node: seen.node, health: next })
  }
  const gone = (command.gone ?? []).filter(node => before.nodes[node] !== undefined)
  for (const node of gone) watch.push({ type: 'watch.gone', node })
  const entries = (command.memory ?? []).filter(
    one => !isSameMemory(own(own(before.memory, one.node) ?? {}, one.probe), one.memory),
  )
  if (entries.length > 0) watch.push({ type: 'watch.remembered', entries })

  const changed = new Map(changes.map(change => [change.node, change.health]))
  const sight = watch.find(event => event.type === 'watch.blind' || event.type === 'watch.sighted')
  const incidents = [
    ...endedBy(state.incidents, context.now),
    ...incidentsFrom(
      state.incidents,
      {
        changes,
        healthOf: node => changed.get(node) ?? nodes[node],
        groups: command.groups ?? [],
        gone,
        blind: sight === undefined ? null : sight.type === 'watch.blind' ? sight.blind : 'sighted',
      },
      context,
    ),
  ]
  const rules = { targets: command.targets ?? [], muted: command.muted ?? [], holdMs: command.holdMs ?? 0 }
  const alerts = alertsFrom(state, incidents, rules, context)
  if (command.mark === true && watch.length === 0) watch.push({ type: 'watch.marked' })
  return [...watch, ...incidents, ...alerts]
}

function reduceWatch(slice: WatchSlice, events: readonly WatchEvent[], commit: { at: number }): WatchSlice {
  let nodes = new Changing(slice.nodes)
  const memory = new Changing(slice.memory)
  let { blind } = slice
  const remember = (node: string, probe: string, what: Record<string, string>) =>
    memory.set(node, { ...memory.get(node), [probe]: what })
  for (const event of events) {
    switch (event.type) {
      case 'watch.health':
        nodes.set(event.node, event.health)
        break
      case 'watch.blind':
        nodes = new Changing(unseen(nodes.result(), event.blind.why, commit.at))
        blind = event.blind
        break
      case 'watch.sighted':
        blind = null
        break
      case 'watch.remembered':
        if ('entries' in event) for (const one of event.entries) remember(one.node, one.probe, one.memory)
        else remember(event.node, event.probe, event.memory)
        break
      case 'watch.gone':
        nodes.delete(event.node)
        memory.delete(event.node)
        break
      case 'watch.marked':
        break
    }
  }
  return { ...slice, nodes: nodes.result(), memory: memory.result(), blind, watchedUntil: commit.at }
}

/** Every node when HQ is blind. Those in maintenance stay there: that is a person's word, not something seen. */
function unseen(nodes: WatchSlice['nodes'], why: string, at: number): WatchSlice['nodes'] {
  const reason = `HQ is blind: ${why}`
  const unknown = (one: NodeHealth): NodeHealth =>
    one.health === 'maintenance'
      ? one
      : { health: 'unknown', since: one.health === 'unknown' ? one.since : at, severity: null, reason, causes: [] }
  return Object.fromEntries(Object.entries(nodes).map(([node, one]) => [node, unknown(one)]))
}

function isSameMemory(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>>): boolean {
  if (!a) return false
  const keys = Object.keys(b)
  return keys.length === Object.keys(a).length && keys.every(key => a[key] === b[key])
}
