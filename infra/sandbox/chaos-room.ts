// Begins chaos on the world's machines and heals it: checks what was asked for, applies the kind, writes the ledger and
// keeps what stays active. `chaos.ts` says what the kinds are.
import { randomUUID } from 'node:crypto'
import { BadInput } from '../../state/primitives/errors.ts'
import { type ChaosOptions, type ChaosTools, chaosKind, chaosKinds } from './chaos.ts'
import type { Ledger } from './ledger.ts'
import type { Machine } from './nodes/machine.ts'
import type { WorldState } from './world-shape.ts'

/** The part of the world that chaos happens in. */
export interface ChaosRoom {
  machines: () => Machine[]
  now: () => number
  ledger: Ledger
  tools: ChaosTools
  active: () => WorldState['chaos']
  /** Makes durable what is active from now on. */
  keep: (active: WorldState['chaos']) => void
}

export function beginChaos(
  room: ChaosRoom,
  name: string,
  nodes: readonly string[],
  given: ChaosOptions,
): WorldState['chaos'][number] {
  const kind = chaosKind(name)
  if (!kind) {
    const known = chaosKinds.map(each => each.kind).join(', ')
    throw new BadInput({
      name: 'chaos-unknown',
      message: `No chaos is called ${name}`,
      remedy: `Known kinds: ${known}.`,
    })
  }
  const unknown = Object.keys(given).find(option => !(option in kind.options))
  if (unknown !== undefined) {
    const known = Object.keys(kind.options).join(', ') || 'none'
    throw new BadInput({
      name: 'chaos-option',
      message: `${name} has no option ${unknown}`,
      remedy: `Its options: ${known}.`,
    })
  }
  const meant = named(room, nodes)
  const hit = kind.spread ? kind.spread(meant, room.machines()) : meant
  if (hit.length === 0) {
    throw new BadInput({ name: 'chaos-nobody', message: `${name} needs at least one node`, remedy: 'Name nodes.' })
  }
  const options = { ...kind.options, ...given }
  const id = randomUUID().slice(0, 8)
  for (const machine of hit) {
    kind.begin?.(machine, options, room.tools)
    room.ledger.add(machine.name, { what: 'chaos', kind: name, change: 'begun', id, options })
  }
  const active = { id, kind: name, nodes: hit.map(machine => machine.name), options, at: room.now() }
  if (!kind.momentary) room.keep([...room.active(), active])
  return active
}

/** Ends chaos of one kind or of every kind, on the named nodes or everywhere. */
export function healChaos(room: ChaosRoom, name: string | null, nodes: readonly string[]): { healed: number } {
  const machines = new Map(room.machines().map(machine => [machine.name, machine]))
  const names = new Set(nodes.length === 0 ? machines.keys() : named(room, nodes).map(machine => machine.name))
  let healed = 0
  const left: WorldState['chaos'] = []
  for (const active of room.active()) {
    const hit = name === null || active.kind === name ? active.nodes.filter(node => names.has(node)) : []
    const rest = active.nodes.filter(node => !hit.includes(node))
    if (rest.length > 0) left.push({ ...active, nodes: rest })
    for (const node of hit) {
      const machine = machines.get(node)
      if (machine) chaosKind(active.kind)?.heal?.(machine, active.options)
      const { kind, id, options } = active
      room.ledger.add(node, { what: 'chaos', kind, change: 'healed', id, options })
      healed++
    }
  }
  for (const node of names) {
    const machine = machines.get(node)
    if (!machine?.isAway() || (name !== null && name !== 'reboot')) continue
    machine.comeBack()
    healed++
  }
  room.keep(left)
  return { healed }
}

function named(room: ChaosRoom, nodes: readonly string[]): Machine[] {
  const machines = new Map(room.machines().map(machine => [machine.name, machine]))
  return nodes.map(name => {
    const machine = machines.get(name)
    if (machine) return machine
    throw new BadInput({
      name: 'sandbox-node',
      message: `The sandbox has no node ${name}`,
      remedy: `Its nodes: ${[...machines.keys()].join(', ')}.`,
    })
  })
}
