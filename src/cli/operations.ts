// Operations on machines, followed from their begin to their end: a line a step on stderr, one document on stdout. The
// engine does them; who watches may leave at any moment.
import type { Machine } from '../../infra/clouds/shapes.ts'
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { own } from '../../state/primitives/record.ts'
import type { Engine } from '../engine/engine.ts'
import type { Operation } from '../machines/shapes.ts'
import type { Console } from './output.ts'
import { follow } from './requests.ts'
import type { OperationsDocument } from './shapes-clouds.ts'

export type NodeOutcome = OperationsDocument['nodes'][number]

/** Follows operations by their ids until all have ended, the deadline is over or somebody presses ctrl-c. */
export async function followOperations(
  engine: Engine,
  console: Console,
  options: { ids: readonly string[]; batch: string; deadlineMs: number; signals?: NodeJS.EventEmitter },
): Promise<Operation[]> {
  const { ids, batch, deadlineMs, signals } = options
  const seen = new Map<string, Operation>()
  const told = new Map<string, string>()
  function look(): boolean {
    const { open, closed } = engine.state().machines
    const ended = new Map(closed.map(op => [op.id, op]))
    let isOver = true
    for (const id of ids) {
      const op = own(open, id) ?? ended.get(id)
      // Seen before and in neither list: it ended, and so much has ended since that it is only in the journal.
      if (!op) {
        if (!seen.has(id)) isOver = false
        continue
      }
      seen.set(id, op)
      if (op.endedAt === null) isOver = false
      for (const line of stepLines(op)) {
        if (told.get(`${id} ${line.about}`) === line.words) continue
        told.set(`${id} ${line.about}`, line.words)
        console.err(forTerminal(`${op.node}: ${line.words}`))
      }
    }
    return isOver
  }
  const how = await follow(engine, { isOver: look, deadlineMs, what: batch, ...(signals ? { signals } : {}) })
  if (how !== 'over') {
    const why = how === 'deadline' ? 'the deadline is over' : 'detached'
    console.err(
      `watchfloor: ${why}; the engine goes on, nothing is undone. How it ends will stand in \`watchfloor journal show\` under ${batch}`,
    )
  }
  return ids.flatMap(id => seen.get(id) ?? [])
}

function stepLines(op: Operation): { about: string; words: string }[] {
  const lines: { about: string; words: string }[] = []
  if (op.trouble) {
    const { failure, code, message } = op.trouble
    lines.push({ about: 'trouble', words: `${failure}${code === null ? '' : ` (${code})`}: ${message}` })
  }
  lines.push({ about: 'step', words: stepOf(op) })
  return lines
}

function stepOf(op: Operation): string {
  switch (op.kind) {
    case 'launch':
      return launchStep(op)
    case 'destroy':
      return destroyStep(op)
    case 'adopt':
      return adoptStep(op)
  }
}

function destroyStep(op: Extract<Operation, { kind: 'destroy' }>): string {
  const where = `${op.provider} ${op.region}`
  const left = op.leftovers.map(one => `${one.kind} ${one.id}`).join(', ')
  switch (op.phase) {
    case 'wanted':
      return `its end in ${where} is written down`
    case 'asked':
      return `${op.machines.join(', ')} asked to end in ${where}`
    case 'done':
      return `gone from ${where}${left === '' ? '' : `; LEFT BEHIND: ${left}`}`
    case 'failed':
      return `not torn down in ${where}`
  }
}

function adoptStep(op: Extract<Operation, { kind: 'adopt' }>): string {
  switch (op.phase) {
    case 'wanted':
      return `taking ${op.machineId} in ${op.provider} ${op.region}`
    case 'done':
      return `has ${op.machineId} in ${op.provider} ${op.region}`
    case 'failed':
      return `${op.machineId} was not taken`
  }
}

function launchStep(op: Extract<Operation, { kind: 'launch' }>): string {
  const where = `${op.spec.provider} ${op.prepared?.zone ?? op.spec.region}`
  const again = op.attempt > 1 ? `, attempt ${op.attempt}` : ''
  switch (op.phase) {
    case 'wanted':
      return `wanted: ${op.spec.type} in ${where}${again}`
    case 'settled':
      return `asked of ${where}${again}${op.cancelled ? '; no longer wanted, what it makes is ended' : ''}`
    case 'created':
      return `created ${op.machine?.id ?? ''} in ${where}; waiting until it answers`
    case 'done':
      return `ready: ${op.machine?.id ?? ''} in ${where}, ${addressOf(op.machine) ?? 'without a public address'}`
    case 'failed':
      return `not launched in ${where}`
    case 'cancelled':
      return 'cancelled'
  }
}

export function addressOf(machine: Machine | null): string | null {
  return machine?.addresses.ipv4 ?? machine?.addresses.ipv6 ?? null
}

/** How it is for a node that nothing was begun for. */
export function settled(
  node: string,
  outcome: 'kept' | 'refused' | 'open',
  machine: Machine | null,
  why?: string,
): NodeOutcome {
  return {
    ...blank(node, outcome, machine),
    trouble:
      why === undefined ? null : { failure: outcome === 'open' ? 'unlisted' : 'refused', code: null, message: why },
  }
}

/** How it ended for each operation; `machine` is what is recorded for its node by now. */
export function outcomeOf(op: Operation, machine: Machine | null): NodeOutcome {
  const outcome = op.phase === 'done' || op.phase === 'failed' || op.phase === 'cancelled' ? op.phase : 'open'
  const place =
    op.kind === 'launch'
      ? { provider: op.spec.provider, region: op.spec.region }
      : { provider: op.provider, region: op.region }
  const its = op.kind === 'launch' ? (machine ?? op.machine) : machine
  const id =
    op.kind === 'destroy' ? op.machines.join(' ') || null : op.kind === 'adopt' ? op.machineId : (its?.id ?? null)
  return {
    ...blank(op.node, outcome, op.kind === 'destroy' ? null : its),
    ...place,
    machine: id,
    op: op.id,
    phase: op.phase,
    trouble: op.trouble && { failure: op.trouble.failure, code: op.trouble.code, message: op.trouble.message },
    leftovers: op.kind === 'destroy' ? op.leftovers.map(({ id, kind }) => ({ id, kind })) : [],
  }
}

function blank(node: string, outcome: NodeOutcome['outcome'], machine: Machine | null): NodeOutcome {
  return {
    node,
    outcome,
    op: null,
    phase: null,
    provider: machine?.provider ?? null,
    region: machine?.region ?? null,
    machine: machine?.id ?? null,
    ipv4: machine?.addresses.ipv4 ?? null,
    ipv6: machine?.addresses.ipv6 ?? null,
    hostkeys: [...(machine?.hostkeys ?? [])],
    trouble: null,
    leftovers: [],
  }
}

export function exitOfOutcome(one: NodeOutcome): Exit {
  switch (one.outcome) {
    case 'done':
      // A disk or an address that stays goes on costing.
      return one.leftovers.some(({ kind }) => kind !== 'group' && kind !== 'key') ? 1 : 0
    case 'kept':
      return 0
    case 'failed':
      return one.trouble?.failure === 'unreachable' ? 4 : 1
    case 'cancelled':
    case 'refused':
      return 1
    case 'open':
      return 3
  }
}
