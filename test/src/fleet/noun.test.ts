import { expect, test } from 'vitest'
import { diffFleet } from '../../../src/fleet/diff.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { fleetNoun, lifecycleOf } from '../../../src/fleet/noun.ts'
import type { FileChange, FleetCommand, FleetSlice } from '../../../src/fleet/shapes.ts'
import { fleetCommands, fleetEvents, fleetSlice } from '../../../src/fleet/shapes.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { kinds } from './kinds.ts'

function load(text: string): Fleet {
  const loaded = loadFleet({ path: 'fleet.yaml', text: `fleet: a\n${text}\n` }, { kinds })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors))
  return loaded.fleet
}

const rest = {
  watch: { nodes: {}, blind: null, memory: {} },
  incidents: { open: {}, closed: [], silences: [], maintenance: [] },
}
const others = { ...rest, alerts: { outbox: {}, done: [] }, exec: { open: {}, closed: [] } }
const [one, two, three] = ['1', '2', '3'].map(digit => digit.repeat(64)) as [string, string, string]
const harmless: FileChange = { path: 'timezone', kind: 'changed', from: 'UTC', to: 'Asia/Tokyo', guarded: null }
const guarded: FileChange = { path: 'nodes.a.address', kind: 'changed', from: 'x', to: 'y', guarded: 'endpoint' }

/** Runs commands by login (`engine` has no role), folding what is decided; every event must fit its own schema. */
function play(steps: readonly [by: string, command: FleetCommand][]): FleetSlice {
  return steps.reduce((slice, [by, command], seq) => {
    expect(checker(fleetCommands[command.type]).is(command)).toBe(true)
    const context = {
      now: seq,
      by,
      roles: by === 'engine' || by === 'guest' ? [] : ['operator'],
      id: (prefix: string) => prefix,
    }
    const events = fleetNoun.decide({ ...others, fleet: slice }, command, context)
    for (const event of events) expect(checker(fleetEvents[event.type]).is(event)).toBe(true)
    const next = events.reduce((before, event) => fleetNoun.reduce(before, event, { seq, at: seq, by }), slice)
    expect(checker(fleetSlice).is(next)).toBe(true)
    return next
  }, fleetNoun.initial)
}

const first: [string, FleetCommand] = ['engine', { type: 'fleet.load', sha256: one, against: null, changes: [guarded] }]
const change = (sha256: string, changes: FileChange[]): [string, FleetCommand] => [
  'engine',
  { type: 'fleet.load', sha256, against: one, changes },
]

test('the first file of a home is accepted as it is', () => {
  expect(play([first]).accepted).toEqual({ sha256: one, at: 0, by: 'engine' })
})

test('a harmless change runs at once', () => {
  expect(play([first, change(two, [harmless])])).toMatchObject({ accepted: { sha256: two }, proposed: null })
})

test('a guarded change waits, with everything that changed in the same file', () => {
  const slice = play([first, change(two, [harmless, guarded])])
  expect(slice).toMatchObject({ accepted: { sha256: one }, proposed: { sha256: two, changes: [harmless, guarded] } })
})

test('an operator accepts what waits, by its hash', () => {
  const slice = play([first, change(two, [guarded]), ['ana', { type: 'fleet.accept', sha256: two }]])
  expect(slice).toMatchObject({ accepted: { sha256: two, by: 'ana' }, proposed: null })
})

test('a file that goes back to what runs takes its change with it', () => {
  expect(play([first, change(two, [guarded]), change(one, [])])).toMatchObject({
    accepted: { sha256: one },
    proposed: null,
  })
})

test('the same change seen again writes nothing', () => {
  const before = play([first, change(two, [guarded])])
  expect(play([first, change(two, [guarded]), change(two, [guarded])])).toEqual(before)
})

test('a wrong file leaves what runs running, and what waits waiting, until a good one comes', () => {
  const refuse: [string, FleetCommand] = [
    'engine',
    { type: 'fleet.refuse', sha256: three, errors: ['fleet.yaml:1:1 no'] },
  ]
  const slice = play([first, change(two, [guarded]), refuse])
  expect(slice).toMatchObject({ accepted: { sha256: one }, proposed: { sha256: two }, refused: { sha256: three } })
  expect(play([first, refuse, change(one, [])]).refused).toBeNull()
})

test.each<[string, [string, FleetCommand][], string]>([
  [
    'the engine cannot accept for an operator',
    [first, change(two, [guarded]), ['engine', { type: 'fleet.accept', sha256: two }]],
    'accept-needs-person',
  ],
  [
    'a login without a role cannot accept',
    [first, change(two, [guarded]), ['guest', { type: 'fleet.accept', sha256: two }]],
    'role-missing',
  ],
  [
    'an older change than the waiting one cannot be accepted',
    [first, change(two, [guarded]), change(three, [guarded]), ['ana', { type: 'fleet.accept', sha256: two }]],
    'change-not-waiting',
  ],
  [
    'nothing can be accepted where nothing waits',
    [first, ['ana', { type: 'fleet.accept', sha256: one }]],
    'change-not-waiting',
  ],
  [
    'a client cannot load a file and call it harmless',
    [first, ['ana', { type: 'fleet.load', sha256: two, against: one, changes: [] }]],
    'engine-only',
  ],
  [
    'changes against a file that does not run are refused',
    [first, ['engine', { type: 'fleet.load', sha256: two, against: three, changes: [] }]],
    'change-outdated',
  ],
  [
    'a live node does not become planned',
    [
      ['engine', { type: 'fleet.lifecycle', node: 'a', to: 'live' }],
      ['engine', { type: 'fleet.lifecycle', node: 'a', to: 'planned' }],
    ],
    'lifecycle-impossible',
  ],
])('%s', (_name, steps, error) => {
  expect(() => play(steps)).toThrow(expect.objectContaining({ name: error }))
})

test('what was observed of a node counts until the file says something new about it', () => {
  const node = { name: 'a', lifecycle: 'planned' } as const
  const launched: [string, FleetCommand][] = [
    first,
    ['engine', { type: 'fleet.lifecycle', node: 'a', to: 'provisioning' }],
  ]
  expect(lifecycleOf(node, play(launched))).toBe('provisioning')
  const said: FileChange = { path: 'nodes.a.lifecycle', kind: 'changed', from: 'planned', to: 'live', guarded: null }
  expect(lifecycleOf({ ...node, lifecycle: 'live' }, play([...launched, change(two, [said])]))).toBe('live')
})

test('an event from a journal of tomorrow leaves the state as it is', () => {
  const event = JSON.parse('{"type":"fleet.renamed"}')
  expect(fleetNoun.reduce(fleetNoun.initial, event, { seq: 1, at: 1, by: 'engine' })).toBe(fleetNoun.initial)
})

const base = `
hq: { name: hq, mesh: 10.0.0.1 }
people: { ana: { login: ana, roles: [operator] } }
nodes: { a: { address: 192.0.2.1, tags: [web], ssh: { become: { method: sudo, password: "env:SUDO" } } }, b: { address: 192.0.2.2 } }
probes: [{ kind: ping, on: "*", every: 30s }, { kind: http, on: a, url: "https://x.example/", token: "env:T" }]
alerts: [{ to: "ntfy:https://ntfy.example/t", from: SEV2 }]
engine: { programs: { ping: [/bin/ping] } }
`

test('the same fleet written in another way is no change', () => {
  expect(diffFleet(load(base), load(`${base}\n# a comment\ntimezone: UTC\n`))).toEqual([])
})

test.each<[string, [string, string], string, string | null]>([
  ['an address', ['192.0.2.1', '192.0.2.9'], 'nodes.a.address', 'changes where HQ connects to'],
  ['a program on HQ', ['/bin/ping', '/tmp/ping'], 'engine.programs.ping', 'runs a program on HQ'],
  [
    'an alert target',
    ['ntfy.example/t', 'evil.example/t'],
    'alerts.ntfy:https://evil.example/t',
    'changes where alerts go',
  ],
  ['an alert command', ['ntfy:https://ntfy.example/t', 'exec:reboot'], 'alerts.exec:reboot', 'runs a program on HQ'],
  ['a program that gives a password', ['env:SUDO', 'exec:pass'], 'nodes.a.ssh.become.password', 'runs a program on HQ'],
  ['where a token is sent', ['x.example', 'evil.example'], 'nodes.a.probes.http', 'sends a secret'],
  [
    'a pinned host key',
    ['tags: [web], ssh: {', `tags: [web], ssh: { hostkey: "SHA256:${'a'.repeat(43)}",`],
    'nodes.a.ssh.hostkey',
    'changes which host keys are trusted',
  ],
  [
    'a jump',
    ['tags: [web], ssh: {', 'tags: [web], ssh: { jump: b,'],
    'nodes.a.ssh.jump',
    'changes the way through another host',
  ],
  ['a role', ['roles: [operator]', 'roles: [owner]'], 'people.ana', 'changes who may do what'],
  ['tags', ['tags: [web]', 'tags: [db]'], 'nodes.a.tags', null],
  ['an interval', ['every: 30s', 'every: 60s'], 'nodes.a.probes.ping:public', null],
])('%s is told, and guarded as it should be', (_name, [from, to], where, guard) => {
  const changes = diffFleet(load(base), load(base.replace(from, to)))
  expect(changes).toContainEqual(expect.objectContaining({ path: where, guarded: guard }))
})

test('a change behind a default is guarded on every node that it reaches', () => {
  const changes = diffFleet(load(base), load(`${base}\ndefaults: { ssh: { identity: "exec:evil" } }`))
  expect(changes).toHaveLength(3)
  for (const change of changes) expect(change.guarded).toBe('runs a program on HQ')
})

test('a new node is one line, unless it brings something that needs a yes', () => {
  const added = diffFleet(load(base), load(base.replace('b: {', 'c: { address: 192.0.2.3, region: x }, b: {')))
  expect(added).toEqual([
    { path: 'nodes.c', kind: 'added', from: null, to: expect.stringContaining('192.0.2.3'), guarded: null },
  ])
  const through = diffFleet(
    load(base),
    load(base.replace('b: {', 'c: { address: 192.0.2.3, ssh: { jump: "x@evil.example" } }, b: {')),
  )
  expect(through).toContainEqual(expect.objectContaining({ path: 'nodes.c.ssh.jump', guarded: expect.any(String) }))
})

test('a change that is alike on many nodes is one line', () => {
  const nodes = Array.from({ length: 100 }, (_, i) => `n${i}: { address: 192.0.2.${i} }`).join(', ')
  const text = (every: string, type: string) =>
    `defaults: { type: ${type} }\nnodes: { ${nodes} }\nprobes: [{ kind: ping, on: "*", every: ${every} }]`
  const changes = diffFleet(load(text('30s', 'small')), load(text('60s', 'large')))
  expect(changes.map(({ path }) => path)).toEqual(['nodes.{100 nodes}.probes.ping:public', 'nodes.{100 nodes}.type'])
})
