// Settings of an account that exists only on loopback, and waiting that takes no time.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { CloudRim } from '../../../infra/clouds/rim.ts'
import type { CloudSettings } from '../../../infra/clouds/settings.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { Secret } from '../../../state/primitives/secret.ts'

export const startedAt = Date.UTC(2026, 10, 21, 12)
/** Planted, so that a test can look for it where it must not be. */
export const plantedToken = 'pl4nt3d-t0k3n-of-nobody'

export function settingsFor(endpoint: string, changes: Partial<CloudSettings> = {}): CloudSettings {
  return {
    env: {},
    aws: { profile: null, endpoint: null, keys: null },
    gcp: { project: 'noc', endpoint, credentials: null },
    hetzner: { endpoint, token: async () => new Secret(plantedToken) },
    now: () => startedAt,
    ...changes,
  }
}

/** Waiting moves the clock and is written down. */
export function rimOf(clock: VirtualClock = new VirtualClock(startedAt)): CloudRim & { waited: number[] } {
  const waited: number[] = []
  return {
    waited,
    async pause(ms, signal) {
      signal.throwIfAborted()
      waited.push(ms)
      clock.advance(ms)
    },
    random: () => 0.5,
  }
}

export interface Asked {
  method: string
  url: string
  body: string
  headers: IncomingMessage['headers']
}
export interface Scripted {
  url: string
  asked: Asked[]
  [Symbol.asyncDispose](): Promise<void>
}

/** A provider that answers as it is told; `null` closes the connection without an answer. */
export async function scripted(
  reply: (asked: Asked, count: number) => { status: number; body: unknown; headers?: Record<string, string> } | null,
): Promise<Scripted> {
  const asked: Asked[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(pieces).toString() }
      asked.push(one)
      const answer = reply(one, asked.length)
      if (answer === null) return void response.destroy()
      const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(text)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
