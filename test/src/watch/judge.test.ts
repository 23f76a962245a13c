// The smaller judges: late pushes, groups, words for people, and the heap of deadlines.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDeadlines } from '../../../src/watch/judge-deadlines.ts'
import { type Group, judgeGroups } from '../../../src/watch/judge-group.ts'
import { judgePush } from '../../../src/watch/judge-push.ts'
import { explain, type Path } from '../../../src/watch/judge-reason.ts'

const s = 1_000

describe('pushes', () => {
  const rule = { everyMs: 30 * s, missed: 2 }
  test.each<[string, number | null, number, number, boolean | null, string]>([
    ['none yet, just started: cannot say', null, 0, 62, null, 'no push yet'],
    ['none for two intervals: never pushed', null, 0, 63, false, 'has never pushed (2 missed)'],
    ['one is late: still in time', 100, 0, 150, true, 'pushed 50 s ago'],
    ['two missed, within the grace: still in time', 100, 0, 162, true, 'pushed 62 s ago'],
    ['two missed', 100, 0, 163, false, 'has not pushed for 63 s (2 missed)'],
    ['the sentence counts on', 100, 0, 174, false, 'has not pushed for 74 s (2 missed)'],
    ['and in bigger units', 100, 0, 100 + 7_300, false, 'has not pushed for 2 h (243 missed)'],
    ['after HQ woke two intervals are excused', 100, 700, 762, true, 'pushed 11 min ago'],
    ['not three', 100, 700, 763, false, 'has not pushed for 11 min (22 missed)'],
  ])('%s', (_sentence, last, listening, now, ok, detail) => {
    const verdict = judgePush(rule, last === null ? null : last * s, listening * s, now * s)
    expect([verdict.ok, verdict.detail]).toEqual([ok, detail])
  })
})

describe('groups', () => {
  const nodes = (count: number, prefix = 'n') => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
  const down = (names: readonly string[], at = 0) => names.map(node => ({ node, at }))
  const aws: Group = { key: 'provider aws', nodes: nodes(10) }
  const none = new Map<string, { openedAt: number; nodes: readonly string[] }>()

  test.each<[string, number, number, number]>([
    ['two of three are too few', 3, 2, 0],
    ['three of three are a group', 3, 3, 1],
    ['three of ten are not more than 30 %', 10, 3, 0],
    ['four of ten are', 10, 4, 1],
  ])('%s', (_sentence, size, fallen, expected) => {
    const group = { key: 'region eu', nodes: nodes(size) }
    expect(judgeGroups([group], down(nodes(fallen)), none, 30 * s)).toHaveLength(expected)
  })

  test('those that fell more than a minute ago are another story', () => {
    expect(judgeGroups([aws], [...down(nodes(3), 0), { node: 'n9', at: 70 * s }], none, 70 * s)).toEqual([])
  })

  test('the group that explains most wins; of equals the smallest', () => {
    const region = { key: 'region eu', nodes: nodes(5) }
    expect(judgeGroups([aws, region], down(nodes(5)), none, 1)[0]?.key).toBe('region eu')
    expect(judgeGroups([region, aws], down(nodes(8)), none, 1)[0]?.key).toBe('provider aws')
  })

  test('two regions at once are two groups', () => {
    const groups = [
      { key: 'region a', nodes: nodes(4, 'a') },
      { key: 'region b', nodes: nodes(4, 'b') },
    ]
    const found = judgeGroups(groups, down([...nodes(4, 'a'), ...nodes(4, 'b')]), none, 1)
    expect(found.map(one => one.key)).toEqual(['region a', 'region b'])
  })

  test('a region that fell first becomes part of its provider when that falls too', () => {
    const region = { key: 'region eu', nodes: nodes(4) }
    const open = new Map([['region eu', { openedAt: 10 * s, nodes: nodes(4) }]])
    const fallen = [...down(nodes(4), 5 * s), ...down(['n7', 'n8'], 65 * s)]
    const [found, more] = judgeGroups([region, aws], fallen, open, 66 * s)
    expect([found?.key, found?.absorbs, found?.nodes.length, more]).toEqual([
      'provider aws',
      ['region eu'],
      6,
      undefined,
    ])
  })

  test('a region is not cut out of its provider that fell before', () => {
    const region = { key: 'region eu', nodes: nodes(4) }
    const open = new Map([['provider aws', { openedAt: 10 * s, nodes: nodes(8) }]])
    expect(judgeGroups([region, aws], down(nodes(8), 9 * s), open, 12 * s)).toEqual([])
  })

  test('a latecomer joins; one that falls much later does not', () => {
    const open = new Map([['provider aws', { openedAt: 0, nodes: nodes(5) }]])
    expect(judgeGroups([aws], [{ node: 'n7', at: 300 * s }], open, 300 * s)[0]?.nodes).toEqual(['n7'])
    expect(judgeGroups([aws], [{ node: 'n7', at: 700 * s }], open, 700 * s)).toEqual([])
  })
})

describe('words for people', () => {
  const rule = (id: string, path: Path, kind = id) => ({ id, kind, target: '', path })
  const cause = (id: string, path: Path, detail = 'no answer') => ({ rule: rule(id, path), detail })

  test.each([
    [
      [cause('heartbeat', 'push', 'has not pushed for 74 s (2 missed)')],
      [],
      'paris has not pushed for 74 s (2 missed)',
    ],
    [
      [cause('ping:mesh', 'mesh')],
      [rule('http', 'public')],
      'ping:mesh: no answer; it answers in public but not over the mesh: look at WireGuard or ZeroTier',
    ],
    [
      [cause('http', 'public')],
      [rule('ping:mesh', 'mesh')],
      'http: no answer; it answers over the mesh but not in public: look at its firewall, address or provider',
    ],
    [[cause('http', 'public')], [rule('ping', 'public')], 'http: no answer; the machine answers: look at the service'],
    [
      [cause('heartbeat', 'push', 'has not pushed for 74 s (2 missed)')],
      [rule('units', 'host')],
      'paris has not pushed for 74 s (2 missed); the machine is there: look at the program that pushes',
    ],
    [[cause('ping', 'public'), cause('http', 'public')], [], 'ping: no answer (and http)'],
  ] as const)('%#', (causes, fine, sentence) => expect(explain('paris', causes, fine)).toBe(sentence))

  test('what a node printed is one harmless line', () => {
    const said = explain('paris', [cause('units', 'host', `\u001b[2Jx\r\nevil\u0007${'y'.repeat(999)}`)], [])
    expect(said).toMatch(/^units: x⏎evily+…$/)
    expect(said.length).toBeLessThanOrEqual(240)
  })
})

test('the heap gives every node at its earliest deadline, once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_000 })), { maxLength: 200 }),
      sets => {
        const deadlines = createDeadlines()
        const earliest = new Map<string, number>()
        for (const [key, at] of sets) {
          deadlines.set(String(key), at)
          earliest.set(String(key), Math.min(at, earliest.get(String(key)) ?? Number.POSITIVE_INFINITY))
        }
        const seen = new Map<string, number>()
        for (let now = 0; now <= 1_000; now += 1) {
          for (const key of deadlines.due(now)) {
            expect(seen.has(key)).toBe(false)
            seen.set(key, now)
          }
        }
        expect(seen).toEqual(earliest)
      },
    ),
    { numRuns: 50, seed: 3 },
  )
})
