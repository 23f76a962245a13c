// The addresses by which an engine notices that it is blind itself. They answer as long as headquarters sees anything.
import { createServer, type Server } from 'node:net'
import { canariesOf } from './plan.ts'

export class Canaries {
  private readonly port: number
  private readonly each: { server: Server; address: string; listening: boolean }[]

  constructor(base: number, port: number) {
    this.port = port
    this.each = canariesOf(base).map(address => ({
      address,
      listening: false,
      server: createServer(socket => {
        socket.on('error', () => {})
        socket.end()
      }),
    }))
  }

  /** A canary that nobody should reach refuses: for a plain connect, accepting in silence would look like life. */
  async follow(blind: boolean): Promise<void> {
    for (const canary of this.each) {
      if (canary.listening === !blind) continue
      canary.listening = !blind
      await new Promise<void>((resolve, reject) => {
        if (blind) {
          canary.server.close(() => resolve())
          return
        }
        canary.server.once('error', reject)
        canary.server.listen({ host: canary.address, port: this.port }, () => {
          canary.server.off('error', reject)
          resolve()
        })
      })
    }
  }

  async close(): Promise<void> {
    await this.follow(true)
  }
}
