// The operator's terminal while the room has it: alternate screen, raw keys, no cursor. It is given back on every way
// out, and a terminal that vanished or does not read is noticed instead of waited for.
import { writeSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'
import { createTokenizer, escapeMs, type Key } from '../keys/tokenizer.ts'
import { createPainter } from './painter.ts'

// Alternate screen, cursor hidden, bracketed paste (a paste must never become commands), no wrapping at the last column.
const entering = '\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[?7l'
const leaving = '\u001b[0m\u001b[?7h\u001b[?2004l\u001b[?25h\u001b[?1049l'

export interface Terminal {
  size(): { columns: number; rows: number }
  /** Shows a frame: rows divided by line feeds. While the terminal does not read, only the newest one is kept. */
  show(frame: string): void
  /** Writes everything again: another program wrote over it. */
  redraw(): void
  /** Gives the terminal back and stops this process, as ctrl-z does; comes back with `fg`. */
  suspend(): void
  /** Gives the terminal back for good. */
  leave(): void
}

export interface TerminalEvents {
  onKey(key: Key): void
  onResize(): void
  /** The terminal is gone: nobody sees or types any more. */
  onGone(): void
}

export function openTerminal(
  stdin: ReadStream,
  stdout: WriteStream & { fd: number },
  events: TerminalEvents,
): Terminal {
  const painter = createPainter()
  const said: string[] = []
  let state: 'open' | 'suspended' | 'left' = 'open'
  let newest: string | null = null
  let isWriting = false

  const tokenizer = createTokenizer(key => {
    if (state === 'open') events.onKey(key)
  })
  let escapeTimer: NodeJS.Timeout | null = null
  function onData(bytes: Uint8Array): void {
    if (escapeTimer) clearTimeout(escapeTimer)
    escapeTimer = null
    tokenizer.push(bytes)
    if (tokenizer.isWaiting()) escapeTimer = setTimeout(() => tokenizer.flush(), escapeMs)
  }

  function size(): { columns: number; rows: number } {
    return { columns: stdout.columns || 80, rows: stdout.rows || 24 }
  }

  /** One write at a time: a slow link gets fewer frames, never older ones. */
  function flush(): void {
    if (isWriting || newest === null || state !== 'open') return
    const bytes = painter.paint(newest, size())
    newest = null
    if (bytes === '') return
    isWriting = true
    stdout.write(bytes, error => {
      isWriting = false
      if (error) events.onGone()
      else flush()
    })
  }

  // What other code prints meanwhile (a warning of Node's) would tear the picture: it is kept for afterwards.
  const writeStderr = process.stderr.write
  function holdStderr(): void {
    process.stderr.write = ((chunk: string | Uint8Array) => {
      said.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
      if (said.length > 200) said.shift()
      return true
    }) as typeof process.stderr.write
  }

  function take(): void {
    setBlocking(stdout, false)
    stdin.setRawMode(true)
    stdin.resume()
    holdStderr()
    stdout.write(entering)
    painter.forget()
  }

  function giveBack(): void {
    process.stderr.write = writeStderr
    stdin.pause()
    try {
      stdin.setRawMode(false)
    } catch {
      // It is gone.
    }
    writeNow(stdout.fd, leaving)
    for (const line of said.splice(0)) writeNow(process.stderr.fd, line)
    setBlocking(stdout, true)
  }

  function comeBack(): void {
    if (state === 'left') return
    state = 'open'
    take()
    events.onResize()
  }

  function leave(): void {
    if (state === 'left') return
    const wasOpen = state === 'open'
    state = 'left'
    if (escapeTimer) clearTimeout(escapeTimer)
    stdin.off('data', onData)
    for (const event of ['end', 'close', 'error'] as const) stdin.off(event, events.onGone)
    stdout.off('error', events.onGone)
    stdout.off('resize', events.onResize)
    process.off('SIGCONT', comeBack)
    process.off('exit', leave)
    if (wasOpen) giveBack()
  }

  stdin.on('data', onData)
  for (const event of ['end', 'close', 'error'] as const) stdin.on(event, events.onGone)
  stdout.on('error', events.onGone)
  stdout.on('resize', events.onResize)
  // Stopped and continued, by our own ctrl-z or by anybody's kill: the terminal is not what we left.
  process.on('SIGCONT', comeBack)
  process.on('exit', leave)
  take()

  return {
    size,
    show(frame) {
      newest = frame
      flush()
    },
    redraw() {
      painter.forget()
      events.onResize()
    },
    suspend() {
      if (state !== 'open') return
      state = 'suspended'
      giveBack()
      // The whole group: a launcher may be our parent, and the shell waits for it.
      process.kill(0, 'SIGTSTP')
      // Where nobody can continue us (no job control), the stop is ignored and we simply come back.
      setTimeout(() => {
        if (state === 'suspended') comeBack()
      }, 200)
    },
    leave,
  }
}

/**
 * Node writes to terminals blocking: one that does not read (ctrl-s, a dead link) would hold the whole process, keys and
 * signals included. Internal, so used only where it is there.
 */
function setBlocking(stream: WriteStream, isBlocking: boolean): void {
  const { _handle: handle } = stream as unknown as { _handle?: { setBlocking?(value: boolean): unknown } | null }
  handle?.setBlocking?.(isBlocking)
}

/** At once, before the process may end; a terminal that does not read is given up after a moment. */
function writeNow(fd: number, text: string): void {
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
