// A port of a node: a real listener on loopback whose connections become links. It is open while its service runs,
// and closed (so that loopback refuses) while it does not.
import { createServer, type Server, type Socket } from 'node:net'
import { Link } from './link.ts'

export interface DoorOptions {
  address: string
  port: number
  /** The service behind it runs. */
  isOpen: () => boolean
  /** Nothing is heard or said: connections are accepted by the kernel and stay silent. */
  isSilent: () => boolean
  delayMs: () => number
  connected: (link: Link, from: string) => void
}

export class Door {
  private readonly options: DoorOptions
  private readonly server: Server
  private readonly links = new Set<Link>()
  private readonly unheard = new Set<Link>()
  private listening = false
  private turn: Promise<void> = Promise.resolve()

  constructor(options: DoorOptions) {
    this.options = options
    this.server = createServer({ noDelay: true }, socket => this.accept(socket))
    this.server.on('error', () => {})
  }

  /** Opens or closes the listener as the service is; wakes links whose silence ended. Rejects if the port is taken. */
  follow(): Promise<void> {
    const next = this.turn.then(() => this.settle())
    this.turn = next.catch(() => {})
    return next
  }

  /** Every connection breaks off, as when a machine restarts. */
  cut(): void {
    for (const link of this.links) link.destroy()
  }

  async close(): Promise<void> {
    await this.turn
    this.cut()
    if (!this.listening) return
    this.listening = false
    await new Promise<void>(resolve => this.server.close(() => resolve()))
  }

  private async settle(): Promise<void> {
    const { address, port, isOpen, isSilent } = this.options
    // A silent machine keeps its listener, even if its service stops: from outside the two cannot be told apart. A port
    // that was closed stays so: the kernel would accept for it, and silence must not look like an open port.
    const open = isOpen() || (isSilent() && this.listening)
    if (open && !this.listening) {
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject)
        this.server.listen({ host: address, port }, () => {
          this.server.off('error', reject)
          resolve()
        })
      })
      this.listening = true
    } else if (!open && this.listening) {
      this.listening = false
      const closed = new Promise<void>(resolve => this.server.close(() => resolve()))
      this.cut()
      await closed
    }
    if (isSilent()) return
    for (const link of this.unheard) link.destroy()
    this.unheard.clear()
    for (const link of this.links) link.heal()
  }

  private accept(socket: Socket): void {
    const { delayMs, isSilent, connected } = this.options
    const link = new Link(socket, delayMs, isSilent)
    this.links.add(link)
    link.once('close', () => this.links.delete(link))
    link.on('error', () => {})
    if (isSilent()) {
      // Nobody ever hears it; when the node is back it breaks off, since its connect would really have failed.
      this.unheard.add(link)
      return
    }
    const from = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`
    // The handshake of TCP itself costs a round trip that loopback does not have.
    setTimeout(() => {
      if (!link.destroyed) connected(link, from)
    }, delayMs())
  }
}
