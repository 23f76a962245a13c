import stringWidth from 'string-width'
import { afterEach, describe, expect, test } from 'vitest'
import { bootsOf } from '../../screens/node/boots.ts'
import { copyChoices } from '../../screens/node/copy.ts'
import { entryAt, linesFor } from '../../screens/node/entries.ts'
import { opened } from '../../screens/node/whole.ts'
import { paint, pictureRows } from '../../screens/room/picture.ts'
import { isScreenId } from '../../screens/screens.ts'
import { createTheme } from '../../screens/theme/tokens.ts'
import type { ExecRun } from '../../src/engine/exec/shapes.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const name = nodeName(1)
const boot = '0a1b2c3d-1111-2222-3333-444455556666'
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

function run(more: Partial<ExecRun> = {}): ExecRun {
  const outcome = { node: name, outcome: 'failed', exit: 3, ms: 812, evidence: null, detail: null } as const
  const ran = { id: 'x1', by: 'johan', argv: ['systemctl', 'restart', 'clavitor.service'], nodes: [name] }
  return {
    ...ran,
    at: start - 600_000,
    deadlineMs: 1_000,
    outcomes: { [name]: outcome },
    endedAt: start - 599_000,
    ...more,
  }
}

/** A node about which everything is known that can be. */
function eventful(): FakeEngine {
  const engine = fakeEngine(21)
  engine.sample(name, { probe: 'http', ok: false, ms: 40, detail: nodeText('503 in 40 ms, wanted 200') })
  engine.sample(name, {
    probe: 'units',
    ms: null,
    facts: { 'sshd.service': 'active (running)', 'clavitor.service': 'failed (exit 255)' },
  })
  engine.sample(name, {
    probe: 'journal',
    ms: null,
    values: { errors: 2 },
    facts: { lines: 'clavitor.service: cannot open the database\nkernel: Out of memory' },
  })
  engine.sample(name, { probe: 'boot', kind: 'boot', values: { uptime_s: 86_400 }, facts: { boot_id: boot } })
  const incident = engine.open({
    nodes: [name],
    title: `${name} is down: 503`,
    notes: [{ at: start - 60_000, by: 'ann', text: 'asked the provider' }],
  })
  const over = {
    ...incident,
    id: 'inc-over',
    title: `${name} was slow`,
    openedAt: start - 7_200_000,
    acknowledged: { at: start - 7_000_000, by: 'noc' },
    resolved: { at: start - 3_600_000, by: 'noc', how: 'moved it to another host' },
  }
  engine.setState(state => ({
    ...state,
    incidents: { ...state.incidents, closed: [over] },
    exec: { open: {}, closed: [run()] },
    watch: {
      ...state.watch,
      memory: { [name]: { boot: { boot_id: boot, before: 'ffff', noticed: String(start - 86_400_000) } } },
    },
  }))
  return engine
}

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

describe('enter opens what is under the cursor', () => {
  const dialog = (operator: Operator) => {
    operator.type('\r')
    const top = operator.room.snapshot().view.dialogs.at(-1)
    return top?.kind === 'text' ? top : { title: '', lines: [] }
  }

  test('a probe: the detail in full, every value with its unit, every fact, when, how often, what it counts as', () => {
    const engine = fakeEngine(21)
    const url = `https://${'a'.repeat(120)}.example/`
    engine.sample(name, {
      probe: 'tls',
      ok: false,
      at: start - 12_000,
      ms: 31.4,
      detail: nodeText(`the certificate of ${url} ${'is not what it should be '.repeat(8)}THE END`),
      values: { tls_days: 3, tls_left_pct: 4.5 },
      facts: { issuer: 'Example CA', chain: 'a ← b' },
      target: url,
    })
    engine.setHealth(name, 'degraded', { reason: 'tls', causes: ['tls'] })
    const operator = page(engine, 80, 60)
    const { title, lines } = dialog(operator)
    const text = lines.join('\n')
    expect(title).toBe('tls on node-00001')
    expect(lines.join('').replaceAll(' ', '')).toContain(url)
    for (const words of [
      'THE END',
      '3 d left',
      '4.5 % left',
      '31 ms',
      'Example CA',
      '10:41:55Z, 10 s ago',
      'every 30 s',
      'makes it degraded',
    ])
      expect(text).toContain(words)
    for (const line of lines) expect(stringWidth(line)).toBeLessThan(80)
  })

  test('an old sample says that it does not count any more', () => {
    const engine = fakeEngine(3)
    engine.sample(name, { probe: 'http', ok: false, at: start - 3_600_000 })
    const text = dialog(page(engine)).lines.join('\n')
    expect(text).toContain('too old to count')
    expect(text).toContain('it does not count any more')
  })

  test('an error: the whole line, wrapped, harmless', () => {
    const engine = eventful()
    const long = `clavitor.service: ${'everything is wrong '.repeat(20)}\u001b[2JTHE END`
    engine.sample(name, { probe: 'journal', facts: { lines: long } })
    const operator = page(engine, 80, 40)
    pressUntil(operator, 'j', `errors journal 1 ${long.slice(0, 200)}`)
    const { lines } = dialog(operator)
    expect(lines.join('\n')).toContain('THE END')
    expect(lines.join('')).not.toContain('\u001b')
    for (const line of lines) expect(stringWidth(line)).toBeLessThan(80)
  })

  test('a unit, a reading and a boot open what was seen of them', () => {
    const operator = page(eventful())
    const read = (key: string) => {
      pressUntil(operator, 'j', key)
      const { lines } = dialog(operator)
      operator.type('\u001b')
      return lines.join('\n')
    }
    expect(read('telemetry ram_mb')).toMatch(/ram_mb +171 MB/)
    expect(read('units units clavitor.service')).toContain('clavitor.service is failed (exit 255)')
    expect(read('boots noticed boot')).toContain(`boot id since ${boot}`)
  })

  test('an incident, a word about one and a run lead to their own pages, where there are such', () => {
    const snapshot = page(eventful()).room.snapshot()
    const wanted = { incident: ['incident', 'inc-1'], word: ['incident', 'inc-1'], run: ['run', 'x1'] } as const
    const lines = linesFor(snapshot, name)
    for (const [kind, [screen, subject]] of Object.entries(wanted)) {
      const entry = lines.find(line => line.kind === kind)
      if (!entry || entry.kind === 'heading' || entry.kind === 'air') throw new Error(`the page shows no ${kind}`)
      expect(opened(entry, snapshot, name)).toEqual(isScreenId(screen) ? { screen, subject } : null)
    }
  })
})

describe('what can be copied of a node', () => {
  const choices = (operator: Operator, node?: string) =>
    Object.fromEntries(copyChoices(operator.room.snapshot(), node).map(({ label, lines }) => [label, lines.join('⏎')]))

  test('its names and addresses, how to log in, why it is not well, the row under the cursor', () => {
    const engine = eventful()
    engine.setHealth(name, 'down', { reason: 'http: 503', causes: ['http'] })
    const operator = page(engine)
    expect(choices(operator)).toEqual({
      'row under the cursor': 'node-00001 http node-00001.example: 503 in 40 ms, wanted 200',
      name,
      'public address': '192.0.2.1',
      'mesh address': '10.84.0.1',
      host: 'node-00001.example',
      'ssh command': 'ssh node-00001.example',
      'why it is not well': 'node-00001 is down: http: 503',
    })
  })

  test('of every kind of row there is one harmless line', () => {
    const engine = eventful()
    engine.sample(name, { probe: 'heartbeat', facts: { 'a\u001b[2J': 'b\u001b]0;owned\u0007\nc' } })
    const operator = page(engine)
    const rows = linesFor(operator.room.snapshot(), name).map(() => {
      const row = choices(operator)['row under the cursor'] ?? ''
      operator.type('j')
      return row
    })
    for (const row of rows) expect(row).not.toMatch(/[\u0000-\u001f]|owned/)
    for (const words of ['failed with exit 3', 'Out of memory', 'noted: asked the provider', 'ram: 171 MB', 'b⏎c'])
      expect(rows.some(row => row.includes(words))).toBe(true)
  })

  test('of a node in the overview everything but a row, and of none nothing', () => {
    const operator = page(fakeEngine(3))
    operator.room.open('overview')
    expect(Object.keys(choices(operator, name))).toEqual([
      'name',
      'public address',
      'mesh address',
      'host',
      'ssh command',
    ])
    expect(copyChoices(operator.room.snapshot())).toEqual([])
    expect(copyChoices(operator.room.snapshot(), 'gone')).toEqual([])
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
