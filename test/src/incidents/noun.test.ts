// What people may do with incidents, and what is refused.
import { describe, expect, test } from 'vitest'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import { type IncidentsCommand, incidentsNoun } from '../../../src/incidents/noun.ts'
import { incidentsFrom } from '../../../src/incidents/open.ts'
import type { Incident } from '../../../src/incidents/shapes.ts'
import { emptyState, foldAll } from '../watch/watcher-room.ts'

const now = 1_000_000
let ids = 0
const context = { now, by: 'noc', roles: ['operator'], id: (prefix: string) => `${prefix}-${++ids}` }
const incident: Incident = {
  id: 'inc-a',
  scope: 'node',
  subject: 'paris',
  nodes: ['paris'],
  severity: 'SEV2',
  title: 'paris is down',
  openedAt: 1,
  acknowledged: null,
  resolved: null,
  notes: [],
}
const opened = foldAll(emptyState, [{ type: 'incidents.opened', incident }], 1)

function having(command: IncidentsCommand, state: FleetState = opened): FleetState {
  return foldAll(state, incidentsNoun.decide(state, command, context), now, 'noc')
}

test('acknowledging says who and when, and the first one counts', () => {
  const state = having({ type: 'incidents.ack', id: 'inc-a' })
  expect(state.incidents.open['inc-a']?.acknowledged).toEqual({ at: now, by: 'noc' })
  expect(incidentsNoun.decide(state, { type: 'incidents.ack', id: 'inc-a' }, { ...context, by: 'other' })).toEqual([])
})

test('resolving keeps it among the closed, with who and how', () => {
  const state = having({ type: 'incidents.resolve', id: 'inc-a', how: 'new cable' })
  expect(state.incidents.open).toEqual({})
  expect(state.incidents.closed[0]?.resolved).toEqual({ at: now, by: 'noc', how: 'new cable' })
})

test('a note may follow even after the end', () => {
  const closed = having({ type: 'incidents.resolve', id: 'inc-a', how: 'x' })
  expect(
    having({ type: 'incidents.note', id: 'inc-a', text: 'it was the cable' }, closed).incidents.closed[0]?.notes,
  ).toEqual([{ at: now, by: 'noc', text: 'it was the cable' }])
})

test('one written down by a person is open and alerts nobody', () => {
  const events = incidentsNoun.decide(
    opened,
    { type: 'incidents.add', title: 'odd smell', severity: 'SEV3', nodes: [] },
    context,
  )
  expect(events.map(event => event.type)).toEqual(['incidents.opened'])
})

test('silences and windows begin and end', () => {
  const silenced = having({ type: 'incidents.silence', selector: '@pilot', until: now + 1, reason: 'r' })
  const [silence] = silenced.incidents.silences
  expect(silence).toMatchObject({ selector: '@pilot', by: 'noc' })
  expect(having({ type: 'incidents.unsilence', id: silence?.id ?? '' }, silenced).incidents.silences).toEqual([])
  const kept = having({ type: 'incidents.maintain', selector: 'paris', until: now + 9, reason: 'r' })
  const [window] = kept.incidents.maintenance
  expect(window).toMatchObject({ from: now, until: now + 9 })
  expect(having({ type: 'incidents.end-maintenance', id: window?.id ?? '' }, kept).incidents.maintenance).toEqual([])
})

test('of the closed the last 200 are kept', () => {
  let state = emptyState
  for (let index = 0; index < 250; index += 1) {
    const id = `inc-${index}`
    state = foldAll(
      state,
      [
        { type: 'incidents.opened', incident: { ...incident, id } },
        { type: 'incidents.resolved', id, how: '' },
      ],
      index,
    )
  }
  expect([state.incidents.closed.length, state.incidents.closed.at(-1)?.id]).toEqual([200, 'inc-249'])
})

describe('refused', () => {
  const commands: IncidentsCommand[] = [
    { type: 'incidents.ack', id: 'inc-a' },
    { type: 'incidents.resolve', id: 'inc-a', how: 'x' },
    { type: 'incidents.note', id: 'inc-a', text: 'x' },
    { type: 'incidents.add', title: 'x', severity: 'SEV3', nodes: [] },
    { type: 'incidents.silence', selector: '*', until: now + 1, reason: 'x' },
    { type: 'incidents.maintain', selector: '*', until: now + 1, reason: 'x' },
  ]
  test.each(commands)('$type by somebody without a role', command => {
    expect(() => incidentsNoun.decide(opened, command, { ...context, roles: ['reader'] })).toThrow(
      'neither operator nor owner',
    )
  })

  test.each<[string, IncidentsCommand, number]>([
    ['an incident that is not there', { type: 'incidents.ack', id: 'nope' }, 2],
    ['a silence that is not there', { type: 'incidents.unsilence', id: 'nope' }, 2],
    [
      'a window that ends before it begins',
      { type: 'incidents.maintain', selector: '*', from: now + 9, until: now + 5, reason: 'x' },
      2,
    ],
    ['a silence that is over already', { type: 'incidents.silence', selector: '*', until: now - 1, reason: 'x' }, 2],
    [
      'a silence of a year',
      { type: 'incidents.silence', selector: '*', until: now + 365 * 86_400_000, reason: 'x' },
      2,
    ],
  ])('%s', (_sentence, command, exit) => {
    expect(() => incidentsNoun.decide(opened, command, context)).toThrow(expect.objectContaining({ exit }))
  })

  test('resolving twice', () => {
    const closed = having({ type: 'incidents.resolve', id: 'inc-a', how: 'x' })
    expect(() => having({ type: 'incidents.resolve', id: 'inc-a', how: 'x' }, closed)).toThrow('resolved already')
  })
})

test('a group takes in the incidents of its nodes', () => {
  const seen = {
    changes: [],
    healthOf: () => undefined,
    gone: [],
    blind: null,
    groups: [{ key: 'region eu', title: '3 of 3', nodes: ['paris', 'rome', 'bonn'] }],
  }
  const events = incidentsFrom(opened.incidents, seen, context)
  expect(events).toMatchObject([
    { type: 'incidents.resolved', id: 'inc-a', how: 'part of region eu' },
    { type: 'incidents.opened', incident: { scope: 'group', nodes: ['paris', 'rome', 'bonn'] } },
  ])
})
