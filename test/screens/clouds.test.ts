// Drift, offers, plans of provisioning, and tearing down.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startFeeds } from '../../screens/room/feeds.ts'
import { createTheme } from '../../screens/theme/tokens.ts'
import { piece } from '../../screens/widgets/row.ts'
import type { DriftReport } from '../../src/machines/shapes.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { fakeDrift, fakeLaunch, fakeMachine } from './fake-money.ts'
import { linesOf, type Operator, operate } from './show.ts'

const ends: (() => void)[] = []
function room(engine: FakeEngine, columns = 100, rows = 30): Operator {
  const operator = operate(engine, { columns, rows }, () => start)
  ends.push(
    startFeeds(operator.room, () => start),
    () => operator.close(),
  )
  return operator
}
afterEach(() => {
  for (const end of ends.splice(0)) end()
})
const shows = (operator: Operator, words: string | RegExp) =>
  vi.waitFor(() => {
    if (typeof words === 'string') expect(operator.text()).toContain(words)
    else expect(operator.text()).toMatch(words)
  })

describe('drift', () => {
  async function opened(engine: FakeEngine, columns = 100, rows = 30): Promise<Operator> {
    const operator = room(engine, columns, rows)
    operator.type(':drift\r')
    await shows(operator, /looked|nobody has/)
    return operator
  }

  test('says first which regions are unknown, since when and why', async () => {
    const lines = (await opened(fakeEngine(6))).lines()
    const at = (words: string) => lines.findIndex(line => line.includes(words))
    expect(at('○ unknown: 2 of 9 regions could not be listed')).toBeLessThan(at('missing: should be there'))
    expect(lines.join('\n')).toMatch(/aws mx-central-1 +the region is not enabled for this account · never tried/)
    expect(lines.join('\n')).toMatch(/aws me-central-1 +no answer in 10 s · tried 2 h ago/)
  })

  test('shows each finding by kind with node, id, region, cost and remedy', async () => {
    const text = (await opened(fakeEngine(6))).text()
    expect(text).toMatch(/✖ node-00003 +i-0123456789abcdef0 +ap-southeast-3 +cost unknown/)
    expect(text).toMatch(/◐ node-00004 +i-0aa11bb22cc33dd44 +eu-west-3 +\$7\.82 a month/)
    expect(text).toMatch(/◐ no node +vol-0fedcba9876543210 +us-east-1 +\$0\.64 a month/)
    expect(text).toContain('O makes it the machine of a node')
  })

  test('with regions that nobody could list never says that all is well', async () => {
    const engine = fakeEngine(6)
    engine.clouds.drift = async () => ({ ...fakeDrift(engine.live().fleet, start), findings: [] })
    const text = (await opened(engine)).text()
    expect(text).toContain('nothing was found in the 7 regions that were listed')
    expect(text).not.toContain('nothing is other than it should be')
  })

  test('with all regions listed and nothing found says so', async () => {
    const engine = fakeEngine(6)
    const regions = [{ provider: 'aws', region: 'us-east-1', listed: true, why: null, at: start }]
    engine.clouds.drift = async () => ({ at: start, regions, findings: [] })
    expect((await opened(engine)).text()).toContain('nothing is other than it should be, in 1 region')
  })

  test('before anybody looked says that, and nothing of being clean', async () => {
    const engine = fakeEngine(6)
    engine.clouds.drift = async () => ({ at: null, regions: [], findings: [] })
    const text = (await opened(engine)).text()
    expect(text).toContain('nobody has looked yet')
    expect(text).not.toContain('nothing')
  })

  test('looks again by a key, goes on answering keys meanwhile, and asks no second time', async () => {
    const engine = fakeEngine(6)
    const operator = await opened(engine)
    const answer = Promise.withResolvers<DriftReport>()
    engine.clouds.drift = fresh => (fresh ? answer.promise : Promise.reject(new Error('not asked for')))
    operator.type('r')
    expect(operator.text()).toContain('listing every region for 0 s')
    operator.type('jr')
    expect(operator.text()).toContain('every region is being listed already')
    expect(engine.asked.filter(({ question }) => JSON.stringify(question) === '{"fresh":true}')).toHaveLength(1)
    answer.resolve({ at: start, regions: [], findings: [] })
    await shows(operator, 'looked just now')
  })

  test('a look that fails keeps what was found and says why', async () => {
    const engine = fakeEngine(6)
    const operator = await opened(engine)
    engine.clouds.drift = async () => {
      throw new Error('the credentials are refused')
    }
    operator.type('r')
    await shows(operator, 'not looked: the credentials are refused')
    expect(operator.text()).toContain('i-0123456789abcdef0')
  })

  test('a machine is owned by the node that is named, after a yes', async () => {
    const engine = fakeEngine(6)
    const operator = await opened(engine)
    operator.type('jO')
    operator.type('\u0015nobody\r')
    expect(operator.text()).toContain('nobody is not in the fleet file')
    operator.type('\u0015node-00002\r')
    expect(operator.text()).toContain('Own this machine as node-00002?')
    expect(engine.did).toEqual([])
    operator.type('Y')
    await vi.waitFor(() =>
      expect(engine.did).toMatchObject([
        {
          type: 'machines.adopt',
          node: 'node-00002',
          provider: 'aws',
          region: 'eu-west-3',
          machine: 'i-0aa11bb22cc33dd44',
          fleet: 'clavitor',
        },
      ]),
    )
  })

  test('a node that has a machine cannot own another, and what is missing cannot be owned', async () => {
    const engine = fakeEngine(6)
    const machines = { [nodeName(2)]: fakeMachine(nodeName(2)) }
    engine.setState(state => ({ ...state, machines: { ...state.machines, machines } }))
    const operator = await opened(engine)
    operator.type('O')
    expect(operator.room.snapshot().view.dialogs).toEqual([])
    operator.type('jO\u0015node-00002\r')
    expect(operator.text()).toContain('node-00002 has a machine already')
  })
})

describe('offers', () => {
  test('show price with IPv4 and disk, latency, and what cannot be had last with why', async () => {
    const operator = room(fakeEngine(4), 120, 36)
    operator.type('w')
    await shows(operator, 'us-east-1')
    const text = operator.text()
    expect(text).toContain('with a public IPv4 address and the usual disk')
    expect(text).toMatch(/us-east-1 +t4g\.nano +2 vCPU · 0\.5 GB · arm64 +\$7\.36 +92 ms +● yes/)
    expect(text).toMatch(/mx-central-1 +t4g\.nano .* unknown +○ unknown/)
    expect(text).toContain('○ unknown: aws me-central-1: no answer in 10 s')
    expect(text.indexOf('ap-south-1')).toBeLessThan(text.indexOf('cx22'))
    expect(text).toMatch(/cx23 .*4\.49 EUR.*✖ no · out of stock/)
  })

  test('one that is chosen is shown as it is written into the fleet file', async () => {
    const operator = room(fakeEngine(4))
    operator.type(':offers\r')
    await shows(operator, 'us-east-1')
    operator.type('\r')
    expect(operator.text()).toContain('region: "ap-south-1"')
    expect(operator.text()).toContain('lifecycle: planned')
    expect(operator.text()).toContain('p on the node')
  })
})

/** Of the fleet these are planned. */
function planning(engine: FakeEngine, ...names: string[]): FakeEngine {
  engine.setLive(live => {
    const nodes = { ...live.fleet.nodes }
    for (const name of names) {
      const node = nodes[name]
      if (node) nodes[name] = { ...node, lifecycle: 'planned' }
    }
    return { ...live, fleet: { ...live.fleet, nodes } }
  })
  return engine
}

describe('a plan', () => {
  async function opened(engine: FakeEngine, node = nodeName(2)): Promise<Operator> {
    const operator = room(engine)
    operator.select(node)
    operator.type('p')
    await shows(operator, /would create|nothing can be created|no plan/)
    return operator
  }
  const within = (engine: FakeEngine): FakeEngine => {
    const { plan } = engine.clouds
    engine.clouds.plan = nodes => ({ ...plan(nodes), verdict: 'within' })
    return engine
  }

  test('shows what would be created for how much, before and after, and the verdict', async () => {
    const text = (await opened(planning(fakeEngine(21), nodeName(2)))).text()
    expect(text).toContain('would create 1 machine, $7.72 a month')
    expect(text).toMatch(/projection of this month \$1\d\d\.\d\d now, \$1\d\d\.\d\d with them/)
    expect(text).toContain('✖ over the ceiling')
    expect(text).toMatch(/ipv4 public-ipv4 +\$3\.65 +AWS Pricing API, 3 h old/)
    expect(text).toContain('! T4g bursts')
  })

  test('within the ceiling is launched after a yes, and not before', async () => {
    const engine = within(planning(fakeEngine(3), nodeName(2)))
    const operator = await opened(engine)
    operator.type('L')
    expect(operator.text()).toContain('Launch 1 machine for $7.72 a month?')
    expect(engine.did).toEqual([])
    operator.type('Y')
    await vi.waitFor(() =>
      expect(engine.did).toMatchObject([{ type: 'machines.provision', overBudget: false, fleet: 'clavitor' }]),
    )
    expect(engine.did).toMatchObject([{ nodes: [{ node: 'node-00002', spec: { type: 't4g.nano' } }] }])
  })

  test.each(['over', 'unknown'] as const)('%s the ceiling wants a word of its own besides the yes', async verdict => {
    const engine = planning(fakeEngine(3), nodeName(2))
    const { plan } = engine.clouds
    engine.clouds.plan = nodes => ({ ...plan(nodes), verdict })
    const operator = await opened(engine)
    operator.type('LY\r')
    expect(operator.text()).toContain('only over, written out, passes the ceiling')
    operator.type('\u0015over\r')
    expect(engine.did).toEqual([])
    operator.type('Y')
    await vi.waitFor(() => expect(engine.did).toMatchObject([{ type: 'machines.provision', overBudget: true }]))
  })

  test('what was agreed to is what is sent: asked twice it is one batch, and a plan that changed is not launched', async () => {
    const engine = within(planning(fakeEngine(3), nodeName(2)))
    const operator = await opened(engine)
    engine.refuse(new Error('the link is lost'))
    operator.type('L')
    operator.type('Y')
    await shows(operator, 'not done: the link is lost')
    engine.refuse(null)
    operator.type('Y')
    await vi.waitFor(() => expect(engine.did).toHaveLength(2))
    const [first, second] = engine.did
    expect(first).toEqual(second)
    await vi.waitFor(() => expect(operator.room.snapshot().view.dialogs).toEqual([]))
    operator.type('L')
    const found = operator.room.snapshot().found.provisioning
    if (found) operator.room.find('provisioning', { ...found, id: 'another' })
    operator.type('Y')
    await shows(operator, 'the plan has changed meanwhile')
    expect(engine.did).toHaveLength(2)
  })

  test('of a node that cannot be provisioned says why and what to do', async () => {
    const engine = planning(fakeEngine(3), nodeName(2))
    engine.clouds.plan = nodes => ({
      nodes: [],
      refused: nodes.map(node => ({ node, why: 'it has no region', remedy: 'Name one in the fleet file.' })),
      monthly: [],
      projection: null,
      verdict: 'no-budget',
      warnings: [],
    })
    const operator = await opened(engine)
    expect(operator.text()).toMatch(/node-00002 it has no region/)
    expect(operator.text()).toContain('Name one in the fleet file.')
    operator.type('LY')
    expect(engine.did).toEqual([])
  })

  test('is offered only for nodes without a machine', () => {
    const engine = fakeEngine(3)
    const operator = room(engine)
    operator.select(nodeName(1))
    operator.type('p')
    expect(operator.place().screen).toBe('overview')
  })

  test('of many nodes at once wants the name of the fleet', async () => {
    const names = Array.from({ length: 14 }, (_, index) => nodeName(index + 1))
    const engine = within(planning(fakeEngine(21), ...names))
    const operator = room(engine)
    operator.room.set('overview', { marked: names })
    operator.type('p')
    await shows(operator, 'would create 14 machines')
    operator.type('LY')
    expect(operator.text()).toContain('this hits 14 nodes: type clavitor')
    expect(engine.did).toEqual([])
  })

  test('shows how far the launch is, with its trouble', async () => {
    const engine = planning(fakeEngine(3), nodeName(2))
    const trouble = { failure: 'quota', code: 'VcpuLimitExceeded', message: 'the account may run 0 more', at: start }
    const open = { 'op-1': fakeLaunch(nodeName(2), start, { trouble, phase: 'created', attempt: 1 }) }
    engine.setState(state => ({ ...state, machines: { ...state.machines, open } }))
    const operator = await opened(engine)
    expect(operator.text()).toContain('launch: is there, waits for SSH')
    expect(operator.text()).toContain('the account may run 0 more (just now, VcpuLimitExceeded)')
    operator.type('1')
    expect(operator.text()).toContain('launching: quota')
  })
})

describe('tearing down', () => {
  const withMachine = (engine: FakeEngine) => {
    const machines = { [nodeName(3)]: fakeMachine(nodeName(3)) }
    engine.setState(state => ({ ...state, machines: { ...state.machines, machines } }))
    return engine
  }

  test('names machine, disk and address, and is done only after a yes', async () => {
    const engine = withMachine(fakeEngine(6))
    const operator = room(engine)
    operator.select(nodeName(3))
    operator.type('T')
    expect(operator.text()).toContain('Destroy the machine of node-00003?')
    expect(operator.text()).toContain('aws sa-east-1 i-0abcabcabcabcabca, t4g.nano, ipv4 public-ipv4, disk gp3 × 8')
    expect(engine.did).toEqual([])
    operator.type('\r')
    expect(engine.did).toEqual([])
    operator.type('TY')
    await vi.waitFor(() =>
      expect(engine.did).toMatchObject([{ type: 'machines.teardown', nodes: ['node-00003'], fleet: 'clavitor' }]),
    )
  })

  test('is not offered for a node of which no machine is known', () => {
    const engine = withMachine(fakeEngine(6))
    const operator = room(engine)
    operator.select(nodeName(2))
    operator.type('TY')
    expect(engine.did).toEqual([])
    expect(operator.room.snapshot().view.dialogs).toEqual([])
  })
})

test.each([
  [80, 24],
  [200, 60],
])('without colours and in ASCII at %i×%i drift, offers and plan say all by word and sign', async (columns, rows) => {
  const ascii = createTheme('none', 'ascii')
  const operator = room(planning(fakeEngine(21), nodeName(2)), columns, rows)
  const text = () =>
    linesOf(operator.room.snapshot(), ascii)
      .map(line => ascii.paint('text', piece('text', line).text))
      .join('\n')
  operator.type(':drift\r')
  await vi.waitFor(() => expect(text()).toContain('? unknown: 2 of 9 regions'))
  expect(text()).toContain('X node-00003')
  operator.type(':offers\r')
  await vi.waitFor(() => expect(text()).toContain('X no - out of stock'))
  operator.type('1')
  operator.select(nodeName(2))
  operator.type('p')
  await vi.waitFor(() => expect(text()).toContain('X over the ceiling'))
  expect(text()).toMatch(/^[\x20-\x7e\n]*$/)
})
