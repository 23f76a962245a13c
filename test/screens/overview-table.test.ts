// Columns, order and groups of the overview.
import { afterEach, describe, expect, test } from 'vitest'
import { restoreOverview } from '../../screens/overview/state.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const open: Operator[] = []
let clock = start
function room(engine: FakeEngine, columns = 120, rows = 36): Operator {
  const operator = operate(engine, { columns, rows }, () => clock)
  open.push(operator)
  return operator
}
afterEach(() => {
  clock = start
  for (const operator of open.splice(0)) operator.close()
})

/** Names of nodes in the order in which they stand on the screen. */
function namesOn(operator: Operator): string[] {
  return [...operator.text().matchAll(/node-\d{5}/g)].map(([name]) => name)
}

/** The table's head. */
function headOf(operator: Operator): string {
  return operator.lines().find(line => line.startsWith(' health')) ?? ''
}

/** Six nodes whose memory falls from the first to the last. */
function descending(count = 6): FakeEngine {
  const engine = fakeEngine(count)
  for (let index = 0; index < count; index++)
    engine.sample(nodeName(index), { probe: 'load', values: { ram_pct: 90 - index, disk_pct: 41 } })
  return engine
}

describe('columns', () => {
  test.each([
    [80, ['health', 'node', 'region', 'mesh ms', 'https ms', 'for', 'why'], ['ram', 'city']],
    [120, ['https ms', 'tls d', 'ram %', 'disk %', 'why'], ['city', 'ssh']],
    [200, ['city', 'ssh ms', 'cpu %', 'latency', 'push', 'gen', 'why'], ['tags']],
  ] as const)('a table on %i columns has those that matter most', (columns, there, missing) => {
    const operator = room(fakeEngine(150), columns, 24)
    operator.room.set('overview', { density: 'table' })
    const head = headOf(operator)
    for (const title of there) expect(head).toContain(title)
    for (const title of missing) expect(head).not.toContain(title)
  })

  test('c takes columns in and out, one after the other, and says which are shown', () => {
    const operator = room(fakeEngine(150))
    operator.room.set('overview', { density: 'table' })
    operator.type('c')
    operator.type('address')
    expect(operator.text()).toMatch(/□ address/)
    operator.type('\r')
    expect(operator.text()).toMatch(/■ address/)
    operator.type('\u0015')
    operator.type('region\r')
    operator.type('\u001b')
    expect(headOf(operator)).toContain('address')
    expect(headOf(operator)).not.toContain('region')
    expect(operator.text()).toContain('192.0.2.7')
  })

  test(':columns takes one in by its name', () => {
    const operator = room(fakeEngine(150))
    operator.room.set('overview', { density: 'table' })
    operator.type(':columns tags\r')
    expect(headOf(operator)).toContain('tags')
  })

  test('those that there is no room for are counted, and the reason keeps its room', () => {
    const operator = room(fakeEngine(150), 80, 24)
    operator.room.set('overview', {
      density: 'table',
      columns: ['health', 'node', 'city', 'mesh', 'http', 'ssh', 'tls', 'ram', 'disk', 'tags', 'why'],
    })
    expect(operator.text()).toMatch(/why +\+4 $/m)
  })

  test('a value that was never sampled is a dash, not a nought', () => {
    const engine = fakeEngine(150)
    engine.setLive(live => ({ ...live, probes: {} }))
    const operator = room(engine)
    operator.room.set('overview', { density: 'table' })
    const row = operator.lines().find(line => line.includes(nodeName(4))) ?? ''
    expect(row.match(/–/g)).toHaveLength(5)
    expect(row).not.toMatch(/\b0\b/)
  })

  test('a table on 80 columns has room for the reason', () => {
    const engine = fakeEngine(150)
    engine.setHealth(nodeName(9), 'down', { severity: 'SEV1', reason: nodeText('no answer') })
    const operator = room(engine, 80, 24)
    operator.room.set('overview', { density: 'table' })
    expect(operator.text()).toMatch(/✖ down +node-00009 .*SEV1 no answer/)
  })
})

describe('order', () => {
  test('o orders by a column, the same again turns it round, and the head shows it', () => {
    const operator = room(descending())
    operator.room.set('overview', { density: 'table' })
    operator.type('oram\r')
    expect(namesOn(operator)[0]).toBe(nodeName(5))
    expect(headOf(operator)).toContain('ram %▾')
    operator.type('oram\r')
    expect(namesOn(operator)[0]).toBe(nodeName(0))
    expect(headOf(operator)).toContain('ram %▴')
    expect(operator.text()).toContain('sorted by ram %, reversed')
  })

  test.each(['tiles', 'compact', 'table'] as const)('%s follow the order', density => {
    const operator = room(descending())
    operator.room.set('overview', { density, sort: { by: 'ram', isReversed: false, since: start } })
    expect(namesOn(operator).slice(0, 6)).toEqual([5, 4, 3, 2, 1, 0].map(nodeName))
  })

  test('by what changes all the time the order is renewed every five seconds, not with each value', () => {
    const engine = descending()
    const operator = room(engine)
    operator.room.set('overview', { density: 'table' })
    operator.type('oram\r')
    expect(namesOn(operator)[0]).toBe(nodeName(5))
    clock = start + 4_000
    engine.sample(nodeName(0), { probe: 'load', values: { ram_pct: 1 } })
    operator.room.freeze(false)
    expect(operator.text()).toMatch(/node-00000.* 58 +1 +38/)
    expect(namesOn(operator)[0]).toBe(nodeName(5))
    clock = start + 5_000
    operator.room.freeze(false)
    expect(namesOn(operator)[0]).toBe(nodeName(0))
  })

  test('when the operator asks, the order is renewed at once', () => {
    const engine = descending()
    const operator = room(engine)
    operator.room.set('overview', { density: 'table' })
    operator.type('oram\r')
    clock = start + 1_000
    engine.sample(nodeName(3), { probe: 'load', values: { ram_pct: 99 } })
    operator.room.freeze(false)
    operator.type('oram\r')
    expect(namesOn(operator)[0]).toBe(nodeName(3))
  })

  test('what is not known comes last, whichever way round', () => {
    const engine = descending()
    engine.setLive(live => ({ ...live, probes: { ...live.probes, [nodeName(2)]: {} } }))
    const operator = room(engine)
    for (const isReversed of [false, true]) {
      operator.room.set('overview', { density: 'table', sort: { by: 'ram', isReversed, since: start } })
      expect(namesOn(operator).at(-1)).toBe(nodeName(2))
    }
  })
})

describe('groups', () => {
  test('b puts headings with counts over the nodes', () => {
    const engine = fakeEngine(21)
    engine.setHealth(nodeName(1), 'down')
    const operator = room(engine)
    operator.type('bregion\r')
    operator.type('g')
    expect(operator.text()).toMatch(/^ us-east-1 {2}3 {2}✖ 1 {2}● 2 /m)
    expect(operator.text()).toContain('grouped by region')
    operator.type('bnone\r')
    expect(operator.text()).not.toMatch(/^ us-east-1 /m)
  })

  test.each([
    ['provider', ['aws', 'static']],
    ['tag', ['pilot', 'rest']],
    ['health', ['down', 'up']],
    ['batch', ['canary', 'others', 'in no batch']],
  ] as const)('by %s', (group, titles) => {
    const engine = fakeEngine(21)
    engine.setHealth(nodeName(1), 'down')
    engine.setLive(live => ({
      ...live,
      fleet: { ...live.fleet, batches: { canary: '@pilot', broken: 'nobody', others: 'region=us-east-1' } },
    }))
    const operator = room(engine)
    operator.room.set('overview', { group, density: 'table' })
    const headings = operator.lines().flatMap(line => /^ (\S.*?) {2}\d+ {2}.*─ $/.exec(line)?.[1] ?? [])
    expect(headings).toEqual(titles)
  })

  test.each(['tiles', 'compact', 'table', 'heat'] as const)('in %s the cursor goes past the headings', density => {
    const operator = room(fakeEngine(21), 80, 24)
    operator.room.set('overview', { group: 'region', density })
    operator.type('g')
    const seen = new Set([operator.selected()])
    for (let step = 0; step < 20; step++) {
      operator.type('\t')
      seen.add(operator.selected())
      expect(operator.lines()).toHaveLength(24)
      // A map has one name, that of the node under the cursor.
      expect(operator.text()).toContain(operator.selected())
    }
    expect(seen.size).toBe(21)
    for (let step = 0; step < 21; step++) operator.type('k')
    expect(operator.selected()).toBe(nodeName(0))
    expect(operator.text()).toMatch(/^ HQ {2}1 /m)
  })

  test('down into a group that is shorter goes to its end', () => {
    const operator = room(fakeEngine(4, { names: ['a', 'b', 'c', 'd'] }))
    operator.room.set('overview', { group: 'tag', density: 'tiles', selected: 'd' })
    operator.type('k')
    expect(operator.selected()).toBe('a')
    operator.type('j')
    expect(['b', 'c', 'd']).toContain(operator.selected())
  })
})

test('what was kept and is known no more is left out', () => {
  expect(
    restoreOverview({
      columns: ['node', 'weight', 7, 'why'],
      sort: { by: 'weight', isReversed: 'yes' },
      group: 'moon',
      marked: ['paris', 3, 'paris'],
      density: 'sphere',
      at: 12,
    }),
  ).toMatchObject({
    columns: ['node', 'why'],
    sort: { by: 'faults', isReversed: false },
    group: 'none',
    marked: ['paris'],
    density: 'auto',
    // The past is never what a room opens with.
    at: null,
  })
  expect(restoreOverview('nonsense')).toEqual(restoreOverview(null))
})
