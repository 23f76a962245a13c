// How events change what is known of machines. Total: whatever lies in a journal can be folded.
import type { Machine } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import { Changing } from '../engine/changing.ts'
import type { EventOf, MachinesEvent } from './events.ts'
import type { LaunchOp, MachineRecord, MachinesSlice, Operation } from './shapes.ts'
import { regionKey, withoutSeen, withSeen } from './sights.ts'

interface Commit {
  at: number
  by: string
}

const keptClosed = 200

export function reduceMachines(slice: MachinesSlice, event: MachinesEvent, commit: Commit): MachinesSlice {
  switch (event.type) {
    case 'machines.wanted':
      return withOpen(
        slice,
        event.launches.map(launch => launchFrom(event, launch, commit)),
      )
    case 'machines.unwanted':
      return unwanted(slice, event, commit)
    case 'machines.adopting': {
      const { batch, fleet, op: id, node, provider, region, machine: machineId } = event
      const begun = { id, batch, node, fleet, by: commit.by, at: commit.at, trouble: null, endedAt: null }
      return withOpen(slice, [{ ...begun, kind: 'adopt', provider, region, machineId, phase: 'wanted' }])
    }
    case 'machines.settled':
      return changed(slice, event.op, op =>
        op.kind === 'launch'
          ? {
              ...op,
              phase: 'settled',
              fleet: event.fleet,
              attempt: event.attempt,
              token: event.token,
              prepared: event.prepared,
            }
          : op,
      )
    case 'machines.created': {
      const op = own(slice.open, event.op)
      if (op?.kind !== 'launch') return slice
      const next: LaunchOp = { ...op, phase: 'created', machine: event.machine }
      const recorded = withRecord(slice, { op, machine: event.machine, reachableAt: null }, commit)
      return op.cancelled ? closed(recorded, { ...next, phase: 'cancelled' }, commit) : withOpen(recorded, [next])
    }
    case 'machines.troubled':
      return troubled(slice, event, commit)
    case 'machines.reachable': {
      const op = own(slice.open, event.op)
      if (op?.kind !== 'launch') return slice
      const recorded = withRecord(slice, { op, machine: event.machine, reachableAt: commit.at }, commit)
      return closed(recorded, { ...op, phase: 'done', machine: event.machine }, commit)
    }
    case 'machines.asked':
      return changed(slice, event.op, op =>
        op.kind === 'destroy'
          ? { ...op, phase: 'asked', machines: [...new Set([...op.machines, ...event.machines])] }
          : op,
      )
    case 'machines.destroyed': {
      const op = own(slice.open, event.op)
      if (op?.kind !== 'destroy') return slice
      const record = own(slice.machines, op.node)
      const machines = new Changing(slice.machines)
      if (record && isAt(record.machine, op) && event.machines.includes(record.machine.id)) machines.delete(op.node)
      const regions = withoutSeen(slice.regions, op.provider, op.region, event.machines)
      const next: Operation = { ...op, phase: 'done', machines: event.machines, leftovers: event.leftovers }
      return closed({ ...slice, machines: machines.result(), regions }, next, commit)
    }
    case 'machines.adopted': {
      const op = own(slice.open, event.op)
      if (op?.kind !== 'adopt') return slice
      const recorded = withRecord(slice, { op, machine: event.machine, reachableAt: null }, commit)
      return closed(recorded, { ...op, phase: 'done' }, commit)
    }
    case 'machines.recognised': {
      const { node, machine } = event
      const machines = new Changing(slice.machines)
      const record = { node, op: machine.tags.op ?? 'unknown', since: commit.at, machine, reachableAt: null }
      machines.set(node, record)
      return { ...slice, machines: machines.result(), regions: withSeen(slice.regions, machine) }
    }
    case 'machines.observed':
      return observed(slice, event)
    default:
      return slice
  }
}

function launchFrom(
  { batch, fleet }: EventOf<'machines.wanted'>,
  { op: id, node, spec }: EventOf<'machines.wanted'>['launches'][number],
  { by, at }: Commit,
): LaunchOp {
  return {
    id,
    batch,
    node,
    fleet,
    by,
    at,
    trouble: null,
    endedAt: null,
    kind: 'launch',
    spec,
    phase: 'wanted',
    attempt: 0,
    token: null,
    prepared: null,
    triedZones: [],
    machine: null,
    cancelled: false,
  }
}

function unwanted(before: MachinesSlice, event: EventOf<'machines.unwanted'>, commit: Commit): MachinesSlice {
  let slice = before
  for (const id of event.cancelled) {
    const op = own(slice.open, id)
    if (op?.kind !== 'launch') continue
    const next: LaunchOp = { ...op, cancelled: true }
    // Settled, it may have been sent: it goes on until it is certain what it made.
    slice = op.phase === 'settled' ? withOpen(slice, [next]) : closed(slice, { ...next, phase: 'cancelled' }, commit)
  }
  return withOpen(
    slice,
    event.destroys.map(({ op: id, node, provider, region, machines }) => ({
      id,
      batch: event.batch,
      node,
      fleet: event.fleet,
      by: commit.by,
      at: commit.at,
      trouble: null,
      endedAt: null,
      kind: 'destroy',
      provider,
      region,
      machines,
      phase: 'wanted',
      leftovers: [],
    })),
  )
}

function troubled(before: MachinesSlice, event: EventOf<'machines.troubled'>, commit: Commit): MachinesSlice {
  const op = own(before.open, event.op)
  if (!op) return before
  const { trouble, next, machine } = event
  const slice = machine ? withMachine(before, op.node, machine) : before
  if (op.kind !== 'launch') {
    return next === 'end'
      ? closed(slice, { ...op, trouble, phase: 'failed' }, commit)
      : withOpen(slice, [{ ...op, trouble }])
  }
  const launch: LaunchOp = { ...op, trouble, ...(machine ? { machine } : {}) }
  if (next === 'again') return withOpen(slice, [launch])
  // Whoever cancelled it has what they wanted: nothing was made, and nothing more is tried.
  if (op.cancelled) return closed(slice, { ...launch, phase: 'cancelled' }, commit)
  if (next === 'end') return closed(slice, { ...launch, phase: 'failed' }, commit)
  const zone = op.prepared?.zone ?? null
  const triedZones = next === 'other-zone' && zone !== null ? [...new Set([...op.triedZones, zone])] : op.triedZones
  return withOpen(slice, [{ ...launch, phase: 'wanted', triedZones }])
}

function observed(slice: MachinesSlice, event: EventOf<'machines.observed'>): MachinesSlice {
  const regions = new Changing(slice.regions)
  const machines = new Changing(slice.machines)
  for (const sight of event.regions) {
    regions.set(regionKey(sight.provider, sight.region), sight)
    if (!sight.listed) continue
    const byId = new Map(sight.machines.map(machine => [machine.id, machine]))
    for (const record of machines.values()) {
      const now = isAt(record.machine, sight) ? byId.get(record.machine.id) : undefined
      if (now && record.since <= sight.at)
        machines.set(record.node, { ...record, machine: renewed(record.machine, now) })
    }
  }
  return { ...slice, regions: regions.result(), machines: machines.result() }
}

function withRecord(
  slice: MachinesSlice,
  { op, machine, reachableAt }: { op: Operation; machine: Machine; reachableAt: number | null },
  { at }: Commit,
): MachinesSlice {
  const before = own(slice.machines, op.node)
  const isSame = before?.op === op.id && before.machine.id === machine.id
  const record: MachineRecord = {
    node: op.node,
    op: op.id,
    since: isSame ? before.since : at,
    machine: isSame ? renewed(before.machine, machine) : machine,
    reachableAt,
  }
  const machines = new Changing(slice.machines)
  machines.set(op.node, record)
  return { ...slice, machines: machines.result(), regions: withSeen(slice.regions, machine) }
}

function withMachine(slice: MachinesSlice, node: string, machine: Machine): MachinesSlice {
  const record = own(slice.machines, node)
  if (record?.machine.id !== machine.id) return slice
  const machines = new Changing(slice.machines)
  machines.set(node, { ...record, machine: renewed(record.machine, machine) })
  return { ...slice, machines: machines.result(), regions: withSeen(slice.regions, machine) }
}

/** A console that shows host keys no more has not taken them back. */
function renewed(before: Machine, now: Machine): Machine {
  return now.hostkeys.length === 0 && before.hostkeys.length > 0 ? { ...now, hostkeys: before.hostkeys } : now
}

function changed(slice: MachinesSlice, id: string, change: (op: Operation) => Operation): MachinesSlice {
  const op = own(slice.open, id)
  return op ? withOpen(slice, [change(op)]) : slice
}

function withOpen(slice: MachinesSlice, ops: readonly Operation[]): MachinesSlice {
  if (ops.length === 0) return slice
  const open = new Changing(slice.open)
  for (const op of ops) open.set(op.id, op)
  return { ...slice, open: open.result() }
}

function closed(slice: MachinesSlice, op: Operation, { at }: Commit): MachinesSlice {
  const open = new Changing(slice.open)
  open.delete(op.id)
  const ended = { ...op, endedAt: at }
  // The request was kept to be sent again; nobody sends it any more.
  const light =
    ended.kind === 'launch' && ended.prepared ? { ...ended, prepared: { ...ended.prepared, request: null } } : ended
  return { ...slice, open: open.result(), closed: [...slice.closed, light].slice(-keptClosed) }
}

function isAt(machine: Machine, where: { provider: string; region: string }): boolean {
  return machine.provider === where.provider && machine.region === where.region
}
