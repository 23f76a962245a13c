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
      if (text.trim() !== '') options.show(text.split('\n').map(book.rowOf).join('\n'))
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

/** Of the private use area: no text that comes from outside or from us has it. */
const firstReference = 0xe000

/** A row as its number and how often it has changed, so that React sees a change where there is one. */
function createReferences(rows: () => readonly string[]) {
  let of: readonly string[] = []
  let references: readonly string[] = []
  let turn = 0
  return {
    references(): readonly string[] {
      const next = rows()
      if (next === of) return references
      turn = (turn + 1) % 1_000_000
      references = next.map((text, row) => {
        const known = references[row]
        return known !== undefined && text === of[row] ? known : `${String.fromCharCode(firstReference + row)}${turn}`
      })
      of = next
      return references
    },
    /** The row that a laid-out line refers to; a line that refers to none is one that Ink wrote itself. */
    rowOf(line: string): string {
      return of[line.charCodeAt(0) - firstReference] ?? line
    },
  }
}
