// One live connection to a node and the sessions that run over it. A server allows a number of sessions at once
// (MaxSessions, 10 by default) and says no to more: then we learn the number and queue.
import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { Clock } from '../../state/primitives/clock.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { Handshaken } from './handshake.ts'
import { SshError } from './ssh.ts'

const defaultSessions = 10
/** A server frees a session a moment after it has closed its channel; a refusal in between is not its last word. */
const refusedAgainMs = 100
const refusedAtMost = 5

/** A started command. Its exit may arrive in the same packet as the answer to the start, before anybody can listen. */
export interface Session {
  channel: ClientChannel
  exit: { code: number | null; signal: string | null } | null
}

interface Waiting {
  command: string
  refusals: number
  signal: AbortSignal
  resolve(session: Session): void
  reject(error: SshError): void
}

export class Connection {
  readonly node: string
  readonly method: string
  readonly hostkey: Handshaken['hostkey']
  /** When a session last ended, monotonic ms. */
  idleSince: number
  private readonly client: Client
  private readonly clock: Clock
  private limit = defaultSessions
  private running = 0
  private forwards = 0
  private readonly waiting: Waiting[] = []
  private readonly mourners = new Set<(error: SshError) => void>()
  private ended: SshError | null = null
  private worn = false

  constructor(node: string, made: Handshaken, clock: Clock) {
    this.node = node
    this.method = made.method
    this.hostkey = made.hostkey
    this.client = made.client
    this.clock = clock
    this.idleSince = clock.mono()
    this.client.on('error', error => this.die(`the connection broke: ${error.message}`))
    this.client.on('end', () => this.die('the host closed the connection'))
    this.client.on('close', () => this.die('the connection was closed'))
  }

  isDead(): boolean {
    return this.ended !== null
  }

  /**
   * Every session of it is taken by commands that we gave up and that the server still waits for (a signal reaches none
   * that runs as root): nothing starts here any more, a new connection would have sessions of its own.
   */
  isWorn(): boolean {
    return this.worn
  }

  isIdle(): boolean {
    return this.running === 0 && this.forwards === 0 && this.waiting.length === 0
  }

  /** Calls `mourn` once when the connection dies. Returns how to take that back. */
  onDeath(mourn: (error: SshError) => void): () => void {
    if (this.ended) {
      mourn(this.ended)
      return () => undefined
    }
    this.mourners.add(mourn)
    return () => this.mourners.delete(mourn)
  }

  /** Starts a command; waits its turn while the server's sessions are taken. */
  start(command: string, signal: AbortSignal): Promise<Session> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended)
        return
      }
      const one: Waiting = { command, refusals: 0, signal, resolve, reject }
      signal.addEventListener('abort', () => this.giveUp(one), { once: true })
      this.waiting.push(one)
      this.startNext()
    })
  }

  /** A stream to another host, seen from this one. */
  forward(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended)
        return
      }
      const takeBack = this.onDeath(reject)
      this.client.forwardOut('127.0.0.1', 0, host, port, (error, stream) => {
        takeBack()
        if (error) {
          reject(new SshError(this.node, 'unreachable', nodeText(`no way on to ${host}:${port}: ${error.message}`)))
          return
        }
        this.forwards++
        stream.once('close', () => {
          this.forwards--
          this.idleSince = this.clock.mono()
          this.closeIfWornOut()
        })
        resolve(stream)
      })
    })
  }

  close(why: string): void {
    this.client.end()
    this.die(why)
  }

  private giveUp(one: Waiting): void {
    const index = this.waiting.indexOf(one)
    if (index < 0) return
    this.waiting.splice(index, 1)
    one.reject(new SshError(this.node, 'cancelled', nodeText('gave up waiting for a free session')))
  }

  private startNext(): void {
    while (this.running < this.limit) {
      const one = this.waiting.shift()
      if (!one) return
      this.running++
      this.open(one)
    }
  }

  private open(one: Waiting): void {
    let answered = false
    const unanswered = this.onDeath(error => {
      if (answered) return
      answered = true
      one.reject(error)
    })
    const answer = (error: Error | undefined, channel: ClientChannel) => {
      unanswered()
      if (answered) return
      answered = true
      if (error) this.refused(one, error)
      else {
        const session: Session = { channel, exit: null }
        channel.on('exit', (code: number | null, signal?: string) => {
          session.exit = { code, signal: code === null ? (signal ?? 'unknown') : null }
        })
        channel.on('error', () => undefined)
        channel.once('close', () => this.freeSession())
        one.resolve(session)
      }
    }
    try {
      this.client.exec(one.command, answer)
    } catch (error) {
      this.die(`the connection broke: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  private refused(one: Waiting, error: Error): void {
    this.running--
    const isOpenFailure = 'reason' in error
    if (!isOpenFailure || one.refusals >= refusedAtMost) {
      if (isOpenFailure) this.worn = true
      one.reject(new SshError(this.node, 'refused', nodeText(`the host refused to run a command: ${error.message}`)))
      this.startNext()
      this.closeIfWornOut()
      return
    }
    if (this.running > 0) this.limit = Math.max(1, Math.min(this.limit, this.running))
    else one.refusals++
    const again = () => {
      if (this.ended) one.reject(this.ended)
      else if (one.signal.aborted)
        one.reject(new SshError(this.node, 'cancelled', nodeText('gave up waiting for a free session')))
      else {
        this.waiting.unshift(one)
        this.startNext()
      }
    }
    if (this.running > 0) again()
    else this.clock.after(refusedAgainMs, again)
  }

  private freeSession(): void {
    this.running--
    this.idleSince = this.clock.mono()
    if (this.ended) return
    this.startNext()
    this.closeIfWornOut()
  }

  private closeIfWornOut(): void {
    if (this.worn && this.isIdle()) this.close('all its sessions were taken')
  }

  private die(why: string): void {
    if (this.ended) return
    const error = new SshError(this.node, 'closed', nodeText(why))
    this.ended = error
    this.client.destroy()
    for (const one of this.waiting.splice(0)) one.reject(error)
    const mourners = [...this.mourners]
    this.mourners.clear()
    for (const mourn of mourners) mourn(error)
  }
}
