import stringWidth from 'string-width'
import { afterEach, describe, expect, test } from 'vitest'
import { copyChoices } from '../../screens/node/copy.ts'
import { linesFor } from '../../screens/node/entries.ts'
import { opened } from '../../screens/node/whole.ts'
import { isScreenId } from '../../screens/screens.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { boot, eventful, name } from './eventful.ts'
import { type FakeEngine, fakeEngine, start } from './fake-engine.ts'
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
