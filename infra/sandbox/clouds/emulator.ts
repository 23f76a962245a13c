// What every emulated provider has in common: an HTTP server on loopback, faults on demand, and a ledger that judges.
// A provider is an `Emulated`: it says which action of which region a request is, and answers it. Product code reaches
// it by its endpoint alone.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProviderName } from '../../clouds/shapes.ts'
import { type Faults, isOfProvider, type TakenFault } from './faults.ts'
import type { CloudLedger } from './ledger.ts'

export interface CloudRequest {
  method: string
  /** Path without the query. */
  path: string
  query: URLSearchParams
  headers: Readonly<Record<string, string>>
  body: string
}

export interface CloudReply {
  status: number
  headers?: Readonly<Record<string, string>>
  body: string
}

export interface Emulated {
  provider: ProviderName
  /** What the request asks for, in the provider's words: `RunInstances`, `POST /servers`, `instances.insert`. */
  classify(request: CloudRequest): { action: string; region: string }
  /** `fault`: one that the provider itself answers (throttle, capacity, quota, lag …); those of the wire are done here. */
  answer(request: CloudRequest, fault: TakenFault | null): Promise<CloudReply>
}

export interface EmulatorServer {
  /** `http://127.0.0.1:4321` */
  url: string
  port: number
  close(): Promise<void>
}

export interface ServeOptions {
  address: string
  port: number
  faults: Faults
  ledger: CloudLedger
  /** How `slow` waits; absent: by this machine's own clock. */
  pause?(ms: number): Promise<void>
}

export async function serveEmulated(emulated: Emulated, options: ServeOptions): Promise<EmulatorServer> {
  const server = createServer((request, response) => {
    void respond(emulated, options, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.address, port: options.port }, resolve)
  })
  const port = portOf(server)
  return {
    url: `http://${options.address}:${port}`,
    port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function respond(
  emulated: Emulated,
  { faults, ledger, pause = delay }: ServeOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await read(incoming)
  const { action, region } = emulated.classify(request)
  const { provider } = emulated
  const fault = faults.take({ provider, region, action })
  ledger.add({ what: 'request', provider, region, action, fault: fault?.kind ?? null })
  if (fault?.kind === 'slow') await pause(fault.ms)
  if (fault?.kind === 'drop') return void response.destroy()
  if (fault?.kind === 'html-502') {
    return send(response, {
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
    })
  }
  const reply = await emulated.answer(request, fault && isOfProvider(fault) ? fault : null)
  // It has taken effect, and nobody is told.
  if (fault?.kind === 'reply-lost') return void response.destroy()
  send(response, reply)
}

async function read(incoming: IncomingMessage): Promise<CloudRequest> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece)
  const url = new URL(incoming.url ?? '/', 'http://emulator')
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
  const body = Buffer.concat(pieces).toString('utf8')
  return { method: incoming.method ?? 'GET', path: url.pathname, query: url.searchParams, headers, body }
}

function send(response: ServerResponse, reply: CloudReply): void {
  response.writeHead(reply.status, { 'content-length': Buffer.byteLength(reply.body), ...reply.headers })
  response.end(reply.body)
}
