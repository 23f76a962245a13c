// `watchfloor teardown SELECTOR`: the end of machines, and of what is being launched. Only what carries the fleet's tags
// is ended, its end is seen to, and what stays behind is named. No budget ever stands in the way.
import { randomBytes } from 'node:crypto'
import type { Machine } from '../../infra/clouds/shapes.ts'
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine, FleetView } from '../engine/engine.ts'
import { selectFrom } from '../engine/select-nodes.ts'
import type { DriftReport } from '../machines/shapes.ts'
import { isAlive } from '../machines/sights.ts'
import type { CostReport } from '../money/shapes.ts'
import { money } from './amounts.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { confirm } from './confirm.ts'
import { addressOf, exitOfOutcome, followOperations, type NodeOutcome, outcomeOf, settled } from './operations.ts'
import { table, worstExit } from './output.ts'
import { count, documentOf, outcomeLines, recordOf } from './provision.ts'
import { deadlineOf } from './requests.ts'
import { withEngine } from './session.ts'

export const teardownCommand: CliCommand = {
  name: 'teardown',
  summary:
    "end the machines of nodes: shows which, asks, ends what carries the fleet's tags, and waits until it is gone",
  args: '<selector>',
  options: [
    { flags: '--yes', description: 'do not ask' },
    {
      flags: '--deadline <span>',
      description: 'longest time to wait; the engine goes on all the same',
      default: '30m',
    },
  ],
  exits:
    '1 a machine was not ended, or something that costs stays behind · 3 not over yet · 4 no engine, or a provider cannot be reached · 5 refused: no confirmation, no role',
  run: call => withEngine(call, engine => teardown(call, engine), { heal: true }),
}

export async function teardown(call: Call, engine: Engine, signals?: NodeJS.EventEmitter): Promise<Exit> {
  const { console } = call.context
  const deadlineMs = deadlineOf(text(call.options.deadline), '30m')
  const { fleet } = engine.live()
  const nodes = selectFrom(Object.values(fleet.nodes), Object.entries(fleet.batches), call.args[0] ?? '')
  const look = () => nodes.map(node => targetOf(engine, fleet.name, node))
  const sight = await sightFor(call, engine, look())
  const targets = look()
  const wanted = targets.filter(isThere)
  const kept = targets
    .filter(one => !isThere(one))
    .map(({ node }) => {
      const why = unseen(sight, fleet.nodes[node])
      if (why === null) console.err(forTerminal(`${node}: no machine is known: there is nothing to end`))
      else console.err(forTerminal(`${node}: no machine is known, but one may be there: ${why}`))
      return why === null ? settled(node, 'kept', null) : settled(node, 'open', null, why)
    })
  let outcomes: NodeOutcome[] = kept
  let batch: string | null = null
  if (wanted.length > 0) {
    for (const line of await shownTargets(engine, wanted)) console.err(forTerminal(line))
    const number = wanted.reduce((sum, one) => sum + one.machines.length, 0)
    await confirm(
      call,
      fleet,
      `end ${count(number, 'machine')} of ${count(wanted.length, 'node')}, for good`,
      wanted.length,
    )
    batch = `batch-${randomBytes(8).toString('hex')}`
    const receipt = await engine.do({
      type: 'machines.teardown',
      id: batch,
      nodes: wanted.map(one => one.node),
      fleet: fleet.name,
    })
    // What was under way is watched too: a launch ends as cancelled, another teardown goes on.
    const ids = [...new Set([...receipt.ids, ...wanted.flatMap(one => one.underway)])]
    const ops = await followOperations(engine, console, { ids, batch, deadlineMs, ...(signals ? { signals } : {}) })
    // A launch that nobody wants any more has ended as it was asked.
    outcomes = [
      ...kept,
      ...ops
        .map(op => outcomeOf(op, recordOf(engine, op.node)))
        .map(one => (one.outcome === 'cancelled' ? { ...one, outcome: 'done' as const } : one)),
    ]
  }
  if (call.options.json) console.out(JSON.stringify(documentOf({ batch, plan: null, nodes: outcomes })))
  else for (const line of outcomeLines(outcomes)) console.out(forTerminal(line))
  return worstExit(outcomes.map(exitOfOutcome))
}

/** What is known of a node counts only once its region was looked at: else a machine that runs would be passed over. */
async function sightFor(call: Call, engine: Engine, targets: readonly Target[]): Promise<DriftReport | null> {
  if (targets.every(isThere)) return null
  const known = await engine.ask('drift', { fresh: false })
  if (known.at !== null) return known
  call.context.console.err('no region was looked at yet: looking …')
  return engine.ask('drift', { fresh: true })
}

/** Why nobody can say that nothing runs for the node; null: its region was seen. */
function unseen(sight: DriftReport | null, node: FleetView['nodes'][string] | undefined): string | null {
  if (!node || node.provider === 'static' || node.region === null) return null
  const region = sight?.regions.find(one => one.provider === node.provider && one.region === node.region)
  if (region?.listed) return null
  return `${node.provider} ${node.region} could not be listed${region?.why ? ` (${region.why})` : ''}`
}

function isThere({ machines, underway }: Target): boolean {
  return machines.length > 0 || underway.length > 0
}

interface Target {
  node: string
  /** Recorded for it, or seen with its tags. */
  machines: Machine[]
  /** Open launches and teardowns of it, by id. */
  underway: string[]
}

function targetOf(engine: Engine, fleet: string, node: string): Target {
  const { open, regions } = engine.state().machines
  const record = recordOf(engine, node)
  const seen = Object.values(regions)
    .flatMap(region => region.machines)
    .filter(one => one.tags.fleet === fleet && one.tags.node === node && isAlive(one))
  const machines = new Map<string, Machine>()
  for (const one of [...seen, ...(record ? [record] : [])]) machines.set(`${one.provider}/${one.region}/${one.id}`, one)
  const underway = Object.values(open).filter(op => op.node === node && op.kind !== 'adopt')
  return { node, machines: [...machines.values()], underway: underway.map(op => op.id) }
}

async function shownTargets(engine: Engine, targets: readonly Target[]): Promise<string[]> {
  // Money is never a reason not to end a machine: when it cannot be told, that is said.
  const report = await engine.ask('cost', { month: null }).catch(() => null)
  const rows = targets.flatMap(({ node, machines, underway }) => [
    ...machines.map(one => [node, `${one.provider} ${one.region}`, one.id, one.type, addressOf(one) ?? '', one.state]),
    ...(machines.length === 0 ? [[node, '', '', `being launched or ended (${underway.join(', ')})`, '', '']] : []),
  ])
  return [...table(rows), ...savedLines(report, new Set(targets.map(one => one.node)))]
}

function savedLines(report: CostReport | null, nodes: ReadonlySet<string>): string[] {
  if (!report) return ['what they cost cannot be told now']
  const lines = report.lines.filter(line => line.running && line.node !== null && nodes.has(line.node))
  return [...Map.groupBy(lines, line => line.currency)].map(([currency, own]) => {
    const known = own.reduce((sum, line) => sum + (line.monthlyMicros ?? 0), 0)
    const rest = own.reduce(
      (sum, line) => sum + Math.max(0, (line.projectionMicros ?? 0) - (line.accruedMicros ?? 0)),
      0,
    )
    const unknown = own.some(line => line.monthlyMicros === null) ? ', and more that has no price' : ''
    return `they cost ${money(known, currency)} a month${unknown}; ${money(rest, currency)} of it would still come this month`
  })
}
