// What Node's own terminal streams do not do: writing without being held up, writing at once, noticing that it is gone.
import { writeSync } from 'node:fs'
import { isatty, type ReadStream, type WriteStream } from 'node:tty'

export type Input = ReadStream & { fd: number }
export type Output = WriteStream & { fd: number }

interface Internals {
  _handle?: { setBlocking?(value: boolean): unknown } | null
  _refreshSize?(): void
}

/**
 * Node writes to terminals blocking: one that does not read (ctrl-s, a dead link) would hold the whole process, keys and
 * signals included. Internal, so used only where it is there.
 */
export function setBlocking(stream: Input | Output, isBlocking: boolean): void {
  const { _handle: handle } = stream as unknown as Internals
  handle?.setBlocking?.(isBlocking)
}

/** A program in the background is not told of a new size. Internal, as above. */
export function refreshSize(stdout: Output): void {
  const internals = stdout as unknown as Internals
  internals._refreshSize?.()
}

/** At once, before the process may end; a terminal that does not read is given up after a moment. */
export function writeNow(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  const deadline = performance.now() + 200
  let done = 0
  while (done < bytes.length && performance.now() < deadline) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return
    }
  }
}

const checkMs = 5_000

/**
 * Whoever started us may be gone without a signal that reaches us, and reading a dead terminal gives nothing for ever at
 * full speed: so it is looked at now and then. Returns how to stop looking.
 */
export function watchTerminal(stdin: Input, stdout: Output, onGone: () => void): () => void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent || !isatty(stdin.fd) || !isatty(stdout.fd)) onGone()
  }, checkMs)
  timer.unref()
  return () => clearInterval(timer)
}
