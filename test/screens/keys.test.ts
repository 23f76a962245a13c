import { afterEach, describe, expect, test } from 'vitest'
import { actions } from '../../screens/keys/actions.ts'
import { screenIds } from '../../screens/screens.ts'
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

describe('the registry', () => {
  test('no key means two things in one place', () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(0)] })
    const operator = room(engine)
    for (const screen of screenIds()) {
      operator.room.open(screen, nodeName(0))
      operator.room.set('overview', { filter: 'x' })
      const snapshot = operator.room.snapshot()
      const keys = actions.filter(action => action.when(snapshot)).flatMap(action => action.keys)
      expect(keys).toEqual([...new Set(keys)])
    }
  })

  test('a lower-case key never writes anything down', () => {
    for (const { keys, danger } of actions) {
      if (danger === 'looks') continue
      expect(keys.every(key => /^[A-Z]$/.test(key))).toBe(true)
    }
  })

  test('every lower-case letter and digit leaves the engine alone', () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(0)] })
    const operator = room(engine)
    for (const key of 'abcdefghijklmnopqrstuvwxyz0123456789') {
      operator.room.change({ prompt: null, dialogs: [] })
      operator.type(key)
    }
    expect(engine.did).toEqual([])
  })
})

describe('keys move the cursor', () => {
  test('jjj in one chunk moves three rows down', () => {
    const operator = room(fakeEngine(21))
    const before = operator.selected()
    operator.type('jjj')
    operator.type('kkk')
    expect(operator.selected()).toBe(before)
    operator.type('j')
    const once = operator.selected()
    operator.type('jj')
    const thrice = operator.selected()
    expect(new Set([before, once, thrice]).size).toBe(3)
  })

  test('right moves to the tile beside, G to the last, g to the first', () => {
    const operator = room(fakeEngine(21))
    const { order } = operator.room.snapshot()
    operator.type('\u001b[C')
    expect(operator.selected()).toBe(order[1])
    operator.type('G')
    expect(operator.selected()).toBe(order[20])
    operator.type('g')
    expect(operator.selected()).toBe(order[0])
  })

  test('the cursor stays on its node when trouble changes the order', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    operator.type('ll')
    const selected = operator.selected()
    engine.setHealth(nodeName(20), 'down')
    operator.room.freeze(false)
    expect(operator.selected()).toBe(selected)
  })

  test.each([1_000, 10_000])('of %i nodes the last one is reached and shown', count => {
    const operator = room(fakeEngine(count), 120, 36)
    operator.type('dddG')
    const selected = operator.selected()
    expect(selected).toBe(operator.room.snapshot().order.at(-1))
    expect(operator.text()).toContain(selected)
  })
})

describe('typing', () => {
  test('yes and enter in one chunk filter by yes', () => {
    const operator = room(fakeEngine(3, { names: ['zurich', 'yesterday', 'paris'] }))
    operator.type('/')
    operator.type('yes\r')
    const { view } = operator.room.snapshot()
    expect(view.prompt).toBeNull()
    expect(view.screens.overview).toMatchObject({ filter: 'yes', selected: 'yesterday' })
    expect(operator.text()).not.toContain('paris')
  })

  test('escape gives the filter up that was typed and keeps the one before', () => {
    const operator = room(fakeEngine(3, { names: ['zurich', 'london', 'paris'] }))
    operator.type('/lon\r')
    operator.type('/')
    operator.type('xyz')
    operator.type('\u001b')
    expect(operator.room.snapshot().view.prompt).toBeNull()
    expect(operator.room.snapshot().view.screens.overview.filter).toBe('lon')
    operator.type('\u001b')
    expect(operator.room.snapshot().view.screens.overview.filter).toBe('')
  })

  test('a paste that nobody asked for does nothing', () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(0)] })
    const operator = room(engine)
    operator.type('\u001b[200~K\rq\u001b[201~')
    expect(engine.did).toEqual([])
    expect(operator.did).toEqual([])
    expect(operator.place()).toEqual({ screen: 'overview', subject: null })
  })

  test('a paste into the filter is its first line, without escapes', () => {
    const operator = room(fakeEngine(21))
    operator.type('/')
    operator.type('\u001b[200~node\u001b[31m-1\nq\u001b[201~')
    expect(operator.room.snapshot().view.screens.overview.filter).toBe('node-1')
  })

  test('q typed into a filter does not leave the room', () => {
    const operator = room(fakeEngine(21))
    operator.type('/q')
    expect(operator.did).toEqual([])
  })
})

describe('the footer', () => {
  const foot = (operator: Operator) => operator.lines().at(-1) ?? ''

  test('below the overview it says how to get back, also beside what just happened', () => {
    const operator = room(fakeEngine(21))
    expect(foot(operator)).not.toContain('esc back')
    operator.type('\r')
    expect(foot(operator)).toContain('esc back')
    operator.room.say('done so')
    expect(foot(operator)).toMatch(/ done so .*esc back .*\? help/)
  })

  test('the overview offers the incidents, and to acknowledge where something is wrong, at 80 columns too', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    expect(foot(operator)).toMatch(/6 incidents .*: do .*\? help/)
    expect(foot(operator)).not.toContain('acknowledge')
    engine.open({ nodes: [operator.selected() ?? ''] })
    operator.room.freeze(false)
    expect(foot(operator)).toMatch(/6 incidents .*K acknowledge .*: do .*\? help/)
  })
})

describe('help and palette', () => {
  test('a page down moves by more than an entry, end to the last and home to the first', () => {
    const operator = room(fakeEngine(21))
    operator.type('?')
    const at = () => {
      const { prompt } = operator.room.snapshot().view
      return prompt && 'at' in prompt ? prompt.at : -1
    }
    operator.type('\u001b[6~')
    expect(at()).toBeGreaterThan(5)
    operator.type('\u001b[F')
    expect(at()).toBeGreaterThan(30)
    operator.type('\u001b[H')
    expect(at()).toBe(0)
  })

  test('the palette says which words an action takes behind its name', () => {
    const operator = room(fakeEngine(21))
    operator.type(':silence ')
    expect(operator.text()).toContain('nodes · for how long · reason')
  })

  test('? lists every action, and enter runs the one that was searched', () => {
    const operator = room(fakeEngine(21), 100, 200)
    operator.type('?')
    for (const { title } of actions) expect(operator.text()).toContain(title.slice(0, 50))
    operator.type('faults')
    operator.type('\r')
    expect(operator.room.snapshot().view.prompt).toBeNull()
    expect(operator.room.snapshot().view.screens.overview.faultsOnly).toBe(true)
  })

  test(':q leaves as q does', () => {
    const operator = room(fakeEngine(21))
    operator.type(':q\r')
    expect(operator.did).toEqual(['detach'])
  })

  test('the palette opens a node by a part of its name', () => {
    const operator = room(fakeEngine(3, { names: ['zurich', 'london', 'paris'] }))
    operator.type(':')
    operator.type('pari\r')
    expect(operator.place()).toEqual({ screen: 'node', subject: 'paris' })
  })

  test('an action that is not possible here is listed in the help and does nothing', () => {
    const engine = fakeEngine(21)
    const operator = room(engine, 100, 40)
    operator.type('?acknowledge')
    expect(operator.text()).toContain('(not here)')
    operator.type('\r')
    expect(engine.did).toEqual([])
  })
})

describe('acknowledging', () => {
  test("K acknowledges the selected node's open incident and says so", async () => {
    const engine = fakeEngine(21)
    const incident = engine.open({ nodes: [nodeName(0)], title: 'node-00000 is down' })
    const operator = room(engine)
    operator.type('K')
    await expect.poll(() => operator.text()).toContain('acknowledged: SEV2 node-00000 is down')
    expect(engine.did).toEqual([{ type: 'incidents.ack', id: incident.id }])
  })

  test('a refusal is told, with its reason', async () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(0)] })
    engine.refuse(new Error('this engine is read-only'))
    const operator = room(engine)
    operator.type('K')
    await expect.poll(() => operator.text()).toContain('not acknowledged: this engine is read-only')
  })

  test('K on a node without an open incident does nothing', () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(5)] })
    const operator = room(engine)
    operator.type('K')
    expect(engine.did).toEqual([])
  })
})
