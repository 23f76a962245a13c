// The adapter against the emulated Compute Engine on loopback, with every request written down.
import { createGcpCloud } from '../../../../infra/clouds/gcp/cloud.ts'
import type { MachineSpec, OwnerTags } from '../../../../infra/clouds/shapes.ts'
import { type CloudRequest, serveEmulated } from '../../../../infra/sandbox/clouds/emulator.ts'
import { createFaults } from '../../../../infra/sandbox/clouds/faults.ts'
import { createGcpEmulator } from '../../../../infra/sandbox/clouds/gcp/gcp.ts'
import { createCloudLedger } from '../../../../infra/sandbox/clouds/ledger.ts'
import { type CloudWorld, emptyWorld } from '../../../../infra/sandbox/clouds/world.ts'
import { VirtualClock } from '../../../../state/primitives/clock.ts'
import { rimOf, settingsFor, startedAt } from '../settings.ts'

export const signal = new AbortController().signal
export const region = 'us-central1'
export const tags: OwnerTags = { fleet: 'clavitor', node: 'iowa', op: 'op-1' }
export const whose = { fleet: 'clavitor', node: 'iowa' }
export const token = '7d9f1e0a-5a63-4c7e-9f0e-2c1d5a8b9e01'
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl noc@hq'

export function spec(changes: Partial<MachineSpec> = {}): MachineSpec {
  return {
    provider: 'gcp',
    region,
    type: 'e2-micro',
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

/** Operations take no time: `wait` answers when the clock has come that far, and here it stands still. */
export async function openRoom(world: CloudWorld = emptyWorld()) {
  const clock = new VirtualClock(startedAt)
  const faults = createFaults()
  const ledger = createCloudLedger({ now: () => clock.now() })
  const emulator = createGcpEmulator({ world, ledger, clock, random: () => 0.25, pace: 0 })
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
  const settings = settingsFor(server.url, { now: () => clock.now() })
  const cloud = createGcpCloud(settings, rim)
  return {
    cloud,
    clock,
    emulator,
    faults,
    ledger,
    requests,
    rim,
    settings,
    url: server.url,
    created: () => ledger.lines().filter(line => line.what === 'created' && line.kind === 'instance').length,
    async launch(changes: Partial<MachineSpec> = {}, of: OwnerTags = tags, as = token) {
      return await cloud.launch(await cloud.prepare(spec(changes), of, null, signal), of, as, signal)
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}
