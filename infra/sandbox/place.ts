// Where on loopback a world lives. Several worlds may run on one machine, and other programs may listen on all
// addresses: bases and ports are tried, the kept ones first.
import { createServer } from 'node:net'
import { Unreachable } from '../../state/primitives/errors.ts'
import type { EchoServer } from './echo.ts'
import { bases, type Ports, preferredPorts } from './plan.ts'

export interface Place {
  base: number
  ports: Ports
}

/**
 * `claim` binds the world's own echo port on the hub's address, which makes the base ours until we let go.
 * Throws `sandbox-no-place` when nothing is free.
 */
export async function findPlace(
  kept: Place | null,
  claim: (address: string, port: number) => Promise<EchoServer>,
): Promise<{ place: Place; echo: EchoServer }> {
  const wanted = kept?.ports ?? preferredPorts
  const candidates = kept ? [kept.base, ...bases.filter(base => base !== kept.base)] : bases
  for (const base of candidates) {
    for (const ping of nextPorts(wanted.ping)) {
      let echo: EchoServer
      try {
        echo = await claim(`127.${base}.0.1`, ping)
      } catch (error) {
        // Another world has this base if its echo port is taken there; a port taken everywhere is found out at the end.
        if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') break
        throw error
      }
      try {
        return { place: { base, ports: await freePorts(base, { ...wanted, ping }) }, echo }
      } catch (error) {
        await echo.close()
        throw error
      }
    }
  }
  throw new Unreachable({
    name: 'sandbox-no-place',
    message: `No free loopback addresses for a sandbox: UDP port ${wanted.ping} is taken on all of 127.84 to 127.202`,
    remedy: 'Stop a sandbox that is not needed, or the program that listens on that port.',
  })
}

async function freePorts(base: number, wanted: Ports): Promise<Ports> {
  const free = { ...wanted }
  const taken = new Set<number>()
  for (const name of ['ssh', 'https', 'dns', 'heartbeats', 'canary', 'admin'] as const) {
    for (const port of nextPorts(wanted[name])) {
      if (taken.has(port) || !(await isFree(`127.${base + 1}.0.1`, port))) continue
      free[name] = port
      taken.add(port)
      break
    }
  }
  return free
}

function nextPorts(first: number): number[] {
  return Array.from({ length: 20 }, (_, index) => first + index)
}

/** Nothing listens there, neither on this address nor on all. */
export function isFree(address: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
