import { afterEach, describe, expect, test } from 'vitest'
import { yesKey } from '../../screens/dialogs/danger.ts'
import { actions } from '../../screens/keys/actions.ts'
import type { Dialog } from '../../screens/room/view.ts'
import type { AnyCommand } from '../../src/engine/nouns.ts'
import { Refused } from '../../state/primitives/errors.ts'
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

const esc = '\u001b'
const enter = '\r'
const tab = '\t'
const paste = (text: string) => `\u001b[200~${text}\u001b[201~`

function kinds(operator: Operator): Dialog['kind'][] {
  return operator.room.snapshot().view.dialogs.map(({ kind }) => kind)
}
function top(operator: Operator): Dialog | undefined {
  return operator.room.snapshot().view.dialogs.at(-1)
}
function ran(engine: FakeEngine): AnyCommand[] {
  return engine.did.filter(({ type }) => type === 'exec.start')
}
/** Up to the question that wants a yes. */
function asked(engine: FakeEngine, operator = room(engine)): Operator {
  operator.type('E')
  operator.type('uptime')
  operator.type(enter)
  return operator
}
function inProduction(engine: FakeEngine): FakeEngine {
  engine.setLive(live => ({ ...live, fleet: { ...live.fleet, environment: 'production' } }))
  return engine
}
/** Answers of the engine that a test gives when it wants. */
function slow(engine: FakeEngine): { did: AnyCommand[]; answer(): void; fail(error: Error): void } {
  const waiting: { resolve(): void; reject(error: Error): void }[] = []
  const did: AnyCommand[] = []
  engine.do = command => {
    did.push(command)
    return new Promise((resolve, reject) => {
      waiting.push({ resolve: () => resolve({ seq: 1, ids: [] }), reject })
    })
  }
  return {
    did,
    answer: () => {
      for (const one of waiting.splice(0)) one.resolve()
    },
    fail: error => {
      for (const one of waiting.splice(0)) one.reject(error)
    },
  }
}

describe('what acts outside asks first', () => {
  test('no action that changes anything has the confirming key, nor any other action', () => {
    expect(actions.filter(({ keys }) => keys.includes(yesKey))).toEqual([])
  })

  test('every action that acts outside has a question with a yes', () => {
    const acting = actions.filter(({ danger }) => danger === 'changes')
    expect(acting.length).toBeGreaterThan(1)
    for (const action of acting) expect('form' in action && typeof action.form.confirm === 'function').toBe(true)
  })

  test('Cancel has the focus: enter cancels, and the form below keeps what was typed', () => {
    const engine = fakeEngine(21)
    const operator = asked(engine)
    expect(kinds(operator)).toEqual(['form', 'confirm'])
    operator.type(enter)
    expect(kinds(operator)).toEqual(['form'])
    expect(top(operator)).toMatchObject({ values: { command: 'uptime', for: '60s' } })
    expect(engine.did).toEqual([])
  })

  test("the trigger's key never confirms", () => {
    const engine = fakeEngine(21)
    const operator = asked(engine)
    operator.type('EEE')
    expect(kinds(operator)).toEqual(['form', 'confirm'])
    expect(engine.did).toEqual([])
  })

  test('Y confirms where no name is asked', async () => {
    const engine = fakeEngine(21)
    const operator = asked(engine)
    operator.type(yesKey)
    await expect.poll(() => kinds(operator)).toEqual([])
    expect(ran(engine)).toHaveLength(1)
  })

  test('tab moves to the button that does it, and enter presses it', async () => {
    const engine = fakeEngine(21)
    const operator = asked(engine)
    operator.type(tab)
    operator.type(enter)
    await expect.poll(() => kinds(operator)).toEqual([])
    expect(ran(engine)).toHaveLength(1)
  })

  test('tab twice is back on Cancel', () => {
    const engine = fakeEngine(21)
    const operator = asked(engine)
    operator.type(`${tab}${tab}${enter}`)
    expect(engine.did).toEqual([])
    expect(kinds(operator)).toEqual(['form'])
  })

  test('it names the node, the environment and exactly what is run', () => {
    const operator = room(fakeEngine(21))
    operator.type('E')
    operator.type("journalctl -u 'my unit'")
    operator.type(enter)
    expect(operator.text()).toMatch(/in +clavitor +sandbox/)
    expect(operator.text()).toMatch(new RegExp(`on +1 node +${operator.selected()}`))
    expect(operator.text()).toContain("exactly journalctl -u 'my unit'")
    expect(operator.text()).toContain('[ Cancel ]')
  })

  test('what is long can be read to its end before it is agreed to', () => {
    const operator = room(fakeEngine(21))
    operator.type('E')
    operator.type(`echo ${Array.from({ length: 150 }, (_, at) => `word-${at}`).join(' ')}`)
    operator.type(enter)
    expect(operator.text()).toContain('echo word-0')
    expect(operator.text()).not.toContain('word-149')
    operator.type('\u001b[6~'.repeat(30))
    expect(operator.text()).toContain('word-149')
    operator.type('\u001b[5~'.repeat(30))
    expect(operator.text()).toContain('echo word-0')
  })
})

describe('what is grave wants the name of the fleet', () => {
  test('in production Y is a letter and confirms nothing', () => {
    const engine = inProduction(fakeEngine(21))
    const operator = asked(engine)
    operator.type(yesKey)
    expect(operator.text()).toContain('this is production: type clavitor')
    expect(top(operator)).toMatchObject({ kind: 'confirm', typed: yesKey })
    expect(engine.did).toEqual([])
  })

  test('a wrong name does nothing and says so', () => {
    const engine = inProduction(fakeEngine(21))
    const operator = asked(engine)
    operator.type(`clavito${tab}${enter}`)
    expect(engine.did).toEqual([])
    expect(operator.text()).toContain('clavitor is not what is typed')
  })

  test('the name and enter confirm', async () => {
    const engine = inProduction(fakeEngine(21))
    const operator = asked(engine)
    operator.type('clavitor')
    expect(engine.did).toEqual([])
    operator.type(enter)
    await expect.poll(() => ran(engine).length).toBe(1)
  })

  test('more than ten nodes want it too, and say how many', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    const nodes = Array.from({ length: 11 }, (_, at) => nodeName(at))
    const incident = engine.open({ nodes, title: 'a region' })
    operator.type('6')
    operator.room.freeze(false)
    operator.type('E')
    operator.type(`uptime${enter}`)
    expect(incident.nodes).toHaveLength(11)
    expect(operator.text()).toContain('this hits 11 nodes: type clavitor')
    operator.type(yesKey)
    expect(engine.did).toEqual([])
  })
})

describe('a form keeps what was typed', () => {
  test('escape closes one dialog at a time', () => {
    const operator = asked(fakeEngine(21))
    operator.type(esc)
    expect(kinds(operator)).toEqual(['form'])
    expect(top(operator)).toMatchObject({ values: { command: 'uptime' } })
    operator.type(esc)
    expect(kinds(operator)).toEqual([])
    expect(operator.place().screen).toBe('overview')
  })

  test('all that is wrong is said at once, and the cursor is on the first of it', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    operator.type('S')
    operator.type('\u0015')
    operator.type('soon')
    operator.type(`${tab}${enter}`)
    const text = operator.text()
    expect(text).toContain('not a duration')
    expect(text).toContain('say it in a few words')
    expect(top(operator)).toMatchObject({ at: 1 })
    expect(engine.did).toEqual([])
  })

  test('what is mended is not complained about any more', () => {
    const operator = room(fakeEngine(21))
    operator.type(`S${tab}${enter}`)
    expect(operator.text()).toContain('not a duration')
    operator.type('4h')
    expect(operator.text()).not.toContain('not a duration')
    expect(operator.text()).toContain('say it in a few words')
  })

  test('a refusal by the engine keeps everything and says why and what to do', async () => {
    const engine = fakeEngine(21)
    engine.refuse(new Refused({ name: 'role-missing', message: 'you are no operator', remedy: 'Ask one.' }))
    const operator = room(engine)
    operator.type(`S4h${tab}disks${enter}`)
    await expect.poll(() => operator.text()).toContain('not done: you are no operator. Ask one.')
    expect(top(operator)).toMatchObject({ kind: 'form', values: { for: '4h', reason: 'disks' }, isSending: false })
    engine.refuse(null)
    operator.type(enter)
    await expect.poll(() => kinds(operator)).toEqual([])
    expect(engine.did.map(({ type }) => type)).toEqual(['incidents.silence', 'incidents.silence'])
  })

  test('enter twice while the engine is slow sends once', async () => {
    const engine = fakeEngine(21)
    const held = slow(engine)
    const operator = room(engine)
    operator.type(`S4h${tab}disks${enter}${enter}${enter}`)
    expect(operator.text()).toContain('waiting for the engine')
    expect(held.did).toHaveLength(1)
    held.answer()
    await expect.poll(() => kinds(operator)).toEqual([])
    expect(held.did).toHaveLength(1)
  })

  test('Y and enter while a yes is on its way send nothing again', async () => {
    const engine = fakeEngine(21)
    const held = slow(engine)
    const operator = asked(engine)
    operator.type(`${yesKey}${yesKey}${tab}${enter}`)
    expect(held.did).toHaveLength(1)
    held.answer()
    await expect.poll(() => kinds(operator)).toEqual([])
  })

  test('letters while it is being sent change nothing, and the answer is not lost', async () => {
    const engine = fakeEngine(21)
    const held = slow(engine)
    const operator = room(engine)
    operator.type(`S4h${tab}disks${enter}`)
    operator.type('xyz')
    held.fail(new Error('the disk is full'))
    await expect.poll(() => operator.text()).toContain('not done: the disk is full')
    expect(top(operator)).toMatchObject({ values: { reason: 'disks' }, isSending: false })
  })

  test('who closes it while it is being sent is told how it ended, and keeps what was opened since', async () => {
    const engine = fakeEngine(21)
    const held = slow(engine)
    const operator = room(engine)
    operator.type(`S4h${tab}disks${enter}${esc}`)
    operator.type('S')
    operator.type('2d')
    held.answer()
    await expect.poll(() => operator.room.snapshot().view.toast?.words).toContain('silenced')
    expect(top(operator)).toMatchObject({ kind: 'form', values: { for: '2d' } })
  })

  test('a paste goes into the field, its first line only and without escapes', () => {
    const operator = room(fakeEngine(21))
    operator.type('E')
    operator.type(paste('df\u001b[31m -h\nreboot\n'))
    expect(top(operator)).toMatchObject({ kind: 'form', values: { command: 'df -h' } })
  })

  test('a paste never presses a button', () => {
    const engine = fakeEngine(21)
    const operator = asked(engine)
    operator.type(paste(`${yesKey}\r`))
    expect(kinds(operator)).toEqual(['form', 'confirm'])
    expect(engine.did).toEqual([])
  })

  test('keys do not reach the screen below', () => {
    const operator = room(fakeEngine(21))
    operator.type('S')
    operator.type('q1?z:')
    expect(operator.did).toEqual([])
    expect(top(operator)).toMatchObject({ values: { for: 'q1?z:' } })
  })

  test('words behind the name in the palette fill the fields, and blanks of the last are kept', async () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    operator.type(':silence  @pilot 4h disks  are changed\r')
    await expect.poll(() => engine.did).toMatchObject([{ selector: '@pilot', reason: 'disks  are changed' }])
  })
})

describe('who may only look', () => {
  test.each(['E', 'S', 'M', 'I', 'K'])('%s is refused with words by a read-only engine, and nothing opens', key => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(0)] })
    engine.setLive(live => ({ ...live, engine: { ...live.engine, readOnly: true } }))
    const operator = room(engine)
    operator.type(key)
    expect(kinds(operator)).toEqual([])
    expect(operator.text()).toContain('this engine is read-only, nothing was done')
    expect(engine.did).toEqual([])
  })

  test('an engine that became read-only meanwhile has the last word', async () => {
    const engine = fakeEngine(21)
    const operator = asked(engine)
    engine.refuse(new Error('this engine is read-only: exec.start is refused'))
    operator.type(yesKey)
    await expect.poll(() => operator.text()).toContain('not done: this engine is read-only')
    expect(kinds(operator)).toEqual(['form', 'confirm'])
  })
})

describe('lists and texts', () => {
  test('a list is searched by typing, and enter takes what is left', () => {
    const operator = room(fakeEngine(21))
    operator.type(':theme\r')
    expect(kinds(operator)).toEqual(['choose'])
    operator.type('lig')
    operator.type(enter)
    expect(kinds(operator)).toEqual([])
    expect(operator.room.snapshot().view.look.theme).toBe('light')
  })

  test('a text is scrolled, copied and closed', () => {
    const operator = room(fakeEngine(21))
    const lines = Array.from({ length: 60 }, (_, at) => `line ${at}`)
    operator.room.change({ dialogs: [{ kind: 'text', title: 'long', lines, scroll: 0 }] })
    operator.type('G')
    expect(operator.text()).toContain('line 59')
    operator.type('g')
    expect(operator.text()).toContain('line 0')
    operator.type('y')
    expect(operator.did[0]).toContain('copy long: line 0⏎line 1')
    operator.type('q')
    expect(kinds(operator)).toEqual([])
    expect(operator.did).toHaveLength(1)
  })
})
