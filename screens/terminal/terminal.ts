// The operator's terminal while the room has it: alternate screen, raw keys, no cursor. It is given back on every way
// out, lent to other programs, and a terminal that vanished or does not read is noticed instead of waited for.
import { forTerminal } from '../../state/primitives/node-text.ts'
import { createTokenizer, type Key, type Typed } from '../keys/tokenizer.ts'
import { type Child, type Ended, findProgram, hasWordsToRead, startChild } from './child.ts'
import { type Copied, copyBytes, saveCopy, textToCopy } from './clipboard.ts'
import { modesFor } from './modes.ts'
import { createOutput } from './output.ts'
import { type Input, type Output, refreshSize, setBlocking, watchTerminal, writeNow } from './tty.ts'

export interface Terminal {
  size(): { columns: number; rows: number }
  /** Shows a frame: rows divided by line feeds. While the terminal does not read, only the newest one is kept. */
  show(frame: string): void
  /** Writes everything again: another program wrote over it. */
  redraw(): void
  /** Gives the terminal back and stops this process, as ctrl-z does; comes back with `fg`. */
  suspend(): void
  /**
   * Lends the terminal to another program until that ends. `notice` is one line that its user sees first; `env` is the
   * room's unless given. A program that is missing is told without touching the screen.
   */
  run(argv: readonly string[], options?: { env?: NodeJS.ProcessEnv; notice?: string }): Promise<Ended>
  /** Puts lines into the clipboard of the operator's own machine, or into a file where no terminal can. */
  copy(lines: readonly string[]): Promise<Copied>
  /** Asks what colour the background has; `onBackground` is told if the terminal answers. */
  askBackground(): void
  /** Gives the terminal back for good. */
  leave(): void
}

export interface TerminalEvents {
  onKey(key: Typed): void
  onResize(): void
  /** The background's colour, each part from 0 to 1. */
  onBackground?(colour: { red: number; green: number; blue: number }): void
  /** The terminal is gone: nobody sees or types any more. Told once. */
  onGone(): void
}

export interface TerminalOptions {
  env: NodeJS.ProcessEnv
  /** Where copies go that no clipboard takes; made when it is needed, for its owner alone. */
  filesDir: string
}

/**
 * `lent`: another program has it. `asking`: that program failed, and its words stay until a key is pressed. Only `open`
 * writes frames and passes keys on.
 */
type State = 'open' | 'suspended' | 'lent' | 'asking' | 'left'

/** What was still typed for the program that had the terminal is not for us. */
const deafMs = 100
/** Where nobody can continue us (no job control), a stop is ignored and we simply come back. */
const stopsWithinMs = 200

export function openTerminal(
  stdin: Input,
  stdout: Output,
  events: TerminalEvents,
  { env, filesDir }: TerminalOptions,
): Terminal {
  const modes = modesFor(env)
  const said: string[] = []
  let state: State = 'open'
  let child: Child | null = null
  let pressed: (() => void) | null = null
  let deafUntil = 0
  let isGone = false
  const output = createOutput({ stdout, size, isOpen: () => state === 'open', onFailed: gone })

  function gone(): void {
    if (isGone || state === 'left') return
    isGone = true
    events.onGone()
  }

  let tokenizer = createTokenizer(take)
  let timer: NodeJS.Timeout | null = null
  let waiting = { id: -1, since: 0 }
  function onData(bytes: Uint8Array): void {
    tokenizer.push(bytes)
    if (timer) clearTimeout(timer)
    const unfinished = tokenizer.waiting()
    if (!unfinished) return
    const now = performance.now()
    if (unfinished.id !== waiting.id) waiting = { id: unfinished.id, since: now }
    timer = setTimeout(() => tokenizer.flush(), Math.max(0, waiting.since + unfinished.ms - now))
  }
  /** What another program left half typed is not the beginning of our keys. */
  function startReading(): void {
    if (timer) clearTimeout(timer)
    tokenizer = createTokenizer(take)
    waiting = { id: -1, since: 0 }
    stdin.setRawMode(true)
    setBlocking(stdin, false)
    stdin.resume()
  }

  function take(key: Key): void {
    if (key.kind === 'background') {
      if (state === 'open') events.onBackground?.({ red: key.red, green: key.green, blue: key.blue })
    } else if (performance.now() < deafUntil) return
    else if (state === 'open') events.onKey(key)
    else if (state === 'asking') pressed?.()
  }

  function size(): { columns: number; rows: number } {
    return { columns: stdout.columns || 80, rows: stdout.rows || 24 }
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
  function tellStderr(): void {
    process.stderr.write = writeStderr
    for (const line of said.splice(0)) writeNow(process.stderr.fd, line)
  }

  function open(): void {
    state = 'open'
    setBlocking(stdout, false)
    startReading()
    holdStderr()
    stdout.write(modes.entering)
    output.forget()
  }

  function stopReading(): void {
    if (timer) clearTimeout(timer)
    stdin.pause()
    try {
      stdin.setRawMode(false)
    } catch {
      // It is gone.
    }
  }

  function giveBack(): void {
    stopReading()
    writeNow(stdout.fd, modes.leaving)
    setBlocking(stdout, true)
  }

  function comeBack(): void {
    open()
    refreshSize(stdout)
    events.onResize()
  }

  /** Stopped and continued, by our own ctrl-z or by anybody's kill: the terminal is not what we left. */
  function onContinued(): void {
    if (state === 'lent' || state === 'left') return
    // Node sets a mode only when it believes to be in another.
    stdin.setRawMode(false)
    if (state === 'asking') stdin.setRawMode(true)
    else comeBack()
  }

  function leave(): void {
    if (state === 'left') return
    const before = state
    state = 'left'
    stopWatching()
    if (timer) clearTimeout(timer)
    stdin.off('data', onData)
    for (const event of ['end', 'close', 'error'] as const) stdin.off(event, gone)
    stdout.off('error', gone)
    stdout.off('resize', events.onResize)
    // What it still has to say concerns nobody; unheard it would be an error of its own.
    stdin.on('error', () => undefined)
    stdout.on('error', () => undefined)
    process.off('SIGCONT', onContinued)
    process.off('exit', leave)
    if (before === 'open') giveBack()
    if (before === 'asking') stopReading()
    child?.hangUp()
    pressed?.()
    output.end()
    tellStderr()
  }

  async function run(
    argv: readonly string[],
    { env: childEnv = env, notice }: { env?: NodeJS.ProcessEnv; notice?: string } = {},
  ): Promise<Ended> {
    const program = findProgram(argv[0] ?? '', childEnv)
    if ('failed' in program) return program
    if (state !== 'open') return { failed: 'another program has the terminal' }
    state = 'lent'
    // The rest of a frame would come out in the middle of the other program's picture.
    await output.idle()
    if (hasLeft()) return { failed: 'the terminal is gone' }
    giveBack()
    if (notice !== undefined) writeNow(stdout.fd, `${forTerminal(notice)}\r\n`)
    // Node stops reading only in its next turn; until then keys would still be ours.
    await new Promise<void>(resolve => setImmediate(resolve))
    if (hasLeft()) return { failed: 'the terminal is gone' }
    const begun = performance.now()
    child = startChild(program.file, argv, childEnv)
    const ended = await child.ended
    child = null
    if (hasLeft()) return ended
    writeNow(stdout.fd, modes.untangling)
    deafUntil = performance.now() + deafMs
    if (hasWordsToRead(ended, performance.now() - begun)) {
      state = 'asking'
      if ('failed' in ended) writeNow(stdout.fd, `${forTerminal(ended.failed)}\r\n`)
      writeNow(stdout.fd, '\r\n— press a key to go back —')
      startReading()
      await new Promise<void>(resolve => {
        pressed = resolve
      })
      pressed = null
      if (hasLeft()) return ended
      writeNow(stdout.fd, '\r\n')
    }
    comeBack()
    return ended
  }

  /** Asked after a wait, when the state may be another. */
  function hasLeft(): boolean {
    return state === 'left'
  }

  stdin.on('data', onData)
  for (const event of ['end', 'close', 'error'] as const) stdin.on(event, gone)
  stdout.on('error', gone)
  stdout.on('resize', events.onResize)
  process.on('SIGCONT', onContinued)
  process.on('exit', leave)
  const stopWatching = watchTerminal(stdin, stdout, gone)
  open()

  return {
    size,
    show: output.show,
    redraw() {
      output.forget()
      events.onResize()
    },
    suspend() {
      if (state !== 'open') return
      state = 'suspended'
      giveBack()
      tellStderr()
      // The whole group: a launcher may be our parent, and the shell waits for it.
      process.kill(0, 'SIGTSTP')
      setTimeout(() => {
        if (state === 'suspended') comeBack()
      }, stopsWithinMs)
    },
    run,
    async copy(lines) {
      const text = textToCopy(lines)
      const bytes = copyBytes(text, env)
      if (bytes === null) return saveCopy(text, filesDir)
      const how = await output.say('copy', bytes)
      switch (how) {
        case 'written':
          return { how: 'terminal' }
        case 'replaced':
          return { how: 'failed', why: 'something else was copied before the terminal took it' }
        case 'gone':
          return { how: 'failed', why: 'the terminal is gone' }
      }
    },
    askBackground() {
      if (modes.background !== null) void output.say('background', modes.background)
    },
    leave,
  }
}
