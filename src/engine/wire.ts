// What travels between a client and the engine: JSON-RPC over a Unix socket, the same verbs as the Engine interface.
import type { Socket } from 'node:net'
import { Transform } from 'node:stream'
import { type Static, Type } from 'typebox'
import {
  AbstractMessageWriter,
  createMessageConnection,
  type Message,
  type MessageConnection,
  type MessageWriter,
  ResponseError,
  StreamMessageReader,
} from 'vscode-jsonrpc/node'
import {
  BadAnswer,
  BadInput,
  Bug,
  type Exit,
  NotYet,
  Refused,
  Unreachable,
  WatchfloorError,
} from '../../state/primitives/errors.ts'
import { checker } from '../../state/primitives/schema.ts'
import type { Live, Questions } from './engine.ts'
import type { FleetState } from './fleet-state.ts'
import type { AnyCommand } from './nouns.ts'

/** Grows when a client and an engine of different builds would misunderstand each other. */
export const protocol = 4

const hello = Type.Object({
  protocol: Type.Integer(),
  version: Type.String({ maxLength: 64 }),
  /** Who the client says it is; believed only after the proof. */
  login: Type.String({ maxLength: 256 }),
})
export type Hello = Static<typeof hello>
export const greeting = checker(hello)

export interface Challenge {
  version: string
  fleet: string
  /** The client proves its uid by creating a file of this name (exclusively, empty) in the engine's folder of proofs. */
  proof: string
}

export interface Attached {
  seq: number
  state: FleetState
  live: Live
  by: string
  roles: readonly string[]
}

export interface Verbs {
  hello: { params: Hello; result: Challenge }
  attach: { params: Record<string, never>; result: Attached }
  do: { params: AnyCommand; result: { seq: number; ids: readonly string[] } }
  ask: { params: { kind: keyof Questions; question: unknown }; result: unknown }
  stop: { params: Record<string, never>; result: null }
}

export function connectionOver(socket: Socket, limit?: Limit, queue: Queue = { noticeBytes: 0 }): MessageConnection {
  if (!limit) return createMessageConnection(new StreamMessageReader(socket), new SocketWriter(socket, queue))
  const measured = new Measured(limit)
  measured.on('error', () => socket.destroy())
  return createMessageConnection(new StreamMessageReader(socket.pipe(measured)), new SocketWriter(socket, queue))
}

/** How many bytes the other side may send before something is done about it; the owner raises it as trust grows. */
export interface Limit {
  bytes: number
}

/** The longest message of a client that has proven itself: a command line with all its words. */
export const largestMessageBytes = 8 * 1024 * 1024
/** Hello and attach together are a few hundred bytes. */
export const strangerBytes = 16 * 1024

/** Passes bytes on until the other side has sent more than it may; then the pipe breaks, and the socket with it. */
class Measured extends Transform {
  private readonly limit: Limit

  constructor(limit: Limit) {
    super()
    this.limit = limit
  }

  override _transform(
    piece: Uint8Array,
    _encoding: BufferEncoding,
    done: (error: Error | null, piece?: Uint8Array) => void,
  ): void {
    this.limit.bytes -= piece.length
    if (this.limit.bytes < 0) done(new Error('more was sent than is allowed'))
    else done(null, piece)
  }
}

/** What still waits to leave. Answers were asked for and may be large; notices that pile up mean that nobody reads. */
export interface Queue {
  noticeBytes: number
}

/** One write a message and no waiting, so that the socket's own queue tells how far behind a reader is. */
class SocketWriter extends AbstractMessageWriter implements MessageWriter {
  private readonly socket: Socket
  private readonly queue: Queue

  constructor(socket: Socket, queue: Queue) {
    super()
    this.socket = socket
    this.queue = queue
    socket.on('error', error => this.fireError(error))
    socket.on('close', () => this.fireClose())
  }

  async write(message: Message): Promise<void> {
    const body = JSON.stringify(message)
    const size = Buffer.byteLength(body)
    const isNotice = !('id' in message)
    if (isNotice) this.queue.noticeBytes += size
    this.socket.write(`Content-Length: ${size}\r\n\r\n${body}`, () => {
      if (isNotice) this.queue.noticeBytes -= size
    })
  }

  end(): void {
    this.socket.end()
  }
}

interface Told {
  name: string
  exit: Exit
  remedy: string | null
}

/** An error as it crosses the wire: its words, its permanent name and its exit code; never a stack. */
export function toWire(error: unknown): ResponseError<Told> {
  if (error instanceof WatchfloorError) {
    return new ResponseError(1, error.message, { name: error.name, exit: error.exit, remedy: error.remedy })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new ResponseError(1, message, { name: 'engine-bug', exit: 70, remedy: null })
}

export function fromWire(error: unknown): unknown {
  if (!(error instanceof ResponseError) || !isTold(error.data)) return error
  const { name, exit, remedy } = error.data
  const explanation = { name, message: error.message, ...(remedy === null ? {} : { remedy }) }
  switch (exit) {
    case 1:
      return new BadAnswer(explanation)
    case 2:
      return new BadInput(explanation)
    case 3:
      return new NotYet(explanation)
    case 4:
      return new Unreachable(explanation)
    case 5:
      return new Refused(explanation)
    case 0:
    case 70:
      return new Bug(explanation)
  }
}

function isTold(told: unknown): told is Told {
  return typeof told === 'object' && told !== null && 'exit' in told && 'name' in told
}
