import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { MessageConnection } from 'vscode-jsonrpc/node'
import { attachEngine, type EngineClient } from '../../../src/engine/client.ts'
import type { Change, EngineInfo, LiveProbe } from '../../../src/engine/engine.ts'
import { createLocalEngine } from '../../../src/engine/local.ts'
import { initialState } from '../../../src/engine/nouns.ts'
import { serveEngine } from '../../../src/engine/server.ts'
import { type Challenge, connectionOver, protocol } from '../../../src/engine/wire.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { MemoryJournal } from './memory-journal.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

const engineInfo: EngineInfo = {
  pid: 1,
  since: 0,
  version: 'test',
  home: '/nowhere',
  homeKind: 'test',
  readOnly: false,
  clients: [],
  troubles: [],
}

async function serve(options: { uids?: Record<number, string>; journal?: () => Promise<never> } = {}) {
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
    answers: {
      uptime: async () => [],
      slots: async () => ({}),
      series: async () => [],
      rows: async () => [],
      journal: options.journal ?? (async () => []),
      journalBack: async () => ({ commits: [], before: null }),
      check: async () => [],
      output: async () => null,
    },
    runners: {},
    guard: () => null,
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
  const { server, socketPath } = await serve({ journal })
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
