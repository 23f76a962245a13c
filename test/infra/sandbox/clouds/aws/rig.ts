// The emulated account behind its real server, and the real SDK's clients in front of it. Every request and answer is
// kept, to be held against the SDK's own model.
import { EC2Client } from '@aws-sdk/client-ec2'
import { type AwsEmulator, type AwsOptions, createAwsEmulator } from '../../../../../infra/sandbox/clouds/aws/aws.ts'
import type { AwsKept } from '../../../../../infra/sandbox/clouds/aws/state.ts'
import {
  type CloudReply,
  type CloudRequest,
  type EmulatorServer,
  serveEmulated,
} from '../../../../../infra/sandbox/clouds/emulator.ts'
import { createFaults, type Faults } from '../../../../../infra/sandbox/clouds/faults.ts'
import { type CloudLedger, createCloudLedger } from '../../../../../infra/sandbox/clouds/ledger.ts'
import { type BornMachine, type CloudWorld, emptyWorld } from '../../../../../infra/sandbox/clouds/world.ts'
import { VirtualClock } from '../../../../../state/primitives/clock.ts'

export const start = Date.UTC(2026, 10, 20, 12)
export const hostkey = 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDPV6rW5xm2WqvLOiI'

export interface Rig {
  clock: VirtualClock
  faults: Faults
  ledger: CloudLedger
  emulator: AwsEmulator
  server: EmulatorServer
  kept(): AwsKept | null
  born: BornMachine[]
  ended: string[]
  exchanges: { action: string; request: CloudRequest; reply: CloudReply }[]
  ec2(region?: string, accessKeyId?: string): EC2Client
  close(): Promise<void>
}

export async function startRig(options: Partial<AwsOptions> = {}): Promise<Rig> {
  const clock = new VirtualClock(start)
  const faults = createFaults()
  const ledger = createCloudLedger({ now: () => clock.now() })
  const born: BornMachine[] = []
  const ended: string[] = []
  const exchanges: Rig['exchanges'] = []
  let kept: AwsKept | null = null
  const emulator = createAwsEmulator({
    world: watchedWorld(born, ended),
    ledger,
    clock,
    random: () => 0.5,
    keep: state => {
      kept = structuredClone(state)
    },
    ...options,
  })
  const watched = {
    ...emulator,
    async answer(request: CloudRequest, fault: Parameters<AwsEmulator['answer']>[1]) {
      const reply = await emulator.answer(request, fault)
      exchanges.push({ action: emulator.classify(request).action, request, reply })
      return reply
    },
  }
  const server = await serveEmulated(watched, { address: '127.0.0.1', port: 0, faults, ledger })
  const clients = new Map<string, EC2Client>()
  return {
    clock,
    faults,
    ledger,
    emulator,
    server,
    kept: () => kept,
    born,
    ended,
    exchanges,
    ec2(region = 'us-east-1', accessKeyId = 'AKIAGOOD') {
      const known = clients.get(`${region} ${accessKeyId}`)
      if (known) return known
      const client = new EC2Client({ ...clientOptions(server, region, accessKeyId), maxAttempts: 1 })
      clients.set(`${region} ${accessKeyId}`, client)
      return client
    },
    async close() {
      for (const client of clients.values()) client.destroy()
      await server.close()
    },
  }
}

export function clientOptions(server: EmulatorServer, region: string, accessKeyId = 'AKIAGOOD') {
  return { endpoint: server.url, region, credentials: { accessKeyId, secretAccessKey: 'not-a-secret' }, maxAttempts: 1 }
}

function watchedWorld(born: BornMachine[], ended: string[]): CloudWorld {
  const world = emptyWorld()
  return {
    begin(machine) {
      born.push(machine)
      return { ...world.begin(machine), hostkeys: [hostkey] }
    },
    end(id) {
      ended.push(id)
      world.end(id)
    },
    isUp: id => world.isUp(id),
  }
}

/** Name of what a call was refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.name : 'no error'),
  )
}
