// Drives a program in a real pseudo-terminal and sees what an operator sees: bytes go through a terminal emulator, tests
// wait for what its screen shows, and every byte is counted.
import pty, { type IPty } from '@lydell/node-pty'
import headless from '@xterm/headless'

export interface Rig {
  pid: number
  /** What the screen shows, a line a row, blanks at the end cut. */
  lines(): string[]
  text(): string
  terminal: InstanceType<typeof headless.Terminal>
  /** Resolves when the screen fulfils it; rejects with the screen when it does not in time. */
  until(what: string, isShown: (lines: readonly string[], text: string) => boolean, ms?: number): Promise<void>
  /** Writes as one chunk, as a terminal would. */
  press(keys: string): void
  resize(columns: number, rows: number): void
  /** What was written to the terminal since the last call. */
  written(): Written
  /** Stops reading, as a terminal on a dead link or after ctrl-s. */
  freeze(): void
  thaw(): void
  kill(signal: string): void
  /** Closes the terminal under the program. */
  hangUp(): void
  exited: Promise<{ code: number; signal: number }>
  /** Everything that was written, for the order of things. */
  transcript(): string
  /** Tells of every chunk that is read from the program, from now on. */
  onRead(listener: (bytes: Buffer) => void): void
}

export interface Written {
  bytes: number
  /** Whole screens cleared (`CSI 2J`, `CSI 3J`, `CSI J` and full resets). */
  clears: number
  text: string
}

export interface RigOptions {
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  columns: number
  rows: number
  cwd?: string
}

const patienceMs = 10_000

export function startRig({ argv, env, columns, rows, cwd }: RigOptions): Rig {
  const [file = '', ...args] = argv
  const clean = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const child: IPty = pty.spawn(file, args, {
    cols: columns,
    rows,
    ...(cwd ? { cwd } : {}),
    env: { TERM: 'xterm-256color', ...clean },
    // Bytes as they come: a character may arrive in two pieces.
    encoding: null,
  })
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 200 })
  const waiting = new Set<() => void>()
  const readers: ((bytes: Buffer) => void)[] = []
  let all = ''
  let counted = 0
  let hasEnded = false
  const exited = Promise.withResolvers<{ code: number; signal: number }>()

  // What the emulator answers (cursor reports) goes back, as in a real terminal.
  terminal.onData(answer => child.write(answer))
  child.onData(data => {
    const bytes: Buffer = typeof data === 'string' ? Buffer.from(data) : data
    all += bytes.toString('latin1')
    for (const reader of readers) reader(bytes)
    terminal.write(bytes, () => {
      for (const look of waiting) look()
    })
  })
  child.onExit(({ exitCode, signal }) => {
    hasEnded = true
    exited.resolve({ code: exitCode, signal: signal ?? 0 })
    // Its last words may still be on the way through the emulator.
    terminal.write('', () => {
      for (const look of waiting) look()
    })
  })

  function lines(): string[] {
    const buffer = terminal.buffer.active
    return Array.from(
      { length: terminal.rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '',
    )
  }

  return {
    pid: child.pid,
    lines,
    text: () => lines().join('\n'),
    terminal,
    until(what, isShown, ms = patienceMs) {
      const done = Promise.withResolvers<void>()
      function look(): void {
        const now = lines()
        if (!isShown(now, now.join('\n'))) return
        finish()
        done.resolve()
      }
      function finish(): void {
        clearTimeout(timer)
        waiting.delete(look)
      }
      const timer = setTimeout(() => {
        finish()
        done.reject(new Error(`not within ${ms} ms: ${what}. The screen shows:\n${lines().join('\n')}`))
      }, ms)
      waiting.add(look)
      look()
      return done.promise
    },
    press: keys => child.write(keys),
    resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows)
      child.resize(nextColumns, nextRows)
    },
    written() {
      const text = all.slice(counted)
      counted = all.length
      return { bytes: text.length, clears: (text.match(/\u001b\[[23]?J|\u001bc/g) ?? []).length, text }
    },
    freeze: () => child.pause(),
    thaw: () => child.resume(),
    kill(signal) {
      // Its number may be another's by now.
      if (!hasEnded) process.kill(child.pid, signal)
    },
    hangUp: () => (child as IPty & { destroy(): void }).destroy(),
    exited: exited.promise,
    transcript: () => all,
    onRead: listener => void readers.push(listener),
  }
}
