// Runs a teardown: whatever carries the node's tags there is ended, and seen to be gone; then what was left behind is
// looked for and named. Only the tags decide what is ended, never a name or a guess.
import type { Cloud, Listing } from '../../infra/clouds/cloud.ts'
import { CloudError, isPassing } from '../../infra/clouds/error.ts'
import type { Resource } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import type { EffectRunner } from '../engine/effects.ts'
import { type MachineWorld, opening, type Steps, told, whileRunning } from './running.ts'
import type { DestroyOp } from './shapes.ts'
import { isAlive } from './sights.ts'

const endingMs = 20 * 60_000
/** An id that nobody here has seen yet may be of a machine that was made a moment ago. */
const unseenMs = 180_000
/** Looks in a row that do not find what was once there. */
const looksForGone = 4
const refusalsBelieved = 3
const looksForLeftovers = 4
const hard = new Set(['quota', 'rights', 'credentials', 'region-off', 'account', 'invalid'])

export function createDestroy(world: MachineWorld): EffectRunner {
  return (effect, signal) =>
    whileRunning(world, signal, async steps => {
      const id = String(effect.op)
      if (destroyOf(world, id)) await createDestroying(world, steps, id).run()
    })
}

function destroyOf(world: MachineWorld, id: string): DestroyOp | null {
  const op = own(world.state().machines.open, id)
  return op?.kind === 'destroy' ? op : null
}

function createDestroying(world: MachineWorld, steps: Steps, id: string) {
  const began = world.clock.mono()
  const once = new Set<string>()
  const gone = new Set<string>()
  const missed = new Map<string, number>()
  const refusals = new Map<string, number>()
  let emptyLooks = 0
  let looks = 0
  let tries = 0

  async function run(): Promise<void> {
    for (;;) {
      const op = destroyOf(world, id)
      if (!op) return
      try {
        const cloud = await steps.call(opening, () => world.cloud(op.provider))
        const isOver = await look(op, cloud)
        tries = 0
        if (isOver) return await finish(op, cloud)
      } catch (error) {
        if (!(error instanceof CloudError)) throw error
        if (hard.has(error.failure)) return end(told(error))
        await steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(told(error)), next: 'again' })
        if (isLate()) return late()
        await steps.backOff(tries, error)
        tries += 1
        continue
      }
      const refused = [...refusals].filter(([, count]) => count >= refusalsBelieved)
      if (refused.length > 0) return
      if (isLate()) return late()
      // What is not seen is counted in looks: those must not come too soon after each other.
      await (missed.size === 0 && gone.size === 0 ? steps.untilNextLook(looks) : steps.untilNextLook())
      looks += 1
    }
  }

  /** True: nothing of the node is there any more. */
  async function look(op: DestroyOp, cloud: Cloud): Promise<boolean> {
    const tags = { fleet: fleetOf(op), node: op.node }
    const found = await steps.call('find', signal => cloud.find(op.region, tags, signal))
    const alive = found.filter(isAlive).map(machine => machine.id)
    for (const machine of found) once.add(machine.id)
    for (const found of alive) gone.delete(found)
    const ids = [...new Set([...op.machines, ...recorded(op), ...alive])]
    if (op.phase === 'wanted' || ids.some(one => !op.machines.includes(one))) {
      await steps.tell({ type: 'machines.asked', op: id, machines: ids })
    }
    const still = ids.filter(one => !gone.has(one))
    if (still.length === 0) {
      emptyLooks += 1
      return emptyLooks >= (ids.length === 0 ? looksForGone : 2)
    }
    emptyLooks = 0
    const toAsk: string[] = []
    for (const machineId of still) {
      const machine = await steps.call('get', signal => cloud.get(op.region, machineId, signal))
      if (machine === null) notSeen(machineId)
      else {
        once.add(machineId)
        missed.delete(machineId)
        if (machine.state === 'gone') gone.add(machineId)
        else if (machine.state !== 'terminating') toAsk.push(machineId)
      }
    }
    if (toAsk.length === 0) return false
    const outcomes = await steps.call('destroy', signal => cloud.destroy(op.region, toAsk, tags, signal))
    for (const outcome of outcomes) {
      if (outcome.outcome === 'refused') await refusedBy(outcome.id, outcome.why)
      else if (outcome.outcome !== 'failed') refusals.delete(outcome.id)
    }
    const failed = outcomes.find(({ outcome }) => outcome === 'failed')
    if (failed?.outcome === 'failed') throw failed.error
    return false
  }

  /** Gone is only what was once seen, or was long enough in coming. */
  function notSeen(machineId: string): void {
    const count = (missed.get(machineId) ?? 0) + 1
    missed.set(machineId, count)
    const isLong = once.has(machineId) || world.clock.mono() - began >= unseenMs
    if (count >= looksForGone && isLong) gone.add(machineId)
  }

  async function refusedBy(machineId: string, why: string): Promise<void> {
    const count = (refusals.get(machineId) ?? 0) + 1
    refusals.set(machineId, count)
    const message = `${machineId} was not destroyed: ${why}`
    // Tags may be seen a moment later than what carries them.
    if (count >= refusalsBelieved) await end({ failure: 'refused', code: null, message })
  }

  async function finish(op: DestroyOp, cloud: Cloud): Promise<void> {
    const machines = [...new Set([...op.machines, ...gone])]
    const leftovers = await leftBehind(op, cloud, machines)
    await steps.tell({ type: 'machines.destroyed', op: id, machines, leftovers })
  }

  /** Disks and interfaces go a little later than their machine: what is still there after a few looks stays. */
  async function leftBehind(op: DestroyOp, cloud: Cloud, machines: readonly string[]): Promise<Resource[]> {
    const fleet = fleetOf(op)
    let isTidied = false
    let left: Resource[] = []
    for (let count = 1; count <= looksForLeftovers; count += 1) {
      try {
        const listing = await steps.call('list', signal => cloud.list(op.region, signal))
        const isLast = isEmptyOf(fleet, op, listing, machines)
        left = listing.loose.filter(
          one =>
            (one.machine !== null && machines.includes(one.machine)) ||
            (one.tags.fleet === fleet && (one.tags.node === op.node || (isLast && one.tags.node === undefined))),
        )
        if (isLast && !isTidied) {
          await steps.call('tidy', signal => cloud.tidy(op.region, fleet, signal))
          isTidied = true
          // What it removed is to be seen as removed.
          if (left.length > 0) continue
        }
        if (left.length === 0) return []
      } catch (error) {
        if (!(error instanceof CloudError)) throw error
        const what = {
          ...told(error),
          message: `what was left behind is not known for certain: ${told(error).message}`,
        }
        await steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(what), next: 'again' })
        if (!isPassing(error) && error.failure !== 'conflict') return left
      }
      if (count < looksForLeftovers) await steps.untilNextLook()
    }
    return left
  }

  /** The region holds nothing of the fleet any more, and nothing is on its way there. */
  function isEmptyOf(fleet: string, op: DestroyOp, listing: Listing, machines: readonly string[]): boolean {
    const others = listing.machines.some(
      one => one.tags.fleet === fleet && one.state !== 'gone' && !machines.includes(one.id),
    )
    const coming = Object.values(world.state().machines.open).some(
      one => one.kind === 'launch' && one.spec.provider === op.provider && one.spec.region === op.region,
    )
    return !others && !coming
  }

  function recorded(op: DestroyOp): string[] {
    const record = own(world.state().machines.machines, op.node)
    return record?.machine.provider === op.provider && record.machine.region === op.region ? [record.machine.id] : []
  }

  function fleetOf(op: DestroyOp): string {
    return op.fleet ?? world.fleetName()
  }

  function isLate(): boolean {
    return world.clock.mono() - began >= endingMs
  }

  function late(): Promise<void> {
    const op = destroyOf(world, id)
    const still = (op?.machines ?? []).filter(one => !gone.has(one))
    const what = still.length > 0 ? `${still.join(', ')} not seen to be gone` : 'its machines could not be looked for'
    const last = op?.trouble ? ` (${op.trouble.message})` : ''
    const message = `${what} after ${endingMs / 60_000} min${last}. It may still cost: tear ${op?.node ?? 'the node'} down again.`
    return end({ failure: 'unreachable', code: null, message })
  }

  async function end(what: { failure: string; code: string | null; message: string }): Promise<void> {
    await steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(what), next: 'end' })
  }

  return { run }
}
