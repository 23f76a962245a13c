// Twenty nodes are provisioned and torn down while the provider fails at random and the engine dies at random: before an
// intent, after it, while a call is in flight, after its effect, after its outcome. The provider's own ledger is the judge.
import { expect, test } from 'vitest'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import type { FakeFault } from './fake-cloud.ts'
import { createRig, type KillPoint, type Rig, seeded } from './rig.ts'
import { provision, spec, teardown } from './specs.ts'

const rounds = 200 * Number(process.env.WATCHFLOOR_GAUNTLET ?? 1)
const nodes = Array.from({ length: 20 }, (_, index) => `node-${index}`)

const passing: readonly FakeFault[] = [
  { kind: 'throttled', retryAfterMs: 3_000 },
  { kind: 'throttled' },
  { kind: 'locked' },
  { kind: 'unreachable', effect: 'none' },
  { kind: 'unreachable', effect: 'unknown' },
  { kind: 'reply-lost' },
  { kind: 'reply-lost' },
  { kind: 'hang' },
  { kind: 'conflict' },
  { kind: 'not-found' },
  { kind: 'capacity' },
]
const lasting: readonly FakeFault[] = [
  { kind: 'quota' },
  { kind: 'rights' },
  { kind: 'credentials' },
  { kind: 'region-off' },
  { kind: 'account' },
  { kind: 'invalid' },
]

interface Weather {
  isStormy: boolean
  deaths: number
  killed: Map<string, number>
  /** How launches and teardowns ended. */
  ends: Map<string, number>
}

function roundOf(seed: number): { rig: Rig; weather: Weather; random: () => number } {
  const random = seeded(seed)
  const weather: Weather = { isStormy: true, deaths: 0, killed: new Map(), ends: new Map() }
  const pick = <T>(list: readonly T[]): T | null => list[Math.floor(random() * list.length)] ?? null
  const rig: Rig = createRig({
    seed,
    fault(action) {
      if (!weather.isStormy || random() > 0.18) return null
      if (random() < 0.03) return pick(lasting)
      const fault = pick(passing)
      // Only a create is short of room.
      return fault?.kind === 'capacity' && action !== 'launch' ? null : fault
    },
    lagMs: () => (random() < 0.3 ? 90_000 * random() : 0),
    latencyMs: () => 1_500 * random(),
    diskStaysMs: () => (random() < 0.1 ? 40_000 : 0),
    reach: () => random() < 0.7,
    kill(point: KillPoint) {
      if (weather.deaths >= 6 || random() > 0.01) return false
      weather.deaths += 1
      weather.killed.set(point, (weather.killed.get(point) ?? 0) + 1)
      return true
    },
  })
  return { rig, weather, random }
}

/** What the ledger says against what the engine knows; empty: they agree. */
function judge(rig: Rig, state: FleetState): string[] {
  const wrong: string[] = []
  for (const [node, most] of rig.cloud.mostAtOnce()) {
    if (most > 1) wrong.push(`${node} had ${most} machines at once`)
  }
  const known = new Map(Object.values(state.machines.machines).map(record => [record.machine.id, record.node]))
  for (const machine of rig.cloud.alive()) {
    if (known.get(machine.id) !== machine.tags.node) wrong.push(`${machine.id} of ${machine.tags.node} is not tracked`)
  }
  const alive = new Set(rig.cloud.alive().map(machine => machine.tags.node))
  for (const op of state.machines.closed) {
    if (op.phase === 'failed' && op.trouble === null) wrong.push(`${op.id} failed without a reason`)
    if (op.kind === 'launch' && op.prepared && op.prepared.request !== null) wrong.push(`${op.id} keeps its request`)
  }
  for (const node of nodes) {
    const last = state.machines.closed.filter(op => op.node === node).at(-1)
    if (last?.kind === 'launch' && last.phase === 'done' && !alive.has(node)) wrong.push(`${node} has no machine`)
    if (last?.kind === 'destroy' && last.phase === 'done' && alive.has(node)) wrong.push(`${node} has a machine still`)
    if (!last) wrong.push(`nothing is known of ${node}`)
  }
  return [...wrong, ...rig.bugs()]
}

/** Asked again and again with the same id, as a client does whose engine dies. */
async function ask(rig: Rig, command: Parameters<Rig['do']>[0]): Promise<void> {
  const { kills } = rig
  for (;;) {
    const before = kills()
    let outcome: 'asked' | 'refused' | null = null
    rig.do(command).then(
      () => {
        outcome = 'asked'
      },
      () => {
        outcome = 'refused'
      },
    )
    await rig.until(() => outcome !== null)
    if (kills() === before) return
  }
}

async function play(seed: number): Promise<Weather> {
  const { rig, weather, random } = roundOf(seed)
  const regions = nodes.map((_, index) => `region-${index % 20}`)
  await ask(rig, {
    type: 'machines.provision',
    id: 'batch-up',
    overBudget: false,
    nodes: nodes.map((node, index) => ({ node, spec: { ...spec, region: regions[index] ?? 'region-0' } })),
  })
  // Some are not wanted any more while they are being made.
  const regretted = nodes.filter(() => random() < 0.2)
  const regretAt = rig.clock.mono() + 60_000 * random()
  rig.clock.after(60_000, () => {})
  await rig.until(state => rig.clock.mono() >= regretAt || Object.keys(state.machines.open).length === 0)
  for (const node of regretted) await ask(rig, teardown([node], `batch-regret-${node}`))
  await rig.until()
  expect({ seed, wrong: judge(rig, rig.state()) }).toEqual({ seed, wrong: [] })
  for (const op of rig.state().machines.closed) {
    const made = op.kind === 'launch' && op.machine !== null ? 'with a machine' : ''
    const how = `${op.kind} ${op.phase} ${made}`.trim()
    weather.ends.set(how, (weather.ends.get(how) ?? 0) + 1)
  }
  // And all of them again, in the same weather.
  weather.deaths = 0
  for (const node of nodes) await ask(rig, teardown([node], `batch-down-${node}`))
  await rig.until()
  expect({ seed, wrong: judge(rig, rig.state()) }).toEqual({ seed, wrong: [] })
  // What failed for a named reason goes in good weather.
  weather.isStormy = false
  for (const node of Object.keys(rig.state().machines.machines)) await ask(rig, teardown([node], `batch-last-${node}`))
  await rig.until()
  expect({ seed, left: rig.cloud.alive().map(machine => machine.id), wrong: judge(rig, rig.state()) }).toEqual({
    seed,
    left: [],
    wrong: [],
  })
  // Whatever ran was counted, and costs nothing any more.
  const { lifetimes } = rig.state().money
  const uncounted = rig.cloud
    .truth()
    .map(machine => lifetimes[`aws/${machine.region}/${machine.id}`])
    .filter(lifetime => lifetime === undefined || lifetime.to === null)
  expect({ seed, uncounted }).toEqual({ seed, uncounted: [] })
  return weather
}

test(`${rounds} rounds of 20 nodes under faults and deaths: never two machines for a node, none untracked, every end named`, async () => {
  const killed = new Map<string, number>()
  const ends = new Map<string, number>()
  for (let seed = 1; seed <= rounds; seed += 1) {
    const weather = await play(seed)
    for (const [point, count] of weather.killed) killed.set(point, (killed.get(point) ?? 0) + count)
    for (const [how, count] of weather.ends) ends.set(how, (ends.get(how) ?? 0) + count)
  }
  // A storm that kills nowhere, and in which everything ends alike, proves nothing.
  const all = ['launch done with a machine', 'launch failed', 'launch cancelled', 'launch cancelled with a machine']
  for (const how of [...all, 'destroy done']) expect({ how, count: ends.get(how) ?? 0 }).not.toEqual({ how, count: 0 })
  for (const point of [
    'before the command',
    'after the command',
    'before launch',
    'in-flight launch',
    'after launch',
  ]) {
    expect({ point, kills: killed.get(point) ?? 0 }).not.toEqual({ point, kills: 0 })
  }
}, 600_000)

/** Each point once for sure, and not only by chance. */
const points: KillPoint[] = [
  'before the command',
  'after the command',
  'before find',
  'after find',
  'before launch',
  'in-flight launch',
  'after launch',
  'before get',
  'after get',
  'before destroy',
  'in-flight destroy',
  'after destroy',
  'after list',
]

test.each(points.flatMap(point => [1, 2, 3].map(nth => [point, nth] as const)))(
  'an engine that dies %s (time %i) leaves one machine, and then none',
  async (point, nth) => {
    let passed = 0
    const rig = createRig({
      lagMs: () => 30_000,
      latencyMs: () => 200,
      kill: here => here === point && ++passed === nth,
    })
    await ask(rig, provision(['paris']))
    await rig.until()
    expect(judgeOne(rig)).toEqual([])
    expect(rig.cloud.alive()).toHaveLength(1)
    await ask(rig, teardown(['paris']))
    await rig.until()
    expect(judgeOne(rig)).toEqual([])
    expect(rig.cloud.alive()).toHaveLength(0)
    expect(rig.cloud.truth()).toHaveLength(1)
  },
)

function judgeOne(rig: Rig): string[] {
  return judge(rig, rig.state()).filter(what => !what.startsWith('nothing is known of node-'))
}
