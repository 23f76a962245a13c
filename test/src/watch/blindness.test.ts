// HQ's own sight: what counts as blind, what does not, and how the canaries look at a real machine.
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CanaryResult, rounded, type Sight, startSight, ticked } from '../../../src/watch/blindness.ts'
import { createCanaries, defaultGateway, splitEndpoint } from '../../../src/watch/canaries.ts'
import type { ProbeContext } from '../../../src/watch/probe.ts'

const at = (second: number) => ({ wall: 1_000_000 + second * 1_000, mono: second * 1_000 })
const result = (ok: boolean | null): CanaryResult => ({ name: String(ok), ok, detail: '' })

function rounds(
  answers: readonly (readonly (boolean | null)[])[],
  answeredAt = -1,
  from: Sight = startSight(at(0)),
): Sight {
  let sight = from
  for (const [index, answer] of answers.entries()) {
    const second = 1 + index * 2
    const round = { started: second * 1_000, answeredAt: answeredAt * 1_000, patienceMs: 10_000 }
    sight = rounded(sight, answer.map(result), round, at(second + 0.5))
  }
  return sight
}

describe('rounds of canaries', () => {
  test.each<[string, (boolean | null)[][], number, boolean]>([
    ['no canaries: not blind', [[], []], -1, false],
    ['all failing once: not yet', [[false, false]], -1, false],
    [
      'all failing twice: blind',
      [
        [false, false],
        [false, false],
      ],
      -1,
      true,
    ],
    [
      'all failing twice, though nodes answer: blind',
      [
        [false, false],
        [false, false],
      ],
      3,
      true,
    ],
    ['a good round between: not blind', [[false], [true], [false]], -1, false],
    [
      'half failing for ten seconds and no node answers: blind',
      Array.from({ length: 7 }, () => [true, false]),
      -1,
      true,
    ],
    ['half failing for less: not yet', Array.from({ length: 4 }, () => [true, false]), -1, false],
    ['half failing and the nodes fell silent: blind', Array.from({ length: 20 }, () => [true, false]), 2, true],
    ['less than half failing: not blind', Array.from({ length: 20 }, () => [true, true, false]), -1, false],
    [
      'what cannot be tried has no vote',
      [
        [null, false],
        [null, false],
      ],
      -1,
      true,
    ],
    [
      'when nothing can be tried: not blind',
      [
        [null, null],
        [null, null],
      ],
      -1,
      false,
    ],
  ])('%s', (_sentence, answers, answeredAt, isBlind) => {
    expect(rounds(answers, answeredAt).blind !== null).toBe(isBlind)
  })

  test('nodes that answer again and again keep half-failing canaries from blinding', () => {
    let sight = startSight(at(0))
    for (let second = 1; second < 120; second += 2) {
      const round = { started: second * 1_000, answeredAt: (second - 1) * 1_000, patienceMs: 10_000 }
      sight = rounded(sight, [result(true), result(false)], round, at(second))
    }
    expect(sight.blind).toBeNull()
    expect(sight.sawAt).toBeGreaterThan(100_000)
  })

  test('a good round ends blindness and moves the moment from which pushes are missed', () => {
    const sight = rounds([[false], [false], [true]])
    expect([sight.blind, sight.listeningSince]).toEqual([null, 5_500])
  })
})

describe('the clock of HQ', () => {
  test.each<[string, number, number, boolean]>([
    ['a tick a second is nothing', 1, 0, false],
    ['a hiccup of five seconds excuses pushes only', 5, 0, false],
    ['standing still for eleven seconds is blindness', 11, 0, true],
    ['the wall clock jumping by a minute is blindness', 1, 60, true],
    ['backwards too', 1, -60, true],
    ['a second of NTP is nothing', 1, 1, false],
  ])('%s', (_sentence, passed, jump, isBlind) => {
    const now = { wall: at(passed).wall + jump * 1_000, mono: at(passed).mono }
    const sight = ticked(startSight(at(0)), at(0), now)
    expect(sight.blind !== null).toBe(isBlind)
    expect(sight.listeningSince).toBe(passed > 3 || isBlind ? now.mono : 0)
  })
})

describe('canaries on a real machine', () => {
  const server = createServer(socket => socket.end())
  let port = 0
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address && typeof address === 'object') port = address.port
  })
  afterAll(() => new Promise<void>(resolve => server.close(() => resolve())))

  const answer =
    (exit: number | null, missing = false): ProbeContext['runLocal'] =>
    async argv => {
      ran.push([...argv])
      return { exit, stdout: new Uint8Array(), stderr: new Uint8Array(), timedOut: false, missing, truncated: false }
    }
  let ran: string[][] = []

  test('an open port is a canary that lives, a closed one is dead', async () => {
    const closed = createServer()
    await new Promise<void>(resolve => closed.listen(0, '127.0.0.1', resolve))
    const address = closed.address()
    const dead = address && typeof address === 'object' ? address.port : 0
    await new Promise<void>(resolve => closed.close(() => resolve()))
    const canaries = createCanaries({ list: [`127.0.0.1:${port}`, `127.0.0.1:${dead}`], runLocal: answer(0) })
    const found = await canaries.look()
    expect(found.map(one => [one.ok, one.detail])).toEqual([
      [true, 'open'],
      [false, 'ECONNREFUSED'],
    ])
  })

  test('the gateway is taken from the routing table and pinged', async () => {
    ran = []
    const table =
      'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\neth0 00000000 0102000A 0003 0 0 100 00000000 0 0 0\n'
    const canaries = createCanaries({
      list: ['gateway'],
      runLocal: answer(0),
      routes: async () => table,
      ping: ['/opt/ping'],
    })
    expect(await canaries.look()).toEqual([{ name: 'gateway', ok: true, detail: 'answers' }])
    expect(ran).toEqual([['/opt/ping', '-n', '-c', '1', '-W', '2', '10.0.2.1']])
  })

  test('no default route is a dead canary; no routing table is none', async () => {
    const look = (routes: () => Promise<string>) =>
      createCanaries({ list: ['gateway'], runLocal: answer(0), routes }).look()
    expect((await look(async () => 'Iface\n'))[0]?.ok).toBe(false)
    expect((await look(() => Promise.reject(new Error('ENOENT'))))[0]?.ok).toBeNull()
  })

  test('a ping that gets no answer is a dead canary', async () => {
    const canaries = createCanaries({ list: ['192.0.2.1'], runLocal: answer(1) })
    expect((await canaries.look())[0]).toMatchObject({ ok: false, detail: 'no answer to ping' })
  })

  test('without a ping program even a refused connection proves that somebody is there', async () => {
    const canaries = createCanaries({ list: ['127.0.0.1'], runLocal: answer(null, true) })
    expect((await canaries.look())[0]?.ok).toBe(true)
  })

  test('of two default routes the one with the lower metric counts', () => {
    const line = (gateway: string, metric: number) => `eth0 00000000 ${gateway} 0003 0 0 ${metric} 00000000 0 0 0`
    expect(defaultGateway(['Iface', line('0101A8C0', 600), line('0100A8C0', 100)].join('\n'))).toBe('192.168.0.1')
  })

  test.each([
    ['192.0.2.1:53', { host: '192.0.2.1', port: 53 }],
    ['[2001:db8::1]:53', { host: '2001:db8::1', port: 53 }],
    ['2001:db8::53', null],
    ['192.0.2.1', null],
    ['dns.example:0', null],
  ])('%s', (text, endpoint) => expect(splitEndpoint(text)).toEqual(endpoint))
})
