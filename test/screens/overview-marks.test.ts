// Many nodes marked, so that what is done is done to all of them.
import { afterEach, describe, expect, test } from 'vitest'
import { nodesOf } from '../../screens/keys/on-nodes.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const open: Operator[] = []
function room(engine: FakeEngine, columns = 80, rows = 24): Operator {
  const operator = operate(engine, { columns, rows }, () => start)
  open.push(operator)
  return operator
}
afterEach(() => {
  for (const operator of open.splice(0)) operator.close()
})

const names = ['a', 'b', 'c', 'd', 'e', 'f']
const fleet = () => fakeEngine(6, { names })
const marked = (operator: Operator) => nodesOf(operator.room.snapshot())

describe('marks', () => {
  test('space marks the node under the cursor and goes on to the next', () => {
    const operator = room(fleet())
    const first = operator.selected()
    operator.type(' ')
    expect(marked(operator)).toEqual([first])
    expect(operator.selected()).not.toBe(first)
    operator.type(' ')
    expect(marked(operator)).toHaveLength(2)
  })

  test('space on a marked node takes its mark away', () => {
    const operator = room(fleet())
    operator.type(' ')
    operator.type('g')
    operator.type(' ')
    expect(operator.text()).not.toContain('marked')
  })

  test('v marks all from the last marked to the cursor, in the order of the screen', () => {
    const operator = room(fleet())
    const order = operator.room.snapshot().order
    operator.room.set('overview', { selected: order[4] ?? null })
    operator.type(' ')
    operator.room.set('overview', { selected: order[2] ?? null })
    operator.type('v')
    expect([...marked(operator)].sort()).toEqual([order[2], order[3], order[4]].sort())
  })

  test('v without a mark before marks the node under the cursor alone', () => {
    const operator = room(fleet())
    operator.type('v')
    expect(operator.text()).toContain('1 marked: actions act on them')
  })

  test('a marks all that the filter shows, and nothing else', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    operator.type('/@pilot\r')
    operator.type('a')
    expect([...marked(operator)].sort()).toEqual([0, 5, 10, 15, 20].map(nodeName))
  })

  test('esc drops the marks first, then the filter', () => {
    const operator = room(fakeEngine(21))
    operator.type('/@pilot\r')
    operator.type('a')
    operator.type('\u001b')
    expect(operator.text()).not.toContain('marked')
    expect(operator.room.snapshot().view.screens.overview.filter).toBe('@pilot')
    operator.type('\u001b')
    expect(operator.room.snapshot().view.screens.overview.filter).toBe('')
  })

  test('without marks actions act on the node under the cursor', () => {
    const operator = room(fleet())
    operator.type('G')
    expect(marked(operator)).toEqual([operator.selected()])
  })

  test('marks outlast a filter that hides them, and the line above says that they are hidden', () => {
    const operator = room(fakeEngine(21))
    operator.type('/@pilot\r')
    operator.type('a')
    operator.type('/')
    operator.type('\u0015node-00005\r')
    expect(marked(operator)).toHaveLength(5)
    expect(operator.text()).toContain('5 marked, 4 of them not shown: actions act on them')
  })

  test('a node that left the fleet is acted on no more, neither by its mark nor by the cursor', () => {
    const engine = fleet()
    const operator = room(engine)
    operator.type('a')
    operator.room.set('overview', { selected: 'b' })
    engine.setLive(live => {
      const { b: _gone, ...nodes } = live.fleet.nodes
      return { ...live, fleet: { ...live.fleet, nodes } }
    })
    operator.room.freeze(false)
    expect([...marked(operator)].sort()).toEqual(['a', 'c', 'd', 'e', 'f'])
    operator.type('\u001b')
    expect(marked(operator)).toEqual([])
  })

  test('r looks at all marked nodes', () => {
    const engine = fleet()
    const operator = room(engine)
    operator.type('  ')
    operator.type('r')
    expect(engine.asked).toEqual([{ kind: 'check', question: { selector: marked(operator).join(',') } }])
    expect(marked(operator)).toHaveLength(2)
  })

  test.each(['tiles', 'compact', 'table', 'heat'] as const)('%s show which nodes are marked', density => {
    const operator = room(fleet())
    operator.room.set('overview', { density })
    expect(operator.text()).not.toContain('◆')
    operator.type(' ')
    operator.type(' ')
    expect(operator.text().match(/◆/g)).toHaveLength(2)
  })

  test('a table without the column of health still shows cursor and marks', () => {
    const operator = room(fleet())
    operator.room.set('overview', { density: 'table', columns: ['node', 'why'] })
    operator.type(' ')
    expect(operator.text()).toMatch(/^◆/m)
    expect(operator.text()).toMatch(/^█/m)
  })
})
