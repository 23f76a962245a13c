import { expect, test } from 'vitest'
import { targetReference } from '../../../infra/alerts/reference.ts'
import { diffFleet } from '../../../src/fleet/diff.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { fleetNoun, lifecycleOf } from '../../../src/fleet/noun.ts'
import type { FileChange, FleetCommand, FleetSlice } from '../../../src/fleet/shapes.ts'
import { fleetCommands, fleetEvents, fleetSlice } from '../../../src/fleet/shapes.ts'
import { machinesNoun } from '../../../src/machines/noun.ts'
import { moneyNoun } from '../../../src/money/noun.ts'
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
const others = {
  ...rest,
  alerts: { outbox: {}, done: [] },
  exec: { open: {}, closed: [] },
  machines: machinesNoun.initial,
  money: moneyNoun.initial,
}
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
  const file = (lifecycle: string) =>
    load(`nodes: { a: { lifecycle: ${lifecycle} }, a.b: { lifecycle: ${lifecycle} } }`)
  const said = diffFleet(file('planned'), file('live'))
  expect(lifecycleOf({ ...node, lifecycle: 'live' }, play([...launched, change(two, said)]))).toBe('live')
})

test('what was observed of a node outlives changes of another that is called like a field of it', () => {
  const launched: [string, FleetCommand] = ['engine', { type: 'fleet.lifecycle', node: 'a', to: 'provisioning' }]
  const twin = load('nodes: { a: , a.lifecycle: { address: 192.0.2.1 } }')
  const gone = diffFleet(twin, load('nodes: { a: }'))
  expect(gone).toHaveLength(1)
  expect(play([first, launched, change(two, gone)]).lifecycle).toEqual({ a: 'provisioning' })
})

test('an event from a journal of tomorrow leaves the state as it is', () => {
  const event = JSON.parse('{"type":"fleet.renamed"}')
  expect(fleetNoun.reduce(fleetNoun.initial, event, { seq: 1, at: 1, by: 'engine' })).toBe(fleetNoun.initial)
})

const base = `
hq: { name: hq, mesh: 10.0.0.1 }
people: { ana: { login: ana, roles: [operator] } }
nodes: { a: { address: 192.0.2.1, tags: [web], ssh: { become: { method: sudo, password: "env:SUDO" } } }, b: { address: 192.0.2.2 } }
probes: [{ kind: ping, on: "*", every: 30s }, { kind: http, on: a, url: "https://x.example/", token: "env:T" }, { kind: http, on: b, every: 2m, url: "https://y.example/" }]
alerts: [{ to: "ntfy:https://ntfy.example/t", from: SEV2 }]
engine: { programs: { ping: [/bin/ping] } }
`

const connects = 'changes where HQ connects to'

test('the same fleet written in another way is no change', () => {
  expect(diffFleet(load(base), load(`${base}\n# a comment\ntimezone: UTC\n`))).toEqual([])
})

test.each<[string, [string, string], string, string | null]>([
  ['an address', ['192.0.2.1', '192.0.2.9'], 'nodes.a.address', 'changes where HQ connects to'],
  ['a program on HQ', ['/bin/ping', '/tmp/ping'], 'engine.programs.ping', 'runs a program on HQ'],
  [
    'an alert target',
    ['ntfy.example/t', 'evil.example/t'],
    `alerts.${targetReference('ntfy:https://evil.example/t')}`,
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
  ['where a probe connects to', ['https://y.example/', 'http://169.254.169.254/'], 'nodes.b.probes.http', connects],
  ['what a probe sends', ['url: "https://y', 'headers: { host: z }, url: "https://y'], 'nodes.b.probes.http', connects],
  ['how often such a probe looks', ['every: 2m', 'every: 3m'], 'nodes.b.probes.http', null],
  ['a removed probe', ['{ kind: http, on: b, every: 2m, url: "https://y.example/" }', ''], 'nodes.b.probes.http', null],
  ['the login that a password is sent as', ['ssh: {', 'ssh: { user: eve,'], 'nodes.a.ssh.user', 'sends a secret'],
  ['a login without a password', ['192.0.2.2', '192.0.2.2, ssh: { user: eve }'], 'nodes.b.ssh.user', null],
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

const exploit = 'identity: "exec:sh -c evil", passphrase: "exec:evil", become: { method: sudo, password: "env:PW" }'
const hostkey = `SHA256:${'A'.repeat(43)}`
const guardedFields = ['ssh.identity', 'ssh.passphrase', 'ssh.become.password', 'ssh.hostkey']

test.each(guardedFields)('a planned node called like x.%s of another hides no change of it', field => {
  const twin = `x.${field}: { lifecycle: planned }`
  const before = load(base.replace('b: {', `x: { address: 192.0.2.7 }, ${twin}, b: {`))
  const after = load(
    base.replace('b: {', `x: { address: 192.0.2.7, ssh: { ${exploit}, hostkey: "${hostkey}" } }, ${twin}, b: {`),
  )
  for (const from of [load(base), before]) {
    const told = diffFleet(from, after).find(change => change.path === `nodes.x.${field}`)
    expect(told).toMatchObject({ kind: 'added', guarded: expect.any(String) })
  }
})

test('a node whose name has dots is quoted, so that it does not look like a field', () => {
  const added = diffFleet(load(base), load(base.replace('b: {', 'x.ssh.identity: { address: 192.0.2.7 }, b: {')))
  expect(added.map(change => change.path)).toEqual(['nodes."x.ssh.identity"'])
})

test('a change that needs a yes is shown whole, however far its end is pushed away', () => {
  for (const padding of [' '.repeat(250), '\u3000'.repeat(250), 'x'.repeat(3_000)]) {
    const after = base.replace('[/bin/ping]', `[/bin/ping, ${JSON.stringify(padding)}, "-evil"]`)
    const [change] = diffFleet(load(base), load(after))
    expect(change).toMatchObject({ path: 'engine.programs.ping', to: expect.stringContaining('"-evil"]') })
    if (padding.trim() === '') expect(change?.to).toContain('"␣×250"')
  }
})

test('a file with something in it that needs a yes and is too long to read is refused', () => {
  const text = `fleet: a\n${base.replace('[/bin/ping]', `[/bin/ping, "${'x'.repeat(3_990)}"]`)}`
  expect(loadFleet({ path: 'fleet.yaml', text }, { kinds })).toMatchObject({
    ok: false,
    errors: [{ at: 'engine.programs.ping', line: expect.any(Number), allowed: 'at most 4000 characters' }],
  })
})

test('changes that look alike where they are cut, and are not, stay apart', () => {
  const file = (end: (i: number) => string) => {
    const nodes = Array.from({ length: 10 }, (_, i) => {
      const tags = Array.from({ length: 10 }, (_, tag) => `tag-${tag}-${'x'.repeat(30)}`)
      return `n${i}: { address: 192.0.2.${i}, tags: [${[...tags, end(i)].join(', ')}] }`
    })
    return load(`nodes: { ${nodes.join(', ')} }`)
  }
  const before = file(() => 'end')
  expect(
    diffFleet(
      before,
      file(i => `end-${i}`),
    ),
  ).toHaveLength(10)
  expect(
    diffFleet(
      before,
      file(() => 'other'),
    ),
  ).toHaveLength(1)
})

test('the topic of an alert target is in no part of a change', () => {
  const [removed, added] = diffFleet(load(base), load(base.replace('ntfy.example/t', 'ntfy.example/secret-topic')))
  expect([removed?.guarded, added?.guarded]).toEqual(['changes where alerts go', 'changes where alerts go'])
  expect(JSON.stringify([removed, added])).not.toContain('secret-topic')
})

test('an alert target that stands twice is one fact', () => {
  const twice = base.replace('from: SEV2 }', 'from: SEV2 }, { to: "ntfy:https://ntfy.example/t", from: SEV1 }')
  expect(diffFleet(load(base), load(twice))).toEqual([expect.objectContaining({ to: 'from SEV2, SEV1' })])
})

test.each(['-h', '.', '..', ''])('a mesh interface called %j is refused', name => {
  const mesh = (text: string) => `fleet: a\nmesh: { kind: wireguard, cidr: 10.0.0.0/24, interface: "${text}" }\n`
  expect(loadFleet({ path: 'f', text: mesh(name) }, { kinds }).ok).toBe(false)
  expect(loadFleet({ path: 'f', text: mesh('wg-0.1') }, { kinds }).ok).toBe(true)
})
