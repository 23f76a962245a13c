// Commands over the pool's connections: what they give, what ends them, and how many go at once.
import { describe, expect, test } from 'vitest'
import { deadlineMs, failureOf, pool, server, text } from './pool-room.ts'
import { answer, finish, type TestServer, targetAt } from './server.ts'

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
