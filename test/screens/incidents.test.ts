import { afterEach, describe, expect, test } from 'vitest'
import { momentOf } from '../../screens/incidents/moments.ts'
import { screens } from '../../screens/screens.ts'
import type { Incident } from '../../src/incidents/shapes.ts'
import { type FakeEngine, fakeEngine, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const names = ['zurich', 'paris', 'london', 'oslo', 'tokyo']
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const open: Operator[] = []
function room(engine: FakeEngine, columns = 80, rows = 24): Operator {
  const operator = operate(engine, { columns, rows }, () => start)
  open.push(operator)
  return operator
}
afterEach(() => {
  for (const operator of open.splice(0)) operator.close()
})

const closed: Incident = {
  id: 'inc-old',
  scope: 'node',
  subject: 'oslo',
  nodes: ['oslo'],
  severity: 'SEV2',
  title: 'oslo is degraded: disk 91 %',
  openedAt: start - 5 * hour,
  acknowledged: null,
  resolved: { at: start - 3 * hour, by: 'engine', how: 'recovered' },
  notes: [],
}

/** Two open incidents, a silence, a window to come, a closed incident. */
function trouble(): FakeEngine {
  const engine = fakeEngine(5, { names })
  engine.setHealth('paris', 'down', { reason: 'paris has not pushed for 74 s', worsensAt: start + 3 * minute })
  engine.open({ id: 'inc-a', nodes: ['paris'], title: 'paris is down: no push', openedAt: start - 5 * minute })
  engine.open({
    id: 'inc-b',
    nodes: ['london', 'oslo'],
    severity: 'SEV1',
    scope: 'group',
    subject: 'region eu-west-2',
    title: 'region eu-west-2 is gone',
    openedAt: start - 10 * minute,
    acknowledged: { at: start - 9 * minute, by: 'owner' },
    notes: [{ at: start - 8 * minute, by: 'owner', text: 'the provider knows' }],
  })
  engine.setState(state => ({
    ...state,
    incidents: {
      ...state.incidents,
      closed: [closed],
      silences: [
        { id: 'sil-over', selector: 'tokyo', until: start - minute, by: 'noc', reason: 'long over' },
        { id: 'sil-1', selector: '@pilot', until: start + 2 * hour, by: 'noc', reason: 'disks are changed' },
      ],
      maintenance: [
        { id: 'mnt-1', selector: 'tokyo', from: start + hour, until: start + 3 * hour, by: 'noc', reason: 'kernel' },
      ],
    },
  }))
  return engine
}

function listed(operator: Operator): string[] {
  return operator
    .lines()
    .slice(1, -1)
    .filter(line => /SEV|silence |window /.test(line))
}

describe('the list of incidents', () => {
  test('open ones stand first, the worst on top; then what is quiet now or later; then what is over', () => {
    const operator = room(trouble())
    operator.type('6')
    expect(operator.place()).toEqual({ screen: 'incidents', subject: null })
    const order = listed(operator).map(line => /region|paris|disks|kernel|oslo is/.exec(line)?.[0])
    expect(order).toEqual(['region', 'paris', 'disks', 'kernel', 'oslo is'])
    expect(operator.text()).not.toContain('long over')
  })

  test('severity is sign, word and colour; whose it is and how long are told', () => {
    const operator = room(trouble(), 120, 36)
    operator.type('6')
    const text = operator.text()
    expect(text).toMatch(/✖ SEV1 +region eu-west-2 is gone · london oslo +10 m, 10:32:07Z +owner +1 note/)
    expect(text).toMatch(/◐ SEV2 +paris is down: no push +5 m, 10:37:07Z +nobody/)
    expect(text).toMatch(/● SEV2 +oslo is degraded: disk 91 % +lasted 2 h, 07:42:07Z/)
    expect(text).toMatch(/silence +@pilot: disks are changed +2 h left, to 12:42Z +noc/)
    expect(text).toMatch(/window +tokyo: kernel +in 60 m, for 2 h +noc/)
    expect(operator.lines()[0]).toContain('SEV1 1   SEV2 1   1 not acknowledged')
  })

  test.each([
    [80, 24],
    [200, 60],
    [60, 15],
  ])('%i×%i: every row of list and page is as wide as the screen', (columns, rows) => {
    const operator = room(trouble(), columns, rows)
    operator.type('6')
    for (const key of ['', '\r']) {
      operator.type(key)
      expect(operator.lines()).toHaveLength(rows)
      for (const line of operator.lines()) expect([...line]).toHaveLength(columns)
    }
  })

  test('/ filters by words, names and tags, and ! turns it round', () => {
    const operator = room(trouble())
    operator.type('6/london\r')
    expect(listed(operator)).toHaveLength(1)
    operator.type('/\u0015!region\r')
    expect(operator.text()).not.toContain('region eu-west-2')
    operator.type('/\u0015@pilot\r')
    expect(listed(operator).join()).toContain('disks are changed')
    operator.type('\u001b')
    expect(listed(operator)).toHaveLength(5)
  })

  test('f leaves the closed ones out and says so, and brings them back', () => {
    const operator = room(trouble())
    operator.type('6f')
    expect(operator.text()).not.toContain('oslo is degraded')
    expect(operator.text()).toContain('closed ones are left out')
    operator.type('f')
    expect(operator.text()).toContain('oslo is degraded')
  })

  test('nothing open is said, not left empty', () => {
    const operator = room(fakeEngine(5, { names }))
    operator.type('6')
    expect(operator.text()).toContain('nothing is wrong that is known')
  })

  test('the cursor stays on its incident when it is closed', () => {
    const engine = trouble()
    const operator = room(engine)
    operator.type('6j')
    const { selected } = operator.room.snapshot().view.screens.incidents
    expect(selected).toBe('inc-a')
    engine.setState(state => {
      const { 'inc-a': one, ...rest } = state.incidents.open
      const ended = one ? [{ ...one, resolved: { at: start, by: 'engine', how: 'recovered' } }] : []
      return { ...state, incidents: { ...state.incidents, open: rest, closed: [closed, ...ended] } }
    })
    operator.room.freeze(false)
    expect(operator.lines().find(line => line.startsWith('█'))).toContain('paris is down')
  })

  test('back on the first one, the words above it are seen again', () => {
    const engine = fakeEngine(60)
    for (let at = 0; at < 40; at += 1) engine.open({ nodes: [`node-${at}`], title: `trouble ${at}` })
    const operator = room(engine)
    operator.type('6G')
    expect(operator.text()).toContain('trouble 39')
    expect(operator.text()).not.toContain('open (40)')
    operator.type('g')
    expect(operator.text()).toContain('open (40)')
  })

  test('a hostile title stays text', () => {
    const engine = fakeEngine(5, { names })
    engine.open({ nodes: ['paris'], title: 'x\u001b[2J\u202egnp\nline' })
    const operator = room(engine)
    operator.type('6')
    expect(operator.text()).not.toMatch(/[\u001b\u202e]/)
  })
})

describe('one incident', () => {
  test('shows its nodes as they are now, and what happened in the order of time', () => {
    const engine = trouble()
    engine.setState(state => ({
      ...state,
      alerts: {
        ...state.alerts,
        done: [
          {
            id: 'alt-1',
            incident: 'inc-b',
            to: 'ntfy 1',
            what: 'opened',
            title: '',
            at: start - 7 * minute,
            delivered: true,
            why: null,
          },
        ],
        outbox: {
          'alt-2': {
            id: 'alt-2',
            incident: 'inc-b',
            to: 'mail 2',
            severity: 'SEV1',
            what: 'opened',
            title: '',
            text: '',
            queuedAt: start - 10 * minute,
            attempts: 3,
            nextAt: start + 40_000,
          },
        },
      },
    }))
    const operator = room(engine, 100, 36)
    operator.type('6\r')
    expect(operator.place()).toEqual({ screen: 'incident', subject: 'inc-b' })
    const text = operator.text()
    expect(text).toMatch(/nodes \(2\)[\s\S]+● london +up[\s\S]+● oslo +up/)
    const story = ['opened: SEV1', 'acknowledged', 'the provider knows', 'told ntfy 1: opened', 'waits to tell mail 2']
    const places = story.map(words => text.indexOf(words))
    expect(places.every(at => at > 0)).toBe(true)
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(text).toContain('in 40 s, tried 3 times')
  })

  test('says what follows and what to do where the state knows it', () => {
    const operator = room(trouble())
    operator.type('6j\r')
    expect(operator.text()).toContain('nobody has acknowledged · K makes it yours')
    expect(operator.text()).toContain('SEV1 in 3 m 0 s if it stays so')
    expect(operator.text()).toContain('paris has not pushed for 74 s')
  })

  test('enter opens the node under the cursor, and escape is back on the incident', () => {
    const operator = room(trouble())
    operator.type('6\rj\r')
    expect(operator.place()).toEqual({ screen: 'node', subject: 'oslo' })
    operator.type('\u001b')
    expect(operator.place()).toEqual({ screen: 'incident', subject: 'inc-b' })
  })

  test('enter on a note shows it whole', () => {
    const engine = trouble()
    engine.open({
      id: 'inc-0',
      severity: 'SEV1',
      nodes: [],
      scope: 'manual',
      title: 'x',
      notes: [{ at: start, by: 'noc', text: `${'long '.repeat(60)}end` }],
    })
    const operator = room(engine)
    operator.type('6\rj')
    expect(operator.text()).not.toContain('end')
    operator.type('\r')
    expect(operator.text()).toContain('end')
  })

  test('of hundreds of nodes the last one is reached', () => {
    const engine = fakeEngine(300)
    engine.open({ id: 'inc-big', nodes: [...operateOrder(engine)], title: 'everything' })
    const operator = room(engine)
    operator.type('6\r')
    operator.type('\u001b[6~'.repeat(40))
    expect(operator.text()).toContain('opened: SEV2')
  })

  test('an incident that is not known says so, and keys do no harm', () => {
    const operator = room(trouble())
    operator.room.open('incident', 'inc-gone')
    expect(operator.text()).toContain('this incident is not known here')
    operator.type('jkgG\rNC')
    expect(operator.room.snapshot().view.dialogs).toEqual([])
  })
})

function operateOrder(engine: FakeEngine): readonly string[] {
  return Object.keys(engine.live().fleet.nodes)
}

describe('what is written down about trouble', () => {
  async function done(engine: FakeEngine, count = 1): Promise<void> {
    await expect.poll(() => engine.did.length).toBe(count)
  }

  test('K takes the incident under the cursor', async () => {
    const engine = trouble()
    const operator = room(engine)
    operator.type('6jK')
    await done(engine)
    expect(engine.did).toEqual([{ type: 'incidents.ack', id: 'inc-a' }])
  })

  test('N adds a note to the one under the cursor, or on the screen', async () => {
    const engine = trouble()
    const operator = room(engine)
    operator.type('6jN')
    operator.type('called them\r')
    await done(engine)
    await expect.poll(() => operator.room.snapshot().view.dialogs).toEqual([])
    operator.type('g\rN')
    operator.type('again\r')
    await done(engine, 2)
    expect(engine.did).toEqual([
      { type: 'incidents.note', id: 'inc-a', text: 'called them' },
      { type: 'incidents.note', id: 'inc-b', text: 'again' },
    ])
  })

  test('C closes an open incident with how it ended, and warns of nodes that are not well', async () => {
    const engine = trouble()
    const operator = room(engine)
    operator.type('6jC')
    expect(operator.text()).toContain('still not well: paris')
    operator.type('\r')
    expect(engine.did).toEqual([])
    operator.type('cable\r')
    await done(engine)
    expect(engine.did).toEqual([{ type: 'incidents.resolve', id: 'inc-a', how: 'cable' }])
  })

  test('C ends a silence, and a window', async () => {
    const engine = trouble()
    const operator = room(engine)
    operator.type('6jjC')
    await expect.poll(() => operator.text()).toContain('ended the silence of @pilot')
    operator.type('jC')
    await done(engine, 2)
    expect(engine.did).toEqual([
      { type: 'incidents.unsilence', id: 'sil-1' },
      { type: 'incidents.end-maintenance', id: 'mnt-1' },
    ])
  })

  test('a refusal to end a silence is told', async () => {
    const engine = trouble()
    engine.refuse(new Error('there is no silence sil-1'))
    const operator = room(engine)
    operator.type('6jjC')
    await expect.poll(() => operator.text()).toContain('not ended: there is no silence sil-1')
  })

  test('C on what is closed already does nothing', () => {
    const engine = trouble()
    const operator = room(engine)
    operator.type('6GC')
    expect(engine.did).toEqual([])
    expect(operator.room.snapshot().view.dialogs).toEqual([])
  })

  test('S silences the node under the cursor of the overview for a time', async () => {
    const engine = fakeEngine(5, { names })
    const operator = room(engine)
    operator.select('london')
    operator.type('S')
    operator.type('4h\tdisks\r')
    await done(engine)
    expect(engine.did).toEqual([
      { type: 'incidents.silence', selector: 'london', until: start + 4 * hour, reason: 'disks' },
    ])
    await expect.poll(() => operator.text()).toContain('silenced london until 14:42:07Z')
  })

  test("S begins with the incident's nodes, and says which nodes a selector means", () => {
    const operator = room(trouble())
    operator.type('6S')
    expect(operator.text()).toContain('2 nodes: london oslo')
    operator.type('\t\t\u0015@pilto')
    expect(operator.text()).toContain('no nodes yet')
    operator.type('\t\t\r')
    expect(operator.text()).toContain('no node has the tag @pilto, did you mean @pilot?')
  })

  test('while the picture is held still, a silence begins now and not then', async () => {
    const engine = fakeEngine(5, { names })
    let clock = start
    const operator = operate(engine, { columns: 80, rows: 24 }, () => clock)
    open.push(operator)
    operator.select('london')
    operator.type('z')
    clock = start + hour
    operator.type('S4h\tdisks\r')
    await done(engine)
    expect(engine.did).toMatchObject([{ until: start + 5 * hour }])
  })

  test('M plans a maintenance window, from now or later', async () => {
    const engine = fakeEngine(5, { names })
    const operator = room(engine)
    operator.select('london')
    operator.type('M2h\tkernel\r')
    await done(engine)
    await expect.poll(() => operator.room.snapshot().view.dialogs).toEqual([])
    operator.type(':maintain london,paris 22:00 2d disks\r')
    await done(engine, 2)
    const ten = Date.UTC(2026, 10, 22, 22)
    expect(engine.did).toEqual([
      { type: 'incidents.maintain', selector: 'london', until: start + 2 * hour, reason: 'kernel' },
      { type: 'incidents.maintain', selector: 'london,paris', from: ten, until: ten + 2 * day, reason: 'disks' },
    ])
  })

  test('a window that is too long, or is no time at all, is refused before it is sent', () => {
    const engine = fakeEngine(5, { names })
    const operator = room(engine)
    operator.type(':maintain london yesterday 31d disks\r')
    expect(operator.text()).toContain('not a moment')
    expect(operator.text()).toContain('longer than 30 days')
    expect(engine.did).toEqual([])
  })

  test('I writes an incident down by hand', async () => {
    const engine = trouble()
    const operator = room(engine)
    operator.type('6I')
    operator.type('\t\u0015sev1\t\u0015paris,tokyo\t')
    operator.type('the bill is wrong\r')
    await done(engine)
    expect(engine.did).toEqual([
      { type: 'incidents.add', title: 'the bill is wrong', severity: 'SEV1', nodes: ['paris', 'tokyo'] },
    ])
  })

  test('an incident by hand may be about no node, but not about one that is not there', async () => {
    const engine = fakeEngine(5, { names })
    const operator = room(engine)
    operator.type('6I')
    operator.type('mars\tred\r')
    expect(operator.text()).toContain('there is no node or batch "mars"')
    operator.type('\u0015\t\r')
    await done(engine)
    expect(engine.did).toMatchObject([{ nodes: [], title: 'red' }])
  })
})

describe('moments', () => {
  test.each<[string, number | null]>([
    ['now', start],
    ['', start],
    ['+30m', start + 30 * minute],
    ['+soon', null],
    ['22:00', Date.UTC(2026, 10, 22, 22)],
    ['9:00', Date.UTC(2026, 10, 23, 9)],
    ['24:00', null],
    ['10:60', null],
    ['2026-11-25 22:00', Date.UTC(2026, 10, 25, 22)],
    ['2026-11-25T22:00Z', Date.UTC(2026, 10, 25, 22)],
    ['2026-11-31 22:00', null],
    ['tomorrow', null],
  ])('%j', (text, expected) => {
    expect(momentOf(text, start)).toBe(expected)
  })
})

test('a view that was kept and does not resolve any more opens as at first', () => {
  for (const kept of [null, 7, { selected: 3, filter: [], openOnly: 'yes', scroll: 'x' }]) {
    expect(screens.incidents.restore(kept)).toEqual(screens.incidents.initial)
    expect(screens.incident.restore(kept)).toEqual(screens.incident.initial)
  }
  expect(screens.incidents.restore({ filter: 'paris', openOnly: true, selected: 'inc-9' })).toMatchObject({
    filter: 'paris',
    openOnly: true,
  })
})
