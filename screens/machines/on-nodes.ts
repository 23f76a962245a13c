// Machines of the nodes that are marked or pointed at: what launching them would come to, and tearing them down.
import { randomUUID } from 'node:crypto'
import type { MachineRecord } from '../../src/machines/shapes.ts'
import type { Action } from '../keys/action.ts'
import { nodesOf } from '../keys/on-nodes.ts'
import { amountOf } from '../money/amounts.ts'
import { isLive } from '../overview/nodes.ts'
import { subjectOf } from '../provisioning/state.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { openOperations } from './operations.ts'

/** A machine is there, is being made, or was seen with the node's tags: something to tear down. Others are not ours to end. */
function tearable(snapshot: Snapshot): readonly string[] {
  const { state } = snapshot
  const launching = openOperations(snapshot).flatMap(one => (one.kind === 'launch' ? one.node : []))
  const seen = Object.values(state.machines.regions).flatMap(({ machines }) =>
    machines.flatMap(one => (one.state === 'gone' ? [] : (one.tags.node ?? []))),
  )
  const there = new Set([...launching, ...seen])
  return nodesOf(snapshot).filter(node => isRunning(node, snapshot) || there.has(node))
}

function isRunning(node: string, snapshot: Snapshot): boolean {
  const record = recordOf(node, snapshot)
  return record !== null && record.machine.state !== 'gone'
}

function recordOf(node: string, { state }: Snapshot): MachineRecord | null {
  const { machines } = state.machines
  return Object.hasOwn(machines, node) ? (machines[node] ?? null) : null
}

/** At a provider that makes machines; its own is gone, or it never had one. A node that lives without a record has one that nobody here knows. */
function plannable(snapshot: Snapshot): readonly string[] {
  const { live } = snapshot
  return nodesOf(snapshot).filter(node => {
    if ((live.fleet.nodes[node]?.provider ?? 'static') === 'static') return false
    const record = recordOf(node, snapshot)
    return record === null ? !isLive(snapshot, node) : record.machine.state === 'gone'
  })
}

/** Batch and nodes of one asking. */
function readSubject(subject: string): { id: string; nodes: string[] } {
  const [id = '', ...nodes] = subject.split(' ')
  return { id, nodes }
}

const several = (count: number) => `${count} ${count === 1 ? 'node' : 'nodes'}`

export const machineActions: readonly Action[] = [
  {
    id: 'plan-machines',
    keys: ['p'],
    title: 'plan: what launching machines for the nodes would create and cost; creates nothing',
    short: 'plan',
    danger: 'looks',
    when: snapshot => placeOf(snapshot.view).screen !== 'logs' && plannable(snapshot).length > 0,
    run: ({ room }) => {
      room.set('provisioning', { selected: null, scroll: 0 })
      room.go('provisioning', subjectOf(plannable(room.snapshot())))
    },
  },
  {
    id: 'teardown',
    keys: ['T'],
    title: 'tear down the machines of the nodes: they and their disks are destroyed',
    short: null,
    danger: 'changes',
    when: snapshot => tearable(snapshot).length > 0,
    form: {
      subject(snapshot) {
        const nodes = tearable(snapshot)
        return nodes.length === 0 ? null : [`batch-${randomUUID()}`, ...nodes].join(' ')
      },
      title: subject => `tear down ${several(readSubject(subject).nodes.length)}`,
      fields: [],
      describe: () => [],
      confirm(subject, _, snapshot) {
        const { nodes } = readSubject(subject)
        const saved = savedWords(nodes, snapshot)
        return {
          question: `Destroy ${nodes.length === 1 ? `the machine of ${nodes[0]}` : `the machines of ${several(nodes.length)}`}?`,
          nodes,
          command: [
            ...(saved === null ? [] : [saved]),
            ...nodes.map(node => destroyedWords(node, snapshot)),
            'with their disks, and whatever else at the provider carries the tags of these nodes; nothing of it comes back',
          ],
          yes: 'destroy',
        }
      },
      async submit({ engine }, subject) {
        const { id, nodes } = readSubject(subject)
        // The guard refuses when the fleet has another name by then: its tags say what is ended.
        await engine.do({ type: 'machines.teardown', id, nodes, fleet: engine.live().fleet.name })
        return `tearing down ${nodes.length === 1 ? nodes[0] : several(nodes.length)}; how far it is stands under money`
      },
    },
  },
]

/** What is known of what goes. */
function destroyedWords(node: string, snapshot: Snapshot): string {
  const found = recordOf(node, snapshot)
  if (!found) return `${node}: whatever is being launched for it, or carries its name`
  const { provider, region, id, type, resources } = found.machine
  const parts = resources
    .filter(({ kind }) => kind !== 'instance')
    .map(({ kind, sku, quantity }) => `${kind} ${sku}${quantity === 1 ? '' : ` × ${quantity}`}`)
  return `${node}: ${provider} ${region} ${id}, ${type}${parts.length === 0 ? '' : `, ${parts.join(', ')}`}`
}

/** What it costs no more, where all of it is known. */
function savedWords(nodes: readonly string[], { found }: Snapshot): string | null {
  const report = found.money.current
  if (report === null) return null
  const lines = report.lines.filter(({ node, running }) => running && node !== null && nodes.includes(node))
  const sums = new Map<string, number>()
  for (const { currency, monthlyMicros } of lines) {
    if (monthlyMicros === null) return null
    sums.set(currency, (sums.get(currency) ?? 0) + monthlyMicros)
  }
  if (sums.size === 0) return null
  return `costs ${[...sums].map(([currency, micros]) => amountOf(micros, currency)).join(' and ')} a month less`
}
