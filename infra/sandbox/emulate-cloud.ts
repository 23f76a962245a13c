// The providers of a world, as the world's parts make them. The plan's regions are instances that have run since before
// this month began, so that the month costs what such a fleet really costs.
import type { Clock } from '../../state/primitives/clock.ts'
import { createAwsEmulator } from './clouds/aws/aws.ts'
import type { AwsKept } from './clouds/aws/state.ts'
import type { Emulated } from './clouds/emulator.ts'
import { createGcpEmulator, type KeptGcp } from './clouds/gcp/gcp.ts'
import { createHetznerEmulator, type KeptHetzner } from './clouds/hetzner/hetzner.ts'
import type { CloudName, CloudParts } from './world-clouds.ts'

const day = 86_400_000

export function emulateCloud(common: {
  clock: Clock
  random: () => number
}): (name: CloudName, parts: CloudParts) => Emulated {
  const { clock, random } = common
  return (name, { world, ledger, kept, keep, machines }) => {
    const parts = { world, ledger, clock, random, keep }
    // The world's own files, of its own version: what lies there is what these emulators gave to `keep`.
    switch (name) {
      case 'aws':
        return createAwsEmulator({ ...parts, kept: (kept as AwsKept | null) ?? withMachines(parts, machines) })
      case 'gcp':
        return createGcpEmulator({ ...parts, kept: kept as KeptGcp | null })
      case 'hetzner':
        return createHetznerEmulator({ ...parts, kept: kept as KeptHetzner | null })
    }
  }
}

function withMachines(
  parts: Pick<CloudParts, 'world' | 'ledger'> & { clock: Clock; random: () => number },
  machines: CloudParts['machines'],
): AwsKept | null {
  let made: AwsKept | null = null
  const { clock } = parts
  const earlier = (ago: number): Clock => ({
    ...clock,
    now: () => clock.now() - ago,
    mono: clock.mono,
    after: clock.after,
  })
  for (const { node, region, type, octet } of machines) {
    const { byHand } = createAwsEmulator({
      ...parts,
      clock: earlier((40 + (octet % 9)) * day + octet * 1_234_567),
      kept: made,
      keep: state => {
        made = state
      },
    })
    byHand.makeInstance({ region, type, tags: { fleet: 'clavitor', node, op: 'op-sandbox' } })
  }
  return made
}
