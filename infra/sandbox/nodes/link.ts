// The wire between headquarters and a node: bytes that arrive wait for the round trip, and a node that was dropped
// neither hears nor says anything although the socket is open. Silence is what a lost link looks like from outside;
// loopback itself would refuse at once. What waits is delivered when the link heals, as TCP would send it again.
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

export class Link extends Duplex {
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly remoteFamily: string | undefined
  private readonly socket: Socket
  private readonly delayMs: () => number
  private readonly isSilent: () => boolean
  private arrived: { at: number; piece: Buffer | null }[] = []
  private held: { piece: Buffer; done: () => void }[] = []
  private timer: NodeJS.Timeout | null = null
  private lastAt = 0

  constructor(socket: Socket, delayMs: () => number, isSilent: () => boolean) {
    super({ allowHalfOpen: true })
    this.socket = socket
    this.delayMs = delayMs
    this.isSilent = isSilent
    this.remoteAddress = socket.remoteAddress
    this.remotePort = socket.remotePort
    this.remoteFamily = socket.remoteFamily
    socket.on('data', piece => this.arrive(piece))
    socket.on('end', () => this.arrive(null))
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
    socket.resume()
  }

  /** Call when silence may have ended. */
  heal(): void {
    if (this.isSilent()) return
    for (const { piece, done } of this.held.splice(0)) this.socket.write(piece, () => done())
    this.deliver()
  }

  override _read(): void {}

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.isSilent()) this.held.push({ piece, done })
    else this.socket.write(piece, () => done())
  }

  override _final(done: () => void): void {
    if (!this.isSilent()) this.socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.timer) clearTimeout(this.timer)
    this.arrived = []
    for (const held of this.held.splice(0)) held.done()
    this.socket.destroy()
    done(error)
  }

  // What ssh2 and tls ask of a socket.
  setNoDelay(): this {
    this.socket.setNoDelay(true)
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  private arrive(piece: Buffer | null): void {
    // Bytes keep their order: nothing overtakes what came before it.
    this.lastAt = Math.max(this.lastAt, performance.now() + this.delayMs())
    this.arrived.push({ at: this.lastAt, piece })
    this.deliver()
  }

  private deliver(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    if (this.isSilent() || this.destroyed) return
    for (;;) {
      const [first] = this.arrived
      if (!first) return
      const wait = first.at - performance.now()
      if (wait > 0.5) {
        this.timer = setTimeout(() => this.deliver(), wait)
        return
      }
      this.arrived.shift()
      this.push(first.piece)
    }
  }
}
