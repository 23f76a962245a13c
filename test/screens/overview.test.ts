// What the overview shows of each node, and how densely.
import stringWidth from 'string-width'
import { afterEach, describe, expect, test } from 'vitest'
import { layoutOf } from '../../screens/overview/layout.ts'
import { columnIds, densities, groupings } from '../../screens/overview/state.ts'
import { paint, pictureRows } from '../../screens/room/picture.ts'
import { createTheme } from '../../screens/theme/tokens.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate, theme } from './show.ts'

const open: Operator[] = []
let clock = start
function room(engine: FakeEngine, columns = 80, rows = 24): Operator {
  const operator = operate(engine, { columns, rows }, () => clock)
  open.push(operator)
  return operator
}
/** The engine's newest picture, without waiting for the calm pace. */
function refreshed(operator: Operator): string {
  operator.room.freeze(false)
  return operator.text()
}
afterEach(() => {
  clock = start
  for (const operator of open.splice(0)) operator.close()
})

describe('density', () => {
  test('more room shows more: readings that a small tile has no place for', () => {
    expect(room(fakeEngine(21), 80, 24).text()).not.toContain('requests')
    expect(room(fakeEngine(21), 200, 60).text()).toContain('requests')
  })

  test.each([
    [21, 'tiles'],
    [60, 'compact'],
    [150, 'table'],
    [10_000, 'heat'],
  ])('%i nodes on 80×24 are shown as %s', (count, kind) => {
    expect(layoutOf([count], 80, 21, 'auto').kind).toBe(kind)
  })

  test('headings take room: what would fit without them becomes denser', () => {
    expect(layoutOf([3, 3, 3], 80, 9, 'auto').kind).toBe('tiles')
    expect(layoutOf([3, 3, 3], 80, 9, 'auto', true).kind).toBe('compact')
  })

  test('a map names what is under the cursor, with its figures', () => {
    const engine = fakeEngine(10_000)
    engine.setHealth(nodeName(9_000), 'degraded', { reason: nodeText('disk 91 %') })
    const operator = room(engine, 120, 36)
    operator.select(nodeName(9_000))
    expect(operator.text()).toMatch(/◐ degraded +node-09000 .*disk 91 %/)
  })

  test('only nodes that are on the screen are made into anything', () => {
    const engine = fakeEngine(10_000)
    const touched = new Set<string>()
    engine.setLive(live => ({
      ...live,
      sparks: new Proxy(live.sparks, {
        get: (sparks, name: string) => {
          touched.add(name)
          return sparks[name]
        },
      }),
    }))
    const operator = room(engine)
    operator.room.set('overview', { density: 'table' })
    touched.clear()
    operator.type('j')
    operator.lines()
    expect(touched.size).toBeGreaterThan(0)
    expect(touched.size).toBeLessThanOrEqual(24)
  })
})

describe('trouble is seen first', () => {
  test('a node that is down comes first, with glyph, word, severity and reason', () => {
    const engine = fakeEngine(21)
    engine.setHealth(nodeName(17), 'down', {
      since: start - 372_000,
      severity: 'SEV1',
      reason: nodeText('4 pushes missed'),
    })
    const [header = '', , ...body] = room(engine).lines()
    expect(header).toContain('● 20')
    expect(header).toContain('✖ 1')
    expect(body.slice(0, 3).join('\n')).toMatch(new RegExp(`✖ ${nodeName(17)}[^|]*down 6 m  SEV1[^|]*4 pushes missed`))
  })

  test('a tile leaves the addresses out of the reason, a page does not', () => {
    const engine = fakeEngine(21)
    engine.sample(nodeName(2), { probe: 'http', ok: false, target: 'https://paris.example:8443/health' })
    engine.setHealth(nodeName(2), 'down', { reason: 'http: https://paris.example:8443/health: connection refused' })
    const operator = room(engine, 120, 36)
    expect(operator.text()).toContain(' http: connection refused')
    operator.room.open('node', nodeName(2))
    expect(operator.text()).toContain('http: https://paris.example:8443/health: connection refused')
  })

  test('a node never looked at is unknown, not up and not down', () => {
    const engine = fakeEngine(2)
    engine.setState(state => ({ ...state, watch: { ...state.watch, nodes: {} } }))
    const text = room(engine).text()
    expect(text).toContain('○ 2')
    expect(text).toContain('not looked at yet')
  })

  test('a node that is not live is shown as not watched, and faults only leaves it out', () => {
    const engine = fakeEngine(2)
    engine.setState(state => ({ ...state, fleet: { ...state.fleet, lifecycle: { [nodeName(1)]: 'planned' } } }))
    const operator = room(engine)
    expect(operator.text()).toContain('not live yet: not watched')
    operator.type('f')
    expect(operator.text()).toContain('no faults: every node is up')
  })
})

describe('what a tile shows was sampled', () => {
  test('latencies, loads, certificate and telemetry are those of the last samples', () => {
    const engine = fakeEngine(1)
    const node = nodeName(0)
    engine.sample(node, { probe: 'ping:mesh', ms: 123.4 })
    engine.sample(node, { probe: 'http', ms: 456.7, target: 'https://paris.example/' })
    engine.sample(node, { probe: 'load', values: { ram_pct: 71.2, disk_pct: 62.4, cpu_pct: 53 } })
    engine.sample(node, { probe: 'tls', values: { tls_days: 44 } })
    engine.sample(node, { probe: 'heartbeat', values: { req_1h: 987, err_1h: 6 } })
    const text = room(engine, 200, 60).text()
    for (const shown of [
      'mesh  123',
      'https  457',
      'ram 71 %',
      'disk 62 %',
      'cpu 53 %',
      'tls 44 d',
      'requests 987/h',
      'errors  6',
    ])
      expect(text).toContain(shown)
  })

  test('what was never sampled is not there, neither as 0 nor as up', () => {
    const engine = fakeEngine(1)
    engine.setLive(live => ({ ...live, probes: {}, sparks: {} }))
    const text = room(engine, 200, 60).text()
    for (const word of ['mesh', 'ram', 'tls', 'requests']) expect(text).not.toContain(word)
  })

  test('a look that failed is a cross, not the value before it', () => {
    const engine = fakeEngine(1)
    engine.sample(nodeName(0), { probe: 'http', ok: false, ms: 5_000 })
    expect(room(engine, 200, 60).text()).toMatch(/http +✖/)
  })
})

describe('old values are not shown as new', () => {
  test('a latency older than one and a half intervals is dim and shows its age', () => {
    const engine = fakeEngine(1)
    const operator = room(engine)
    const fresh = operator.lines().find(line => line.includes('mesh'))
    clock = start + 180_000
    const old = refreshed(operator)
    expect(fresh).not.toMatch(/\d m\b/)
    expect(old).toMatch(/mesh +\d+ 3 m/)
    const dimmed = pictureRows(operator.room.snapshot(), theme)
      .flat()
      .find(({ text }) => / 3 m/.test(text))
    expect(dimmed?.token).toBe('dim')
  })
})

test('names of wide characters keep the tiles aligned', () => {
  const operator = room(fakeEngine(6, { names: ['zurich', '東京タワー', '서울', 'paris', 'münchen', '香港'] }))
  const columns = operator
    .lines()
    .slice(2, 8)
    .map(line => {
      const [before = ''] = line.split(/▌(?=[^▌]*$)/)
      return stringWidth(before)
    })
  expect(new Set(columns).size).toBe(1)
})

describe('whatever is chosen fits the terminal', () => {
  const sizes = [
    [80, 24],
    [120, 36],
    [200, 60],
    [60, 15],
    [33, 7],
  ] as const
  const ascii = createTheme('16', 'ascii')

  test.each(sizes)(
    '%i×%i: grouped, marked, sorted and rewound, every row is as wide as the terminal',
    async (columns, rows) => {
      const engine = fakeEngine(150)
      engine.setHealth(nodeName(3), 'down', { severity: 'SEV1', reason: nodeText('gone '.repeat(40)) })
      engine.open({ nodes: [nodeName(3)], openedAt: start - 60_000, title: 'a title that goes on '.repeat(9) })
      const operator = room(engine, columns, rows)
      const answer = await engine.past({ at: start - 3_600_000, nodes: [nodeName(1)] })
      operator.room.find('overview', { at: answer.at, answer, failed: null })
      operator.type('a')
      for (const at of [null, answer.at, start - 60_000]) {
        for (const group of groupings) {
          for (const density of densities) {
            for (const columnsShown of [null, columnIds]) {
              const sort = { by: 'ram', isReversed: true, since: start } as const
              operator.room.set('overview', { at, group, density, columns: columnsShown, sort })
              const lines = operator.lines()
              expect(lines).toHaveLength(rows)
              for (const line of lines) expect(stringWidth(line)).toBe(columns)
              const plain = paint(pictureRows(operator.room.snapshot(), ascii), ascii).join('')
              expect(plain.match(/[^\u0000-\u007f]/g)).toBeNull()
            }
          }
        }
      }
    },
  )
})

test('where three rows are left below the tiles, incidents stand there', () => {
  const engine = fakeEngine(21)
  engine.open({ nodes: [nodeName(3)], title: 'the oldest trouble' })
  engine.open({ nodes: [nodeName(4)], title: 'the newest trouble' })
  const text = room(engine, 120, 36).text()
  expect(text).toContain('the oldest trouble')
  expect(text).toContain('the newest trouble')
})
