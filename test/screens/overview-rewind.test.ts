// The overview as the fleet was.
import { afterEach, describe, expect, test } from 'vitest'
import { nodesOf } from '../../screens/keys/on-nodes.ts'
import { earlier, later, parseMoment } from '../../screens/overview/moments.ts'
import { startFeeds } from '../../screens/room/feeds.ts'
import type { Incident } from '../../src/incidents/shapes.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const minute = 60_000
const hour = 3_600_000
const open: (() => void)[] = []
let clock = start
function room(engine: FakeEngine, columns = 120, rows = 36): Operator {
  const operator = operate(engine, { columns, rows }, () => clock)
  const end = startFeeds(operator.room, () => clock)
  open.push(() => {
    end()
    operator.close()
  })
  return operator
}
afterEach(() => {
  clock = start
  for (const close of open.splice(0)) close()
})

function closedIncident(given: Partial<Incident> & { nodes: string[]; openedAt: number; over: number }): Incident {
  const { over, ...rest } = given
  return {
    id: 'inc-old',
    scope: 'node',
    subject: given.nodes[0] ?? '',
    severity: 'SEV1',
    title: `${given.nodes[0]} was down`,
    acknowledged: null,
    resolved: { at: over, by: 'engine', how: 'up again' },
    notes: [],
    ...rest,
  }
}

/** Three hours ago one node was down for an hour; now another one is. */
function eventful(): FakeEngine {
  const engine = fakeEngine(21)
  engine.setHealth(nodeName(4), 'down', { severity: 'SEV2', since: start - 10 * minute, reason: 'no answer' })
  engine.open({ nodes: [nodeName(4)], openedAt: start - 10 * minute, title: 'node-00004 is down' })
  const old = closedIncident({ nodes: [nodeName(7)], openedAt: start - 3 * hour, over: start - 2 * hour })
  engine.setState(state => ({ ...state, incidents: { ...state.incidents, closed: [old] } }))
  const usual = engine.past
  engine.past = async question => {
    const answer = await usual(question)
    const isDown = question.at >= start - 3 * hour && question.at < start - 2 * hour
    return { ...answer, health: { ...answer.health, [nodeName(7)]: isDown ? 'down' : 'up', [nodeName(9)]: 'none' } }
  }
  return engine
}

async function at(operator: Operator, said: string): Promise<string> {
  operator.type(`:as-of ${said}\r`)
  await expect.poll(() => operator.text()).toContain(' as of ')
  await expect.poll(() => operator.text()).not.toContain('on the way to')
  return operator.text()
}

describe('going back', () => {
  test('the first step is a minute, later ones are coarser the further back', () => {
    expect(earlier(null, start)).toBe(Date.UTC(2026, 10, 22, 10, 41))
    expect(earlier(Date.UTC(2026, 10, 22, 10, 41), start)).toBe(Date.UTC(2026, 10, 22, 10, 40))
    expect(earlier(start - 2 * hour, start)).toBe(Date.UTC(2026, 10, 22, 8, 40))
    expect(earlier(Date.UTC(2026, 10, 20, 7), start)).toBe(Date.UTC(2026, 10, 20, 6))
  })

  test('forth again goes by the same steps, and ends now', () => {
    expect(later(Date.UTC(2026, 10, 20, 6), start)).toBe(Date.UTC(2026, 10, 20, 7))
    expect(later(Date.UTC(2026, 10, 22, 8, 40), start)).toBe(Date.UTC(2026, 10, 22, 8, 45))
    expect(later(Date.UTC(2026, 10, 22, 10, 41), start)).toBe(Date.UTC(2026, 10, 22, 10, 42))
    expect(later(Date.UTC(2026, 10, 22, 10, 42), start)).toBeNull()
  })

  test('every step back is one that leads forth again', () => {
    let moment = earlier(null, start)
    for (let step = 0; step < 500; step++) {
      const before = earlier(moment, start)
      expect(before).toBeLessThan(moment)
      const forth = later(before, start)
      expect(forth).not.toBeNull()
      expect(forth ?? 0).toBeGreaterThan(before)
      moment = before
    }
  })

  test.each([
    ['03:12', Date.UTC(2026, 10, 22, 3, 12)],
    ['03:12Z', Date.UTC(2026, 10, 22, 3, 12)],
    ['23:50', Date.UTC(2026, 10, 21, 23, 50)],
    ['03:12:30', Date.UTC(2026, 10, 22, 3, 12, 30)],
    ['2026-11-20 03:12', Date.UTC(2026, 10, 20, 3, 12)],
    ['2026-11-20T03:12Z', Date.UTC(2026, 10, 20, 3, 12)],
    ['-2h', start - 2 * hour],
    ['-90m', start - 90 * minute],
    ['now', null],
  ])('%s is a moment', (said, expected) => {
    expect(parseMoment(said, start)).toEqual({ at: expected })
  })

  test.each([
    ['yesterday', 'is no moment'],
    ['25:99', 'is no moment'],
    ['2026-13-40 03:12', 'is no moment'],
    ['2026-11-23 03:12', 'has not come yet'],
    ['-99999999999d', 'is no moment'],
  ])('%s is refused, with what is understood', (said, why) => {
    expect(parseMoment(said, start)).toEqual({ refused: expect.stringContaining(why) })
  })

  test('< rewinds by a minute and > comes back to now', async () => {
    const operator = room(eventful())
    operator.type('<')
    await expect.poll(() => operator.text()).toContain(' as of 10:41:00Z, 1 m ago')
    operator.type('>')
    operator.type('>')
    expect(operator.text()).not.toContain('as of')
    expect(operator.lines()[1]).toContain('live')
  })

  test('{ goes to what happened before and } to what happened next', async () => {
    const operator = room(eventful())
    operator.type('{')
    await expect.poll(() => operator.text()).toMatch(/as of 10:32:07Z, 10 m ago · SEV2 node-00004 is down/)
    operator.type('{')
    await expect.poll(() => operator.text()).toMatch(/as of 08:42:07Z, 2 h ago · over: node-00007 was down/)
    operator.type('}')
    await expect.poll(() => operator.text()).toContain('as of 10:32:07Z')
    operator.type('}')
    expect(operator.text()).not.toContain('as of')
  })

  test('an as-of that is no moment is refused and changes nothing', () => {
    const operator = room(eventful())
    operator.type(':as-of yesterday\r')
    expect(operator.text()).toContain('"yesterday" is no moment')
    expect(operator.room.snapshot().view.screens.overview.at).toBeNull()
  })

  test('as-of without a moment asks for one', () => {
    const operator = room(eventful())
    operator.type(':as-of\r')
    expect(operator.room.snapshot().view.prompt).toMatchObject({ kind: 'palette', query: 'as-of ' })
  })

  test('esc is now again', async () => {
    const operator = room(eventful())
    await at(operator, '-2.5h')
    operator.type('\u001b')
    expect(operator.text()).not.toContain('AS OF')
    expect(operator.lines()[0]).toContain('✖ 1 down')
    expect(operator.text()).toContain('SEV2 1 open')
  })
})

describe('as it was', () => {
  test('health, counts and incidents are those of then, and the header says so', async () => {
    const operator = room(eventful())
    const text = await at(operator, '-2.5h')
    const [header = '', notice = ''] = operator.lines()
    expect(header).toContain('AS OF 08:12:07Z')
    expect(header).toContain('● 19 up')
    expect(header).toContain('✖ 1 down')
    expect(header).toContain('SEV1 1 open')
    expect(header).toContain('10:42Z')
    expect(notice).toContain('as of 08:12:07Z, 2 h ago')
    expect(text).toMatch(/✖ node-00007/)
    expect(text).toContain('node-00007 was down')
    expect(text).not.toMatch(/✖ node-00004/)
  })

  test('an acknowledgement that came later is not shown', async () => {
    const engine = fakeEngine(21)
    const incident = engine.open({ nodes: [nodeName(4)], openedAt: start - 2 * hour })
    engine.setState(state => ({
      ...state,
      incidents: {
        ...state.incidents,
        open: { [incident.id]: { ...incident, acknowledged: { at: start - hour, by: 'noc' } } },
      },
    }))
    const operator = room(engine)
    expect(operator.text()).toContain('all acknowledged')
    await at(operator, '-90m')
    expect(operator.text()).toContain('1 not acknowledged')
  })

  test('latency is that of then; what was not asked is not shown as of then', async () => {
    const operator = room(eventful())
    expect(operator.text()).toContain('ram')
    const text = await at(operator, '-1h')
    expect(text).toMatch(/mesh +33/)
    expect(text).not.toContain('ram')
    expect(text).not.toContain('tls')
  })

  test('a node without a slot is unknown, with words', async () => {
    const operator = room(eventful())
    const text = await at(operator, '-1h')
    expect(text).toMatch(/○ node-00009/)
    expect(text).toContain('was not watched then')
  })

  test('before anything was kept everything is unknown, and why', async () => {
    const engine = fakeEngine(21)
    engine.past = async ({ at }) => ({ at, health: {}, readings: {}, oldest: start - hour })
    const operator = room(engine)
    const text = await at(operator, '-5h')
    expect(operator.lines()[0]).toContain('○ 21 unknown')
    expect(operator.lines()[0]).toContain('● 0')
    expect(text).toContain('nothing was kept before 09:42:07Z')
  })

  test('that incidents of then were forgotten is said, not that there were none', async () => {
    const engine = fakeEngine(3)
    const closed = Array.from({ length: 200 }, (_, index) => ({
      ...closedIncident({ nodes: [nodeName(1)], openedAt: start - hour + index, over: start - hour + index + 1 }),
      id: `inc-${index}`,
    }))
    engine.setState(state => ({ ...state, incidents: { ...state.incidents, closed } }))
    const operator = room(engine)
    expect(operator.lines()[0]).toContain('no open incidents')
    await at(operator, '-5h')
    expect(operator.lines()[0]).toContain('incidents of then are forgotten')
  })

  test('what the engine cannot answer is said, and the picture stays the live one', async () => {
    const engine = eventful()
    engine.past = async () => {
      throw new Error('the history cannot be read')
    }
    const operator = room(engine)
    operator.type('<')
    await expect.poll(() => operator.text()).toContain('is not known: the history cannot be read')
    expect(operator.lines()[0]).not.toContain('AS OF')
    expect(operator.lines()[0]).toContain('✖ 1 down')
  })

  test('until the engine has said how it was, the picture is live and said to be', () => {
    const operator = room(eventful())
    operator.type('<')
    expect(operator.text()).toContain('going back to 10:41:00Z · until HQ says, live')
    expect(operator.lines()[0]).not.toContain('AS OF')
  })
})

describe('the line of time', () => {
  test('shows the span, the moment, what happened and what was not kept', async () => {
    const engine = eventful()
    const usual = engine.past
    engine.past = async question => ({ ...(await usual(question)), oldest: start - 4 * hour })
    const operator = room(engine)
    await at(operator, '-2.5h')
    const line = operator.lines().at(-2) ?? ''
    expect(line).toMatch(/^ 6 h ·{20,}─+✖─+▲─+●─+◐─+ now $/)
  })

  test.each([
    ['-10m', ' 1 h '],
    ['-5h', ' 6 h '],
    ['-20h', ' 24 h '],
    ['-6d', ' 7 d '],
  ])('at %s it reaches %s', async (said, span) => {
    const operator = room(eventful())
    await at(operator, said)
    expect(operator.lines().at(-2)).toContain(span)
  })

  test('what a person ran is on it, and a boot', async () => {
    const engine = fakeEngine(3)
    engine.setState(state => ({
      ...state,
      exec: {
        ...state.exec,
        closed: [
          {
            id: 'x1',
            by: 'noc',
            at: start - 20 * minute,
            argv: ['uptime'],
            nodes: [],
            deadlineMs: 1,
            outcomes: {},
            endedAt: start,
          },
        ],
      },
    }))
    engine.sample(nodeName(1), { probe: 'boot', values: { uptime_s: 2_400 } })
    const operator = room(engine)
    await at(operator, '-50m')
    expect(operator.lines().at(-2)).toMatch(/▲─+↻─+◈─+ now/)
    operator.type('}')
    await expect.poll(() => operator.text()).toContain('node-00001 was started')
    operator.type('}')
    await expect.poll(() => operator.text()).toContain('noc ran uptime')
  })

  test('on 24 rows it shares the line of the notice, and 21 tiles still fit', async () => {
    const operator = room(eventful(), 80, 24)
    const text = await at(operator, '-2.5h')
    expect(operator.lines()[0]).toContain('clavitor SANDBOX PAST')
    expect(operator.lines()[1]).toMatch(/^ as of 08:12:07Z, 2 h ago {2}6 h .*✖─*▲.* now esc live {2}$/)
    for (let index = 0; index < 21; index++) expect(text).toContain(nodeName(index))
  })
})

describe('the past is only looked at', () => {
  test('no action has a node or an incident to act on', async () => {
    const engine = eventful()
    const operator = room(engine)
    operator.type('a')
    await at(operator, '-2.5h')
    operator.select(nodeName(7))
    for (const key of ['K', 's', 'r']) operator.type(key)
    expect(nodesOf(operator.room.snapshot())).toEqual([])
    expect(engine.did).toEqual([])
    expect(operator.did).toEqual([])
    expect(engine.asked.some(({ kind }) => kind === 'check')).toBe(false)
  })

  test('opening a node leaves the past: its page is live', async () => {
    const operator = room(eventful())
    await at(operator, '-2.5h')
    operator.type('\r')
    expect(operator.place().screen).toBe('node')
    operator.type('\u001b')
    expect(operator.text()).not.toContain('AS OF')
  })

  test('the order is trouble first, whatever the table was sorted by: of the past few readings are known', async () => {
    const operator = room(eventful())
    operator.room.set('overview', { density: 'table', sort: { by: 'ram', isReversed: false, since: start } })
    await at(operator, '-2.5h')
    const first = operator.lines().find(line => line.includes('node-'))
    expect(first).toContain(nodeName(7))
  })
})

describe('asking', () => {
  /** The nodes of each question about the past. */
  function listen(engine: FakeEngine): string[][] {
    const questions: string[][] = []
    const usual = engine.past
    engine.past = question => {
      questions.push(question.nodes)
      return usual(question)
    }
    return questions
  }

  test('keys that repeat ask once, for where they end', async () => {
    const engine = eventful()
    const questions = listen(engine)
    const operator = room(engine)
    operator.type('<<<<<<<<')
    await expect.poll(() => operator.text()).toContain('as of 10:34:00Z')
    expect(questions).toHaveLength(1)
  })

  test('only what is on the screen is asked for, and nothing twice', async () => {
    const engine = fakeEngine(1_000)
    const questions = listen(engine)
    const operator = room(engine, 80, 24)
    operator.room.set('overview', { density: 'table' })
    await at(operator, '-1h')
    expect(questions[0]).toHaveLength(20)
    for (let step = 0; step < 22; step++) operator.type('j')
    await expect.poll(() => questions.length).toBe(2)
    expect(questions[1]).toHaveLength(3)
    // What was answered before is still there, and what came since is beside it.
    await expect.poll(() => operator.text().match(/ 33 /g)).toHaveLength(20)
  })

  test('an answer that comes too late is dropped', async () => {
    const engine = eventful()
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const usual = engine.past
    let asked = 0
    engine.past = async question => {
      asked += 1
      await held[asked - 1]?.promise
      return usual(question)
    }
    const operator = room(engine)
    operator.type(':as-of -1h\r')
    await expect.poll(() => asked).toBe(1)
    operator.type(':as-of -2.5h\r')
    held[0]?.resolve()
    // It is here by the time that the next one is asked for.
    await expect.poll(() => asked).toBe(2)
    expect(operator.text()).not.toContain('as of ')
    held[1]?.resolve()
    await expect.poll(() => operator.text()).toContain('as of 08:12:07Z')
  })

  test('live again, nothing is kept of the past', async () => {
    const operator = room(eventful())
    await at(operator, '-1h')
    operator.type('\u001b')
    expect(operator.room.snapshot().found.overview).toBeNull()
  })
})
