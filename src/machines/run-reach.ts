// A machine that was made is waited for until it really answers: running, its provider's checks passed, SSH there. It is
// recorded already, so that a wait that ends in failure loses nothing.
import { CloudError } from '../../infra/clouds/error.ts'
import type { Machine } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import { type MachineWorld, opening, type Steps, told } from './running.ts'
import type { LaunchOp } from './shapes.ts'
import { isAlive } from './sights.ts'

const reachableMs = 15 * 60_000
/** Off for so long, it was not just switched on: nobody will, and some providers bill it all the same. */
const stoppedMs = 180_000
/** One try of SSH, should the given one not end by itself. */
const oneReachMs = 20_000

export async function awaitReachable(world: MachineWorld, steps: Steps, op: LaunchOp): Promise<void> {
  const { machine: made } = op
  if (made === null) return
  const { region, id } = made
  const record = own(world.state().machines.machines, op.node)
  // An engine that dies again and again must not begin the wait anew each time; a clock set back must not lengthen it.
  const spent = Math.min(reachableMs, Math.max(0, world.clock.now() - (record?.since ?? world.clock.now())))
  const until = world.clock.mono() + reachableMs - spent
  let last: Machine = made
  let why = 'it was not seen running yet'
  let stoppedSince: number | null = null
  let tries = 0
  let looks = 0
  for (;;) {
    const now = own(world.state().machines.open, op.id)
    if (now?.kind !== 'launch' || now.phase !== 'created') return
    try {
      const cloud = await steps.call(opening, () => world.cloud(op.spec.provider))
      const machine = await steps.call('get', signal => cloud.get(region, id, signal))
      tries = 0
      // Not to be found is usual just after it was made.
      if (machine === null) why = 'the provider does not show it yet'
      else {
        last = machine
        if (!isAlive(machine)) return await endedByItself(machine)
        if (machine.state !== 'stopped') stoppedSince = null
        else stoppedSince ??= world.clock.mono()
        if (stoppedSince !== null && world.clock.mono() - stoppedSince >= stoppedMs) return await stopped(machine)
        why = whyNotReady(machine) ?? (await whyNotReached(machine))
        if (why === '') {
          const prices = [...world.prices(machine.resources, machine.provider, machine.region)]
          await steps.tell({ type: 'machines.reachable', op: op.id, machine, prices })
          return
        }
      }
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      why = error.message
      await trouble(told(error), 'again')
      await steps.backOff(tries, error)
      tries += 1
    }
    if (world.clock.mono() >= until) return await late()
    await steps.untilNextLook(looks)
    looks += 1
  }

  async function whyNotReached(machine: Machine): Promise<string> {
    const giveUp = new AbortController()
    const slow = Promise.withResolvers<boolean>()
    const cancel = world.clock.after(oneReachMs, () => {
      giveUp.abort()
      slow.resolve(false)
    })
    try {
      const reached = world.reach(machine, giveUp.signal).catch(() => false)
      return (await Promise.race([reached, slow.promise])) ? '' : 'SSH does not answer'
    } finally {
      cancel()
    }
  }

  function endedByItself(machine: Machine): Promise<void> {
    const message = `${id} ended by itself (${machine.stateWhy ?? machine.state}). Look at the provider why, then provision again.`
    return trouble({ failure: 'ended', code: machine.stateWhy, message }, 'end', machine)
  }

  function stopped(machine: Machine): Promise<void> {
    const { stateWhy } = machine
    const what = `${id} in ${region} is off and does not start${stateWhy ? ` (${stateWhy})` : ''}`
    const message = `${what}. It is recorded, and what of it is billed goes on: tear ${op.node} down and provision it again, or start it at the provider.`
    return trouble({ failure: 'stopped', code: stateWhy, message }, 'end', machine)
  }

  function late(): Promise<void> {
    const message = `${id} in ${region} was not reachable within ${reachableMs / 60_000} min: ${why}. It is recorded and may cost; tear ${op.node} down, or look at its console.`
    return trouble({ failure: 'unreachable', code: null, message }, 'end', last)
  }

  function trouble(
    what: { failure: string; code: string | null; message: string },
    next: 'again' | 'end',
    machine?: Machine,
  ): Promise<void> {
    const seen = machine ? { machine } : {}
    return steps.tell({ type: 'machines.trouble', op: op.id, trouble: steps.trouble(what), next, ...seen })
  }
}

/** null: it looks as it should. */
function whyNotReady(machine: Machine): string | null {
  if (machine.state !== 'running') return `it is ${machine.state}${machine.stateWhy ? ` (${machine.stateWhy})` : ''}`
  if (machine.checks === 'ok' || machine.checks === 'none') return null
  return `the provider's checks of it are ${machine.checks}`
}
