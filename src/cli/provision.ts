// `watchfloor provision SELECTOR`: machines for nodes of the fleet file. What would be created and what it would cost is
// shown before anything is; then the engine creates it, and goes on if we leave.
import { randomBytes } from 'node:crypto'
import { type Exit, Refused } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { own } from '../../state/primitives/record.ts'
import type { Engine } from '../engine/engine.ts'
import { selectFrom } from '../engine/select-nodes.ts'
import type { ProvisionPlan } from '../machines/shapes.ts'
import { dayOf, isoOrNull, money } from './amounts.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { confirm } from './confirm.ts'
import { proposePatch } from './fleet-patch.ts'
import { exitOfOutcome, followOperations, type NodeOutcome, outcomeOf, settled } from './operations.ts'
import { table, worstExit } from './output.ts'
import { deadlineOf } from './requests.ts'
import { withEngine } from './session.ts'
import type { OperationsDocument } from './shapes-clouds.ts'

export const provisionCommand: CliCommand = {
  name: 'provision',
  summary: 'create machines for nodes: shows what and at which price, asks, creates, and waits until they answer',
  args: '<selector>',
  options: [
    { flags: '--plan', description: 'only show what would be created and what it would cost' },
    { flags: '--yes', description: 'do not ask' },
    { flags: '--over-budget', description: 'create although the ceiling would be missed' },
    { flags: '--write', description: 'write addresses and host keys of the new machines into the fleet file' },
    {
      flags: '--deadline <span>',
      description: 'longest time to wait; the engine goes on all the same',
      default: '30m',
    },
  ],
  exits:
    '1 a machine was not created · 3 not over yet, or the price is unknown (--plan) · 4 no engine, or a provider cannot be reached · 5 refused: the ceiling, no confirmation, no role',
  run: call => withEngine(call, engine => provision(call, engine), { heal: true }),
}

export async function provision(call: Call, engine: Engine, signals?: NodeJS.EventEmitter): Promise<Exit> {
  const { console } = call.context
  const deadlineMs = deadlineOf(text(call.options.deadline), '30m')
  const { fleet } = engine.live()
  const nodes = selectFrom(Object.values(fleet.nodes), Object.entries(fleet.batches), call.args[0] ?? '')
  const { kept, underway, wanted } = sorted(engine, nodes)
  for (const one of kept) console.err(forTerminal(`${one.node}: has ${one.machine} already`))
  for (const op of underway) console.err(forTerminal(`${op.node}: is being launched already`))
  const plan = wanted.length === 0 ? null : await engine.ask('plan', { nodes: wanted })
  const refused = (plan?.refused ?? []).map(one => settled(one.node, 'refused', null, `${one.why}. ${one.remedy}`))
  if (plan) for (const line of planLines(plan)) console.err(forTerminal(line))

  if (call.options.plan === true) {
    const document = documentOf({ batch: null, plan, nodes: [...kept, ...refused] })
    if (call.options.json) console.out(JSON.stringify(document))
    return worstExit([...refused.map(exitOfOutcome), planExit(plan, call.options.overBudget === true)])
  }
  let batch: string | null = null
  let ids = underway.map(op => op.id)
  if (plan && plan.nodes.length > 0) {
    guardBudget(plan, call.options.overBudget === true)
    const total = plan.monthly.map(one => money(one.micros, one.currency)).join(' and ')
    await confirm(call, fleet, `create ${count(plan.nodes.length, 'machine')} for ${total} a month`, plan.nodes.length)
    batch = `batch-${randomBytes(8).toString('hex')}`
    const receipt = await engine.do({
      type: 'machines.provision',
      id: batch,
      nodes: plan.nodes.map(({ node, spec }) => ({ node, spec })),
      overBudget: call.options.overBudget === true,
      fleet: fleet.name,
    })
    ids = [...ids, ...receipt.ids]
  }
  const ops =
    ids.length === 0
      ? []
      : await followOperations(engine, console, {
          ids,
          batch: batch ?? ids.join(' '),
          deadlineMs,
          ...(signals ? { signals } : {}),
        })
  const outcomes = [...kept, ...refused, ...ops.map(op => outcomeOf(op, recordOf(engine, op.node)))]
  const patch = await proposePatch(
    call,
    engine,
    outcomes.filter(hasMachine).map(one => one.node),
  )
  if (call.options.json) console.out(JSON.stringify({ ...documentOf({ batch, plan, nodes: outcomes }), ...patch }))
  else for (const line of outcomeLines(outcomes)) console.out(forTerminal(line))
  return worstExit(outcomes.map(exitOfOutcome))
}

/** What has a machine, what is being launched, and what is to be planned. Asking twice is asking once. */
function sorted(engine: Engine, nodes: readonly string[]) {
  const { open } = engine.state().machines
  const launches = Object.values(open).filter(op => op.kind === 'launch' && !op.cancelled)
  const underway = launches.filter(op => nodes.includes(op.node))
  const kept = nodes.flatMap(node => {
    const machine = recordOf(engine, node)
    return machine && machine.state !== 'gone' && !underway.some(op => op.node === node)
      ? [settled(node, 'kept', machine)]
      : []
  })
  const done = new Set([...kept, ...underway].map(one => one.node))
  return { kept, underway, wanted: nodes.filter(node => !done.has(node)) }
}

export function recordOf(engine: Engine, node: string) {
  return own(engine.state().machines.machines, node)?.machine ?? null
}

function hasMachine(one: NodeOutcome): boolean {
  return one.machine !== null && (one.outcome === 'done' || one.outcome === 'kept')
}

/** The engine refuses the same; here it is told before anybody is asked. */
function guardBudget(plan: ProvisionPlan, overBudget: boolean): void {
  if (plan.verdict !== 'over' || overBudget) return
  throw new Refused({
    name: 'over-budget',
    // The plan says which sum misses it: late in a month that is the whole month, and not this one's end.
    message: `the ceiling would be missed: ${plan.warnings.find(words => words.includes('over the ceiling')) ?? `this month would end at ${projected(plan)}`}`,
    remedy: 'Plan less, raise the ceiling in the fleet file, or say --over-budget.',
  })
}

function projected({ projection }: ProvisionPlan): string {
  return projection ? money(projection.afterMicros, projection.currency) : 'an unknown amount'
}

function planExit(plan: ProvisionPlan | null, overBudget: boolean): Exit {
  if (plan?.verdict === 'over' && !overBudget) return 5
  return plan?.verdict === 'unknown' ? 3 : 0
}

function planLines(plan: ProvisionPlan): string[] {
  const rows = plan.nodes.flatMap(({ node, spec, lines }) =>
    lines.map((line, index) => [
      index === 0 ? node : '',
      index === 0 ? `${spec.provider} ${spec.region}` : '',
      line.resource,
      line.quantity === 1 ? line.sku : `${line.sku} × ${line.quantity}`,
      money(line.monthlyMicros, line.currency),
      line.pricedAt === null ? line.source : `${line.source}, ${dayOf(line.pricedAt)}`,
    ]),
  )
  const images = new Set(plan.nodes.map(({ spec }) => spec.image ?? 'the newest NixOS there, else the newest Debian'))
  const sizes = plan.nodes.filter(one => one.lines.length === 0).map(one => one.node)
  return [
    ...(rows.length === 0 ? [] : table([['node', 'where', 'what', '', 'a month', 'price of'], ...rows], [4])),
    ...(sizes.length === 0 ? [] : [`no price is known for ${sizes.join(', ')}`]),
    ...(plan.nodes.length === 0 ? [] : [`image: ${[...images].join('; ')}`]),
    ...plan.monthly.map(one => `together ${money(one.micros, one.currency)} a month`),
    ...projectionLines(plan),
    ...plan.warnings.map(words => `warning: ${words}`),
    ...plan.refused.map(one => `${one.node}: cannot be provisioned: ${one.why}. ${one.remedy}`),
  ]
}

function projectionLines({ projection, verdict }: ProvisionPlan): string[] {
  const words = {
    within: 'within the ceiling',
    warn: 'within the ceiling, past the warning',
    over: 'OVER the ceiling',
    unknown: 'against the ceiling: unknown, since not everything has a price',
    'no-budget': 'no ceiling: the fleet file has no budget',
  }[verdict]
  if (!projection) return [words]
  const { currency, beforeMicros, afterMicros } = projection
  // Apart: late in a month it is not this sum that misses the ceiling, but that of a whole month.
  return [`this month would end at ${money(afterMicros, currency)} instead of ${money(beforeMicros, currency)}`, words]
}

export function outcomeLines(outcomes: readonly NodeOutcome[]): string[] {
  return outcomes.map(one => {
    const where = [one.machine, one.provider, one.region, one.ipv4 ?? one.ipv6].filter(word => word !== null).join(' ')
    const why = one.trouble && one.outcome !== 'done' ? `: ${one.trouble.message}` : ''
    const left =
      one.leftovers.length === 0
        ? ''
        : `, left behind: ${one.leftovers.map(({ kind, id }) => `${kind} ${id}`).join(', ')}`
    return `${one.node}: ${one.outcome}${where === '' ? '' : ` (${where})`}${why}${left}`
  })
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

export function documentOf(what: {
  batch: string | null
  plan: ProvisionPlan | null
  nodes: readonly NodeOutcome[]
}): OperationsDocument {
  const { batch, plan, nodes } = what
  return { batch, plan: plan && planDocument(plan), nodes: [...nodes], patch: null, written: false }
}

function planDocument(plan: ProvisionPlan): OperationsDocument['plan'] {
  const { projection } = plan
  return {
    nodes: plan.nodes.map(({ node, spec, lines }) => ({
      node,
      provider: spec.provider,
      region: spec.region,
      type: spec.type,
      arch: spec.arch,
      image: spec.image,
      disk_gb: spec.diskGb,
      ipv4: spec.ipv4,
      lines: lines.map(line => ({
        resource: line.resource,
        sku: line.sku,
        quantity: line.quantity,
        currency: line.currency,
        monthly_micros: line.monthlyMicros,
        source: line.source,
        priced_at: isoOrNull(line.pricedAt),
      })),
    })),
    refused: plan.refused,
    monthly: plan.monthly,
    projection: projection && {
      currency: projection.currency,
      before_micros: projection.beforeMicros,
      after_micros: projection.afterMicros,
    },
    verdict: plan.verdict,
    warnings: plan.warnings,
  }
}
