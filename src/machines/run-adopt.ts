// Runs an adoption: a machine that somebody else made gets the fleet's tags and is recorded as the node's.
import { CloudError, isPassing } from '../../infra/clouds/error.ts'
import { own } from '../../state/primitives/record.ts'
import type { EffectRunner } from '../engine/effects.ts'
import { type MachineWorld, opening, type Steps, told, whileRunning } from './running.ts'
import type { AdoptOp } from './shapes.ts'
import { isAlive } from './sights.ts'

const tryingMs = 10 * 60_000
const looks = 4

export function createAdopt(world: MachineWorld): EffectRunner {
  return (effect, signal) =>
    whileRunning(world, signal, async steps => {
      const op = own(world.state().machines.open, String(effect.op))
      if (op?.kind === 'adopt') await adopt(world, steps, op)
    })
}

async function adopt(world: MachineWorld, steps: Steps, op: AdoptOp): Promise<void> {
  const { id, region, machineId, node, provider } = op
  const began = world.clock.mono()
  const tags = { fleet: op.fleet ?? world.fleetName(), node, op: id }
  const end = (what: { failure: string; code: string | null; message: string }) =>
    steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(what), next: 'end' })
  let missed = 0
  let tries = 0
  for (;;) {
    try {
      const cloud = await steps.call(opening, () => world.cloud(provider))
      const before = await steps.call('get', signal => cloud.get(region, machineId, signal))
      if (before === null || !isAlive(before)) {
        missed += 1
        const what = before === null ? 'is not there' : `is ${before.state}`
        const message = `${machineId} ${what} in ${provider} ${region}: nothing was adopted`
        if (before !== null || missed >= looks) return await end({ failure: 'not-found', code: null, message })
        await steps.untilNextLook()
        continue
      }
      await steps.call('adopt', signal => cloud.adopt(region, machineId, tags, signal))
      // Tags are put on again without harm: seen late, they are still there.
      const seen = await steps.call('get', signal => cloud.get(region, machineId, signal))
      const machine = { ...(seen ?? before), tags }
      await steps.tell({
        type: 'machines.adopted',
        op: id,
        machine,
        prices: [...world.prices(machine.resources, provider, region)],
      })
      return
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      const mayPass = isPassing(error) || error.failure === 'not-found' || error.failure === 'conflict'
      if (!mayPass || world.clock.mono() - began >= tryingMs) return await end(told(error))
      await steps.tell({ type: 'machines.trouble', op: id, trouble: steps.trouble(told(error)), next: 'again' })
      await steps.backOff(tries, error)
      tries += 1
    }
  }
}
