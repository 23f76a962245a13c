// What travels between a client and the engine: JSON-RPC over a Unix socket, the same verbs as the Engine interface.
import type { Socket } from 'node:net'
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
export const protocol = 1

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
  /** The client proves its uid by creating this file (exclusively, empty). */
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

export function connectionOver(socket: Socket): MessageConnection {
  return createMessageConnection(new StreamMessageReader(socket), new SocketWriter(socket))
}

/** One write a message and no waiting, so that the socket's own queue tells how far behind a reader is. */
class SocketWriter extends AbstractMessageWriter implements MessageWriter {
  private readonly socket: Socket

  constructor(socket: Socket) {
    super()
    this.socket = socket
    socket.on('error', error => this.fireError(error))
    socket.on('close', () => this.fireClose())
  }

  async write(message: Message): Promise<void> {
    const body = JSON.stringify(message)
    this.socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
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
