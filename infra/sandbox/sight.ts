// What nodes can see of each other: who is behind a name or an address, how far away, and whether anything comes back.
import { createHash } from 'node:crypto'
import { roundTripMs } from './nodes/figures.ts'
import type { Machine } from './nodes/machine.ts'
import { domain } from './plan.ts'
import type { WorldView } from './shell/program.ts'
import { programs } from './shell/programs/index.ts'

export interface SightOptions {
  machines: () => readonly Machine[]
  random: () => number
  /** What WireGuard keys are derived from: the same in every run of one world, another in the next world. */
  seed: () => string
}

export function makeView({ machines, random, seed }: SightOptions): WorldView {
  return {
    programs,
    all: machines,
    find: wanted => {
      const text = wanted.endsWith(`.${domain}`) ? wanted.slice(0, -domain.length - 1) : wanted
      for (const machine of machines()) {
        if (machine.addresses.mesh === text || machine.name === wanted) return { machine, via: 'mesh' }
        if (machine.addresses.public === text || machine.name === text) return { machine, via: 'public' }
      }
      return null
    },
    roundTrip: (from, to, via) => roundTrip(from, to, via, random),
    wireguard: { publicKey: name => createHash('sha256').update(`${seed()}/${name}`).digest('base64') },
    serves: (machine, service) =>
      machine.isActive(service === 'ssh' ? 'sshd.service' : machine.webUnit) && !machine.isAway(),
  }
}

/** ms there and back now; null while either end is silent. Seen from headquarters, blindness is silence. */
function roundTrip(from: Machine, to: Machine, via: 'mesh' | 'public', random: () => number): number | null {
  if (from === to) return 0.05
  const concernsHq = from.isHq || to.isHq
  for (const machine of [from, to]) {
    const conditions = machine.conditions()
    const silent = via === 'mesh' ? conditions.silentMesh : conditions.silentPublic
    if (silent || machine.isAway() || (concernsHq && conditions.hqBlind)) return null
  }
  // Between two spokes the mesh goes through the hub; the public way is about as long.
  const distance = from.isHq ? to.plan.rttMs : to.isHq ? from.plan.rttMs : (from.plan.rttMs + to.plan.rttMs) * 0.8
  return roundTripMs(distance, random) + from.conditions().extraMs + to.conditions().extraMs
}
