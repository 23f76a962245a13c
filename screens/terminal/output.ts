// What goes to the terminal, one write at a time: a slow link gets fewer frames, never older ones, and nothing is written
// into the middle of a frame.
import { createPainter } from './painter.ts'
import type { Output } from './tty.ts'

/** What became of words: `replaced` by newer ones of the same kind before the terminal took them. */
export type Said = 'written' | 'replaced' | 'gone'

export interface TerminalOutput {
  show(frame: string): void
  /** Bytes that change nothing on the screen. While the terminal does not read, only the newest of a kind are kept. */
  say(kind: string, bytes: string): Promise<Said>
  /** The next frame is written whole. */
  forget(): void
  /** Resolves when nothing is being written, or never will be again. */
  idle(): Promise<void>
  end(): void
}

export function createOutput({
  stdout,
  size,
  isOpen,
  onFailed,
}: {
  stdout: Output
  size(): { columns: number; rows: number }
  isOpen(): boolean
  onFailed(): void
}): TerminalOutput {
  const painter = createPainter()
  let newest: string | null = null
  let words = new Map<string, { bytes: string; tell(said: Said): void }>()
  let isWriting = false
  let hasEnded = false
  let idlers: (() => void)[] = []

  function flush(): void {
    if (isWriting || !isOpen()) return
    const told = [...words.values()]
    words = new Map()
    const frame = newest === null ? '' : painter.paint(newest, size())
    newest = null
    const bytes = told.map(word => word.bytes).join('') + frame
    if (bytes === '') return
    isWriting = true
    stdout.write(bytes, error => {
      isWriting = false
      for (const { tell } of told) tell(error ? 'gone' : 'written')
      for (const tell of idlers.splice(0)) tell()
      if (error) onFailed()
      else flush()
    })
  }

  return {
    show(frame) {
      newest = frame
      flush()
    },
    say: (kind, bytes) =>
      new Promise(resolve => {
        if (hasEnded) {
          resolve('gone')
          return
        }
        words.get(kind)?.tell('replaced')
        words.set(kind, { bytes, tell: resolve })
        flush()
      }),
    forget: () => painter.forget(),
    idle: () =>
      new Promise(resolve => {
        if (isWriting && !hasEnded) idlers.push(resolve)
        else resolve()
      }),
    end() {
      hasEnded = true
      for (const { tell } of words.values()) tell('gone')
      words.clear()
      for (const tell of idlers) tell()
      idlers = []
    },
  }
}
