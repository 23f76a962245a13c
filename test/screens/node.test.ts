import stringWidth from 'string-width'
import { afterEach, describe, expect, test } from 'vitest'
import { bootsOf } from '../../screens/node/boots.ts'
import { entryAt, linesFor } from '../../screens/node/entries.ts'
import { paint, pictureRows } from '../../screens/room/picture.ts'
import { createTheme } from '../../screens/theme/tokens.ts'
import type { ExecRun } from '../../src/engine/exec/shapes.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { boot, eventful, name, run } from './eventful.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const open: Operator[] = []

function page(engine: FakeEngine, columns = 120, rows = 60): Operator {
  const operator = operate(engine, { columns, rows }, () => start)
  operator.room.open('node', name)
  open.push(operator)
  return operator
}
afterEach(() => {
  for (const operator of open.splice(0)) operator.close()
})

const at = (operator: Operator) => operator.room.snapshot().view.screens.node.selected
const pressUntil = (operator: Operator, key: string, wanted: string) => {
  for (let count = 0; count < 100 && at(operator) !== wanted; count++) operator.type(key)
  expect(at(operator)).toBe(wanted)
}
/** Where the bar of the cursor is. */
const barAt = (operator: Operator) => operator.lines().findIndex((line, row) => row > 5 && line.startsWith('█'))

describe("one node's page", () => {
  test('shows facts, every probe worst first, telemetry, units, errors, boots, incidents and what people did', () => {
    const text = page(eventful(), 120, 100).text()
    for (const words of [
      'us-east-1',
      't4g.nano',
      'mesh 10.84.0.1',
      '503 in 40 ms, wanted 200',
      'ping:mesh',
      'telemetry  judged',
      'clavitor.service              failed (exit 255)',
      'kernel: Out of memory',
      'a reboot that nobody announced',
      'up since',
      'node-00001 is down: 503',
      'over after 60 m, 60 m ago',
      'failed with exit 3',
      'noted asked the provider',
      'resolved moved it to another host',
    ])
      expect(text).toContain(words)
    expect(text).toMatch(/requests +330 an hour/)
    expect(text).toMatch(/johan +ran systemctl restart clavitor\.service/)
    expect(text).toMatch(/noc +acknowledged SEV2 node-00001 was slow/)
    expect(text.indexOf('503 in 40 ms')).toBeLessThan(text.indexOf('ping:mesh'))
    expect(text.indexOf('clavitor.service   ')).toBeLessThan(text.indexOf('sshd.service   '))
    const done = text.slice(text.indexOf('done by people'))
    expect(done.indexOf('asked the provider')).toBeLessThan(done.indexOf('ran systemctl'))
    expect(done.indexOf('ran systemctl')).toBeLessThan(done.indexOf('acknowledged'))
  })

  test('what was over by itself nobody did', () => {
    const engine = eventful()
    engine.setState(state => {
      const closed = state.incidents.closed.map(one => ({ ...one, resolved: { at: start, by: 'engine', how: 'well' } }))
      return { ...state, incidents: { ...state.incidents, closed } }
    })
    expect(page(engine, 120, 100).text()).not.toContain('resolved')
  })

  test('of probes that are all well the one that people look at first is first', () => {
    const engine = fakeEngine(21)
    engine.setLive(live => {
      const { load, http } = live.probes[name] ?? {}
      return load && http ? { ...live, probes: { ...live.probes, [name]: { load, http } } } : live
    })
    expect(entryAt(page(engine).room.snapshot())?.key).toBe('probes http')
  })

  test('boots are newest first: the one that runs, what nobody announced, incidents about reboots', () => {
    const engine = eventful()
    engine.open({ id: 'inc-boot', nodes: [name], title: 'rebooted unexpectedly', openedAt: start - 3_600_000 })
    engine.sample(name, { probe: 'boot', values: { uptime_s: 600 } })
    const boots = bootsOf(page(engine).room.snapshot(), name)
    expect(boots.map(({ key }) => key)).toEqual([boot, 'incident inc-boot', 'noticed boot'])
    expect(boots.map(({ said }) => start - said.at)).toEqual([600_000, 3_600_000, 86_400_000])
  })

  test('without a boot probe the node is taken at its word', () => {
    const engine = fakeEngine(3)
    engine.sample(name, { probe: 'heartbeat', values: { uptime_s: 7_200 } })
    expect(page(engine, 120, 60).text()).toMatch(/2 h ago +up since, as it says itself/)
  })

  test('of a run on many nodes only how it ended here is said, and what is not known is not invented', () => {
    const ends = (more: Partial<ExecRun>) => {
      const engine = fakeEngine(3)
      engine.setState(state => ({ ...state, exec: { open: {}, closed: [run(more)] } }))
      return page(engine, 120, 100).text()
    }
    const other = { node: 'x', outcome: 'unreachable', exit: null, ms: 1, evidence: null, detail: null } as const
    expect(ends({ outcomes: { x: other } })).toContain('no outcome is known')
    expect(ends({ outcomes: {}, endedAt: null })).toContain('is running')
    expect(ends({ outcomes: { [name]: { ...other, node: name } } })).toContain('could not be reached')
    expect(ends({ nodes: ['x'] })).toContain('done by people  nothing is known')
  })

  test('a node that left the fleet says so instead of showing another', () => {
    const operator = page(fakeEngine(3))
    operator.room.open('node', 'gone')
    expect(operator.text()).toContain('is not in the fleet any more')
    operator.type('j')
    expect(entryAt(operator.room.snapshot())).toBeNull()
  })

  test.each([
    [80, 24, 9],
    [120, 36, 14],
    [200, 60, 26],
  ])('on %i×%i at least %i rows of the list are below facts, reason, hint and chart', (columns, rows, least) => {
    const engine = eventful()
    const reason = nodeText(`http: ${'no answer '.repeat(12)}`)
    engine.setHealth(name, 'down', { severity: 'SEV2', reason, causes: ['http'], worsensAt: start + 60_000 })
    const operator = page(engine, columns, rows)
    const lines = operator.lines()
    const list = lines.slice(
      lines.findIndex(line => line.startsWith(' probes')),
      -1,
    )
    expect(list.length).toBeGreaterThanOrEqual(least)
    for (const line of lines) expect(stringWidth(line)).toBe(columns)
  })

  test('columns come with width: what is looked at, how often, what it counts as', () => {
    expect(page(eventful(), 80, 24).text()).not.toContain('looks at')
    expect(page(eventful(), 120, 36).text()).toContain('looks at')
    expect(page(eventful(), 200, 60).text()).toMatch(/every.*looks at.*counts as/)
  })
})

describe('the cursor walks through all of it', () => {
  test('headings and blank lines are skipped, down to the last line and up again', () => {
    const operator = page(eventful(), 80, 24)
    const entries = linesFor(operator.room.snapshot(), name).filter(({ kind }) => kind !== 'heading' && kind !== 'air')
    const seen = entries.map(() => {
      const entry = entryAt(operator.room.snapshot())
      expect(barAt(operator)).toBeGreaterThan(0)
      operator.type('j')
      return entry?.key
    })
    expect(seen).toEqual(entries.map(({ key }) => key))
    operator.type('g')
    expect(at(operator)).toBe(entries[0]?.key)
    operator.type('G')
    expect(at(operator)).toBe(entries.at(-1)?.key)
    operator.type('k')
    expect(at(operator)).toBe(entries.at(-2)?.key)
  })

  test('going up to the first line of a part shows its heading, and at the top the whole beginning', () => {
    const operator = page(eventful(), 80, 24)
    operator.type('G')
    pressUntil(operator, 'k', 'errors journal 1 clavitor.service: cannot open the database')
    expect(operator.lines()[barAt(operator) - 1]).toContain('recent errors')
    for (let count = 0; count < 60; count++) operator.type('k')
    expect(operator.text()).toContain(' probes  9')
  })

  test('at the last line the end of the list is seen, also where it ends with a part that is empty', () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [name] })
    const operator = page(engine, 80, 24)
    operator.type('G')
    expect(operator.text()).toContain('done by people  nothing is known')
    expect(operator.lines()[barAt(operator)]).toContain('is down')
  })

  test('it stays on its line when what is around it changes', () => {
    const engine = eventful()
    const operator = page(engine)
    pressUntil(operator, 'j', 'probes tls')
    engine.sample(name, { probe: 'load', ok: false, detail: nodeText('full') })
    operator.room.freeze(false)
    expect(entryAt(operator.room.snapshot())?.key).toBe('probes tls')
    expect(operator.lines()[barAt(operator)]).toContain('tls')
  })

  test('an incident that ends keeps the cursor, and of what is gone the next of its part has it', () => {
    const engine = eventful()
    const operator = page(engine)
    pressUntil(operator, 'j', 'incidents inc-1')
    engine.setState(state => {
      const { 'inc-1': ended, ...left } = state.incidents.open
      if (!ended) throw new Error('the incident is not open')
      const closed = { ...ended, resolved: { at: start, by: 'engine', how: 'it is well again' } }
      return { ...state, incidents: { ...state.incidents, open: left, closed: [...state.incidents.closed, closed] } }
    })
    operator.room.freeze(false)
    expect(entryAt(operator.room.snapshot())?.key).toBe('incidents inc-1')
    operator.type('g')
    pressUntil(operator, 'j', 'errors journal 1 kernel: Out of memory')
    engine.sample(name, { probe: 'journal', facts: { lines: 'sshd.service: another' } })
    operator.room.freeze(false)
    expect(entryAt(operator.room.snapshot())?.key).toBe('errors journal 1 sshd.service: another')
    engine.sample(name, { probe: 'journal', facts: {} })
    operator.room.freeze(false)
    expect(entryAt(operator.room.snapshot())?.section).toBe('boots')
  })

  test('left and right go to the neighbour node, on the same line of it', () => {
    const operator = page(fakeEngine(21))
    pressUntil(operator, 'j', 'probes tls')
    const { order } = operator.room.snapshot()
    operator.type('\u001b[C')
    expect(operator.place().subject).toBe(order[order.indexOf(name) + 1])
    expect(entryAt(operator.room.snapshot())?.key).toBe('probes tls')
    expect(operator.selected()).toBe(operator.place().subject)
    operator.type('\u001b[D')
    expect(operator.place().subject).toBe(name)
  })

  test("another node's page begins at its top", () => {
    const operator = page(fakeEngine(21))
    pressUntil(operator, 'j', 'probes tls')
    operator.room.open('node', nodeName(2))
    expect(entryAt(operator.room.snapshot())?.key).toBe('probes ping:mesh')
  })

  test('actions on incidents are about the one under the cursor while it is open', () => {
    const engine = eventful()
    engine.open({ id: 'inc-2', nodes: [name], severity: 'SEV1', title: 'graver' })
    const operator = page(engine)
    pressUntil(operator, 'j', 'incidents inc-1')
    operator.type('K')
    expect(engine.did).toEqual([{ type: 'incidents.ack', id: 'inc-1' }])
    pressUntil(operator, 'j', 'incidents inc-over')
    operator.type('K')
    expect(engine.did.at(-1)).toEqual({ type: 'incidents.ack', id: 'inc-2' })
  })
})

test('the page is ASCII where that is wanted, with everything on it', () => {
  const engine = eventful()
  engine.sample(name, { probe: 'ping:mesh', ok: false })
  engine.setHealth(name, 'down', { reason: 'ping:mesh', causes: ['ping:mesh'] })
  const operator = page(engine, 200, 100)
  const ascii = createTheme('none', 'ascii')
  const painted = paint(pictureRows(operator.room.snapshot(), ascii), ascii).join('')
  expect(painted.match(/[^ -~\u001b]/g)).toBeNull()
})
