// The agent on each node: pushes its telemetry to headquarters over the mesh every 30 seconds, and goes on quietly
// when nobody listens there.
import { request } from 'node:http'
import type { Clock } from '../../state/primitives/clock.ts'
import type { Machine } from './nodes/machine.ts'

export interface TelemetryOptions {
  machine: Machine
  clock: Clock
  /** Where headquarters listens. */
  target: { address: string; port: number }
  token: string
  everyMs: number
  /** The first push comes this late, so that not all nodes push at once. */
  firstMs: number
  delayMs: () => number
}

/** Returns the function that ends it. */
export function startTelemetry(options: TelemetryOptions): () => void {
  const { machine, clock, everyMs, firstMs } = options
  let cancel = () => {}
  const turn = () => {
    cancel = clock.after(everyMs, turn)
    if (canPush(machine)) push(options)
  }
  cancel = clock.after(firstMs, turn)
  return () => cancel()
}

function canPush(machine: Machine): boolean {
  return !machine.isSilent('mesh') && !machine.conditions().pushesLost && machine.isActive('clavitor.service')
}

function telemetryOf(machine: Machine): Record<string, number | string> {
  const remaining = machine.servedCertificate().notAfter - machine.clock.now()
  return {
    ...machine.figures(),
    db_integrity: machine.conditions().diskFull ? 'error' : 'ok',
    cert_days_remaining: Math.floor(remaining / 86_400_000),
    nix_gen: machine.kept.generation,
    uptime_s: Math.floor(machine.uptimeMs() / 1000),
  }
}

function push({ machine, target, token, clock, delayMs }: TelemetryOptions): void {
  const at_s = Math.floor(clock.now() / 1000)
  const body = JSON.stringify(telemetryOf(machine))
  let told = false
  const tell = (status: number | null, error: string | null) => {
    if (told) return
    told = true
    machine.ledger.add(machine.name, { what: 'push', at_s, status, error })
  }
  clock.after(delayMs(), () => {
    const sending = request(
      {
        host: target.address,
        port: target.port,
        method: 'POST',
        path: `/api/push/${token}`,
        // The push comes from the node's own mesh address, as rate limits by address expect.
        localAddress: machine.addresses.mesh,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        agent: false,
        timeout: 10_000,
      },
      response => {
        response.resume()
        response.on('error', () => {})
        tell(response.statusCode ?? null, null)
      },
    )
    sending.on('timeout', () => sending.destroy(new Error('no answer in 10 s')))
    sending.on('error', error =>
      tell(null, 'code' in error && typeof error.code === 'string' ? error.code : error.message),
    )
    sending.end(body)
  })
}
