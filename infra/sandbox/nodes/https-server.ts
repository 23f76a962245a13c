// The node's web service: clavitor answers over HTTPS on the public address, with the node's own certificate.
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Link } from './link.ts'
import type { Machine } from './machine.ts'

export interface WebService {
  accept(link: Link): void
  /** The served certificate may have changed. */
  recertify(): void
  close(): void
}

export function createWebService(machine: Machine): WebService {
  const server: Server = createServer({ ...served(machine), keepAliveTimeout: 5000 }, (request, response) => {
    request.resume()
    const path = (request.url ?? '/').split('?')[0]
    const { conditions, kept, plan } = machine
    response.setHeader('server', 'clavitor/1.4.2')
    if (path === '/health') {
      const ok = !conditions().diskFull
      response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' })
      response.end(
        `${JSON.stringify({ ok, node: plan.name, region: plan.region, db: ok ? 'ok' : 'disk full', generation: kept.generation })}\n`,
      )
    } else if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end(`<!doctype html><title>Clavitor</title><h1>Clavitor</h1><p>${plan.name}, ${plan.city}</p>\n`)
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' })
      response.end('not found\n')
    }
  })
  server.on('tlsClientError', () => {})
  server.on('clientError', (_error, socket) => socket.destroy())
  return {
    // A Link is no net.Socket, but TLS only needs a stream.
    accept: link => server.emit('connection', link as unknown as Socket),
    recertify: () => server.setSecureContext(served(machine)),
    close: () => server.closeAllConnections(),
  }
}

function served(machine: Machine): { key: string; cert: string } {
  const { key, certificate } = machine.servedCertificate()
  return { key, cert: certificate }
}
