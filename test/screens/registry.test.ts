// The registry of actions as a whole: where an operator who knows k9s looks for them, other keys, read-only engines.
import { afterEach, describe, expect, test } from 'vitest'
import type { Hands } from '../../screens/keys/action.ts'
import { actions } from '../../screens/keys/actions.ts'
import { keysOf } from '../../screens/keys/bindings.ts'
import { press } from '../../screens/keys/press.ts'
import { createTokenizer } from '../../screens/keys/tokenizer.ts'
import { createRoom, type Room } from '../../screens/room/room.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { linesOf, operate } from './show.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

/** A room with other keys, and what is typed into it. */
function rebound(
  engine: FakeEngine,
  bindings: Record<string, readonly string[]>,
): { room: Room; type(text: string): void } {
  const room = createRoom(engine, { columns: 120, rows: 36 }, () => start, { bindings })
  open.push(room)
  const nothing = () => {}
  const hands: Hands = {
    room,
    engine,
    redraw: nothing,
    suspend: nothing,
    detach: nothing,
    program: { opening: () => null, shell: async () => {}, edit: async () => {} },
    copy: async () => {},
  }
  const tokenizer = createTokenizer(key => {
    if (key.kind !== 'background') press(key, hands)
  })
  return {
    room,
    type(text) {
      tokenizer.push(Buffer.from(text))
      tokenizer.flush()
    },
  }
}

test.each([
  [':', 'palette'],
  ['/', 'filter'],
  ['?', 'help'],
  ['escape', 'back'],
  ['j', 'down'],
  ['k', 'up'],
  ['g', 'first'],
  ['G', 'last'],
  ['l', 'logs'],
  ['s', 'shell'],
  ['y', 'copy'],
  ['enter', 'open'],
  ['space', 'mark'],
  ['ctrl-c', 'detach'],
])('who knows k9s finds %s: it is %s', (key, id) => {
  const operator = operate(fakeEngine(3), { columns: 120, rows: 36 }, () => start)
  open.push(operator)
  const snapshot = operator.room.snapshot()
  expect(actions.find(action => action.keys.includes(key) && action.when(snapshot))?.id).toBe(id)
})

describe('other keys', () => {
  test('do it, the old ones do not, and footer and help show the new ones', () => {
    const { room, type } = rebound(fakeEngine(21), { faults: ['x'], freeze: ['f5', 'Z'] })
    type('f')
    expect(room.snapshot().view.screens.overview.faultsOnly).toBe(false)
    type('x')
    expect(room.snapshot().view.screens.overview.faultsOnly).toBe(true)
    type('\u001b[15~')
    expect(room.snapshot().frozenAt).not.toBeNull()
    expect(linesOf(room.snapshot()).at(-1)).toContain('x faults')
    type('?faults only')
    expect(linesOf(room.snapshot()).join('\n')).toMatch(/x +show faults only/)
  })

  test('an action whose keys were taken away is still there by its name', () => {
    const { room, type } = rebound(fakeEngine(21), { faults: [] })
    type('f')
    expect(room.snapshot().view.screens.overview.faultsOnly).toBe(false)
    type(':faults\r')
    expect(room.snapshot().view.screens.overview.faultsOnly).toBe(true)
  })

  test('the palette finds an action by its new key', () => {
    const { room, type } = rebound(fakeEngine(21), { freeze: ['Z'] })
    type(':Z\r')
    expect(room.snapshot().frozenAt).not.toBeNull()
  })
})

describe('a read-only engine', () => {
  const readOnly = () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(0)] })
    engine.setLive(live => ({ ...live, engine: { ...live.engine, readOnly: true } }))
    const operator = operate(engine, { columns: 120, rows: 36 }, () => start)
    open.push(operator)
    return { engine, operator }
  }

  test('is asked for nothing that writes or acts, whatever key is pressed; it says why', () => {
    const { engine, operator } = readOnly()
    for (const action of actions.filter(({ danger }) => danger !== 'looks')) {
      for (const key of keysOf(action, {})) operator.type(key)
      operator.type('\u001b\u001b')
    }
    expect(engine.did).toEqual([])
    operator.type('K')
    expect(operator.text()).toContain('this engine is read-only, nothing was done')
  })

  test('shows no key in the footer that it refuses, and no shell', () => {
    const { operator } = readOnly()
    const footer = operator.lines().at(-1) ?? ''
    expect(footer).not.toContain('acknowledge')
    operator.type('s')
    expect(operator.did).toEqual([])
  })
})

test('what is typed while a shell is being opened does nothing in the room; esc gives the shell up', () => {
  const engine = fakeEngine(21)
  engine.open({ nodes: [nodeName(0)] })
  const operator = operate(engine, { columns: 120, rows: 36 }, () => start)
  open.push(operator)
  const givenUp: string[] = []
  const nothing = () => {}
  const hands: Hands = {
    room: operator.room,
    engine,
    redraw: nothing,
    suspend: nothing,
    detach: () => givenUp.push('detached'),
    program: { opening: () => () => givenUp.push('given up'), shell: async () => {}, edit: async () => {} },
    copy: async () => {},
  }
  const before = operator.room.snapshot().view
  for (const name of ['K', 'a', 'q', 'enter', ':']) press({ kind: 'key', name }, hands)
  press({ kind: 'paste', text: 'K' }, hands)
  expect(operator.room.snapshot().view).toBe(before)
  expect(engine.did).toEqual([])
  press({ kind: 'key', name: 'escape' }, hands)
  expect(givenUp).toEqual(['given up'])
})
