import { afterEach, describe, expect, test, vi } from 'vitest'
import { amountOf, changeOf, monthBeside, monthWords, sumOf, sumWords } from '../../screens/money/amounts.ts'
import { uptimeWords } from '../../screens/money/table.ts'
import { startFeeds } from '../../screens/room/feeds.ts'
import { createTheme } from '../../screens/theme/tokens.ts'
import { piece } from '../../screens/widgets/row.ts'
import type { CostReport } from '../../src/money/shapes.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { fakeLaunch, withoutPrices } from './fake-money.ts'
import { linesOf, type Operator, operate } from './show.ts'

const ends: (() => void)[] = []
function room(engine: FakeEngine, columns = 80, rows = 24, now = () => start): Operator {
  const operator = operate(engine, { columns, rows }, now)
  ends.push(startFeeds(operator.room, now), () => operator.close())
  return operator
}
/** The page, when it has been answered. */
async function opened(engine: FakeEngine, columns = 80, rows = 24): Promise<Operator> {
  const operator = room(engine, columns, rows)
  operator.type('5')
  await vi.waitFor(() => {
    expect(operator.room.snapshot().found.money.current).not.toBeNull()
    expect(operator.room.snapshot().found.money.uptime).not.toBeNull()
  })
  return operator
}
function costing(engine: FakeEngine, change: (report: CostReport) => CostReport): FakeEngine {
  const { cost } = engine.clouds
  engine.clouds.cost = month => change(cost(month))
  return engine
}
afterEach(() => {
  for (const end of ends.splice(0)) end()
  vi.useRealTimers()
})

describe('an amount', () => {
  test.each([
    [7_819_999, 'USD', '$7.82'],
    [3_900_000, 'EUR', '3.90 EUR'],
    [-1_900_000, 'USD', '-$1.90'],
    [0, 'USD', '$0.00'],
    [4_000, 'USD', '<$0.01'],
    [1_234_560_000, 'USD', '$1234.56'],
  ])('of %i micros of %s is %s', (micros, currency, words) => {
    expect(amountOf(micros, currency)).toBe(words)
  })

  test('that grows has its sign', () => {
    expect([changeOf(7_820_000, 'USD'), changeOf(-3_650_000, 'USD')]).toEqual(['+$7.82', '-$3.65'])
  })

  test('of which a part is missing says so, and of which all is missing is unknown and not 0', () => {
    expect(sumWords(sumOf([1_000_000, null]), 'USD')).toBe('$1.00 +?')
    expect(sumWords(sumOf([null, null]), 'USD')).toBe('unknown')
    expect(sumWords(sumOf([]), 'USD')).toBe('unknown')
    expect(sumWords(sumOf([0, 0]), 'USD')).toBe('$0.00')
  })
})

test('months go over the year', () => {
  expect([monthBeside('2026-01', -1), monthBeside('2026-12', 1)]).toEqual(['2025-12', '2027-01'])
  expect(monthWords('2026-11')).toBe('November 2026')
})

test('an uptime is 100 only where nothing was ever down', () => {
  expect([1, 0.99999, 0.9959, 0].map(uptimeWords)).toEqual(['100', '99.99', '99.59', '0.00'])
})

describe('the page of money', () => {
  test('keeps the three figures of each currency apart, and converts by a dated rate', async () => {
    const text = (await opened(fakeEngine(21))).text()
    expect(text).toMatch(/November 2026 +accrued +reported +projection/)
    expect(text).toMatch(/USD +\$\d+\.\d\d +\$96\.12, as of 24 h ago +\$15\d\.\d\d/)
    expect(text).toMatch(/EUR +2\.80 EUR +nobody has said +3\.90 EUR/)
    expect(text).toMatch(/all in USD +\$\d+\.\d\d +1 EUR = 1\.08 USD, 2026-11-20 +\$1\d\d\.\d\d/)
  })

  test('says by how much the ceiling is passed', async () => {
    expect((await opened(fakeEngine(21))).text()).toMatch(/◐ over by \$\d\d\.\d\d · ceiling \$100\.00/)
  })

  test('says that it is unknown where prices are missing, for which node and why', async () => {
    const engine = costing(fakeEngine(4), report => ({
      ...withoutPrices(report, nodeName(1), nodeName(2), nodeName(3)),
      ceiling: {
        currency: 'USD',
        micros: 100e6,
        warnMicros: 80e6,
        verdict: 'unknown',
        overMicros: null,
        monthlyOverMicros: null,
      },
    }))
    const text = (await opened(engine, 120, 36)).text()
    expect(text).toContain('○ unknown: 3 things have no figure')
    expect(text).toContain('○ unknown: node-00001: t4g.nano: no price is known in mx-central-1')
    expect(text).toContain('and 2 more below')
    expect(text).toMatch(/USD +unknown +\$96\.12, as of 24 h ago +unknown/)
    expect(text).toMatch(/all in USD .* \$\d+\.\d\d \+\?/)
    expect(text).toMatch(/node-00001 +\S+ +unknown +unknown +unknown/)
    expect(text).not.toMatch(/node-00001.*\$0\.00/)
  })

  test.each([
    ['within', -36_000_000, '● within the ceiling of $100.00, $36.00 left'],
    ['warn', -8_000_000, '◐ only $8.00 left of $100.00'],
  ] as const)('says that it is %s', async (verdict, overMicros, words) => {
    const engine = costing(fakeEngine(4), report => ({
      ...report,
      ceiling: { currency: 'USD', micros: 100e6, warnMicros: 80e6, verdict, overMicros, monthlyOverMicros: overMicros },
    }))
    expect((await opened(engine)).text()).toContain(words)
  })

  test('says by how much a full month will miss the ceiling that this month keeps', async () => {
    const engine = costing(fakeEngine(4), report => ({
      ...report,
      ceiling: {
        ...{ currency: 'USD', micros: 100e6, warnMicros: 80e6, verdict: 'within' },
        ...{ overMicros: -36e6, monthlyOverMicros: 57_690_000 },
      },
    }))
    expect((await opened(engine)).text()).toContain('$36.00 left · a full month is over by $57.69')
  })

  test('traffic that nobody measures is named below, and hides no figure that is there', async () => {
    const traffic = { node: null, what: 'traffic of aws', why: 'not metered here', isUnmetered: true as const }
    const engine = costing(fakeEngine(4), report => ({ ...report, unknown: [traffic] }))
    const text = (await opened(engine, 120, 60)).text()
    expect(text).toContain('○  traffic of aws: not metered here')
    expect(text).not.toMatch(/\+\?|no figure|unknown: /)
  })

  test('what a node had before is in what it cost, and not in its month', async () => {
    const engine = costing(fakeEngine(2), report => ({
      ...report,
      lines: report.lines.flatMap(line => (line.node === nodeName(1) ? [{ ...line, running: false }, line] : [line])),
    }))
    const before = (await opened(costing(fakeEngine(2), report => report))).text()
    const month = (text: string) => /node-00001 +(\S+) +\S+ +(\S+)/.exec(text)?.slice(1)
    const [accrued, full] = month((await opened(engine)).text()) ?? []
    expect(full).toBe(month(before)?.[1])
    expect(accrued).not.toBe(month(before)?.[0])
  })

  test('the month of a node is what it came to, once that month is over', async () => {
    const engine = costing(fakeEngine(2), report => ({
      ...report,
      month: '2026-10',
      lines: report.lines.map(line => ({ ...line, running: false })),
    }))
    const [, projection, month] = /node-00001 +\S+ +(\S+) +(\S+)/.exec((await opened(engine)).text()) ?? []
    expect(month).toMatch(/^\$[1-9]/)
    expect(month).toBe(projection)
  })

  test('without a ceiling says how one is set', async () => {
    const engine = costing(fakeEngine(4), report => ({ ...report, ceiling: null }))
    expect((await opened(engine)).text()).toContain('no ceiling is set: `budget` in the fleet file sets one')
  })

  test('shows an uptime that nobody watched as unknown, with how much was watched', async () => {
    const lines = (await opened(fakeEngine(21))).lines()
    expect(lines.find(line => line.includes('node-00002'))).toMatch(/unknown unknown unknown +0%/)
    expect(lines.find(line => line.includes('node-00005'))).toMatch(/100 +100 +100 +99%/)
  })

  test('groups by region and by provider, and never adds one currency to another', async () => {
    const operator = await opened(fakeEngine(21))
    operator.type('b')
    expect(operator.text()).toMatch(/sa-e?\S* \(3\)/)
    operator.type('b')
    expect(operator.text()).toMatch(/aws \(20\) +\$/)
    expect(operator.text()).toMatch(/static \(1\) +2\.80 EUR/)
    operator.type('b')
    expect(operator.text()).toContain('by node')
  })

  test('puts what has no price before the dearest', async () => {
    const engine = costing(fakeEngine(21), report => withoutPrices(report, nodeName(9)))
    const lines = (await opened(engine)).lines()
    const [first = ''] = lines.filter(line => /^[█ ] node-/.test(line))
    expect(first).toContain('node-00009')
  })

  test('filters by name, region or tag, and esc takes the filter away', async () => {
    const operator = await opened(fakeEngine(21))
    operator.type('/sa-east\r')
    const rows = operator.lines().filter(line => /^[█ ] node-/.test(line))
    expect(rows).toHaveLength(3)
    operator.type('\u001b')
    expect(operator.lines().filter(line => /^[█ ] node-/.test(line)).length).toBeGreaterThan(10)
  })

  test('opens a row line by line with price and source, and the node with enter', async () => {
    const operator = await opened(fakeEngine(21), 120, 36)
    operator.type('x')
    expect(operator.text()).toMatch(
      /instance t4g\.nano +\$4\.89 a month +\$0\.0067 an hour × 516 h · AWS Pricing API, 3 h old/,
    )
    expect(operator.text()).toMatch(/disk gp3 × 8 +\$0\.64 a month +\$0\.08 a month · AWS Pricing API/)
    operator.type('\r')
    expect(operator.place()).toEqual({ screen: 'node', subject: 'node-00005' })
  })

  test('asks for the month before and comes back', async () => {
    const engine = fakeEngine(4)
    const operator = await opened(engine)
    operator.type(',')
    await vi.waitFor(() => expect(operator.text()).toContain('October 2026  '))
    expect(engine.asked).toContainEqual({ kind: 'cost', question: { month: '2026-10' } })
    operator.type('.')
    expect(operator.text()).toContain('November 2026')
    operator.type('.')
    expect(operator.text()).toContain('November 2026')
  })

  test('shows what is under way on top with its trouble, and in full below the table', async () => {
    const engine = fakeEngine(4)
    const trouble = { failure: 'no-capacity', code: null, message: 'the zone has no room', at: start - 20_000 }
    const open = { 'op-1': fakeLaunch(nodeName(2), start, { trouble }) }
    engine.setState(state => ({ ...state, machines: { ...state.machines, open } }))
    const operator = await opened(engine, 120, 36)
    expect(operator.text()).toContain('1 under way: node-00002 launch: is being asked for, try 2: the zone has no room')
    expect(operator.text()).toMatch(/node-00002 +launch: is being asked for, try 2 · for 1 m 35 s · noc/)
  })

  test('has what changed, hints, differences and where prices are from below the table', async () => {
    const engine = costing(fakeEngine(3), report => ({
      ...report,
      differences: [{ provider: 'aws', currency: 'USD', accruedMicros: 100e6, reportedMicros: 140e6 }],
    }))
    const text = (await opened(engine, 120, 50)).text()
    expect(text).toContain('+$7.82 a month')
    expect(text).toContain('$73.00 a month  IPv6 only')
    expect(text).toContain('aws says more than we know of: reported $140.00, accrued $100.00')
    expect(text).toMatch(/2026-11-\d\d · AWS Pricing API · 6/)
    expect(text).toMatch(/2026-11-\d\d · ESTIMATE · estimated: nobody read it · 1/)
    expect(text).toContain('watchfloor cost --csv')
  })

  test('of a fleet without anything is a sentence, not zeros', async () => {
    const text = (await opened(fakeEngine(0))).text()
    expect(text).toContain('nothing that costs is known')
    expect(text).toContain('nothing of this fleet costs anything that is known')
    expect(text).not.toMatch(/(?<!\d)0\.00/)
  })

  test('says why it cannot be had, and that figures are old when the newest cannot', async () => {
    const engine = fakeEngine(3)
    engine.clouds.cost = () => {
      throw new Error('the price book is damaged')
    }
    const operator = room(engine)
    operator.type('5')
    await vi.waitFor(() =>
      expect(operator.text()).toContain('what this month costs cannot be had: the price book is damaged'),
    )
  })
})

describe('what is asked of providers', () => {
  test('prices are read anew at once, and it says so', async () => {
    const engine = fakeEngine(3)
    const operator = await opened(engine)
    operator.type('Q')
    await vi.waitFor(() => expect(operator.text()).toContain('prices are read anew'))
    expect(engine.did).toMatchObject([{ type: 'money.refresh-prices', provider: null }])
  })

  test('the billing is asked only after a yes that says what it costs', async () => {
    const engine = fakeEngine(3)
    const operator = await opened(engine)
    operator.type('B')
    expect(operator.text()).toContain('It costs $0.01.')
    expect(engine.did).toEqual([])
    operator.type('Y')
    await vi.waitFor(() => expect(engine.did).toMatchObject([{ type: 'money.ask-billing', provider: 'aws' }]))
  })

  test('a fleet without a provider that can be asked has no such key', async () => {
    const engine = fakeEngine(1)
    const operator = await opened(engine)
    operator.type('BY')
    expect(engine.did).toEqual([])
    expect(operator.room.snapshot().view.dialogs).toEqual([])
  })
})

describe('the header of every screen', () => {
  test('has no money before the first picture, and asks nothing for it', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    expect(engine.asked.filter(({ kind }) => kind === 'cost')).toEqual([])
    expect(operator.lines()[0]).not.toContain('$')
  })

  test('has the projection against the ceiling soon after, and again each minute and after a change', async () => {
    vi.useFakeTimers({ now: start })
    const engine = fakeEngine(21)
    const operator = room(engine, 120, 36, Date.now)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(operator.lines()[0]).toMatch(/◐ \$1\d\d\.\d\d over \$100\.00 +10:42Z/)
    const asked = () => engine.asked.filter(({ kind }) => kind === 'cost').length
    expect(asked()).toBe(1)
    await vi.advanceTimersByTimeAsync(61_000)
    expect(asked()).toBe(2)
    engine.tell({
      kind: 'events',
      seq: 9,
      at: start,
      by: 'noc',
      events: [{ type: 'money.ended', ids: ['x'], at: start }],
    })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(asked()).toBe(3)
  })

  test('leaves it out where it would cut what the screen says', async () => {
    vi.useFakeTimers({ now: start })
    const operator = room(fakeEngine(21), 60, 24, Date.now)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(operator.lines()[0]).not.toContain('$')
    expect(operator.lines()[0]).toContain('no open incidents')
  })
})

test.each([
  [80, 24],
  [200, 60],
])('without colours and in ASCII at %i×%i everything is there by word and sign', async (columns, rows) => {
  const engine = costing(fakeEngine(21), report => withoutPrices(report, nodeName(4)))
  const operator = await opened(engine, columns, rows)
  const ascii = createTheme('none', 'ascii')
  const text = linesOf(operator.room.snapshot(), ascii)
    .map(line => ascii.paint('text', piece('text', line).text))
    .join('\n')
  expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  expect(text).toMatch(/~ over by \$\d+/)
  expect(text).toContain('? unknown: node-00004')
  expect(text).toContain('3.90 EUR')
})
