// The judge of a round. It believes the emulated clouds' own ledger, and holds against it what the engine believes.
import type { CloudLine } from '../../../infra/sandbox/clouds/ledger.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import type { Operation } from '../../../src/machines/shapes.ts'

const paid: ReadonlySet<string> = new Set(['instance', 'disk', 'ipv4', 'address', 'ipv6'])

export interface Thing {
  provider: string
  region: string
  kind: string
  id: string
  node: string
  from: number
  /** null: it is there. */
  to: number | null
}

/** What the fleet has and had, in the order in which it came into being. */
export function thingsOf(lines: readonly CloudLine[], fleet: string): Thing[] {
  const things = new Map<string, Thing>()
  for (const line of lines) {
    if (line.what === 'request' || !paid.has(line.kind)) continue
    const key = `${line.provider}/${line.region}/${line.kind}/${line.id}`
    if (line.what === 'deleted') {
      const thing = things.get(key)
      if (thing) thing.to = line.at
      continue
    }
    const { provider, region, kind, id, tags, at } = line
    if (kind === 'instance' && tags.fleet !== fleet) continue
    things.set(key, { provider, region, kind, id, node: tags.node ?? '', from: at, to: null })
  }
  return [...things.values()]
}

/** At no moment were there two machines of one node. */
export function neverTwo(lines: readonly CloudLine[]): string[] {
  const alive = new Map<string, Set<string>>()
  const wrong: string[] = []
  for (const line of lines) {
    if (line.what === 'request' || line.kind !== 'instance') continue
    const node = line.tags.node ?? ''
    const its = alive.get(node) ?? new Set()
    alive.set(node, its)
    if (line.what === 'deleted') its.delete(line.id)
    else its.add(line.id)
    if (its.size > 1) wrong.push(`${node} has two machines: ${[...its].join(' and ')}`)
  }
  return wrong
}

/** After a phase whose operations have all ended. Empty: the ledger and the engine agree. */
export function judge(
  lines: readonly CloudLine[],
  state: FleetState,
  fleet: string,
  nodes: readonly string[],
): string[] {
  const wrong = neverTwo(lines)
  const things = thingsOf(lines, fleet)
  const machines = things.filter(thing => thing.kind === 'instance')
  const alive = machines.filter(machine => machine.to === null)
  for (const machine of alive) {
    const record = state.machines.machines[machine.node]
    if (record?.machine.id !== machine.id) {
      wrong.push(
        `${machine.id} of ${machine.node} in ${machine.region} is recorded as ${record?.machine.id ?? 'nothing'}`,
      )
    }
  }
  for (const op of Object.values(state.machines.open)) wrong.push(`${op.id} (${op.kind} ${op.node}) is still open`)
  for (const op of state.machines.closed) {
    if (op.phase === 'failed' && !isNamed(op)) wrong.push(`${op.id} (${op.kind} ${op.node}) failed without a reason`)
  }
  for (const node of nodes) {
    const op = state.machines.closed.filter(one => one.node === node).at(-1)
    const count = alive.filter(machine => machine.node === node).length
    if (!op) wrong.push(`nothing is known of ${node}`)
    else if (op.kind === 'launch' && op.phase === 'done' && count !== 1) wrong.push(`${node} is done and has ${count}`)
    else if (op.kind === 'launch' && op.phase === 'cancelled' && count > 0) wrong.push(`${node} was cancelled and runs`)
    else if (op.kind === 'destroy' && op.phase === 'done' && count > 0) wrong.push(`${node} is torn down and runs`)
  }
  return [...wrong, ...unpaid(things, alive, state), ...looseOnes(things, alive, state)]
}

/** What runs is counted, and what has ended costs nothing any more. */
function unpaid(things: readonly Thing[], alive: readonly Thing[], { money, machines }: FleetState): string[] {
  const open = Object.values(money.lifetimes).filter(one => one.to === null)
  const isOpen = (thing: Thing) =>
    open.some(one => one.id.split('#')[0] === `${thing.provider}/${thing.region}/${thing.id}`)
  const uncounted = alive
    .filter(thing => !isOpen(thing))
    .map(({ id, node }) => `${id} of ${node} runs and is not counted`)
  // While its operation goes on, or has failed, nobody has said that it is gone.
  const settled = (node: string) => machines.closed.filter(op => op.node === node).at(-1)?.phase === 'done'
  const counted = things
    .filter(thing => thing.kind === 'instance' && thing.to !== null && settled(thing.node) && isOpen(thing))
    .map(({ id, node }) => `${id} of ${node} has ended and is still counted`)
  return [...uncounted, ...counted]
}

/** Disks and addresses that outlive their machine are named. */
function looseOnes(things: readonly Thing[], alive: readonly Thing[], { machines }: FleetState): string[] {
  const named = new Set(machines.closed.flatMap(op => (op.kind === 'destroy' ? op.leftovers.map(one => one.id) : [])))
  const whose = new Set(alive.map(machine => machine.node))
  return things
    .filter(thing => thing.kind !== 'instance' && thing.to === null && !whose.has(thing.node) && !named.has(thing.id))
    .map(({ kind, id, node, region }) => `${kind} ${id} of ${node || 'nobody'} in ${region} is left and not named`)
}

function isNamed({ trouble }: Operation): boolean {
  return trouble !== null && trouble.failure !== '' && trouble.message.trim() !== ''
}
