// One command on one session, from its first byte to its end. Ends exactly once: with an exit, at the deadline, or with
// an SshError; a connection that dies in the middle is never a success.
import type { ClientChannel } from 'ssh2'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { Connection, Session } from './connection.ts'
import type { Limit } from './limit.ts'
import { type ExecRequest, SshError } from './ssh.ts'
import type { SudoDialogue } from './sudo.ts'

export interface RunEnd {
  outcome: 'ok' | 'failed' | 'timeout'
  exit: number | null
  killedBy: string | null
  stdout: Buffer
  stderr: Buffer
  truncated: boolean
}

const defaultMaxBytes = 1024 * 1024

export function runOn(
  connection: Connection,
  session: Session,
  request: ExecRequest,
  dialogue: SudoDialogue | null,
  limit: Limit,
): Promise<RunEnd> {
  const { node } = connection
  const { channel } = session
  return new Promise((resolve, reject) => {
    const stdout = collect(request.maxBytes ?? defaultMaxBytes)
    const stderr = collect(request.maxBytes ?? defaultMaxBytes)
    let open = 2

    const settle = () => {
      limit.signal.removeEventListener('abort', onLimit)
      notDead()
    }
    const end = (outcome: RunEnd['outcome']) => {
      settle()
      const truncated = stdout.isCut() || stderr.isCut()
      const { code: exit, signal: killedBy } = session.exit ?? { code: null, signal: null }
      resolve({ outcome, exit, killedBy, stdout: stdout.bytes(), stderr: stderr.bytes(), truncated })
    }
    const fail = (error: SshError) => {
      settle()
      reject(error)
    }
    const onLimit = () => {
      kill(session)
      if (limit.ended() === 'cancelled')
        fail(new SshError(node, 'cancelled', nodeText('cancelled while the command ran')))
      else end('timeout')
    }
    const onClosed = () => {
      if (--open > 0) return
      if (session.exit === null)
        fail(new SshError(node, 'closed', nodeText('the command ended without an exit status')))
      else if (dialogue && !dialogue.begun()) fail(becomeFailed(node, dialogue))
      else end(session.exit.code === 0 ? 'ok' : 'failed')
    }
    const notDead = connection.onDeath(fail)
    if (connection.isDead()) return
    if (limit.signal.aborted) {
      onLimit()
      return
    }
    limit.signal.addEventListener('abort', onLimit, { once: true })

    const finishInput = () => {
      if (request.stdin === undefined) channel.end()
      else channel.end(typeof request.stdin === 'string' ? Buffer.from(request.stdin) : Buffer.from(request.stdin))
    }
    channel.stderr.on('error', () => undefined)
    channel.on('data', (piece: Buffer) => {
      stdout.add(piece)
      request.onOutput?.('stdout', piece)
    })
    channel.stderr.on('data', (piece: Buffer) => {
      const read = dialogue?.read(piece) ?? { show: piece, reply: 'wait' }
      if (read.show.length > 0) {
        stderr.add(read.show)
        request.onOutput?.('stderr', read.show)
      }
      if (read.reply === 'password') channel.write(`${dialogue?.password.reveal()}\n`)
      else if (read.reply === 'begin') finishInput()
      else if (read.reply === 'wrong' && dialogue) {
        kill(session)
        fail(becomeFailed(node, dialogue))
      }
    })
    channel.on('close', onClosed)
    channel.stderr.on('close', onClosed)
    if (!dialogue) finishInput()
  })
}

function becomeFailed(node: string, dialogue: SudoDialogue): SshError {
  return new SshError(node, 'become', nodeText(`sudo did not let us: ${dialogue.said() || 'it said nothing'}`))
}

/** Ends a command that nobody waits for: a signal first, since a closed channel alone lets it run on. */
export function kill({ channel }: Session): void {
  channel.resume()
  channel.stderr.resume()
  sendSignal(channel, 'KILL')
  channel.destroy()
}

/**
 * ssh2 sends no signal once stdin has ended, though the protocol allows it and every command of ours has its stdin
 * ended at once; so this asks its protocol layer, and does nothing where that looks different.
 */
function sendSignal(channel: ClientChannel, name: string): void {
  const client = field(channel, '_client')
  const protocol = field(client, '_protocol')
  const id = field(field(channel, 'outgoing'), 'id')
  const state = field(field(channel, 'outgoing'), 'state')
  const signal = field(protocol, 'signal')
  if (typeof signal !== 'function' || typeof id !== 'number' || (state !== 'open' && state !== 'eof')) return
  signal.call(protocol, id, name)
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** Keeps the first `max` bytes; goes on swallowing, so that a flood neither fills memory nor blocks the command. */
function collect(max: number): { add(piece: Buffer): void; bytes(): Buffer; isCut(): boolean } {
  const pieces: Buffer[] = []
  let kept = 0
  let cut = false
  return {
    add(piece) {
      const room = max - kept
      if (piece.length > room) cut = true
      if (room <= 0) return
      const part = piece.subarray(0, room)
      pieces.push(part)
      kept += part.length
    },
    bytes: () => Buffer.concat(pieces),
    isCut: () => cut,
  }
}
