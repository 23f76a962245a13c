import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { MessageConnection } from 'vscode-jsonrpc/node'
import type { Machine, Prepared } from '../../../infra/clouds/shapes.ts'
import { attachEngine, type EngineClient } from '../../../src/engine/client.ts'
import type { Change, EngineInfo, LiveProbe } from '../../../src/engine/engine.ts'
import { createGuard } from '../../../src/engine/guard.ts'
import { type Answerers, createLocalEngine } from '../../../src/engine/local.ts'
import { type AnyCommand, commandTypes, initialState } from '../../../src/engine/nouns.ts'
import { serveEngine } from '../../../src/engine/server.ts'
import { type Challenge, connectionOver, protocol } from '../../../src/engine/wire.ts'
import type { MachinesCommand } from '../../../src/machines/noun.ts'
import type { MoneyCommand } from '../../../src/money/noun.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { MemoryJournal } from './memory-journal.ts'
import { noAnswers } from './no-answers.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

const engineInfo: EngineInfo = {
  pid: 1,
  since: 0,
  version: 'test',
  home: '/nowhere',
  fleetFile: '/nowhere/fleet.yaml',
  homeKind: 'test',
  readOnly: false,
  clients: [],
  troubles: [],
}

type Guard = ReturnType<typeof createGuard>

async function serve(options: { uids?: Record<number, string>; answers?: Partial<Answerers>; guard?: Guard } = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'wf-socket-'))
  await mkdir(path.join(dir, 'proofs'))
  let ids = 0
  const engine = createLocalEngine({
    journal: new MemoryJournal(),
    state: initialState,
    newId: prefix => `${prefix}-${++ids}`,
    actor: { by: 'engine', roles: [] },
    live: {
      fleet: () => ({ name: 'test', environment: null, timezone: 'UTC', nodes: {}, batches: {}, budget: null }),
      probes: () => ({}),
      sparks: () => ({}),
      info: () => engineInfo,
    },
    answers: { ...noAnswers, ...options.answers },
    runners: {},
    guard: options.guard ?? (() => null),
    onBroken: () => {},
    onBug: () => {},
  })
  const socketPath = path.join(dir, 'engine.sock')
  const known = options.uids ?? { [userInfo().uid]: 'noc' }
  const dropped: unknown[] = []
  const server = await serveEngine({
    engine,
    version: 'test',
    fleet: 'test',
    socketPath,
    proofDir: path.join(dir, 'proofs'),
    identify: async uid => (known[uid] ? { by: known[uid], roles: ['operator'] } : null),
    now: () => 0,
    onClients: () => {},
    onStop: () => {},
    log: (_message, details) => dropped.push(details),
  })
  cleanups.push(async () => {
    await server.close()
    await engine.close()
    await rm(dir, { recursive: true, force: true })
  })
  return { engine, server, socketPath, dir, dropped }
}

async function attach(socketPath: string, heal = false): Promise<EngineClient> {
  const client = await attachEngine({ socketPath, version: 'test', heal })
  cleanups.push(() => client.close())
  return client
}

function until(client: EngineClient, wanted: (change: Change) => boolean): Promise<Change> {
  return new Promise(resolve => {
    const stop = client.subscribe(change => {
      if (!wanted(change)) return
      stop()
      resolve(change)
    })
  })
}

const command = (id: string) => ({
  type: 'exec.start' as const,
  id: `exec-${id}`,
  nodes: ['paris'],
  argv: ['true'],
  deadlineMs: 1000,
})

test('two clients see the same thing within 100 ms of its acknowledgement', async () => {
  const { socketPath } = await serve()
  const one = await attach(socketPath)
  const two = await attach(socketPath)
  const seen = until(two, change => change.kind === 'events')
  await one.do(command('x'))
  const began = performance.now()
  await seen
  expect(performance.now() - began).toBeLessThan(100)
  expect(two.state()).toEqual(one.state())
  expect(two.state().exec.open['exec-x']?.by).toBe('noc')
})

test('an error keeps its name, its exit code and its remedy over the socket', async () => {
  const { socketPath } = await serve()
  const client = await attach(socketPath)
  await expect(client.do({ ...command('x'), argv: [] })).rejects.toMatchObject({ name: 'bad-command', exit: 2 })
})

test('a question of the wrong shape is refused before anything is read', async () => {
  const { socketPath } = await serve()
  const client = await attach(socketPath)
  await expect(client.ask('uptime', { from: 'yesterday', to: 5 } as never)).rejects.toMatchObject({
    name: 'bad-question',
  })
})

test('a uid that the fleet does not know may not in', async () => {
  const { socketPath } = await serve({ uids: {} })
  await expect(attachEngine({ socketPath, version: 'test', heal: false })).rejects.toMatchObject({
    name: 'not-proven',
    exit: 5,
  })
})

test('a client of another protocol is told both versions', async () => {
  const { socketPath } = await serve()
  const connection = await raw(socketPath)
  await expect(
    connection.sendRequest('hello', { protocol: protocol + 1, version: '9.9', login: 'x' }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/watchfloor test .* this client is 9\.9/),
  })
})

async function raw(socketPath: string): Promise<MessageConnection> {
  const socket = connect(socketPath)
  await new Promise(resolve => socket.once('connect', resolve))
  const connection = connectionOver(socket)
  connection.listen()
  cleanups.push(async () => {
    connection.dispose()
    socket.destroy()
  })
  return connection
}

test.each([
  ['a symbolic link', (proof: string, dir: string) => symlink(path.join(dir, 'engine.sock'), proof)],
  ['a file with content', (proof: string) => writeFile(proof, 'x')],
  ['nothing at all', async () => {}],
])('%s is no proof of who one is', async (_what, fake) => {
  const { socketPath, dir } = await serve()
  const connection = await raw(socketPath)
  const challenge = await connection.sendRequest<Challenge>('hello', { protocol, version: 'test', login: 'x' })
  await fake(path.join(dir, 'proofs', challenge.proof), dir)
  await expect(connection.sendRequest('attach', {})).rejects.toMatchObject({ data: { name: 'not-proven' } })
})

test('a proof is gone after it was looked at', async () => {
  const { socketPath, dir } = await serve()
  await attach(socketPath)
  expect(await readdir(path.join(dir, 'proofs'))).toEqual([])
})

test('commands before the proof are refused', async () => {
  const { socketPath } = await serve()
  const connection = await raw(socketPath)
  await expect(connection.sendRequest('do', command('x'))).rejects.toMatchObject({ data: { name: 'not-introduced' } })
})

test('a client that stops reading is dropped, and the others go on', async () => {
  const { engine, server, socketPath, dropped } = await serve()
  const reader = await attach(socketPath)
  const socket = connect(socketPath)
  await new Promise(resolve => socket.once('connect', resolve))
  const connection = connectionOver(socket)
  connection.listen()
  const challenge = await connection.sendRequest<Challenge>('hello', { protocol, version: 'test', login: 'x' })
  await writeFile(path.join(path.dirname(socketPath), 'proofs', challenge.proof), '')
  await connection.sendRequest('attach', {})
  expect(server.clients()).toHaveLength(2)
  socket.pause()
  const detail = nodeText('x'.repeat(3000))
  const sample: LiveProbe = {
    node: 'paris',
    probe: 'ping',
    kind: 'ping',
    at: 0,
    ok: true,
    ms: 1,
    detail,
    target: '',
    everyMs: 1,
  }
  while (server.clients().length > 1) {
    engine.publish({ kind: 'live', samples: Array(50).fill(sample), exec: [] })
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(dropped).toHaveLength(1)
  await expect(reader.do(command('after'))).resolves.toMatchObject({ seq: 1 })
  socket.destroy()
})

test('a client whose link heals shows what happened meanwhile', async () => {
  const { engine, socketPath, server } = await serve()
  const client = await attach(socketPath, true)
  const down = until(client, change => change.kind === 'link' && !change.up)
  const up = until(client, change => change.kind === 'link' && change.up)
  const stranger = await attach(socketPath)
  await stranger.close()
  // The engine drops everybody; it goes on and things happen.
  const healed = server.close().then(async () => {
    await down
    await engine.do(command('meanwhile'))
    const again = await serveEngine({
      engine,
      version: 'test',
      fleet: 'test',
      socketPath,
      proofDir: path.join(path.dirname(socketPath), 'proofs'),
      identify: async () => ({ by: 'noc', roles: [] }),
      now: () => 0,
      onClients: () => {},
      onStop: () => {},
      log: () => {},
    })
    cleanups.push(() => again.close())
  })
  await healed
  await up
  expect(client.state().exec.open['exec-meanwhile']).toBeDefined()
})

test('without an engine the error says how to start one', async () => {
  const socketPath = path.join(tmpdir(), 'wf-no-such-engine.sock')
  await expect(attachEngine({ socketPath, version: 'test', heal: false })).rejects.toMatchObject({
    name: 'no-engine',
    exit: 4,
  })
})

test('what was asked of an engine that ends is answered by an error, not by silence', async () => {
  const asking = Promise.withResolvers<void>()
  const journal = () => {
    asking.resolve()
    return new Promise<never>(() => {})
  }
  const { server, socketPath } = await serve({ answers: { journal } })
  const client = await attach(socketPath)
  const outcome = expect(client.ask('journal', { after: 0, limit: 1 })).rejects.toMatchObject({ exit: 4 })
  await asking.promise
  await server.close()
  await outcome
})

test('a stranger who sends without end is cut off before it costs memory', async () => {
  const { socketPath } = await serve()
  const socket = connect(socketPath)
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.on('error', () => {})
  socket.write('Content-Length: 4000000000\r\n\r\n')
  const more = Buffer.alloc(64 * 1024, 'x')
  const pour = () => {
    while (!socket.destroyed && socket.write(more));
  }
  socket.on('drain', pour)
  pour()
  await closed
  expect(socket.bytesWritten).toBeLessThan(8 * 1024 * 1024)
})

test('a crowd at the door does not lock out those who are in', async () => {
  const { socketPath } = await serve()
  const client = await attach(socketPath)
  const crowd = Array.from({ length: 60 }, () => connect(socketPath))
  for (const socket of crowd) socket.on('error', () => {})
  await Promise.all(crowd.slice(40).map(socket => new Promise(resolve => socket.once('close', resolve))))
  await expect(client.do(command('in'))).resolves.toMatchObject({ seq: 1 })
  for (const socket of crowd) socket.destroy()
})

test.each(['/etc/nologin', '../../x', 'short'])('a proof named %s is not made', async name => {
  const { dir } = await serve()
  const fake = path.join(dir, 'fake', 'engine.sock')
  await mkdir(path.dirname(fake))
  const server = createServer(socket => {
    const connection = connectionOver(socket)
    connection.onRequest('hello', () => ({ version: 'x', fleet: 'x', proof: name }))
    connection.listen()
  })
  await new Promise<void>(resolve => server.listen(fake, resolve))
  cleanups.push(async () => void server.close())
  await expect(attachEngine({ socketPath: fake, version: 'test', heal: false })).rejects.toMatchObject({
    name: 'engine-strange',
  })
})

test('how an exec ended cannot be claimed by a person', async () => {
  const { socketPath } = await serve()
  const client = await attach(socketPath)
  await client.do(command('theirs'))
  await expect(client.do({ type: 'exec.end', id: 'exec-theirs', outcomes: [] })).rejects.toMatchObject({
    name: 'engine-only',
    exit: 5,
  })
})

test.each(['constructor', '__proto__', 'toString'])('an incident named %s is not there', async id => {
  const { socketPath } = await serve()
  const client = await attach(socketPath)
  await expect(client.do({ type: 'incidents.resolve', id, how: 'x' })).rejects.toMatchObject({ name: 'not-found' })
  await expect(client.do({ type: 'incidents.note', id, text: 'x' })).rejects.toMatchObject({ name: 'not-found' })
})

test.each([
  ['backwards', { from: 10, to: 5 }],
  ['of a thousand years', { from: 0, to: 3e13 }],
])('a window %s is refused', async (_what, window) => {
  const { socketPath } = await serve()
  const client = await attach(socketPath)
  await expect(client.ask('slots', window)).rejects.toMatchObject({ name: 'bad-window', exit: 2 })
})

test('of many logs one client has four read at once, and commands and other questions go on', async () => {
  const reading: (() => void)[] = []
  const logs: Answerers['logs'] = async ({ after }) => {
    await new Promise<void>(resolve => reading.push(resolve))
    return { lines: [], after, truncated: false, failed: null }
  }
  const { socketPath } = await serve({ answers: { logs } })
  const client = await attach(socketPath)
  const page = { node: 'paris', after: null, before: null, since: null, until: null, priority: null, unit: null }
  const asked = Array.from({ length: 9 }, () => client.ask('logs', { ...page, limit: 10 }))
  await expect(client.do(command('meanwhile'))).resolves.toMatchObject({ seq: 1 })
  await expect(client.ask('uptime', { from: 0, to: 1 })).resolves.toEqual([])
  expect(reading).toHaveLength(4)
  let answered = 0
  for (const one of asked) void one.then(() => answered++)
  while (answered < 9) {
    for (const end of reading.splice(0)) end()
    await new Promise(resolve => setImmediate(resolve))
    expect(reading.length).toBeLessThanOrEqual(4)
  }
})

test('a client knows who it is to the engine, and so does the engine itself', async () => {
  const { engine, socketPath } = await serve()
  const client = await attach(socketPath)
  expect([client.by(), client.roles()]).toEqual(['noc', ['operator']])
  expect([engine.by(), engine.roles()]).toEqual(['engine', []])
  const guest = engine.as({ by: 'guest', roles: [] })
  expect([guest.by(), guest.roles()]).toEqual(['guest', []])
})

const trouble = { failure: 'quota', code: null, message: 'x', at: 0 }
const prepared: Prepared = {
  provider: 'aws',
  region: 'eu-west-3',
  zone: null,
  otherZones: [],
  request: {},
  summary: [],
  resources: [],
}
const machine: Machine = {
  provider: 'aws',
  region: 'eu-west-3',
  zone: null,
  id: 'i-1',
  name: null,
  tags: {},
  token: null,
  state: 'running',
  stateWhy: null,
  type: 't4g.nano',
  arch: null,
  image: null,
  addresses: { ipv4: null, ipv6: null, private: null },
  launchedAt: null,
  checks: 'none',
  hostkeys: [],
  resources: [],
}
const oneOfEachMachine: { [T in MachinesCommand['type']]: Extract<MachinesCommand, { type: T }> } = {
  'machines.provision': {
    type: 'machines.provision',
    id: 'batch-1',
    nodes: [
      {
        node: 'paris',
        spec: {
          provider: 'aws',
          region: 'eu-west-3',
          type: 't4g.nano',
          arch: null,
          image: null,
          diskGb: null,
          ipv4: true,
          sshKeys: ['ssh-ed25519 AAAA'],
          meshPort: null,
          sshOpen: true,
        },
      },
    ],
    overBudget: false,
  },
  'machines.teardown': { type: 'machines.teardown', id: 'batch-2', nodes: ['paris'] },
  'machines.adopt': {
    type: 'machines.adopt',
    id: 'batch-3',
    node: 'paris',
    provider: 'aws',
    region: 'eu-west-3',
    machine: 'i-1',
  },
  'machines.settle': { type: 'machines.settle', op: 'op-1', prepared },
  'machines.created': { type: 'machines.created', op: 'op-1', machine, prices: [] },
  'machines.trouble': { type: 'machines.trouble', op: 'op-1', trouble, next: 'again' },
  'machines.reachable': { type: 'machines.reachable', op: 'op-1', machine },
  'machines.asked': { type: 'machines.asked', op: 'op-1', machines: [] },
  'machines.destroyed': { type: 'machines.destroyed', op: 'op-1', machines: [], leftovers: [] },
  'machines.adopted': { type: 'machines.adopted', op: 'op-1', machine, prices: [] },
  'machines.observe': { type: 'machines.observe', regions: [], prices: [] },
}
const oneOfEachMoney: { [T in MoneyCommand['type']]: Extract<MoneyCommand, { type: T }> } = {
  'money.refresh-prices': { type: 'money.refresh-prices', id: 'prices-1', provider: null },
  'money.ask-billing': { type: 'money.ask-billing', id: 'billing-1', provider: 'aws' },
  'money.report': {
    type: 'money.report',
    reported: {
      provider: 'hostkey',
      month: '2026-11',
      currency: 'EUR',
      micros: 3_900_000,
      asOf: 0,
      estimated: false,
      source: 'x',
      evidence: null,
    },
  },
  'money.answer': { type: 'money.answer', id: 'prices-1', prices: [], reported: [], trouble: null },
}

/** One of each, well-formed: the compiler and the test below see to it that none is forgotten. */
const oneOfEach: { [T in AnyCommand['type']]: Extract<AnyCommand, { type: T }> } = {
  'fleet.load': { type: 'fleet.load', sha256: 'a'.repeat(64), against: null, changes: [] },
  'fleet.refuse': { type: 'fleet.refuse', sha256: 'a'.repeat(64), errors: ['x'] },
  'fleet.accept': { type: 'fleet.accept', sha256: 'a'.repeat(64) },
  'fleet.lifecycle': { type: 'fleet.lifecycle', node: 'paris', to: 'live' },
  'watch.observe': { type: 'watch.observe', changes: [], mark: true },
  'incidents.ack': { type: 'incidents.ack', id: 'inc-1' },
  'incidents.resolve': { type: 'incidents.resolve', id: 'inc-1', how: 'x' },
  'incidents.note': { type: 'incidents.note', id: 'inc-1', text: 'x' },
  'incidents.add': { type: 'incidents.add', title: 'x', severity: 'SEV3', nodes: [] },
  'incidents.silence': { type: 'incidents.silence', selector: '*', until: 9e12, reason: 'x' },
  'incidents.unsilence': { type: 'incidents.unsilence', id: 'sil-1' },
  'incidents.maintain': { type: 'incidents.maintain', selector: '*', until: 9e12, reason: 'x' },
  'incidents.end-maintenance': { type: 'incidents.end-maintenance', id: 'mnt-1' },
  'alerts.delivered': { type: 'alerts.delivered', id: 'alt-1', attempt: 0 },
  'alerts.failed': { type: 'alerts.failed', id: 'alt-1', attempt: 0, why: 'x' },
  'alerts.test': { type: 'alerts.test', to: ['ntfy:https://ntfy.example/x'] },
  'exec.start': command('x'),
  'exec.end': { type: 'exec.end', id: 'exec-x', outcomes: [] },
  ...oneOfEachMachine,
  ...oneOfEachMoney,
}

test.each(commandTypes())('a read-only engine refuses everybody a %s', async type => {
  const one = Object.values<AnyCommand>(oneOfEach).find(each => each.type === type)
  if (!one) throw new Error(`no example of ${type}`)
  const { engine, socketPath } = await serve({ guard: createGuard({ readOnly: true }) })
  const client = await attach(socketPath)
  await expect(client.do(one)).rejects.toMatchObject({
    name: 'refused',
    exit: 5,
    message: `this engine is read-only: ${type} is refused`,
  })
  expect(engine.seq()).toBe(0)
})

test('a read-only engine still writes down what it sees', async () => {
  const { engine, socketPath } = await serve({ guard: createGuard({ readOnly: true }) })
  const client = await attach(socketPath)
  const seen = until(client, change => change.kind === 'events')
  await engine.do(oneOfEach['watch.observe'])
  await seen
  expect(engine.seq()).toBe(1)
})
