import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { wordsOf } from '../../screens/journal/words.ts'
import { startFeeds } from '../../screens/room/feeds.ts'
import { screens } from '../../screens/screens.ts'
import { machinesEvents } from '../../src/machines/events.ts'
import { moneyEvents } from '../../src/money/shapes.ts'
import type { StoredEvent } from '../../state/journal/journal.ts'
import { type FakeEngine, fakeEngine, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const ends: (() => void)[] = []
let clock = start
beforeEach(() => {
  clock = start
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  for (const end of ends.splice(0)) end()
  vi.useRealTimers()
})

function room(engine: FakeEngine, columns = 80, rows = 24): Operator {
  const operator = operate(engine, { columns, rows }, () => clock)
  ends.push(
    startFeeds(operator.room, () => clock),
    () => operator.close(),
  )
  return operator
}
async function pass(ms: number): Promise<void> {
  clock += ms
  await vi.advanceTimersByTimeAsync(ms)
}
/** What has been asked is answered, without time passing. */
const answers = () => pass(0)

function note(engine: FakeEngine, text: string, by = 'noc') {
  return engine.commit({ by, at: clock, events: [{ type: 'incidents.noted', id: 'inc-1', text }] })
}
function many(count: number, by = 'noc'): FakeEngine {
  const engine = fakeEngine(3)
  for (let at = 1; at <= count; at += 1) note(engine, `note ${at}.`, by)
  return engine
}
function questions(engine: FakeEngine): unknown[] {
  return engine.asked.filter(({ kind }) => kind === 'journalBack').map(({ question }) => question)
}

describe('the journal', () => {
  test('shows who did what when, newest first', async () => {
    const engine = many(3)
    const operator = room(engine)
    operator.type('8')
    expect(operator.text()).toContain('reading the journal …')
    await answers()
    const lines = operator.lines().filter(line => line.includes('note '))
    expect(lines.map(line => /note \d/.exec(line)?.[0])).toEqual(['note 3', 'note 2', 'note 1'])
    expect(lines[0]).toMatch(/10:42:07Z +noc +noted on inc-1: note 3\./)
    expect(operator.text()).toContain('this is the beginning')
  })

  test('what the engine did is left out until `a` wants everyone', async () => {
    const engine = many(1)
    engine.commit({ by: 'engine', events: [{ type: 'watch.sighted' }] })
    const operator = room(engine)
    operator.type('8')
    await answers()
    expect(operator.text()).not.toContain('HQ sees again')
    operator.type('a')
    await answers()
    expect(operator.text()).toContain('HQ sees again')
    expect(operator.lines()[0]).toContain('everyone')
    expect(questions(engine)).toMatchObject([{ who: 'people' }, { who: 'everyone' }])
  })

  test('older pages are read when the cursor comes near the end, to the beginning and no further', async () => {
    const engine = many(230)
    const operator = room(engine)
    operator.type('8')
    await answers()
    expect(questions(engine)).toEqual([{ before: null, limit: 100, who: 'people' }])
    operator.type('G')
    await answers()
    operator.type('G')
    await answers()
    operator.type('G')
    await answers()
    expect(questions(engine).slice(1)).toMatchObject([{ before: 131 }, { before: 31 }])
    expect(operator.text()).toContain('note 1.')
    expect(operator.text()).toContain('this is the beginning')
    operator.type('Gkj')
    await pass(10_000)
    expect(questions(engine)).toHaveLength(3)
  })

  test('on top, what is new appears by itself and the cursor is on it', async () => {
    const engine = many(3)
    const operator = room(engine)
    operator.type('8')
    await answers()
    await pass(2_000)
    note(engine, 'fresh.')
    await answers()
    expect(operator.lines().find(line => line.startsWith('█'))).toContain('fresh.')
  })

  test('further down nothing moves: newer ones are counted, and shown once the cursor is on top', async () => {
    const engine = many(60)
    const operator = room(engine)
    operator.type('8')
    await answers()
    operator.type('jjj')
    const before = operator.lines().slice(1)
    await pass(2_000)
    for (const at of [1, 2, 3]) note(engine, `fresh ${at}.`)
    await pass(2_000)
    expect(operator.lines()[0]).toContain('3 newer')
    expect(operator.lines().slice(1)).toEqual(before)
    operator.type('g')
    expect(operator.text()).toContain('fresh 3.')
    expect(operator.lines()[0]).not.toContain('newer')
  })

  test('where more is new than one page holds, the list begins anew and has no gap', async () => {
    const engine = many(20)
    const operator = room(engine)
    operator.type('8')
    await answers()
    operator.type('jj')
    await pass(2_000)
    for (let at = 0; at < 150; at += 1) note(engine, `fresh ${at}.`)
    await pass(2_000)
    expect(operator.lines()[0]).toContain('100 and more newer')
    operator.type('g')
    operator.type('G')
    await answers()
    operator.type('G')
    await answers()
    const seqs = operator.room.snapshot().found.journal?.commits.map(({ seq }) => seq) ?? []
    expect(seqs).toEqual(Array.from({ length: 170 }, (_, at) => 170 - at))
  })

  test('a storm of commits is asked about once a second', async () => {
    const engine = many(3)
    const operator = room(engine)
    operator.type('8')
    await answers()
    for (let at = 0; at < 50; at += 1) {
      note(engine, `storm ${at}.`)
      await pass(60)
    }
    await pass(1_000)
    expect(questions(engine).length).toBeGreaterThanOrEqual(3)
    expect(questions(engine).length).toBeLessThanOrEqual(6)
    expect(operator.text()).toContain('storm 49.')
  })

  test('held still, or on another screen, nothing is asked', async () => {
    const engine = many(3)
    const operator = room(engine)
    await pass(2_000)
    expect(questions(engine)).toEqual([])
    operator.type('8z')
    await answers()
    const asked = questions(engine).length
    note(engine, 'unseen.')
    await pass(5_000)
    expect(questions(engine)).toHaveLength(asked)
    expect(operator.text()).not.toContain('unseen.')
    operator.type('z')
    await pass(2_000)
    expect(operator.text()).toContain('unseen.')
  })

  test('without the link nothing is asked, and what was read stays', async () => {
    const engine = many(3)
    const operator = room(engine)
    operator.type('8')
    await answers()
    engine.tell({ kind: 'link', up: false, why: 'gone' })
    note(engine, 'unseen.')
    await pass(5_000)
    expect(questions(engine)).toHaveLength(1)
    expect(operator.text()).toContain('note 3.')
    engine.tell({ kind: 'link', up: true, why: null })
    await pass(2_000)
    expect(operator.text()).toContain('unseen.')
  })

  test('/ is asked of the engine; `!`, `@` and `-f` are judged on what it sends', async () => {
    const engine = many(12)
    note(engine, 'by the owner.', 'owner')
    const operator = room(engine)
    operator.type('8/note 12\r')
    await answers()
    await answers()
    expect(questions(engine).at(-1)).toMatchObject({ text: 'note 12' })
    expect(operator.text()).toContain('note 12.')
    expect(operator.text()).not.toContain('note 11.')
    operator.type('/\u0015@owner\r')
    await answers()
    await answers()
    expect(questions(engine).at(-1)).not.toHaveProperty('text')
    expect(operator.text()).toContain('by the owner.')
    expect(operator.text()).not.toContain('note 12.')
    operator.type('\u001b')
    await answers()
    expect(operator.text()).toContain('note 12.')
  })

  test('an engine that does not answer is told, and asked again later', async () => {
    const engine = many(3)
    const ask = engine.ask
    engine.ask = async () => {
      throw new Error('there is no question journalBack')
    }
    const operator = room(engine)
    operator.type('8')
    await answers()
    expect(operator.text()).toContain('the engine did not answer: there is no question journalBack')
    engine.ask = ask
    await pass(6_000)
    expect(operator.text()).toContain('note 3.')
  })

  test('an empty journal says so', async () => {
    const operator = room(fakeEngine(3))
    operator.type('8')
    await answers()
    expect(operator.text()).toContain('nobody has done anything yet')
  })
})

describe('one commit', () => {
  test('shows its envelope and every event whole, and y copies it as JSON', async () => {
    const engine = many(2)
    const operator = room(engine, 100, 40)
    operator.type('8')
    await answers()
    operator.type('j\r')
    expect(operator.place()).toEqual({ screen: 'commit', subject: '1' })
    const text = operator.text()
    for (const words of [
      '1, epoch 1',
      '2026-11-22T10:42:07.000Z',
      'incidents.noted',
      '0'.repeat(64),
      '"text": "note 1."',
    ])
      expect(text).toContain(words)
    operator.type('y')
    expect(operator.did).toEqual([`copy commit 1: ${JSON.stringify(engine.commits[0], null, 2).split('\n').join('⏎')}`])
  })

  test('a long one is scrolled to its end', async () => {
    const engine = fakeEngine(3)
    const nodes = Array.from({ length: 100 }, (_, at) => `node-${at}`)
    engine.commit({ by: 'noc', events: [{ type: 'exec.started', id: 'exec-1', argv: ['uptime'], nodes }] })
    const operator = room(engine)
    operator.type('8')
    await answers()
    operator.type('\r')
    expect(operator.text()).not.toContain('node-99')
    operator.type('G')
    expect(operator.text()).toContain('node-99')
    operator.type('g')
    expect(operator.text()).toContain('event 1 of 1')
  })

  test('is asked for by itself where the room was left on it', async () => {
    const engine = many(5)
    const operator = room(engine)
    operator.room.open('commit', '4')
    await answers()
    expect(operator.text()).toContain('note 4.')
    expect(engine.asked).toContainEqual({ kind: 'journal', question: { after: 3, limit: 1 } })
  })

  test('what a commit says can not act on the terminal', async () => {
    const engine = fakeEngine(3)
    engine.commit({ by: 'noc', events: [{ type: 'x.\u001b]0;title\u0007', note: '\u001b[2J\u202e' }] })
    const operator = room(engine)
    operator.type('8')
    await answers()
    expect(operator.text()).not.toMatch(/[\u001b\u0007\u202e]/)
    operator.type('\r')
    expect(operator.text()).not.toMatch(/[\u001b\u0007\u202e]/)
  })
})

describe('a commit in words', () => {
  const said = (...events: StoredEvent[]) =>
    wordsOf(
      { seq: 1, epoch: 1, v: 1, at: start, by: 'noc', cmd: { id: 'c', type: 'some.command' }, events, prev: '' },
      start,
      { incident: id => (id === 'inc-1' ? 'paris is down' : null), quiet: id => (id === 'sil-1' ? '@pilot' : null) },
    )
  const until = Date.UTC(2026, 10, 22, 12)

  test.each<[StoredEvent, string]>([
    [
      { type: 'incidents.silenced', selector: '@pilot', until, reason: 'disks' },
      'silenced @pilot until 12:00:00Z: disks',
    ],
    [{ type: 'exec.started', argv: ['uptime'], nodes: ['a', 'b', 'c'] }, 'ran `uptime` on 3 nodes'],
    [{ type: 'exec.started', argv: ['df', '-h', 'a b'], nodes: ['paris'] }, "ran `df -h 'a b'` on paris"],
    [{ type: 'incidents.opened', incident: { severity: 'SEV2', title: 'paris is down: x' } }, 'SEV2 paris is down: x'],
    [{ type: 'watch.health', node: 'paris', health: { health: 'down', reason: 'no push' } }, 'paris is down: no push'],
    [{ type: 'incidents.acknowledged', id: 'inc-1' }, 'acknowledged paris is down'],
    [{ type: 'incidents.acknowledged', id: 'inc-7' }, 'acknowledged inc-7'],
    [{ type: 'incidents.silence-ended', id: 'sil-1', how: 'over' }, 'the silence of @pilot ended: over'],
    [
      { type: 'exec.ended', outcomes: [{ outcome: 'ok' }, { outcome: 'failed' }, { outcome: 'ok' }] },
      'ended: 2 ok, 1 failed',
    ],
    [{ type: 'fleet.accepted', changes: [1] }, 'accepted the fleet file: 1 change'],
    [
      { type: 'machines.wanted', launches: [{ op: 'o', node: 'paris', spec: {} }], overBudget: true },
      'asked for the machine of paris, over the ceiling',
    ],
    [{ type: 'machines.wanted', launches: [{ node: 'a' }, { node: 'b' }], overBudget: false }, 'asked for 2 machines'],
    [{ type: 'machines.unwanted', cancelled: ['o'], destroys: [] }, 'gave up 1 launch'],
    [{ type: 'machines.unwanted', cancelled: [], destroys: [{ node: 'a' }] }, 'asked to end the machine of a'],
    [
      { type: 'machines.created', op: 'o', machine: { id: 'i-1', provider: 'aws', region: 'eu-west-3' } },
      'i-1 in aws eu-west-3 was created',
    ],
    [
      { type: 'machines.troubled', trouble: { failure: 'no-capacity', message: 'none left' }, next: 'other-zone' },
      'no-capacity: none left; tried in another zone',
    ],
    [{ type: 'machines.destroyed', machines: ['i-1'], leftovers: [{}] }, 'i-1 is gone, and left 1 thing behind'],
    [{ type: 'machines.observed', regions: [{}, {}] }, 'saw other machines than before in 2 regions'],
    [{ type: 'money.began', lifetimes: [{ kind: 'disk', sku: 'gp3' }] }, 'money is spent on disk gp3'],
    [
      { type: 'money.reported', reported: { provider: 'aws', month: '2026-11', currency: 'USD', micros: 119_900_000 } },
      'aws reports $119.90 for November 2026',
    ],
    [{ type: 'money.asking', kind: 'billing', provider: 'aws' }, 'asked aws what is billed'],
    [{ type: 'money.answered', changed: 0, trouble: 'no key' }, 'answered: no figure is other; trouble: no key'],
    [{ type: 'money.reported', reported: 7 }, ' reports an amount for '],
    [{ type: 'walk.signed', item: 3 }, 'walk.signed'],
    [{ type: 'incidents.silenced', until: 'never' }, 'silenced  until ?: '],
    [{ type: 'exec.ended', outcomes: 'x' }, 'ended: how is not known'],
  ])('%j', (event, words) => {
    expect(said(event)).toBe(words)
  })

  test('every event of machines and money has words', () => {
    for (const type of [...Object.keys(machinesEvents), ...Object.keys(moneyEvents)])
      expect(said({ type })).not.toBe(type)
  })

  test('of several events the one that matters leads, and others of its kind are counted', () => {
    const health: StoredEvent = { type: 'watch.health', node: 'paris', health: { health: 'down', reason: 'x' } }
    const opened: StoredEvent = { type: 'incidents.opened', incident: { severity: 'SEV1', title: 'a region' } }
    expect(said(health, opened, { type: 'alerts.queued', alert: {} })).toBe('SEV1 a region')
    expect(said(health, health, health)).toBe('paris is down: x, and 2 more')
    expect(said()).toBe('some.command: nothing changed')
  })
})

test('a view that was kept and does not resolve any more opens as at first', () => {
  for (const kept of [null, 'x', { filter: 4, isEveryone: 'yes', selected: {} }]) {
    expect(screens.journal.restore(kept)).toEqual(screens.journal.initial)
    expect(screens.commit.restore(kept)).toEqual(screens.commit.initial)
  }
  expect(screens.journal.restore({ isEveryone: true, filter: 'x' })).toMatchObject({ isEveryone: true, filter: 'x' })
})
