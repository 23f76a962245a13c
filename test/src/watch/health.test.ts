// The rules by which samples become health, one sentence each, on a clock of numbers.
import { describe, expect, test } from 'vitest'
import { judge, type NodeRules, resumeTrack, validityMs } from '../../../src/watch/health.ts'
import { ping, play, quiet, rule, rulesOf, s, tls, twice, units } from './health-rules.ts'

describe('health of a node', () => {
  const table: [
    sentence: string,
    rules: NodeRules,
    samples: Parameters<typeof play>[1],
    at: number,
    health: string,
    severity: string | null,
  ][] = [
    ['nobody looked yet: unknown', rulesOf(ping), [], 10, 'unknown', null],
    ['a good look makes it up', rulesOf(ping), [[0, 'ping', true]], 1, 'up', null],
    ['a good look is worth one and a half intervals', rulesOf(ping), [[0, 'ping', true]], 44, 'up', null],
    ['after one and a half intervals it is unknown', rulesOf(ping), [[0, 'ping', true]], 45, 'unknown', null],
    ['a failed look is worth no longer', rulesOf(ping), [[0, 'ping', false]], 45, 'unknown', null],
    ['a look that could not be made says nothing', rulesOf(ping), [[0, 'ping', null]], 1, 'unknown', null],
    [
      'nor does it prolong the look before',
      rulesOf(ping),
      [
        [0, 'ping', true],
        [30, 'ping', null],
      ],
      46,
      'unknown',
      null,
    ],
    ['one failure of a probe that needs one: down', rulesOf(ping), [[0, 'ping', false]], 1, 'down', 'SEV2'],
    [
      'one of two needed failures changes nothing',
      rulesOf(twice),
      [
        [0, 'ping', true],
        [30, 'ping', false],
      ],
      31,
      'up',
      null,
    ],
    [
      'two in a row do',
      rulesOf(twice),
      [
        [0, 'ping', true],
        [30, 'ping', false],
        [60, 'ping', false],
      ],
      61,
      'down',
      'SEV2',
    ],
    [
      'a good look between them starts the count anew',
      rulesOf(twice),
      [
        [0, 'ping', false],
        [30, 'ping', true],
        [60, 'ping', false],
      ],
      61,
      'up',
      null,
    ],
    [
      'a first failure that is not confirmed is unknown, not down',
      rulesOf(twice),
      [[0, 'ping', false]],
      1,
      'unknown',
      null,
    ],
    [
      'failures too far apart are not in a row',
      rulesOf(twice),
      [
        [0, 'ping', false],
        [100, 'ping', false],
      ],
      101,
      'unknown',
      null,
    ],
    [
      'the worst counts',
      rulesOf(ping, units),
      [
        [0, 'ping', true],
        [1, 'units', false],
      ],
      2,
      'degraded',
      'SEV2',
    ],
    [
      'down is worse than degraded',
      rulesOf(ping, units),
      [
        [0, 'ping', false],
        [1, 'units', false],
      ],
      2,
      'down',
      'SEV2',
    ],
    [
      'a warning degrades mildly',
      rulesOf(ping, units),
      [
        [0, 'ping', true],
        [1, 'units', 'warn'],
      ],
      2,
      'degraded',
      'SEV3',
    ],
    [
      'a finding may be milder than its kind',
      rulesOf(ping),
      [[0, 'ping', { ok: false, effect: 'degraded', detail: 'login refused' }]],
      1,
      'degraded',
      'SEV2',
    ],
    [
      'a kind without effect harms nobody',
      rulesOf(ping, quiet),
      [
        [0, 'ping', true],
        [1, 'quiet', false],
      ],
      2,
      'up',
      null,
    ],
    ['nor does it keep anybody up', rulesOf(ping, quiet), [[0, 'quiet', true]], 1, 'unknown', null],
    ['a rare look keeps nobody up for hours', rulesOf(ping, tls), [[0, 'tls', true]], 601, 'unknown', null],
    ['it does where every look is rare', rulesOf(tls), [[0, 'tls', true]], 7_200, 'up', null],
    [
      'a rare finding stays while others look',
      rulesOf(ping, tls),
      [
        [0, 'tls', false],
        [3_600, 'ping', true],
      ],
      3_601,
      'degraded',
      'SEV2',
    ],
    [
      'five minutes down is SEV1',
      rulesOf(ping),
      Array.from({ length: 11 }, (_, i) => [i * 30, 'ping', false] as const),
      300,
      'down',
      'SEV1',
    ],
    [
      'a second less is not',
      rulesOf(ping),
      Array.from({ length: 10 }, (_, i) => [i * 30, 'ping', false] as const),
      299,
      'down',
      'SEV2',
    ],
    [
      'a probe has its own severity',
      rulesOf(rule('port', { severity: 'SEV1' })),
      [[0, 'port', false]],
      1,
      'down',
      'SEV1',
    ],
    [
      'which time does not change',
      rulesOf(rule('port', { severity: 'SEV3' })),
      Array.from({ length: 11 }, (_, i) => [i * 30, 'port', false] as const),
      301,
      'down',
      'SEV3',
    ],
  ]
  test.each(table)('%s', (_sentence, rules, samples, at, health, severity) => {
    const { shown } = play(rules, samples, at).track
    expect([shown.health, shown.severity]).toEqual([health, severity])
  })

  test('short intervals stay valid until a look that runs into its deadline has ended', () => {
    expect(validityMs({ everyMs: 10 * s, timeoutMs: 10 * s })).toBe(21 * s)
  })
})

describe('flap damping', () => {
  test('a node that answers again within the flap window stays down until it has been good for a while', () => {
    const samples = [
      [0, 'ping', true],
      [30, 'ping', false],
      [40, 'ping', true],
    ] as const
    expect(play(rulesOf(ping), samples, 41).track.shown.health).toBe('down')
    const more = [...samples, [60, 'ping', true]] as const
    expect(play(rulesOf(ping), more, 84).track.shown.health).toBe('down')
    expect(play(rulesOf(ping), more, 85).track.shown.health).toBe('up')
  })

  test('failing again meanwhile starts the wait anew', () => {
    const samples = [
      [30, 'ping', false],
      [40, 'ping', true],
      [60, 'ping', false],
      [70, 'ping', true],
      [100, 'ping', true],
    ] as const
    expect(play(rulesOf(ping), samples, 114).track.shown.health).toBe('down')
    expect(play(rulesOf(ping), samples, 115).track.shown.health).toBe('up')
  })

  test('after a long trouble the first good look is believed', () => {
    const bad = Array.from({ length: 6 }, (_, i) => [i * 30, 'ping', false] as const)
    expect(play(rulesOf(ping), [...bad, [180, 'ping', true]], 180).track.shown.health).toBe('up')
  })

  test('who falls often must be good for longer', () => {
    const once = [
      [0, 'ping', false],
      [10, 'ping', true],
      [40, 'ping', true],
      [60, 'ping', true],
    ] as const
    const again = [...once, [70, 'ping', false], [80, 'ping', true], [110, 'ping', true], [140, 'ping', true]] as const
    expect(play(rulesOf(ping), again, 126).track.shown.health).toBe('down')
    expect(play(rulesOf(ping), [...again, [165, 'ping', true]], 171).track.shown.health).toBe('up')
  })

  test('a node that is held down but not looked at any more is unknown', () => {
    const samples = [
      [30, 'ping', false],
      [40, 'ping', true],
    ] as const
    expect(play(rulesOf(ping), samples, 85).track.shown.health).toBe('unknown')
  })

  test('it does not become SEV1 while it answers', () => {
    const rules = { ...rulesOf(ping), downMs: 60 * s }
    const samples = [
      [0, 'ping', false],
      [30, 'ping', false],
      [50, 'ping', true],
      [70, 'ping', true],
    ] as const
    expect(play(rules, samples, 80).track.shown).toMatchObject({ health: 'down', severity: 'SEV2' })
  })
})

describe('going on after a restart', () => {
  const down = { health: 'down', severity: 'SEV2', reason: 'ping: no answer', causes: ['ping'] } as const

  test('time in which nobody watched does not count towards SEV1', () => {
    // 120 s were left; HQ was away for 20 s and looks again.
    const rules = rulesOf(ping)
    const track = resumeTrack(down, rules, 20 * s, 120 * s, 1_000 * s)
    const samples = Array.from({ length: 4 }, (_, i) => [1_000 + i * 30, 'ping', false] as const)
    expect(play(rules, samples, 1_119, track).track.shown.severity).toBe('SEV2')
    expect(play(rules, samples, 1_120, track).track.shown.severity).toBe('SEV1')
  })

  test('a quick restart forgets no cause, even when another probe answers first', () => {
    const rules = rulesOf(ping, units)
    const durable = { health: 'degraded', severity: 'SEV2', reason: 'units: failed', causes: ['units'] } as const
    const track = resumeTrack(durable, rules, 5 * s, null, 0)
    expect(play(rules, [[1, 'ping', true]], 2, track).track.shown).toMatchObject({
      health: 'degraded',
      causes: ['units'],
    })
  })

  test.each(['up', 'down', 'degraded'] as const)('after a long absence a node that was %s is unknown', health => {
    const track = resumeTrack({ ...down, health }, rulesOf(ping), 46 * s, null, 0)
    expect(judge(track, rulesOf(ping), 0).track.shown.health).toBe('unknown')
  })

  test('after a short one it is what it was, until its look is too old', () => {
    const track = resumeTrack({ ...down, health: 'up', causes: [] }, rulesOf(ping), 10 * s, null, 0)
    expect(judge(track, rulesOf(ping), 34 * s).track.shown.health).toBe('up')
    expect(judge(track, rulesOf(ping), 35 * s).track.shown.health).toBe('unknown')
  })
})

test('a closed port and a name that is found do not show that the node lives', () => {
  const closed = rule('port-closed', { effect: 'degraded', provesLife: false })
  const rules = rulesOf(rule('ping'), closed)
  expect(play(rules, [[1, 'port-closed', true]], 2).track.shown.health).toBe('unknown')
  expect(
    play(
      rules,
      [
        [1, 'port-closed', true],
        [1, 'ping', true],
      ],
      2,
    ).track.shown.health,
  ).toBe('up')
  expect(play(rules, [[1, 'port-closed', false]], 2).track.shown.health).toBe('degraded')
})
