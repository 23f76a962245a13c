// The commit: health, incident and alert stand in it together, and what lies in a journal can always be folded.
import { expect, test } from 'vitest'
import { alertsNoun } from '../../../src/alerts/noun.ts'
import { reduce, reduceAll } from '../../../src/engine/nouns.ts'
import { incidentsNoun } from '../../../src/incidents/noun.ts'
import { type WatchCommand, watchNoun } from '../../../src/watch/noun.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { emptyState, foldAll } from './watcher-room.ts'

let ids = 0
const context = { now: 1_000, by: 'engine', roles: [], id: (prefix: string) => `${prefix}-${++ids}` }
const commit = { seq: 1, at: 1, by: 'engine' }
const down = { node: 'paris', health: 'down', severity: 'SEV2', reason: 'ping: no answer', causes: ['ping'] } as const
const observe = (more: Partial<WatchCommand>): WatchCommand => ({
  type: 'watch.observe',
  changes: [],
  targets: [{ to: 'ntfy:https://ntfy.example/t', from: 'SEV2' }],
  ...more,
})
const decide = (command: WatchCommand, state = emptyState) => watchNoun.decide(state, command, context)
const downCommand = () => observe({ changes: [{ ...down, causes: ['ping'] }] })

test('a node that goes down is health, incident and alert in one commit', () => {
  const events = decide(downCommand())
  expect(events.map(event => event.type)).toEqual(['watch.health', 'incidents.opened', 'alerts.queued'])
})

test('the same again is nothing', () => {
  const state = foldAll(emptyState, decide(downCommand()), 1_000)
  expect(decide(downCommand(), state)).toEqual([])
})

test('a target that wants SEV1 only is not told of SEV2', () => {
  const command = { ...downCommand(), targets: [{ to: 'ntfy:https://x/y', from: 'SEV1' as const }] }
  expect(decide(command).some(event => event.type === 'alerts.queued')).toBe(false)
})

test('a node that becomes part of a group sends no end of its own', () => {
  const first = decide(downCommand())
  const [queued] = first.filter(event => event.type === 'alerts.queued')
  const told = foldAll(emptyState, [...first, { type: 'alerts.delivered', id: queued?.alert.id ?? '' }], 1_000)
  const groups = [{ key: 'region eu', title: '3 of 3 nodes', nodes: ['paris', 'rome', 'bonn'] }]
  const alerts = decide(observe({ groups }), told).filter(event => event.type === 'alerts.queued')
  expect(alerts.map(event => [event.alert.what, event.alert.title])).toEqual([['opened', 'SEV2 region eu']])
})

test('blindness makes all nodes unknown with one event, except those in maintenance', () => {
  const up = { severity: null, reason: '', causes: [] }
  const first = observe({
    changes: [
      { node: 'paris', health: 'up', ...up },
      { node: 'rome', health: 'maintenance', ...up },
    ],
  })
  const state = foldAll(emptyState, decide(first), 1_000)
  const events = decide(observe({ blind: { since: 1, why: 'no gateway' } }), state)
  expect(events.map(event => event.type)).toEqual(['watch.blind', 'incidents.opened', 'alerts.queued'])
  const blind = foldAll(state, events, 2_000)
  expect(Object.values(blind.watch.nodes).map(one => [one.health, one.since])).toEqual([
    ['unknown', 2_000],
    ['maintenance', 1_000],
  ])
  expect(decide(observe({ blind: { since: 1, why: 'no gateway' } }), blind)).toEqual([])
})

test('nobody but the engine says what was seen', () => {
  expect(() => watchNoun.decide(emptyState, downCommand(), { ...context, by: 'noc', roles: ['owner'] })).toThrow(
    'only the engine',
  )
})

test('every event that is decided fits its schema and the state is plain JSON', () => {
  const schemas = { ...watchNoun.events, ...incidentsNoun.events, ...alertsNoun.events }
  const everything = observe({
    changes: [{ ...down, causes: ['ping'], worsensAt: 301_000 }],
    blind: { since: 1, why: 'x' },
    groups: [{ key: 'provider aws', title: '3 of 3', nodes: ['a', 'b', 'c'] }],
    memory: [{ node: 'paris', probe: 'boot', memory: { boot_id: 'x' } }],
  })
  const events = decide(everything)
  for (const event of events) expect(checker(schemas[event.type]).errors(event)).toEqual([])
  const state = foldAll(emptyState, events, 1_000)
  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
})

test('what many probes remember is one event, and one event each is read as well', () => {
  const seen = ['paris', 'rome'].map(node => ({ node, probe: 'boot', memory: { boot_id: node } }))
  const events = decide(observe({ memory: seen }))
  expect(events).toEqual([{ type: 'watch.remembered', entries: seen }])
  const each = seen.map(one => ({ type: 'watch.remembered' as const, ...one }))
  expect(foldAll(emptyState, events, 1)).toEqual(foldAll(emptyState, each, 1))
  expect(decide(observe({ memory: seen }), foldAll(emptyState, events, 1))).toEqual([])
})

test('the events of one commit folded at once give what they give one after the other, without changing what was', () => {
  const first = decide(
    observe({
      changes: ['paris', 'rome', 'bonn'].map(node => ({ ...down, causes: ['ping'], node })),
      memory: [{ node: 'paris', probe: 'boot', memory: { boot_id: 'x' } }],
    }),
  )
  const told = first.flatMap(event =>
    event.type === 'alerts.queued' ? [{ type: 'alerts.delivered' as const, id: event.alert.id }] : [],
  )
  const before = reduceAll(emptyState, [...first, ...told], commit)
  expect(before).toEqual([...first, ...told].reduce((state, event) => reduce(state, event, commit), emptyState))
  const kept = structuredClone(before)
  const second = decide(
    observe({
      changes: [{ node: 'rome', health: 'up', severity: null, reason: '', causes: [] }],
      groups: [{ key: 'region eu', title: '2 of 3', nodes: ['paris', 'bonn'] }],
      gone: ['bonn'],
      blind: { since: 1, why: 'no gateway' },
    }),
    before,
  )
  expect(new Set(second.map(event => event.type.split('.')[0]))).toEqual(new Set(['watch', 'incidents', 'alerts']))
  expect(reduceAll(before, second, commit)).toEqual(
    second.reduce((state, event) => reduce(state, event, commit), before),
  )
  expect(before).toEqual(kept)
})

test('a thousand incidents of one commit are folded with one copy, not a thousand', () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `node-${index}`)
  const fell = decide(observe({ changes: names.map(node => ({ ...down, causes: ['ping'], node })) }))
  let reads = 0
  const open = foldAll(emptyState, fell.slice(0, 2), 1).incidents.open
  const counted = new Proxy(open, {
    ownKeys(target) {
      reads += 1
      return Reflect.ownKeys(target)
    },
  })
  const slice = { ...emptyState.incidents, open: counted }
  const opened = fell.filter(event => event.type === 'incidents.opened')
  expect(Object.keys(incidentsNoun.reduceAll?.(slice, opened, commit).open ?? {})).toHaveLength(1_000)
  expect(reads).toBe(1)
})

test('an event about what is not there changes nothing', () => {
  expect(incidentsNoun.reduce(incidentsNoun.initial, { type: 'incidents.resolved', id: 'x', how: '' }, commit)).toBe(
    incidentsNoun.initial,
  )
  expect(alertsNoun.reduce(alertsNoun.initial, { type: 'alerts.delivered', id: 'x' }, commit)).toBe(alertsNoun.initial)
})
