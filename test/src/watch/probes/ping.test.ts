// Ping: parsers on real output, the argument lists, and the real programs on loopback where they are installed.
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { LocalResult } from '../../../../infra/local/run.ts'
import type { DirectProbe } from '../../../../src/watch/probe.ts'
import { verdict } from '../../../../src/watch/probes/mesh.ts'
import { readFping, readPing } from '../../../../src/watch/probes/ping.ts'
import { context, fixture, fleet, kindOf, node, probes, text } from './world.ts'

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const never = new AbortController().signal

function pingKind(): DirectProbe {
  const kind = kindOf('ping')
  if (kind.from !== 'hq') throw new Error('ping looks from HQ')
  return kind
}

test.each([
  ['ping', { sent: 3, received: 3, min: 0.036, avg: 0.119, max: 0.242 }],
  ['busybox-ping', { sent: 3, received: 3, min: 0.028, avg: 0.064, max: 0.083 }],
  ['ping-silent', null],
  ['busybox-ping-silent', null],
  ['ping-no-network', null],
])('%s is read as %j', (name, wanted) => {
  expect(readPing(text(fixture(name)))).toEqual(wanted)
})

test('fping tells each target alive or unreachable', () => {
  expect([...readFping(text(fixture('fping-silent')))]).toEqual([
    ['127.0.0.1', 0.169],
    ['10.99.0.2', null],
    ['10.99.0.9', null],
  ])
})

describe('in bulk', () => {
  const nodes = ['127.0.0.1', '10.99.0.2', '10.99.0.9'].map((address, at) => node(`n${at}`, { address }))
  const all = fleet(nodes)

  async function bulk(result: Partial<LocalResult>, seen: string[][] = []) {
    const looks = nodes.flatMap(on =>
      probes('ping', {}, on, all).map(probe => ({
        probe,
        context: context(on, {
          fleet: all,
          runLocal: async argv => {
            seen.push([...argv])
            return {
              exit: 0,
              stdout: new Uint8Array(),
              stderr: new Uint8Array(),
              timedOut: false,
              missing: false,
              ...result,
            }
          },
        }),
      })),
    )
    return pingKind().lookMany?.(looks, never)
  }

  test('one process looks at all targets, and addresses follow the end of options', async () => {
    const seen: string[][] = []
    const outcomes = await bulk(fixture('fping-silent'), seen)
    expect(outcomes?.map(outcome => outcome.ok)).toEqual([true, false, false])
    expect(seen).toHaveLength(1)
    expect(seen[0]?.slice(-4)).toEqual(['--', '127.0.0.1', '10.99.0.2', '10.99.0.9'])
  })

  test("a packet that HQ could not even send is HQ's trouble: unknown", async () => {
    const outcomes = await bulk(fixture('fping-no-network'))
    expect(outcomes?.[0]).toMatchObject({ ok: true })
    expect(outcomes?.[2]).toMatchObject({ ok: null })
  })

  test('a program that prints nothing knows nothing', async () => {
    expect((await bulk({ exit: 4, stderr: Buffer.from('fping: bad') }))?.map(one => one.ok)).toEqual([null, null, null])
  })

  test('without fping each is looked at alone', async () => {
    expect(await bulk({ missing: true })).toBeNull()
  })
})

describe('alone', () => {
  async function alone(result: Partial<LocalResult>, count = 1) {
    const on = node('n')
    const made = probes('ping', {}, on)
    const [probe] = made
    if (!probe) throw new Error('no probe')
    const all = fleet([on], { probes: Array.from({ length: count }, () => probe) })
    const runLocal = async (): Promise<LocalResult> => ({
      exit: 0,
      stdout: new Uint8Array(),
      stderr: new Uint8Array(),
      timedOut: false,
      missing: false,
      ...result,
    })
    return pingKind().look(probe, context(on, { fleet: all, runLocal }), never)
  }

  test.each([
    ['an answer', fixture('ping'), { ok: true, ms: 0.119 }],
    ['silence', fixture('ping-silent'), { ok: false }],
    ["silence by busybox's words", fixture('busybox-ping-silent'), { ok: false }],
    ["no network on HQ's side", fixture('ping-no-network'), { ok: null }],
    ['no program', { missing: true }, { ok: null }],
    ['a deadline', { timedOut: true, exit: null }, { ok: false }],
  ])('%s', async (_, result, wanted) => {
    expect(await alone(result)).toMatchObject(wanted)
  })

  test('a big fleet does not get a process a target', async () => {
    const outcome = await alone(fixture('ping'), 129)
    expect(outcome.ok).toBeNull()
    expect(outcome.detail).toContain('fping')
  })
})

test('the ways that a node has become targets', () => {
  const both = node('n', { address: '192.0.2.7', mesh: '10.84.0.9' })
  const ids = (via?: string) =>
    probes('ping', via === undefined ? {} : { via }, both).map(({ id, target }) => [id, target])
  expect(ids()).toEqual([['ping:mesh', '10.84.0.9']])
  expect(ids('both')).toEqual([
    ['ping:public', '192.0.2.7'],
    ['ping:mesh', '10.84.0.9'],
  ])
  expect(probes('ping', { via: 'mesh' }, node('bare'))).toEqual([])
})

test.skipIf(!has('ping'))('the real ping answers from loopback', async () => {
  const on = node('here')
  const [probe] = probes('ping', {}, on)
  if (!probe) throw new Error('no probe')
  expect(await pingKind().look(probe, context(on), never)).toMatchObject({ ok: true })
})

test.skipIf(!has('fping'))('the real fping looks at many loopback addresses at once', async () => {
  const looks = Array.from({ length: 100 }, (_, at) => node(`n${at}`, { address: `127.0.1.${at + 1}` })).flatMap(on =>
    probes('ping', {}, on).map(probe => ({ probe, context: context(on) })),
  )
  const outcomes = await pingKind().lookMany?.(looks, never)
  expect(outcomes).toHaveLength(100)
  expect(outcomes?.every(outcome => outcome.ok === true && outcome.ms !== null)).toBe(true)
})

describe('mesh', () => {
  const trips = { sent: 3, received: 3, min: 1, avg: 2, max: 3 }
  test.each([
    ['both ways', trips, trips, { ok: true, ms: 2, values: { min_ms: 1, max_ms: 3, lost_packets: 0 } }],
    ['one way only', trips, 'silent', { ok: false, detail: 'no answer: b → a' }],
    ['no way', 'silent', 'silent', { ok: false, detail: 'no answer: a → b, b → a' }],
    ['one end that cannot look', trips, { unseen: 'b: unreachable' }, { ok: null }],
    ['one end silent, the other not to be asked', 'silent', { unseen: 'b: unreachable' }, { ok: false }],
    ['a lost packet', { ...trips, received: 2 }, trips, { ok: true, warn: true }],
  ] as const)('%s', (_, there, back, wanted) => {
    expect(verdict(there, back, 'a', 'b', null)).toMatchObject(wanted)
  })

  test('pairs are made with the hub, by name, by tag or with all', () => {
    const a = node('a', { mesh: '10.0.0.1' })
    const b = node('b', { mesh: '10.0.0.2', tags: ['eu'] })
    const all = fleet([a, b, node('c', { mesh: '10.0.0.3' }), node('bare')], {
      mesh: { kind: 'wireguard', interface: 'wg0', cidr: '10.0.0.0/24', hub: 'c' },
    })
    const pairs = (options: Readonly<Record<string, unknown>>) => probes('mesh', options, a, all).map(({ id }) => id)
    expect(pairs({})).toEqual(['mesh:c'])
    expect(pairs({ to: '@eu' })).toEqual(['mesh:b'])
    expect(pairs({ to: ['a', 'c'] })).toEqual(['mesh:c'])
    expect(pairs({ to: '*' })).toEqual(['mesh:b', 'mesh:c'])
  })
})
