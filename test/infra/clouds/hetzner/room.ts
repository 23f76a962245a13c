// The adapter against the emulated Hetzner on loopback, with every request written down.
import type { Cloud } from '../../../../infra/clouds/cloud.ts'
import { createHetznerCloud } from '../../../../infra/clouds/hetzner/cloud.ts'
import type { MachineSpec, OwnerTags } from '../../../../infra/clouds/shapes.ts'
import { type CloudRequest, serveEmulated } from '../../../../infra/sandbox/clouds/emulator.ts'
import { createFaults } from '../../../../infra/sandbox/clouds/faults.ts'
import { createHetznerEmulator } from '../../../../infra/sandbox/clouds/hetzner/hetzner.ts'
import { createCloudLedger } from '../../../../infra/sandbox/clouds/ledger.ts'
import { emptyWorld } from '../../../../infra/sandbox/clouds/world.ts'
import { VirtualClock } from '../../../../state/primitives/clock.ts'
import { plantedToken, rimOf, settingsFor, startedAt } from '../settings.ts'

export const signal = new AbortController().signal
export const tags: OwnerTags = { fleet: 'clavitor', node: 'paris', op: 'op-1' }
export const token = '7d9f1e0a-5a63-4c7e-9f0e-2c1d5a8b9e01'
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl noc@hq'

export function spec(changes: Partial<MachineSpec> = {}): MachineSpec {
  return {
    provider: 'hetzner',
    region: 'fsn1',
    type: 'cx23',
    arch: null,
    image: null,
    diskGb: null,
    ipv4: true,
    sshKeys: [publicKey],
    meshPort: 51_820,
    sshOpen: true,
    ...changes,
  }
}

export async function openRoom() {
  const clock = new VirtualClock(startedAt)
  const faults = createFaults()
  const ledger = createCloudLedger({ now: () => clock.now() })
  const emulator = createHetznerEmulator({
    world: emptyWorld(),
    ledger,
    clock,
    random: () => 0.25,
    token: plantedToken,
  })
  const requests: CloudRequest[] = []
  const recorded: typeof emulator = {
    ...emulator,
    answer(request, fault) {
      requests.push(request)
      return emulator.answer(request, fault)
    },
  }
  const server = await serveEmulated(recorded, { address: '127.0.0.1', port: 0, faults, ledger })
  const rim = rimOf(clock)
  const settings = settingsFor(`${server.url}/v1`, { now: () => clock.now() })
  const cloud: Cloud = createHetznerCloud(settings, rim)
  return {
    cloud,
    clock,
    emulator,
    faults,
    requests,
    rim,
    settings,
    created: () => ledger.lines().filter(line => line.what === 'created' && line.kind === 'instance').length,
    async launch(changes: Partial<MachineSpec> = {}, whose: OwnerTags = tags) {
      return await cloud.launch(await cloud.prepare(spec(changes), whose, null, signal), whose, token, signal)
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}
