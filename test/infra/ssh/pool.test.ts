import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ServerChannel } from 'ssh2'
import { afterEach, describe, expect, test } from 'vitest'
import type { SshPoolOptions } from '../../../infra/ssh/pool.ts'
import { SshError, type SshFailure, type SshPool, type SshTarget } from '../../../infra/ssh/ssh.ts'
import { Secret } from '../../../state/primitives/secret.ts'
import {
  answer,
  type Behaviour,
  finish,
  newKey,
  newPool,
  startServer,
  startTcp,
  type TestServer,
  targetAt,
} from './server.ts'

const endings: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

function pool(options: Partial<SshPoolOptions> = {}): SshPool {
  const made = newPool(options)
  endings.push(() => made.close())
  return made
}

async function server(behaviour: Behaviour = {}): Promise<TestServer> {
  const made = await startServer(behaviour)
  endings.push(() => made.close())
  return made
}

async function tcp(onSocket: Parameters<typeof startTcp>[0]) {
  const made = await startTcp(onSocket)
  endings.push(() => made.close())
  return { ...made, key: newKey(), clientKey: newKey() }
}

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'ssh-pool-'))
  endings.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** Like OpenSSH with a login that is root: a closed channel leaves its session taken while the command runs on. */
async function startStubborn(): Promise<TestServer> {
  const taken = new WeakMap<object, number>()
  return server({
    refuseSession: connection => (taken.get(connection) ?? 0) >= 2,
    run: (command, channel, connection) => {
      if (command !== 'sleep') return answer(command, channel)
      taken.set(connection, (taken.get(connection) ?? 0) + 1)
      channel.resume()
    },
  })
}

async function failureOf(promise: Promise<unknown>): Promise<SshError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof SshError) return error
  throw new Error(`expected an SshError, got ${String(error)}`)
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const deadlineMs = 8000

describe('exec', () => {
  test('gives output, exit status and time', async () => {
    const result = await pool().exec(targetAt(await server()), { argv: ['echo', 'hello'], deadlineMs })
    expect(result).toMatchObject({ outcome: 'ok', exit: 0, killedBy: null, truncated: false })
    expect(text(result.stdout)).toBe('hello\n')
    expect(result.ms).toBeGreaterThan(0)
  })

  test('a command that exits with another status than 0 has failed, and is told', async () => {
    const far = await server({
      run: (_command, channel) => {
        channel.stderr.write('no such unit')
        finish(channel, 4)
      },
    })
    const result = await pool().exec(targetAt(far), { argv: ['systemctl'], deadlineMs })
    expect(result).toMatchObject({ outcome: 'failed', exit: 4 })
    expect(text(result.stderr)).toBe('no such unit')
  })

  test('a command ended by a signal names it', async () => {
    const far = await server({
      run: (_command, channel) => {
        channel.exit('TERM', false, '')
        channel.end()
      },
    })
    expect(await pool().exec(targetAt(far), { argv: ['x'], deadlineMs })).toMatchObject({
      outcome: 'failed',
      exit: null,
      killedBy: 'SIGTERM',
    })
  })

  test('stdin arrives whole and is ended', async () => {
    const sent = 'x'.repeat(5_000_000)
    const result = await pool().exec(targetAt(await server()), {
      argv: ['cat'],
      stdin: sent,
      maxBytes: 6_000_000,
      deadlineMs,
    })
    expect(result.stdout.length).toBe(sent.length)
  })

  test('without stdin, a command that reads it sees its end at once', async () => {
    expect(await pool().exec(targetAt(await server()), { argv: ['cat'], deadlineMs })).toMatchObject({ outcome: 'ok' })
  })

  test('a flood is drained to its end and cut to the cap, and each piece is passed on', async () => {
    const flood = Buffer.alloc(20_000_000, 'y')
    const far = await server({
      run: (_command, channel) => {
        channel.write(flood, () => finish(channel, 0))
      },
    })
    let passed = 0
    const result = await pool().exec(targetAt(far), {
      argv: ['yes'],
      maxBytes: 1000,
      deadlineMs,
      onOutput: (_stream, piece) => {
        passed += piece.length
      },
    })
    expect(result).toMatchObject({ outcome: 'ok', truncated: true })
    expect(result.stdout.length).toBe(1000)
    expect(passed).toBe(flood.length)
  })

  test('at the deadline its channel is closed, and what a command said so far is kept', async () => {
    let closed: () => void = () => undefined
    const isClosed = new Promise<void>(resolve => {
      closed = resolve
    })
    const far = await server({
      run: (_command, channel) => {
        channel.on('close', () => closed())
        channel.resume()
        channel.write('begun')
      },
    })
    const result = await pool().exec(targetAt(far), { argv: ['sleep', '1000'], deadlineMs: 1000 })
    expect(result).toMatchObject({ outcome: 'timeout', exit: null })
    expect(text(result.stdout)).toBe('begun')
    await isClosed
  })

  test('a cancelled command ends at once and is not a success', async () => {
    const controller = new AbortController()
    const far = await server({ run: () => controller.abort() })
    const error = await failureOf(
      pool().exec(targetAt(far), { argv: ['sleep'], deadlineMs, signal: controller.signal }),
    )
    expect(error.failure).toBe('cancelled')
  })

  test('a connection that dies in the middle is closed, never ok, and the next command works again', async () => {
    let first = true
    const far = await server({
      run: (command, channel, connection) => {
        if (!first) return answer(command, channel)
        first = false
        channel.write('half of it')
        connection.end()
      },
    })
    const ssh = pool()
    expect((await failureOf(ssh.exec(targetAt(far), { argv: ['x'], deadlineMs }))).failure).toBe('closed')
    expect(await ssh.exec(targetAt(far), { argv: ['echo', 'back'], deadlineMs })).toMatchObject({ outcome: 'ok' })
  })

  test('a channel that closes without an exit status is closed, never ok', async () => {
    const far = await server({ run: (_command, channel) => channel.close() })
    expect((await failureOf(pool().exec(targetAt(far), { argv: ['x'], deadlineMs }))).failure).toBe('closed')
  })

  test('a server that refuses every session is told as such', async () => {
    const far = await server({ maxSessions: 0 })
    expect((await failureOf(pool().exec(targetAt(far), { argv: ['x'], deadlineMs }))).failure).toBe('refused')
  })
})

describe('many at once', () => {
  test('forty commands share one connection and no more than its ten sessions', async () => {
    const far = await server({ maxSessions: 10 })
    const ssh = pool()
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ssh.exec(targetAt(far), { argv: ['echo', `${i}`], deadlineMs })),
    )
    expect(results.map(result => text(result.stdout).trim())).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`))
    expect(far.accepted()).toBe(1)
    expect(far.peakSessions()).toBeLessThanOrEqual(10)
  })

  test('a server that allows fewer sessions is learned, and nothing is lost', async () => {
    const far = await server({ maxSessions: 3 })
    const ssh = pool()
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) => ssh.exec(targetAt(far), { argv: ['echo', `${i}`], deadlineMs })),
    )
    expect(results.every(result => result.outcome === 'ok')).toBe(true)
    expect(far.accepted()).toBe(1)
  })

  test('when given up commands hold every session, a new connection takes over', async () => {
    const far = await startStubborn()
    const ssh = pool()
    const target = targetAt(far)
    await ssh.exec(target, { argv: ['echo'], deadlineMs })
    const given = Array.from({ length: 2 }, () => ssh.exec(target, { argv: ['sleep'], deadlineMs: 300 }))
    expect((await Promise.all(given)).map(result => result.outcome)).toEqual(['timeout', 'timeout'])
    expect(await ssh.exec(target, { argv: ['echo'], deadlineMs })).toMatchObject({ outcome: 'ok' })
    expect(far.accepted()).toBe(2)
  })

  test('handshakes are capped', async () => {
    let shaking = 0
    let peak = 0
    const far = await server({
      onConnection: connection => {
        peak = Math.max(peak, ++shaking)
        connection.on('ready', () => {
          shaking--
        })
      },
    })
    const ssh = pool({ maxHandshakes: 3 })
    const targets = Array.from({ length: 12 }, (_, i) => targetAt(far, { node: `node-${i}` }))
    await Promise.all(targets.map(target => ssh.exec(target, { argv: ['echo'], deadlineMs })))
    expect(far.accepted()).toBe(12)
    expect(peak).toBeLessThanOrEqual(3)
    expect(ssh.stats()).toEqual({ open: 12, connecting: 0 })
  })

  test('dropping a node closes its connection only', async () => {
    const far = await server()
    const ssh = pool()
    for (const node of ['a', 'b']) await ssh.exec(targetAt(far, { node }), { argv: ['echo'], deadlineMs })
    ssh.drop('a')
    expect(ssh.stats().open).toBe(1)
  })

  test('a connection that nothing uses is closed', async () => {
    const ssh = pool({ idleMs: 40 })
    let closed: () => void = () => undefined
    const isClosed = new Promise<void>(resolve => {
      closed = resolve
    })
    const watched = await server({ onConnection: connection => connection.on('close', () => closed()) })
    await ssh.exec(targetAt(watched), { argv: ['echo'], deadlineMs })
    await isClosed
    expect(ssh.stats().open).toBe(0)
  })
})

describe('what a host may do wrong before it lets us in', () => {
  test.each<[string, SshFailure, Parameters<typeof startTcp>[0]]>([
    ['closes at once', 'closed', socket => socket.end()],
    [
      'speaks another protocol',
      'refused',
      socket => socket.end(`HTTP/1.1 400 Bad Request\r\n\r\n${'x'.repeat(10_000)}`),
    ],
    ['says nothing', 'timeout', () => undefined],
    ['sends a byte now and then', 'timeout', socket => dribble(socket, 'SSH-2.0-slow')],
    [
      'sends garbage after its greeting',
      'refused',
      socket => socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(64, 0xff)])),
    ],
    ['drops after its greeting', 'closed', socket => socket.end('SSH-2.0-x\r\n')],
  ])('one that %s: %s', async (_name, failure, onSocket) => {
    const far = await tcp(onSocket)
    const error = await failureOf(pool().exec(targetAt(far), { argv: ['x'], deadlineMs: 1500 }))
    expect(error.failure).toBe(failure)
  })

  test('one that nothing listens on is unreachable, in words', async () => {
    const far = await tcp(() => undefined)
    await far.close()
    const error = await failureOf(pool().exec(targetAt(far), { argv: ['x'], deadlineMs }))
    expect(error.failure).toBe('unreachable')
    expect(error.detail).toContain('connection refused')
  })

  test('one that drops after the key exchange is closed', async () => {
    const far = await server({ onConnection: connection => connection.on('handshake', () => connection.end()) })
    expect((await failureOf(pool().exec(targetAt(far), { argv: ['x'], deadlineMs }))).failure).toBe('closed')
  })

  test('one that stalls after the key exchange gives way to the next once nobody waits for it', async () => {
    const far = await server({ onConnection: connection => connection.removeAllListeners('authentication') })
    const stalled = await tcp(() => undefined)
    const ssh = pool({ maxHandshakes: 1 })
    expect((await failureOf(ssh.exec(targetAt(stalled), { argv: ['x'], deadlineMs: 200 }))).failure).toBe('timeout')
    expect(await ssh.exec(targetAt(far, { node: 'b' }), { argv: ['echo'], deadlineMs })).toMatchObject({
      outcome: 'ok',
    })
  })

  test('one that lets nobody in: the methods that were tried are named', async () => {
    const far = await server({ refuseLogin: true })
    const error = await failureOf(pool().connect(targetAt(far), { deadlineMs }))
    expect(error.failure).toBe('auth')
    expect(error.detail).toContain('publickey ed25519')
  })

  test('a node that is known to be dead answers a periodic look at once, and is tried when somebody asks', async () => {
    let attempts = 0
    const far = await tcp(socket => {
      attempts++
      socket.destroy()
    })
    const ssh = pool({ backoff: { firstMs: 60_000, mostMs: 60_000 } })
    const target = targetAt(far)
    const first = await failureOf(ssh.connect(target, { deadlineMs, periodic: true }))
    const second = await failureOf(ssh.connect(target, { deadlineMs, periodic: true }))
    expect(second).toBe(first)
    expect(attempts).toBe(1)
    await failureOf(ssh.exec(target, { argv: ['x'], deadlineMs }))
    expect(attempts).toBe(2)
  })
})

function dribble(
  socket: { write(text: string): unknown; on(event: 'close', listener: () => void): unknown },
  greeting: string,
) {
  let at = 0
  const timer = setInterval(() => socket.write(greeting[at++ % greeting.length] ?? ''), 50)
  socket.on('close', () => clearInterval(timer))
}

describe('the host key', () => {
  test('that is pinned is accepted, also when the host has others that it shows first', async () => {
    const rsa = newKey('rsa')
    const far = await server({ hostKeys: [newKey('ed25519'), newKey('ecdsa'), rsa] })
    const report = await pool().connect(targetAt(far, { hostkeys: [rsa.fingerprint] }), { deadlineMs })
    expect(report).toMatchObject({
      method: 'publickey ed25519',
      hostkey: { type: 'ssh-rsa', fingerprint: rsa.fingerprint },
    })
  })

  test('another than the pinned one is refused, with both fingerprints and a way out', async () => {
    const far = await server()
    const pinned = newKey().fingerprint
    const error = await failureOf(pool().connect(targetAt(far, { hostkeys: [pinned] }), { deadlineMs }))
    expect(error.failure).toBe('hostkey-changed')
    expect(error.detail).toContain(pinned)
    expect(error.detail).toContain(far.key.fingerprint)
    expect(error.detail).toContain('fleet file')
  })

  test('that nothing knows is refused before anything is sent', async () => {
    const far = await server({
      onConnection: connection => connection.on('authentication', () => expect.unreachable()),
    })
    const error = await failureOf(pool().exec(targetAt(far, { hostkeys: [] }), { argv: ['x'], deadlineMs }))
    expect(error.failure).toBe('hostkey-unknown')
    expect(error.detail).toContain(far.key.fingerprint)
  })

  test('is remembered when told so, and a host that then shows another is refused with the line of the old one', async () => {
    const file = path.join(folder(), 'known_hosts')
    const far = await server()
    const target = targetAt(far, { hostkeys: [], knownHosts: [file] })
    const ssh = pool()
    expect(await ssh.remember(target, { file, deadlineMs, expect: null })).toMatchObject({
      fingerprint: far.key.fingerprint,
    })
    expect(await ssh.exec(target, { argv: ['echo'], deadlineMs })).toMatchObject({ outcome: 'ok' })
    writeFileSync(file, readFileSync(file, 'utf8').replace(/AAAA.*/, newKey().publicText.split(' ')[1] ?? ''))
    const error = await failureOf(ssh.connect(target, { deadlineMs, fresh: true }))
    expect(error.failure).toBe('hostkey-changed')
    expect(error.detail).toContain('known_hosts:1')
    expect(error.detail).toContain('ssh-keygen -R')
  })

  test('is not remembered when it is another than the one expected', async () => {
    const file = path.join(folder(), 'known_hosts')
    const far = await server()
    const target = targetAt(far, { hostkeys: [], knownHosts: [file] })
    const error = await failureOf(pool().remember(target, { file, deadlineMs, expect: newKey().fingerprint }))
    expect(error.failure).toBe('hostkey-changed')
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })
})

describe('jump hosts', () => {
  const behind = (far: TestServer, jump: SshTarget) => targetAt(far, { node: 'behind', jump })

  test('carry connections, each of them pooled', async () => {
    const [hop, far] = [await server(), await server()]
    const ssh = pool()
    const target = behind(far, targetAt(hop, { node: 'hop' }))
    for (const word of ['one', 'two'])
      expect(text((await ssh.exec(target, { argv: ['echo', word], deadlineMs })).stdout)).toBe(`${word}\n`)
    expect([hop.accepted(), far.accepted(), ssh.stats().open]).toEqual([1, 1, 2])
  })

  test('work with a single handshake at once', async () => {
    const [hop, far] = [await server(), await server()]
    const target = behind(far, targetAt(hop, { node: 'hop' }))
    expect(await pool({ maxHandshakes: 1 }).exec(target, { argv: ['echo'], deadlineMs })).toMatchObject({
      outcome: 'ok',
    })
  })

  test('that forward nothing make the node unreachable', async () => {
    const [hop, far] = [await server({ forward: false }), await server()]
    const error = await failureOf(pool().exec(behind(far, targetAt(hop, { node: 'hop' })), { argv: ['x'], deadlineMs }))
    expect(error.failure).toBe('unreachable')
  })

  test('whose own key has changed are named in the error', async () => {
    const [hop, far] = [await server(), await server()]
    const jump = targetAt(hop, { node: 'hop', hostkeys: [newKey().fingerprint] })
    const error = await failureOf(pool().exec(behind(far, jump), { argv: ['x'], deadlineMs }))
    expect([error.node, error.failure]).toEqual(['hop', 'hostkey-changed'])
  })
})

test.each([
  [{ host: '-oProxyCommand=touch /tmp/x' }, 'begins with'],
  [{ host: 'a b' }, 'characters'],
  [{ user: '-l' }, 'login name'],
  [{ port: 0 }, 'no port'],
])('a target of %j is refused before any connection', async (change, words) => {
  const far = await server()
  const error = await failureOf(pool().exec(targetAt(far, change), { argv: ['x'], deadlineMs }))
  expect(error.failure).toBe('refused')
  expect(error.detail).toContain(words)
  expect(far.accepted()).toBe(0)
})

describe('become with a password', () => {
  /** Plays sudo: asks with the prompt of `-p`, then runs the mark and the command as `sh -c` would. */
  const sudo =
    (password: string, needsPassword = true) =>
    (command: string, channel: ServerChannel) => {
      commands.push(command)
      const prompt = /-p '([^']+)'/.exec(command)?.[1] ?? ''
      const mark = /(\[watchfloor \w+\] begins\n)/.exec(command)?.[1] ?? ''
      let input = ''
      let isIn = !needsPassword
      if (isIn) channel.stderr.write(mark)
      else channel.stderr.write(prompt.slice(0, 5))
      if (!isIn) setImmediate(() => channel.stderr.write(prompt.slice(5)))
      channel.on('data', (piece: Buffer) => {
        input += piece.toString()
        if (isIn || !input.includes('\n')) return
        const line = input.slice(0, input.indexOf('\n'))
        input = input.slice(line.length + 1)
        isIn = line === password
        channel.stderr.write(isIn ? `${mark}warning` : `Sorry, try again.\n${prompt}`)
      })
      channel.on('end', () => {
        channel.write(`read:${input}`)
        finish(channel, 0)
      })
    }
  const commands: string[] = []
  const target = (far: TestServer, password: string) =>
    targetAt(far, { become: { method: 'sudo', password: secret(password) } })
  const secret = (value: string) => new Secret(value)

  test.each([true, false])('gives it only when asked (asked: %s); stdin belongs to the command', async asked => {
    const far = await server({ run: sudo('geheim', asked) })
    const result = await pool().exec(target(far, 'geheim'), { argv: ['tee', '/x'], stdin: 'mine', deadlineMs })
    expect(text(result.stdout)).toBe('read:mine')
    expect(text(result.stderr)).toBe(asked ? 'warning' : '')
    expect(commands.join()).not.toContain('geheim')
  })

  test('a wrong one is a failure of become, and shows nothing of it', async () => {
    const far = await server({ run: sudo('geheim') })
    const error = await failureOf(pool().exec(target(far, 'falsch'), { argv: ['id'], deadlineMs }))
    expect(error.failure).toBe('become')
    expect(error.detail).toContain('Sorry')
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('falsch')
  })

  test('without a password, sudo that refuses is a failure of become; a command that fails is not', async () => {
    const says = (words: string, exit: number): Behaviour => ({
      run: (_command, channel) => {
        channel.stderr.write(words)
        finish(channel, exit)
      },
    })
    const bare = (far: TestServer) => targetAt(far, { become: { method: 'sudo', password: null } })
    const refusing = await server(says('sudo: a password is required\n', 1))
    expect((await failureOf(pool().exec(bare(refusing), { argv: ['id'], deadlineMs }))).failure).toBe('become')
    const failing = await server(says('id: no such user\n', 1))
    expect(await pool().exec(bare(failing), { argv: ['id'], deadlineMs })).toMatchObject({ outcome: 'failed', exit: 1 })
  })
})
