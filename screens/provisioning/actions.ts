// `L`: launches what the plan shows, as the plan shows it. Over the ceiling, or where nobody can say, it is a choice of its
// own that has to be written out.
import { randomUUID } from 'node:crypto'
import type { Acting, Action, Confirmation, Hands, Values } from '../keys/action.ts'
import { amountOf, sumWords } from '../money/amounts.ts'
import type { Snapshot } from '../room/room.ts'
import { type PlanFound, shownPlan } from './state.ts'

type Plan = NonNullable<PlanFound['plan']>

/** What has to be typed. */
const word = 'over'

function planOf(snapshot: Pick<Snapshot, 'view' | 'found'>): Plan | null {
  const plan = shownPlan(snapshot)?.plan ?? null
  return plan !== null && plan.nodes.length > 0 ? plan : null
}

const isDoubtful = ({ verdict }: Plan) => verdict === 'over' || verdict === 'unknown'

/** A batch and the plan that it is for: the same asking is the same batch, however often it is sent. */
function subject(snapshot: Snapshot): string | null {
  const found = shownPlan(snapshot)
  return found === null || planOf(snapshot) === null ? null : `batch-${randomUUID()} ${found.id}`
}

/** The plan that was agreed to; null: another one has taken its place. */
function agreedTo(asked: string, { found }: Pick<Snapshot, 'found'>): Plan | null {
  const [, id] = asked.split(' ')
  return found.provisioning?.id === id ? (found.provisioning?.plan ?? null) : null
}

function title(asked: string, snapshot: Snapshot): string {
  const count = agreedTo(asked, snapshot)?.nodes.length ?? 0
  return `launch ${count} ${count === 1 ? 'machine' : 'machines'}`
}

function confirm(asked: string, _values: Values, snapshot: Snapshot): Confirmation {
  const plan = agreedTo(asked, snapshot)
  if (plan === null)
    return {
      question: 'Launch? The plan has changed meanwhile.',
      nodes: [],
      command: ['look at the plan again'],
      yes: 'launch',
    }
  const { nodes, monthly, projection, verdict } = plan
  const cost = monthly
    .map(({ currency, micros }) => sumWords({ micros, isWhole: micros !== null }, currency))
    .join(' and ')
  const after = projection?.afterMicros == null ? 'unknown' : amountOf(projection.afterMicros, projection.currency)
  return {
    question: `Launch ${nodes.length === 1 ? '1 machine' : `${nodes.length} machines`} for ${cost} a month?`,
    nodes: nodes.map(({ node }) => node),
    command: [
      ...(projection === null ? [] : [`this month's projection is then ${after}: ${verdictWords[verdict]}`]),
      ...nodes.map(
        ({ node, spec }) =>
          `${node}: ${spec.provider} ${spec.region} ${spec.type}, ${spec.ipv4 ? 'IPv4 and IPv6' : 'IPv6 only'}${spec.diskGb === null ? '' : `, ${spec.diskGb} GB`}`,
      ),
    ],
    yes: isDoubtful(plan) ? 'launch all the same' : 'launch',
  }
}

const verdictWords: Readonly<Record<Plan['verdict'], string>> = {
  within: 'within the ceiling',
  warn: 'near the ceiling',
  over: 'over the ceiling',
  unknown: 'whether that is within the ceiling is not known',
  'no-budget': 'no ceiling is set',
}

async function launch({ engine, room }: Hands, asked: string, overBudget: boolean): Promise<string> {
  const [id = ''] = asked.split(' ')
  const plan = agreedTo(asked, room.snapshot())
  if (plan === null) throw new Error('the plan has changed meanwhile: close this and look at it again')
  const nodes = plan.nodes.map(({ node, spec }) => ({ node, spec }))
  await engine.do({ type: 'machines.provision', id, nodes, overBudget, fleet: engine.live().fleet.name })
  return `launching ${nodes.length === 1 ? nodes[0]?.node : `${nodes.length} machines`}: how far it is stands above the plan`
}

const common = { keys: ['L'], short: 'launch', danger: 'changes' } as const

const provisionAction: Acting = {
  ...common,
  id: 'provision',
  title: 'launch the machines of the plan',
  when: snapshot => {
    const plan = planOf(snapshot)
    return plan !== null && !isDoubtful(plan)
  },
  form: {
    subject,
    title,
    fields: [],
    describe: () => [],
    confirm,
    submit: (hands, asked) => launch(hands, asked, false),
  },
}

const provisionOverAction: Acting = {
  ...common,
  id: 'provision-over',
  title: 'launch the machines of the plan although the ceiling is passed, or nobody can say whether it is',
  when: snapshot => {
    const plan = planOf(snapshot)
    return plan !== null && isDoubtful(plan)
  },
  form: {
    subject,
    title,
    fields: [
      {
        name: 'ceiling',
        label: 'ceiling',
        hint: `type ${word}: you have seen the figures and want it all the same`,
        initial: () => '',
        check: value => (value.trim() === word ? null : `only ${word}, written out, passes the ceiling`),
      },
    ],
    describe(asked, _, snapshot) {
      const plan = agreedTo(asked, snapshot)
      if (plan === null) return ['the plan has changed meanwhile: close this and look at it again']
      const after = plan.projection?.afterMicros
      const figure =
        after == null || plan.projection === null ? '' : `${amountOf(after, plan.projection.currency)} this month: `
      return [`${figure}${verdictWords[plan.verdict]}`, 'nothing is created before you have said yes once more']
    },
    confirm,
    submit: (hands, asked) => launch(hands, asked, true),
  },
}

export const provisioningActions: readonly Action[] = [provisionAction, provisionOverAction]
