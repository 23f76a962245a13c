// Ink lays the picture out; the painter puts it on the terminal. Two things go around Ink: it would repaint whole rows
// and clear the screen when it shrinks, so it renders into a stand-in for stdout; and it would parse every colour of every
// row again (two thirds of a frame's time), so it lays out references to rows, which are exchanged for the rows themselves.
import { PassThrough, Writable } from 'node:stream'
import { Box, render, Text } from 'ink'
import { memo, useSyncExternalStore } from 'react'

const Line = memo(function Line({ reference }: { reference: string }) {
  return <Text wrap="truncate">{reference}</Text>
})

/** One `<Text>` a row: Ink's cost grows with what is mounted, so only the rows on the screen ever are. */
function Picture({
  subscribe,
  references,
}: {
  subscribe(listener: () => void): () => void
  references(): readonly string[]
}) {
  const lines = useSyncExternalStore(subscribe, references)
  return (
    <Box flexDirection="column" height={lines.length} overflow="hidden">
      {lines.map((reference, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row's place on the screen is what it is.
        <Line key={row} reference={reference} />
      ))}
    </Box>
  )
}

export interface Mounted {
  unmount(): void
  /** Rejects with what a component threw. */
  ended: Promise<unknown>
}

export function mountPicture(options: {
  subscribe(listener: () => void): () => void
  /** The painted rows; the same array until something changed. */
  rows(): readonly string[]
  size(): { columns: number; rows: number }
  show(frame: string): void
}): Mounted {
  const book = createReferences(options.rows)
  class Frames extends Writable {
    get columns(): number {
      return options.size().columns
    }
    get rows(): number {
      return options.size().rows
    }
    override _write(frame: Buffer, _encoding: string, done: () => void): void {
      const text = frame.toString()
      // Unmounting ends with an empty frame that nobody needs to see.
      if (text.trim() !== '') options.show(book.frameOf(text))
      done()
    }
  }
  const instance = render(<Picture subscribe={options.subscribe} references={book.references} />, {
    stdout: new Frames() as unknown as NodeJS.WriteStream,
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    debug: true,
    interactive: false,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  return { unmount: () => instance.unmount(), ended: instance.waitUntilExit() }
}

/**
 * Rows as short words of ASCII, two for each row of the screen: Ink measures every text that it has not seen before, and
 * keeps what it measured, so that a word for each change would cost time and memory. Which of the two is said depends on
 * what was written last: a row that reads otherwise than on the terminal has the other word, so that React always sees it.
 */
function createReferences(rows: () => readonly string[]) {
  let of: readonly string[] = []
  let references: readonly string[] = []
  let written: readonly string[] = []
  /** Row → whether its second word is on the terminal. */
  let second: readonly boolean[] = []
  return {
    references(): readonly string[] {
      const next = rows()
      if (next === of) return references
      of = next
      references = next.map((text, row) => {
        const isSecond = (second[row] ?? false) !== (written[row] !== text)
        return `${row}${isSecond ? 'b' : 'a'}`
      })
      return references
    },
    /** The rows that a laid-out frame refers to, the newest; a line that refers to none is one that Ink wrote itself. */
    frameOf(text: string): string {
      const lines = text.split('\n')
      second = lines.map(line => line.startsWith('b', line.length - 1))
      written = of
      return lines.map(line => (/^\d+[ab]$/.test(line) ? (of[Number.parseInt(line, 10)] ?? '') : line)).join('\n')
    },
  }
}
