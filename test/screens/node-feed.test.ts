import { afterEach, describe, expect, test } from 'vitest'
import { targetOf } from '../../screens/node/chart.ts'
import { feedNode } from '../../screens/node/feed.ts'
import type { Questions } from '../../src/engine/engine.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const name = nodeName(1)
let clock = start
const ends: (() => void)[] = []

function page(engine: FakeEngine, columns = 120, rows = 40): Operator {
  const operator = operate(engine, { columns, rows }, () => clock)
  operator.room.open('node', name)
  ends.push(() => operator.close())
  return operator
}
afterEach(() => {
  clock = start
  for (const end of ends.splice(0)) end()
})

/** What was asked is answered in steps without a clock: when none is left, everything has been. */
async function settled(): Promise<void> {
  for (let step = 0; step < 100; step++) await Promise.resolve()
}

describe('what a page asks the engine', () => {
  const series = (engine: FakeEngine) =>
    engine.asked
      .filter(({ kind }) => kind === 'series')
      .map(({ question }) => question as Questions['series']['question'])
  function fed(engine: FakeEngine): Operator {
    const operator = page(engine)
    ends.push(feedNode(operator.room, () => clock))
    return operator
  }

  test('the series of the probe and value under the cursor, over the span that is wished', async () => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    operator.room.set('node', { window: '30 d' })
    await settled()
    expect(operator.text()).toContain('mesh ms  30 d')
    operator.type('jjjjjc')
    await settled()
    expect(operator.text()).toContain('load disk %  30 d')
    const last = series(engine).at(-1)
    expect(last).toMatchObject({ node: name, probe: 'load', value: 'disk_pct', to: start, from: start - 2_592_000_000 })
  })

  test('without a wish, the shortest span that holds all there is', async () => {
    const engine = fakeEngine(21)
    engine.points = ({ from, to, buckets }) =>
      Array.from({ length: buckets }, (_, at) => {
        const when = from + ((to - from) / buckets) * at
        return { at: when, count: when > start - 3_000_000 ? 1 : 0, min: 1, avg: 1, p95: 1, max: 1 }
      })
    const operator = fed(engine)
    await settled()
    expect(operator.room.snapshot().found.node?.window).toBe('1 h')
  })

  test('an answer for what the cursor has left is dropped, and the last chart stays until the next one comes', async () => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    operator.room.set('node', { window: '24 h' })
    await settled()
    const held: (() => void)[] = []
    const { ask } = engine
    engine.ask = async (kind, question) => {
      if (kind === 'series') await new Promise<void>(resolve => held.push(resolve))
      return ask(kind, question)
    }
    const charted = () => operator.room.snapshot().found.node?.probe.probe
    const release = async () => {
      for (const go of held.splice(0)) go()
      await settled()
    }
    operator.type('j')
    await settled()
    operator.type('j')
    await settled()
    expect(charted()).toBe('ping:mesh')
    expect(operator.text()).not.toContain('asking')
    await release()
    expect(charted()).toBe('ping:mesh')
    await release()
    expect(charted()).toBe('ssh:public')
  })

  test('what was answered while the picture was held still is asked again when it goes on', async () => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    await settled()
    operator.type('j')
    operator.room.freeze(true)
    await settled()
    operator.room.freeze(false)
    await settled()
    const probe = operator.room.snapshot().found.node?.probe.probe
    operator.type('j')
    await Promise.resolve()
    operator.room.freeze(true)
    await settled()
    expect(operator.room.snapshot().found.node?.probe.probe).toBe(probe)
    operator.room.freeze(false)
    await settled()
    expect(operator.room.snapshot().found.node?.probe.probe).not.toBe(probe)
  })

  test("another node's chart is not shown as this one's", async () => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    await settled()
    operator.room.open('node', nodeName(2))
    expect(operator.text()).toContain('mesh ms   asking for its history')
    await settled()
    expect(operator.text()).not.toContain('asking')
    expect(operator.room.snapshot().found.node?.node).toBe(nodeName(2))
  })

  test('at the pace of its span and not more often', async () => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    operator.room.set('node', { window: '10 m' })
    await settled()
    const before = series(engine).length
    clock += 14_000
    operator.room.change({})
    await settled()
    expect(series(engine)).toHaveLength(before)
    clock += 2_000
    operator.room.change({})
    await settled()
    expect(series(engine).length).toBeGreaterThan(before)
  })

  test.each([
    ['the picture is held still', (_: FakeEngine, { room }: Operator) => room.freeze(true)],
    ['the link is lost', (engine: FakeEngine) => engine.tell({ kind: 'link', up: false, why: 'gone' })],
    ['another screen is shown', (_: FakeEngine, { room }: Operator) => room.open('overview')],
  ])('nothing while %s', async (_, stop) => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    await settled()
    const before = series(engine).length
    stop(engine, operator)
    clock += 3_600_000
    operator.type('j')
    await settled()
    expect(series(engine)).toHaveLength(before)
  })

  test('the cursor stays where the page began when something else becomes worse', async () => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    await settled()
    engine.sample(name, { probe: 'load', ok: false })
    operator.room.freeze(false)
    await settled()
    expect(targetOf(operator.room.snapshot())?.probe.probe).toBe('ping:mesh')
  })

  test('an engine that has no history leaves the page as it is, and is asked again', async () => {
    const engine = fakeEngine(21)
    const operator = fed(engine)
    await settled()
    const { ask } = engine
    engine.ask = async () => {
      throw new Error('the history is damaged')
    }
    clock += 120_000
    operator.room.change({})
    await settled()
    expect(operator.text()).toContain('mesh ms  24 h')
    engine.ask = ask
    clock += 120_000
    operator.room.change({})
    await settled()
    expect(operator.room.snapshot().found.node?.to).toBe(clock)
  })
})
