// Runs a program on HQ for a probe: argv only, never a shell, and never longer or louder than allowed.
import { spawn } from 'node:child_process'
import type { Clock } from '../../state/primitives/clock.ts'

export interface LocalResult {
  exit: number | null
  stdout: Uint8Array
  stderr: Uint8Array
  timedOut: boolean
  /** The program is not there (ENOENT). */
  missing: boolean
}

export type RunLocal = (
  argv: readonly string[],
  options: { timeoutMs: number; signal: AbortSignal },
) => Promise<LocalResult>

/** Per stream. A probe's program says little; what is more is dropped. */
const maxBytes = 1024 * 1024

/**
 * The child gets PATH and the C locale and nothing else: secrets in the engine's environment are not its business.
 * It leads a process group of its own, so that a deadline ends what it started, too.
 */
export function createRunLocal(clock: Clock, path: string): RunLocal {
  return (argv, { timeoutMs, signal }) =>
    new Promise((resolve, reject) => {
      const [program, ...args] = argv
      if (program === undefined) {
        reject(new TypeError('no program to run'))
        return
      }
      const stdout: Uint8Array[] = []
      const stderr: Uint8Array[] = []
      let timedOut = false
      const finish = (exit: number | null, missing: boolean): void => {
        cancelDeadline()
        signal.removeEventListener('abort', stop)
        resolve({ exit, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), timedOut, missing })
      }
      const child = spawn(program, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
        env: { PATH: path, LC_ALL: 'C' },
      })
      const stop = (): void => {
        timedOut = true
        if (child.pid === undefined) return
        try {
          process.kill(-child.pid, 'SIGKILL')
        } catch {
          child.kill('SIGKILL')
        }
      }
      const cancelDeadline = clock.after(timeoutMs, stop)
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
      keep(child.stdout, stdout)
      keep(child.stderr, stderr)
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'EACCES') finish(null, true)
        else {
          cancelDeadline()
          signal.removeEventListener('abort', stop)
          reject(error)
        }
      })
      child.once('close', exit => finish(exit, false))
    })
}

function keep(stream: NodeJS.ReadableStream, pieces: Uint8Array[]): void {
  let room = maxBytes
  stream.on('data', (piece: Buffer) => {
    if (room <= 0) return
    const kept = piece.length > room ? piece.subarray(0, room) : piece
    room -= kept.length
    pieces.push(kept)
  })
}
