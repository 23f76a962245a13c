// HQ's own canaries: the gateway, anchors, addresses. They are looked at all at once, each with a deadline.
import { readFile } from 'node:fs/promises'
import { connect, isIP } from 'node:net'
import type { CanaryResult } from './blindness.ts'
import type { ProbeContext } from './probe.ts'

export interface Canaries {
  /** Looks at all of them; never rejects. */
  look(): Promise<readonly CanaryResult[]>
}

export interface CanaryOptions {
  /** `gateway`, `host:port` (a TCP connect must succeed) or an address (ping), as in the fleet file. */
  list: readonly string[]
  runLocal: ProbeContext['runLocal']
  /** The ping program as argv prefix; default `ping` on PATH. */
  ping?: readonly string[]
  /** The kernel's routing table; default `/proc/net/route`. */
  routes?: () => Promise<string>
  /** For each canary. Default 2,000. */
  timeoutMs?: number
}

export function createCanaries(options: CanaryOptions): Canaries {
  const timeoutMs = options.timeoutMs ?? 2_000
  const routes = options.routes ?? (() => readFile('/proc/net/route', 'utf8'))

  async function lookAt(name: string): Promise<CanaryResult> {
    try {
      if (name === 'gateway') return await lookAtGateway()
      const endpoint = splitEndpoint(name)
      if (endpoint === null) return await ping(name, name)
      const how = await tcp(endpoint.host, endpoint.port, timeoutMs)
      return { name, ok: how === 'open', detail: how }
    } catch (error) {
      return { name, ok: null, detail: error instanceof Error ? error.message : 'could not be tried' }
    }
  }

  async function lookAtGateway(): Promise<CanaryResult> {
    let table: string
    try {
      table = await routes()
    } catch {
      return { name: 'gateway', ok: null, detail: 'the routing table cannot be read' }
    }
    const gateway = defaultGateway(table)
    if (gateway === null) return { name: 'gateway', ok: false, detail: 'there is no default route' }
    return ping('gateway', gateway)
  }

  async function ping(name: string, address: string): Promise<CanaryResult> {
    if (address.startsWith('-')) return { name, ok: null, detail: 'not an address' }
    const argv = [...(options.ping ?? ['ping']), '-n', '-c', '1', '-W', String(Math.ceil(timeoutMs / 1000)), address]
    const done = await options.runLocal(argv, {
      timeoutMs: timeoutMs + 500,
      signal: AbortSignal.timeout(timeoutMs + 500),
    })
    if (!done.missing) {
      // 0: answered, 1: no answer; anything else (2: no permission, bad address) says nothing about the link.
      if (done.exit === 0) return { name, ok: true, detail: 'answers' }
      if (done.exit === 1 || done.timedOut) return { name, ok: false, detail: 'no answer to ping' }
      if (/unreachable/i.test(new TextDecoder().decode(done.stderr)))
        return { name, ok: false, detail: 'network unreachable' }
    }
    // No usable ping program: even a refused connection proves that somebody is there.
    const how = await tcp(address, 53, timeoutMs)
    return { name, ok: how === 'open' || how === 'ECONNREFUSED', detail: how === 'open' ? 'answers' : how }
  }

  return { look: () => Promise.all(options.list.map(lookAt)) }
}

/** `192.0.2.1:53`, `dns.example:853`, `[2001:db8::1]:53`; null when there is no port. */
export function splitEndpoint(text: string): { host: string; port: number } | null {
  if (isIP(text) !== 0) return null
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port }
}

/** The default gateway in `/proc/net/route`: addresses are hexadecimal in the machine's (little-endian) byte order. */
export function defaultGateway(table: string): string | null {
  let best: { metric: number; address: string } | null = null
  for (const line of table.split('\n').slice(1)) {
    const [, destination, gateway, flags, , , metric, mask] = line.trim().split(/\s+/)
    if (destination !== '00000000' || mask !== '00000000' || gateway === undefined || !/^[0-9A-F]{8}$/i.test(gateway))
      continue
    // RTF_UP and RTF_GATEWAY.
    if ((Number.parseInt(flags ?? '0', 16) & 0x3) !== 0x3) continue
    const bytes = [6, 4, 2, 0].map(index => Number.parseInt(gateway.slice(index, index + 2), 16))
    const weight = Number(metric ?? 0)
    if (best === null || weight < best.metric) best = { metric: weight, address: bytes.join('.') }
  }
  return best?.address ?? null
}

/** `open`, or the error's code. */
function tcp(host: string, port: number, timeoutMs: number): Promise<string> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const end = (how: string) => {
      socket.destroy()
      resolve(how)
    }
    socket.setTimeout(timeoutMs, () => end('no answer'))
    socket.once('connect', () => end('open'))
    socket.once('error', error => end('code' in error && typeof error.code === 'string' ? error.code : 'failed'))
  })
}
