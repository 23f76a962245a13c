// The ends that programs of the nodes' shell read from and write to.

export interface Source {
  /** The next piece; null at the end. */
  read(): Promise<Uint8Array | null>
  /** Whoever read is gone: writers are told. */
  cancel(): void
}

export interface Sink {
  /** False when nobody reads any more. */
  write(piece: string | Uint8Array): boolean
  close(): void
}

export const emptySource: Source = { read: async () => null, cancel() {} }
export const nowhere: Sink = { write: () => true, close() {} }

export function sourceOf(content: string | Uint8Array): Source {
  let left: Uint8Array | null = typeof content === 'string' ? Buffer.from(content) : content
  return {
    async read() {
      const piece = left
      left = null
      return piece && piece.length > 0 ? piece : null
    },
    cancel() {
      left = null
    },
  }
}

/** What a pipe holds before its writer is told that nobody reads: an endless printer must not fill the memory. */
const pipeCapBytes = 64 * 1024 * 1024

/** A pipe inside the shell. It never makes its writer wait, since what nodes print is small. */
export function pipe(): Source & Sink {
  const pieces: Uint8Array[] = []
  let held = 0
  let ended = false
  let cancelled = false
  let wake: (() => void) | null = null
  const stir = () => {
    wake?.()
    wake = null
  }
  return {
    write(piece) {
      if (cancelled || ended || held > pipeCapBytes) return false
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece)
      held += bytes.length
      pieces.push(bytes)
      stir()
      return true
    },
    close() {
      ended = true
      stir()
    },
    async read() {
      for (;;) {
        const piece = pieces.shift()
        if (piece) {
          held -= piece.length
          return piece
        }
        if (ended || cancelled) return null
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    cancel() {
      cancelled = true
      pieces.length = 0
      stir()
    },
  }
}

export async function readAll(source: Source): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (;;) {
    const piece = await source.read()
    if (piece === null) return Buffer.concat(pieces)
    pieces.push(piece)
  }
}

/** Collects what is written. */
export function gather(): Sink & { bytes(): Buffer } {
  const pieces: Uint8Array[] = []
  return {
    write(piece) {
      pieces.push(typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece))
      return true
    },
    close() {},
    bytes: () => Buffer.concat(pieces),
  }
}
