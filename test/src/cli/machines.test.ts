// Machines from the command line: what is shown before anything is created or ended, who has to say yes, and how it ends.
import { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TSchema } from 'typebox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Machine, MachineSpec } from '../../../infra/clouds/shapes.ts'
import { adopt } from '../../../src/cli/adopt.ts'
import { drift } from '../../../src/cli/drift.ts'
import { provision } from '../../../src/cli/provision.ts'
import { driftDocument, operationsDocument } from '../../../src/cli/shapes-clouds.ts'
import { teardown } from '../../../src/cli/teardown.ts'
import type { DriftReport, LaunchOp, Operation, ProvisionPlan } from '../../../src/machines/shapes.ts'
import { Refused } from '../../../state/primitives/errors.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { start } from '../../screens/fake-engine.ts'
import { costReport } from './cost-report.ts'
import { type CliRig, cliRig, type Said } from './fake-call.ts'

const hostkey = `SHA256:${'a'.repeat(43)}`
const fleetText = `# our fleet
fleet: clavitor
nodes:
  virginia: { provider: aws, region: us-east-1, type: t4g.nano } # the pilot
  paris:
    provider: aws
    region: eu-west-3
    lifecycle: planned
`

let rig: CliRig
let fleetFile: string
beforeEach(() => {
  rig = cliRig(['virginia', 'paris'])
  rig.cwd = mkdtempSync(path.join(tmpdir(), 'wf-'))
  fleetFile = path.join(rig.cwd, 'fleet.yaml')
  writeFileSync(fleetFile, fleetText, { mode: 0o640 })
  rig.engine.setLive(live => ({ ...live, engine: { ...live.engine, fleetFile } }))
  rig.answers.plan = ({ nodes }) => planOf(nodes)
  rig.answers.cost = () => costReport()
  rig.onCommand = command => {
    if (command.type !== 'machines.provision') return
    for (const { node, spec } of command.nodes) put(launch(node, spec, command.id))
    // It goes on after the command was taken.
    setImmediate(() => {
      for (const { node, spec } of command.nodes) close({ ...launch(node, spec, command.id), phase: 'done' })
    })
    return command.nodes.map(({ node }) => `op-${node}`)
  }
})
afterEach(() => rmSync(rig.cwd, { recursive: true, force: true }))

function judged(said: Said, schema: TSchema) {
  const document = JSON.parse(said.out)
  expect(checker(schema).errors(document)).toEqual([])
  expect(said.out).not.toContain('\n')
  return document
}

const specOf = (region: string): MachineSpec => ({
  provider: 'aws',
  region,
  type: 't4g.nano',
  arch: null,
  image: null,
  diskGb: 8,
  ipv4: true,
  sshKeys: ['ssh-ed25519 AAAA'],
  meshPort: null,
  sshOpen: true,
})

function planOf(nodes: readonly string[], more: Partial<ProvisionPlan> = {}): ProvisionPlan {
  const line = { quantity: 1, currency: 'USD', source: 'AWS Pricing API', pricedAt: start }
  return {
    nodes: nodes.map(node => ({
      node,
      spec: specOf('us-east-1'),
      lines: [
        { ...line, resource: 'instance', sku: 't4g.nano', monthlyMicros: 3_024_000 },
        { ...line, resource: 'ipv4', sku: 'public-ipv4', monthlyMicros: 3_600_000 },
      ],
    })),
    refused: [],
    monthly: [{ currency: 'USD', micros: 6_624_000 * nodes.length }],
    projection: { currency: 'USD', beforeMicros: 10_000_000, afterMicros: 16_624_000 },
    verdict: 'within',
    warnings: [],
    ...more,
  }
}

function machine(node: string, more: Partial<Machine> = {}): Machine {
  return {
    provider: 'aws',
    region: 'us-east-1',
    zone: 'us-east-1a',
    id: `i-${node}`,
    name: node,
    tags: { fleet: 'clavitor', node, op: 'op-1' },
    token: null,
    state: 'running',
    stateWhy: null,
    type: 't4g.nano',
    arch: 'arm64',
    image: null,
    addresses: { ipv4: '192.0.2.44', ipv6: null, private: null },
    launchedAt: start,
    checks: 'ok',
    hostkeys: [hostkey],
    resources: [],
    ...more,
  }
}

function launch(node: string, spec: MachineSpec, batch: string): LaunchOp {
  return {
    id: `op-${node}`,
    batch,
    node,
    fleet: 'clavitor',
    by: 'noc',
    at: start,
    trouble: null,
    endedAt: null,
    kind: 'launch',
    spec,
    phase: 'wanted',
    attempt: 1,
    token: null,
    prepared: null,
    triedZones: [],
    machine: null,
    cancelled: false,
  }
}

function put(op: Operation): void {
  rig.engine.setState(state => ({
    ...state,
    machines: { ...state.machines, open: { ...state.machines.open, [op.id]: op } },
  }))
}

function close(op: Operation): void {
  rig.engine.setState(state => {
    const { [op.id]: _ended, ...open } = state.machines.open
    const closed = [...state.machines.closed, { ...op, endedAt: start }]
    const machines = { ...state.machines.machines }
    if (op.kind === 'launch' && op.phase === 'done') machines[op.node] = record(op.node)
    if (op.kind === 'adopt' && op.phase === 'done') machines[op.node] = record(op.node)
    if (op.kind === 'destroy' && op.phase === 'done') delete machines[op.node]
    return { ...state, machines: { ...state.machines, open, closed, machines } }
  })
}

const record = (node: string, its = machine(node)) => ({
  node,
  op: `op-${node}`,
  since: start,
  machine: its,
  reachableAt: start,
})

function has(node: string, its = machine(node)): void {
  rig.engine.setState(state => ({
    ...state,
    machines: { ...state.machines, machines: { ...state.machines.machines, [node]: record(node, its) } },
  }))
}

describe('provision', () => {
  test('shows what would be created, price and projection, and creates it after a yes', async () => {
    rig.typed = 'yes'
    const said = await rig.run(provision, {}, 'virginia')
    expect(said.exit).toBe(0)
    expect(rig.questions).toEqual(['type yes, anything else leaves it: '])
    expect(said.err).toMatch(/virginia +aws us-east-1 +instance +t4g\.nano +3\.02 USD/)
    expect(said.err).toContain('together 6.62 USD a month')
    expect(said.err).toContain('this month would end at 16.62 USD instead of 10.00 USD\nwithin the ceiling')
    expect(said.err).toContain('create 1 machine for 6.62 USD a month')
    expect(said.err).toContain('virginia: ready: ')
    expect(said.out).toContain('virginia: done (i-virginia aws us-east-1 192.0.2.44)')
    expect(rig.engine.did).toMatchObject([
      {
        type: 'machines.provision',
        fleet: rig.engine.live().fleet.name,
        id: expect.stringMatching(/^batch-[0-9a-f]{16}$/),
        nodes: [{ node: 'virginia', spec: specOf('us-east-1') }],
        overBudget: false,
      },
    ])
  })

  test('--json prints one document in its shape, with the change that the fleet file should get', async () => {
    const said = await rig.run(provision, { json: true, yes: true }, 'virginia')
    const document = judged(said, operationsDocument)
    expect(document).toMatchObject({
      plan: { verdict: 'within', projection: { after_micros: 16_624_000 } },
      nodes: [{ node: 'virginia', outcome: 'done', machine: 'i-virginia', ipv4: '192.0.2.44', hostkeys: [hostkey] }],
      written: false,
    })
    expect(document.patch).toContain(
      `+  virginia: { provider: aws, region: us-east-1, type: t4g.nano, address: 192.0.2.44`,
    )
    expect(readFileSync(fleetFile, 'utf8')).toBe(fleetText)
  })

  test('--write changes those places of the fleet file and nothing else', async () => {
    await rig.run(provision, { yes: true, write: true }, 'virginia,paris')
    expect(readFileSync(fleetFile, 'utf8')).toBe(
      fleetText
        .replace('t4g.nano }', `t4g.nano, address: 192.0.2.44, ssh: { hostkey: "${hostkey}" } }`)
        .replace(
          '    provider: aws\n',
          `    ssh: { hostkey: "${hostkey}" }\n    address: 192.0.2.44\n    provider: aws\n`,
        )
        .replace('lifecycle: planned', 'lifecycle: live'),
    )
    expect(statSync(fleetFile).mode & 0o777).toBe(0o640)
  })

  test('where the file cannot be changed in place, it is left, and what to write is said', async () => {
    const aliased = 'fleet: clavitor\nnodes:\n  paris: &same { provider: aws }\n  virginia: *same\n'
    writeFileSync(fleetFile, aliased)
    const said = await rig.run(provision, { yes: true, write: true }, 'virginia')
    expect(said.exit).toBe(0)
    expect(said.err).toContain('it cannot be changed in place. Write it by hand:')
    expect(said.err).toContain('virginia: address: "192.0.2.44"')
    expect(readFileSync(fleetFile, 'utf8')).toBe(aliased)
  })

  test('--plan creates nothing and asks nobody', async () => {
    const said = await rig.run(provision, { plan: true, json: true }, 'virginia')
    expect(said.exit).toBe(0)
    expect(judged(said, operationsDocument)).toMatchObject({ batch: null, nodes: [] })
    expect(rig.engine.did).toEqual([])
  })

  test.each([
    ['over', {}, 5],
    ['over', { overBudget: true }, 0],
    ['unknown', {}, 3],
    ['warn', {}, 0],
    ['no-budget', {}, 0],
  ] as const)('--plan with the verdict %s and %j ends with %i', async (verdict, options, exit) => {
    rig.answers.plan = ({ nodes }) => planOf(nodes, { verdict })
    expect((await rig.run(provision, { plan: true, ...options }, 'virginia')).exit).toBe(exit)
  })

  test('over the ceiling is refused before anybody is asked; --over-budget says that it is wanted', async () => {
    rig.answers.plan = ({ nodes }) => planOf(nodes, { verdict: 'over' })
    rig.typed = 'yes'
    const said = await rig.run(provision, {}, 'virginia')
    expect(said).toMatchObject({ exit: 5, out: '' })
    expect(said.err).toContain('the ceiling would be missed: this month would end at 16.62 USD')
    const words = 'with them a month costs 162.00 USD, 62.00 USD over the ceiling of 100.00 USD'
    rig.answers.plan = ({ nodes }) => planOf(nodes, { verdict: 'over', warnings: [words] })
    expect((await rig.run(provision, {}, 'virginia')).err).toContain(`the ceiling would be missed: ${words}`)
    expect([rig.questions, rig.engine.did]).toEqual([[], []])
    expect((await rig.run(provision, { overBudget: true }, 'virginia')).exit).toBe(0)
    expect(rig.engine.did).toMatchObject([{ overBudget: true }])
  })

  test.each([
    ['nobody is there', null, {}, 'nobody is there to confirm it'],
    ['JSON is asked for', 'yes', { json: true }, 'Say it beforehand: --yes.'],
    ['they say no', 'n', {}, 'nothing was done'],
    ['they say nothing', '', {}, 'nothing was done'],
  ])('when %s, nothing is created', async (_when, typed, options, why) => {
    rig.typed = typed
    const said = await rig.run(provision, options, 'virginia')
    expect(said).toMatchObject({ exit: 5, out: '', err: expect.stringContaining(why) })
    expect(rig.engine.did).toEqual([])
  })

  test('in production, and for more than ten machines, the fleet’s name has to be typed', async () => {
    rig.typed = 'yes'
    rig.engine.setLive(live => ({ ...live, fleet: { ...live.fleet, environment: 'production' } }))
    expect((await rig.run(provision, {}, 'virginia')).exit).toBe(5)
    expect(rig.questions[0]).toContain("this is production: type the fleet's name, clavitor")
    rig.typed = 'clavitor'
    expect((await rig.run(provision, {}, 'virginia')).exit).toBe(0)
    const many = cliRig(Array.from({ length: 11 }, (_, index) => `n${index}`))
    many.answers.plan = ({ nodes }) => planOf(nodes)
    many.typed = 'yes'
    expect((await many.run(provision, {}, '*')).exit).toBe(5)
    expect(many.questions[0]).toContain('11 nodes: type the fleet')
  })

  test('a node that has a machine is left, and asking for it again is fine', async () => {
    has('virginia')
    const said = await rig.run(provision, { json: true, yes: true }, 'virginia')
    expect(said.exit).toBe(0)
    expect(judged(said, operationsDocument).nodes).toMatchObject([{ outcome: 'kept', machine: 'i-virginia' }])
    expect([rig.engine.did, rig.engine.asked]).toEqual([[], []])
  })

  test('a node that is being launched is watched to its end, not launched twice', async () => {
    put({ ...launch('virginia', specOf('us-east-1'), 'batch-before'), phase: 'settled' })
    setImmediate(() => close({ ...launch('virginia', specOf('us-east-1'), 'batch-before'), phase: 'done' }))
    const said = await rig.run(provision, { yes: true }, 'virginia')
    expect(said).toMatchObject({ exit: 0, out: expect.stringContaining('virginia: done') })
    expect(rig.engine.did).toEqual([])
  })

  test('what cannot be provisioned is said, the rest is created, and the end is a bad answer', async () => {
    rig.answers.plan = ({ nodes }) =>
      planOf(
        nodes.filter(node => node !== 'paris'),
        { refused: [{ node: 'paris', why: 'it has no region', remedy: 'Name one in the fleet file' }] },
      )
    const said = await rig.run(provision, { yes: true, json: true }, 'virginia,paris')
    expect(said.exit).toBe(1)
    expect(judged(said, operationsDocument).nodes).toMatchObject([
      { node: 'paris', outcome: 'refused', trouble: { message: 'it has no region. Name one in the fleet file' } },
      { node: 'virginia', outcome: 'done' },
    ])
  })

  test.each([
    ['quota', 1],
    ['unreachable', 4],
  ])('a launch that fails for %s ends with %i, and says why', async (failure, exit) => {
    const trouble = { failure, code: 'VcpuLimitExceeded', message: 'no more \u001b[31mvCPUs', at: start }
    rig.onCommand = command => {
      if (command.type !== 'machines.provision') return
      setImmediate(() => close({ ...launch('virginia', specOf('us-east-1'), command.id), phase: 'failed', trouble }))
      return ['op-virginia']
    }
    const said = await rig.run(provision, { yes: true }, 'virginia')
    expect(said.exit).toBe(exit)
    expect(said.err).toContain(`virginia: ${failure} (VcpuLimitExceeded): no more`)
    expect(said.out + said.err).not.toContain('\u001b')
  })

  test('what the engine refuses is told with its exit code', async () => {
    rig.onCommand = () => {
      throw new Refused({ name: 'over-budget', message: 'the ceiling would be missed' })
    }
    expect(await rig.run(provision, { yes: true }, 'virginia')).toMatchObject({ exit: 5, out: '' })
  })

  test('ctrl-c and the deadline leave the engine to go on, and say so', async () => {
    rig.onCommand = command => {
      if (command.type !== 'machines.provision') return
      put({ ...launch('virginia', specOf('us-east-1'), command.id), phase: 'settled' })
      return ['op-virginia']
    }
    const signals = new EventEmitter()
    const cut = rig.run((call, engine) => provision(call, engine, signals), { yes: true, json: true }, 'virginia')
    const pressed = () => (signals.listenerCount('SIGINT') > 0 ? signals.emit('SIGINT') : setImmediate(pressed))
    pressed()
    const said = await cut
    expect(said.exit).toBe(3)
    expect(said.err).toContain('detached; the engine goes on, nothing is undone')
    expect(judged(said, operationsDocument).nodes).toMatchObject([{ outcome: 'open', phase: 'settled' }])
    expect(signals.listenerCount('SIGINT')).toBe(0)

    const late = await rig.run(provision, { yes: true, deadline: '1s' }, 'virginia')
    expect(late).toMatchObject({ exit: 3, err: expect.stringContaining('the deadline is over; the engine goes on') })
  })

  test.each([
    ['a selector that fits nothing', 'virgnia', {}, 'Did you mean "virginia"?'],
    ['a deadline that is none', 'virginia', { deadline: 'soon' }, '"soon" is no duration'],
  ])('%s is bad input', async (_what, selector, options, why) => {
    expect(await rig.run(provision, options, selector)).toMatchObject({ exit: 2, err: expect.stringContaining(why) })
    expect(rig.engine.did).toEqual([])
  })
})

describe('teardown', () => {
  const destroy = (batch: string, more: Partial<Extract<Operation, { kind: 'destroy' }>> = {}): Operation => ({
    id: 'op-end',
    batch,
    node: 'virginia',
    fleet: 'clavitor',
    by: 'noc',
    at: start,
    trouble: null,
    endedAt: null,
    kind: 'destroy',
    provider: 'aws',
    region: 'us-east-1',
    machines: ['i-virginia'],
    phase: 'asked',
    leftovers: [],
    ...more,
  })
  const ends = (more: Partial<Extract<Operation, { kind: 'destroy' }>>) => {
    rig.onCommand = command => {
      if (command.type !== 'machines.teardown') return
      put(destroy(command.id))
      setImmediate(() => close(destroy(command.id, more)))
      return ['op-end']
    }
  }

  test('shows which machines end and what they cost, and ends them after a yes', async () => {
    has('virginia')
    ends({ phase: 'done' })
    rig.typed = 'yes'
    const said = await rig.run(teardown, {}, 'virginia')
    expect(said.exit).toBe(0)
    expect(said.err).toMatch(/virginia +aws us-east-1 +i-virginia +t4g\.nano +192\.0\.2\.44 +running/)
    expect(said.err).toContain('they cost 3.66 USD a month')
    expect(said.err).toContain('end 1 machine of 1 node, for good')
    expect(said.err).toContain('virginia: gone from aws us-east-1')
    expect(rig.engine.did).toMatchObject([{ type: 'machines.teardown', nodes: ['virginia'], fleet: 'clavitor' }])
  })

  test.each([
    ['a disk that stays is a bad answer', [{ id: 'vol-1', kind: 'disk' }], 1],
    ['a group that stays costs nothing', [{ id: 'sg-1', kind: 'group' }], 0],
  ] as const)('%s', async (_what, left, exit) => {
    has('virginia')
    const rest = { sku: 'x', quantity: 1, createdAt: null, tags: {}, machine: null }
    ends({ phase: 'done', leftovers: left.map(one => ({ ...one, ...rest })) })
    const said = await rig.run(teardown, { yes: true, json: true }, 'virginia')
    expect(said.exit).toBe(exit)
    expect(judged(said, operationsDocument).nodes).toMatchObject([{ outcome: 'done', leftovers: left }])
  })

  test('a machine that is only seen with the node’s tags ends too; one of another fleet does not', async () => {
    const seen = [
      machine('virginia', { id: 'i-seen' }),
      machine('virginia', { id: 'i-other', tags: { fleet: 'x', node: 'virginia' } }),
    ]
    rig.engine.setState(state => ({
      ...state,
      machines: {
        ...state.machines,
        regions: {
          'aws/us-east-1': {
            provider: 'aws',
            region: 'us-east-1',
            at: start,
            listed: true,
            why: null,
            machines: seen,
            loose: [],
          },
        },
      },
    }))
    ends({ phase: 'done' })
    const said = await rig.run(teardown, { yes: true }, 'virginia')
    expect(said.err).toContain('i-seen')
    expect(said.err).not.toContain('i-other')
  })

  test('a launch that is under way is ended too, and its end is as asked', async () => {
    const begun = launch('virginia', specOf('us-east-1'), 'batch-before')
    put({ ...begun, phase: 'settled' })
    rig.onCommand = command => {
      if (command.type !== 'machines.teardown') return
      setImmediate(() => close({ ...begun, phase: 'cancelled', cancelled: true }))
      return []
    }
    const said = await rig.run(teardown, { yes: true, json: true }, 'virginia')
    expect(said.exit).toBe(0)
    expect(judged(said, operationsDocument).nodes).toMatchObject([{ outcome: 'done', phase: 'cancelled' }])
  })

  test('a money report that fails is no reason to keep a machine', async () => {
    has('virginia')
    ends({ phase: 'done' })
    rig.answers.cost = () => {
      throw new Error('no')
    }
    const said = await rig.run(teardown, { yes: true }, 'virginia')
    expect(said).toMatchObject({ exit: 0, err: expect.stringContaining('what they cost cannot be told now') })
  })

  const seen = (listed: boolean) => ({
    provider: 'aws',
    region: 'us-east-1',
    listed,
    why: listed ? null : 'no answer',
    at: start,
  })

  test('a node without a machine is left, and nobody is asked', async () => {
    rig.answers.drift = () => ({ at: start, regions: [seen(true)], findings: [] })
    const said = await rig.run(teardown, {}, 'virginia')
    expect(said).toMatchObject({ exit: 0, err: expect.stringContaining('there is nothing to end') })
    expect(rig.engine.did).toEqual([])
  })

  test('before the first look at the regions it looks first, and ends what it then knows', async () => {
    ends({ phase: 'done' })
    rig.answers.drift = ({ fresh }) => {
      if (fresh) has('virginia')
      return { at: fresh ? start : null, regions: [seen(fresh)], findings: [] }
    }
    const said = await rig.run(teardown, { yes: true }, 'virginia')
    expect(said).toMatchObject({ exit: 0, err: expect.stringContaining('no region was looked at yet') })
    expect(rig.engine.did.map(({ type }) => type)).toEqual(['machines.teardown'])
  })

  test('where a region could not be listed, nothing to end is not said: it is not known', async () => {
    rig.answers.drift = () => ({ at: start, regions: [seen(false)], findings: [] })
    const said = await rig.run(teardown, { yes: true }, 'paris')
    expect(said).toMatchObject({ exit: 3, err: expect.stringContaining('could not be listed (no answer)') })
  })

  test('without a yes nothing ends', async () => {
    has('virginia')
    expect(await rig.run(teardown, {}, 'virginia')).toMatchObject({ exit: 5, out: '' })
    expect(rig.engine.did).toEqual([])
  })
})

describe('adopt', () => {
  const where = { provider: 'aws', region: 'us-east-1', machine: 'i-oslo' }
  const adopts = () => {
    rig.onCommand = command => {
      if (command.type !== 'machines.adopt') return
      const { id: batch, node, provider, region, machine: machineId } = command
      const op: Operation = {
        id: 'op-adopt',
        batch,
        node,
        fleet: 'clavitor',
        by: 'noc',
        at: start,
        trouble: null,
        endedAt: null,
        kind: 'adopt',
        provider,
        region,
        machineId,
        phase: 'wanted',
      }
      setImmediate(() => close({ ...op, phase: 'done' }))
      return ['op-adopt']
    }
  }

  test('a found machine becomes a node, and the fleet file is offered its line', async () => {
    adopts()
    const said = await rig.run(adopt, { ...where, write: true }, 'oslo')
    expect(said.exit).toBe(0)
    expect(rig.engine.did).toMatchObject([{ type: 'machines.adopt', node: 'oslo', ...where, fleet: 'clavitor' }])
    expect(said.out).toContain('oslo: done (i-oslo aws us-east-1 192.0.2.44)')
    const { loadFleet } = await import('../../../src/fleet/load.ts')
    const loaded = loadFleet({ path: 'x', text: readFileSync(fleetFile) }, { kinds: new Map() })
    if (!loaded.ok) throw new Error('it must load')
    expect(loaded.fleet.nodes.get('oslo')).toMatchObject({
      provider: 'aws',
      region: 'us-east-1',
      type: 't4g.nano',
      address: '192.0.2.44',
      lifecycle: 'live',
      ssh: { hostkeys: [hostkey] },
    })
    expect(readFileSync(fleetFile, 'utf8')).toContain('# the pilot')
  })

  test('what a provider says of a machine cannot break out of its place in the file', async () => {
    const evil = 'x, ssh: { identity: "exec:evil" }'
    has(
      'oslo',
      machine('oslo', {
        type: evil,
        hostkeys: ['SHA256:x" }'],
        addresses: { ipv4: '1.2.3.4\n', ipv6: null, private: null },
      }),
    )
    rig.onCommand = () => []
    await rig.run(adopt, { ...where, write: true }, 'oslo')
    expect(readFileSync(fleetFile, 'utf8')).not.toMatch(/identity|1\.2\.3\.4/)
  })

  test.each([
    ['no machine', { provider: 'aws', region: 'us-east-1' }, 'oslo', '--machine is missing'],
    ['no region', { provider: 'aws', machine: 'i-1' }, 'oslo', '--region is missing'],
    ['no provider', { region: 'us-east-1', machine: 'i-1' }, 'oslo', '--provider is missing'],
    ['a name that is none', where, '-oslo', 'cannot be the name of a node'],
  ])('%s is bad input', async (_what, options, node, why) => {
    expect(await rig.run(adopt, options, node)).toMatchObject({ exit: 2, err: expect.stringContaining(why) })
    expect(rig.engine.did).toEqual([])
  })
})

describe('drift', () => {
  const finding = {
    kind: 'orphan',
    id: 'i-lost\u001b[2J',
    node: null,
    provider: 'aws',
    region: 'us-east-1',
    what: 'carries our tags and no record knows it',
    remedy: 'adopt it or tear it down',
    monthly: { currency: 'USD', micros: 7_360_000 },
  } as const
  const region = { provider: 'aws', region: 'us-east-1', listed: true, why: null, at: start }
  const unlisted = { provider: 'aws', region: 'af-south-1', listed: false, why: 'not enabled', at: null }

  test.each<[string, DriftReport, number]>([
    ['clean', { at: start, regions: [region], findings: [] }, 0],
    ['a finding', { at: start, regions: [region], findings: [finding] }, 1],
    ['an unknown region', { at: start, regions: [region, unlisted], findings: [] }, 3],
    ['a finding beside an unknown region', { at: start, regions: [unlisted], findings: [finding] }, 1],
    ['never looked at', { at: null, regions: [], findings: [] }, 3],
  ])('%s', async (_what, report, exit) => {
    rig.answers.drift = () => report
    const said = await rig.run(drift, { json: true, look: true })
    expect(said.exit).toBe(exit)
    const document = judged(said, driftDocument)
    expect(document.findings.map((one: { id: string }) => one.id)).toEqual(report.findings.map(one => one.id))
    expect(document.regions).toHaveLength(report.regions.length)
  })

  test('people read each finding with its price and what to do, safely; --no-look lists nothing', async () => {
    rig.answers.drift = () => ({ at: start, regions: [region, unlisted], findings: [finding] })
    const said = await rig.run(drift, { look: false })
    expect(rig.engine.asked).toEqual([{ kind: 'drift', question: { fresh: false } }])
    expect(said.out).toMatch(/ORPHAN aws us-east-1 i-lost.*: carries our tags/)
    expect(said.out).toContain('7.36 USD a month; adopt it or tear it down')
    expect(said.out).toContain('UNKNOWN aws af-south-1: not enabled')
    expect(said.out).toContain('found: 1; regions listed: 1, unknown: 1')
    expect(said.out).not.toContain('\u001b')
  })
})
