import { afterEach, describe, expect, test } from 'vitest'
import { type Chart, targetOf } from '../../screens/node/chart.ts'
import { restoreNode } from '../../screens/node/state.ts'
import { figure, valuesOf, withUnit, wordsOf } from '../../screens/node/values.ts'
import { broken } from '../../screens/node/whole.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const name = nodeName(1)
const ends: (() => void)[] = []

function page(engine: FakeEngine, columns = 120, rows = 40): Operator {
  const operator = operate(engine, { columns, rows }, () => start)
  operator.room.open('node', name)
  ends.push(() => operator.close())
  return operator
}
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function chart(engine: FakeEngine, operator: Operator, more: Partial<Chart> = {}): Chart {
  const probe = operator.room.snapshot().live.probes[name]?.['ping:mesh']
  if (!probe) throw new Error('the fake has no mesh ping')
  const question = { node: name, probe: 'ping:mesh', value: 'ms', from: start - 86_400_000, to: start }
  return {
    node: name,
    probe,
    value: 'ms',
    window: '24 h',
    from: question.from,
    to: start,
    points: engine.points({ ...question, buckets: 96 }),
    summary: engine.points({ ...question, buckets: 1 })[0] ?? null,
    slots: ['none', 'none', 'up', 'down'],
    uptime: { name, upS: 999, degradedS: 0, downS: 1, unknownS: 0, maintenanceS: 0, ratio: 0.999, coverage: 0.5 },
    ...more,
  }
}

describe('the chart of a node', () => {
  test('has an axis, a unit, minimum, average, p95 and maximum, and gaps are gaps', () => {
    const engine = fakeEngine(21)
    const operator = page(engine)
    operator.room.find('node', chart(engine, operator))
    const text = operator.text()
    expect(text).toMatch(/mesh ms {2}24 h .*now +21 +min +8\.0 +avg +9\.0 +p95 +12 +max +31/)
    expect(text).toMatch(/ \d+ ms┤/)
    expect(text).toMatch(/ 0┤·{40,}⣀*[⠤-⣿]{40,}/)
    expect(text).toMatch(/ health·{40,}▁+█+/)
    expect(text).toMatch(/11-21 10:42Z.*up 99\.90 % · watched 50\.0 %/)
  })

  test('says below its axis what happened: incidents, boots, runs of people; not what was before or elsewhere', () => {
    const engine = fakeEngine(21)
    const before = page(engine)
    before.room.find('node', chart(engine, before))
    const marks = (operator: Operator) =>
      operator
        .lines()
        .slice(3, -14)
        .join('\n')
        .match(/[✖◐↻◈]/g) ?? []
    expect(marks(before)).toEqual([])
    engine.open({ nodes: [name], severity: 'SEV1', openedAt: start - 3_600_000 })
    engine.open({ nodes: [name], severity: 'SEV2', openedAt: start - 20_000_000 })
    engine.open({ nodes: [nodeName(2)], severity: 'SEV2', openedAt: start - 30_000_000 })
    engine.sample(name, { probe: 'boot', kind: 'boot', values: { uptime_s: 40_000 }, facts: { boot_id: 'x' } })
    const run = { id: 'x', by: 'noc', argv: ['true'], nodes: [name], deadlineMs: 1, outcomes: {}, endedAt: null }
    const runs = { x: { ...run, at: start - 60_000_000 }, y: { ...run, id: 'y', at: start - 90_000_000 } }
    engine.setState(state => ({ ...state, exec: { open: runs, closed: [] } }))
    const operator = page(engine)
    operator.room.find('node', chart(engine, operator))
    expect(marks(operator)).toEqual(['◈', '↻', '◐', '✖'])
  })

  test('a small screen has the figures without a picture, and still a list', () => {
    const engine = fakeEngine(21)
    const operator = page(engine, 60, 15)
    operator.room.find('node', chart(engine, operator))
    expect(operator.text()).toContain('max   31')
    expect(operator.text()).not.toContain('health')
    expect(operator.text()).toContain('ping:mesh')
  })

  test('a node on which nothing was looked at says so', () => {
    const engine = fakeEngine(3)
    engine.setLive(live => ({ ...live, probes: {} }))
    expect(page(engine).text()).toContain('nothing is measured on this node yet')
  })

  test('follows the cursor over probes, shows the value that is wished where there is one, and stays on other lines', () => {
    const operator = page(fakeEngine(21))
    const target = () => {
      const found = targetOf(operator.room.snapshot())
      return `${found?.probe.probe} ${found?.value}`
    }
    expect(target()).toBe('ping:mesh ms')
    operator.type('jjjjj')
    expect(target()).toBe('load ram_pct')
    operator.type('c')
    expect(target()).toBe('load disk_pct')
    operator.type('k')
    expect(target()).toBe('units units_bad')
    operator.type('j')
    expect(target()).toBe('load disk_pct')
    operator.type('cccc')
    expect(target()).toBe('load ram_pct')
    operator.type('jj')
    expect(target()).toBe('journal errors')
    operator.type('jjj')
    expect(target()).toBe('journal errors')
  })

  test('begins with the probe that is worst', () => {
    const engine = fakeEngine(21)
    engine.sample(name, { probe: 'tls', ok: false })
    expect(targetOf(page(engine).room.snapshot())?.probe.probe).toBe('tls')
  })

  test('a look that failed or is old has no value of now, a measure that is over its limit has', () => {
    const engine = fakeEngine(21)
    const now = () => /now +(\S+)/.exec(operator.text())?.[1]
    const operator = page(engine)
    operator.room.find('node', chart(engine, operator))
    expect(now()).toBe('21')
    engine.sample(name, { probe: 'ping:mesh', ok: false, ms: 5_000 })
    operator.room.freeze(false)
    expect(now()).toBe('–')
    engine.sample(name, { probe: 'ping:mesh', ok: true, ms: 21, at: start - 600_000 })
    operator.room.freeze(false)
    expect(now()).toBe('–')
    const load = engine.live().probes[name]?.load
    if (!load) throw new Error('the fake has no load')
    engine.sample(name, { probe: 'load', ok: false, values: { disk_pct: 97 } })
    operator.room.freeze(false)
    operator.room.find('node', chart(engine, operator, { probe: load, value: 'disk_pct' }))
    expect(now()).toBe('97')
  })

  test(':value chooses by name, from a list that marks the one that is shown', () => {
    const operator = page(fakeEngine(21))
    operator.type('jjjjj')
    operator.type(':value cpu_pct\r')
    expect(targetOf(operator.room.snapshot())?.value).toBe('cpu_pct')
    operator.type(':value\r')
    expect(operator.text()).toMatch(/■ cpu_pct +load cpu %, now 7 %/)
    operator.type('disk\r')
    expect(targetOf(operator.room.snapshot())?.value).toBe('disk_pct')
  })

  test('w goes through its spans, up to thirty days and around', () => {
    const operator = page(fakeEngine(21))
    const spans = Array.from({ length: 5 }, () => {
      operator.type('w')
      return operator.room.snapshot().view.screens.node.window
    })
    expect(spans).toEqual(['7 d', '30 d', '10 m', '1 h', '24 h'])
  })
})

describe('values for people', () => {
  test.each([
    ['ms', 9.14, '9.1 ms'],
    ['ram_pct', 41.234, '41.23 %'],
    ['rx_bytes', 12_345_678, '12.3M B'],
    ['uptime_s', 86_400, '86.4k s'],
    ['errors', 0, '0'],
    ['req_1h', 330, '330 an hour'],
    ['queue_depth', null, '–'],
  ])('%s %j is %s', (value, number, expected) => {
    expect(withUnit(value, number)).toBe(expected)
  })

  test('names that nobody has words for are shown as they are, whatever they are', () => {
    expect(wordsOf('queue_depth')).toEqual({ label: 'queue_depth', unit: '' })
    expect(wordsOf('constructor')).toEqual({ label: 'constructor', unit: '' })
    expect(figure('x', Number.NaN)).toBe('–')
  })

  test('a probe that could not look still has the values of its kind, a push what was pushed, missed ones last', () => {
    expect(valuesOf({ kind: 'load', ms: null })).toContain('disk_pct')
    expect(valuesOf({ kind: 'heartbeat', ms: null, values: { missed: 0, ram_mb: 1 } })).toEqual(['ram_mb', 'missed'])
    expect(valuesOf({ kind: 'constructor', ms: null })).toEqual(['ms'])
  })
})

describe('small parts of the page', () => {
  test('a kept view that does not fit any more is as at first', () => {
    const first = restoreNode(null)
    expect(restoreNode({ node: 7, selected: {}, scroll: 'x', probe: [], value: 3, window: '3 weeks' })).toEqual(first)
    const kept = { node: name, selected: 'probes tls', scroll: 3, probe: 'tls', value: 'tls_days', window: '30 d' }
    expect(restoreNode(kept)).toEqual({ ...kept, scroll: 0 })
  })

  test('a kept cursor, probe and value that are gone leave the page as it is without them', () => {
    const operator = page(fakeEngine(21))
    operator.room.set('node', { node: name, selected: 'nonsense', scroll: 999, probe: 'gone', value: '__proto__' })
    expect(targetOf(operator.room.snapshot())).toMatchObject({ probe: { probe: 'ping:mesh' }, value: 'ms' })
    expect(operator.text()).toContain('█● ping:mesh')
  })

  test('a long text is broken between words, and a word that is longer than a line through it', () => {
    expect(broken('no answer from there', 10)).toEqual(['no answer', 'from there'])
    expect(broken('abcdefghijkl mno', 5)).toEqual(['abcde', 'fghij', 'kl', 'mno'])
    expect(broken('漢字漢字 x', 5)).toEqual(['漢字', '漢字', 'x'])
    expect(broken('one\ntwo', 10)).toEqual(['one', 'two'])
  })
})
