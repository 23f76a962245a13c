// The runners of machines' operations, by kind of effect.
import type { EffectRunner } from '../engine/effects.ts'
import { createAdopt } from './run-adopt.ts'
import { createDestroy } from './run-destroy.ts'
import { createLaunch } from './run-launch.ts'
import type { MachineWorld } from './running.ts'

export type { MachineWorld } from './running.ts'

export function createMachineRunners(world: MachineWorld): Readonly<Record<string, EffectRunner>> {
  return {
    'machines.launch': createLaunch(world),
    'machines.destroy': createDestroy(world),
    'machines.adopt': createAdopt(world),
  }
}
