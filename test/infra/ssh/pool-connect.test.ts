// The way to a node: what hosts do wrong before they let us in, host keys, jump hosts.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SshFailure, SshTarget } from '../../../infra/ssh/ssh.ts'
import { deadlineMs, failureOf, folder, pool, server, tcp, text } from './pool-room.ts'
import { newKey, type startTcp, type TestServer, targetAt } from './server.ts'

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
