// Runs a launch: settle the request, look whether it has been made already, send it, and wait until the machine answers.
// Each step begins from what is journaled, so that an engine may die between any two. As long as it is in doubt whether a
// request was carried out, the launch neither ends nor is tried in another way.
import { CloudError, isPassing } from '../../infra/clouds/error.ts'
import type { Machine } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import type { EffectRunner } from '../engine/effects.ts'
import { awaitReachable } from './run-reach.ts'
import { type MachineWorld, opening, type Steps, told, whileRunning } from './running.ts'
import type { LaunchOp } from './shapes.ts'
import { isAlive } from './sights.ts'

/** How long a request is sent again that had no effect, or none that anybody saw. */
const tryingMs = 15 * 60_000
/** Clouds show what they made within minutes: looked for so long, it is not there. */
const doubtMs = 180_000
const looksAtOthers = 5
/** New tokens without a new zone: the provider refuses them, whatever they are. */
const mostAnew = 5
const mostAttempts = 60

export function createLaunch(world: MachineWorld): EffectRunner {
  return (effect, signal) =>
    whileRunning(world, signal, async steps => {
      const id = String(effect.op)
      const first = launchOf(world, id)
      if (!first) return
      await createLaunching(world, steps, id, first.phase === 'settled').run()
    })
}

function launchOf(world: Pick<MachineWorld, 'state'>, id: string): LaunchOp | null {
  const op = own(world.state().machines.open, id)
  return op?.kind === 'launch' ? op : null
}

function createLaunching(world: MachineWorld, steps: Steps, id: string, wasSettled: boolean) {
  /** It may have been sent with an effect that nobody has seen: the engine before us may have done so. */
  let inDoubt = wasSettled
  let tries = 0
  let notThere = 0
  let others = 0
  let since = world.clock.mono()

  async function run(): Promise<void> {
    for (;;) {
      const op = launchOf(world, id)
      if (op?.phase === 'wanted') await settle(op)
      else if (op?.phase === 'settled') await send(op)
      else if (op?.phase === 'created') await awaitReachable(world, steps, op)
      else return
    }
  }

  async function settle(op: LaunchOp): Promise<void> {
    try {
      // What an earlier attempt made may be seen late.
      if (op.attempt > 0 && (await hasBeenMade(op))) return
      const cloud = await steps.call(opening, () => world.cloud(op.spec.provider))
      const zone = zonesLeft(op)[0] ?? null
      const tags = tagsOf(op)
      const prepared = await steps.call('prepare', signal => cloud.prepare(op.spec, tags, zone, signal))
      await steps.tell({ type: 'machines.settle', op: id, prepared, fleet: tags.fleet })
      inDoubt = false
      tries = 0
      notThere = 0
      since = world.clock.mono()
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      const isLate = world.clock.mono() - since >= tryingMs
      const mayPass = isPassing(error) || error.failure === 'not-found' || error.failure === 'conflict'
      if (!mayPass || isLate) return end(error)
      await again(error)
    }
  }

  async function send(op: LaunchOp): Promise<void> {
    try {
      if (await hasBeenMade(op)) return
      if (op.cancelled && !inDoubt) {
        return end({ failure: 'cancelled', code: null, message: 'nobody wants it any more, and nothing was made' })
      }
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      if (inDoubt || isPassing(error)) return again(error)
      // It is certain that nothing was sent.
      return end(error)
    }
    if (others > 0) {
      if (others < looksAtOthers) return steps.untilNextLook()
      return certainly(op, { failure: 'conflict', code: null, message: alreadyThere(op) }, 'end')
    }
    let machine: Machine
    try {
      machine = await request(op)
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      return refused(op, error)
    }
    if (isAlive(machine)) return record(op, machine)
    await refused(
      op,
      new CloudError({
        failure: 'conflict',
        effect: 'none',
        message: `${machine.id} was made with this token and has ended (${machine.stateWhy ?? machine.state})`,
      }),
    )
  }

  async function request(op: LaunchOp): Promise<Machine> {
    const { prepared, token } = op
    if (prepared === null || token === null) {
      throw new CloudError({ failure: 'invalid', effect: 'none', message: `${id} is settled without a request` })
    }
    const cloud = await steps.call(opening, () => world.cloud(prepared.provider))
    return steps.call('launch', signal => cloud.launch(prepared, tagsOf(op), token, signal))
  }

  async function refused(op: LaunchOp, error: CloudError): Promise<void> {
    const isLate = world.clock.mono() - since >= tryingMs
    if (error.effect === 'unknown') {
      inDoubt = true
      // Sent for so long without an answer: it is sent no more, and looked for until it is certain what was made.
      return isLate ? certainly(op, told(error), 'end') : again(error)
    }
    switch (error.failure) {
      case 'capacity': {
        const left = zonesLeft(op).filter(zone => zone !== op.prepared?.zone)
        if (left.length > 0 && op.attempt < mostAttempts) return certainly(op, told(error), 'other-zone')
        const tried = [...op.triedZones, op.prepared?.zone ?? op.spec.region].join(', ')
        const message = `no room for ${op.spec.type} in any zone (tried ${tried}): ${error.message}. Try another type or region, or again later.`
        return certainly(op, { ...told(error), message }, 'end')
      }
      case 'throttled':
      case 'locked':
      case 'unreachable':
        return isLate ? certainly(op, told(error), 'end') : again(error)
      case 'not-found':
        // Something that the request names: not seen yet, or removed since it was settled.
        notThere += 1
        return notThere < 4 ? again(error) : anew(op, error)
      case 'conflict':
        return anew(op, error)
      default:
        return certainly(op, told(error), 'end')
    }
  }

  function anew(op: LaunchOp, error: CloudError): Promise<void> {
    const isSpent = op.attempt - op.triedZones.length > mostAnew || op.attempt >= mostAttempts
    return certainly(op, told(error), isSpent ? 'end' : 'anew')
  }

  /** Goes another way, but not before it is certain that this one has made nothing. */
  async function certainly(
    op: LaunchOp,
    what: { failure: string; code: string | null; message: string },
    next: 'other-zone' | 'anew' | 'end',
  ): Promise<void> {
    const began = world.clock.mono()
    while (inDoubt) {
      try {
        if (await hasBeenMade(op)) return
        if (world.clock.mono() - began >= doubtMs) inDoubt = false
        else await steps.untilNextLook()
      } catch (error) {
        if (!(error instanceof CloudError)) throw error
        // Not even looking is possible: from the beginning, as soon as it is.
        return again(error)
      }
    }
    tries = 0
    await steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(what), next })
  }

  /** Looks for the node's machines; records this operation's. */
  async function hasBeenMade(op: LaunchOp): Promise<boolean> {
    const { fleet } = tagsOf(op)
    const cloud = await steps.call(opening, () => world.cloud(op.spec.provider))
    const found = await steps.call('find', signal => cloud.find(op.spec.region, { fleet, node: op.node }, signal))
    const alive = found.filter(isAlive)
    const mine = alive.filter(machine => machine.tags.op === id || (op.token !== null && machine.token === op.token))
    const machine = mine.find(one => one.token === op.token) ?? mine[0]
    others = machine ? 0 : alive.length > 0 ? others + 1 : 0
    if (!machine) return false
    await record(op, machine)
    const extra = alive.filter(one => one.id !== machine.id).map(one => one.id)
    if (extra.length > 0) {
      const message = `${extra.join(', ')} carry the tags of ${op.node} too; ${machine.id} is its machine. The others are left alone: look with \`watchfloor drift\`.`
      const trouble = steps.trouble({ failure: 'conflict', code: 'second-machine', message })
      await steps.tell({ type: 'machines.trouble', op: id, trouble, next: 'again' })
    }
    return true
  }

  async function record(op: LaunchOp, machine: Machine): Promise<void> {
    const prices = [...world.prices(machine.resources, machine.provider, machine.region)]
    await steps.tell({ type: 'machines.created', op: op.id, machine, prices })
    inDoubt = false
  }

  async function again(error: CloudError): Promise<void> {
    await steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(told(error)), next: 'again' })
    await steps.backOff(tries, error)
    tries += 1
  }

  async function end(error: CloudError | { failure: string; code: string | null; message: string }): Promise<void> {
    const what = error instanceof CloudError ? told(error) : error
    await steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(what), next: 'end' })
  }

  function tagsOf(op: LaunchOp) {
    return { fleet: op.fleet ?? world.fleetName(), node: op.node, op: op.id }
  }

  return { run }
}

function zonesLeft(op: LaunchOp): string[] {
  const { prepared } = op
  if (prepared === null) return []
  const known = [...(prepared.zone === null ? [] : [prepared.zone]), ...prepared.otherZones]
  return [...new Set(known)].filter(zone => !op.triedZones.includes(zone))
}

function alreadyThere(op: LaunchOp): string {
  return (
    `a machine of ${op.node} is already in ${op.spec.provider} ${op.spec.region}, made by another operation. ` +
    `Adopt it, or tear ${op.node} down: nothing was made.`
  )
}
