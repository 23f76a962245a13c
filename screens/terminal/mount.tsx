// Ink lays the picture out; the painter puts it on the terminal. Ink would repaint whole rows and clear the screen when
// it shrinks, so it renders whole frames into a stand-in for stdout, and only differences reach the real one.
import { PassThrough, Writable } from 'node:stream'
import { Box, render, Text } from 'ink'
import { memo, useSyncExternalStore } from 'react'

const Line = memo(function Line({ text }: { text: string }) {
  return <Text wrap="truncate">{text}</Text>
})

/** One `<Text>` a row: Ink's cost grows with what is mounted, so only the rows on the screen ever are. */
function Picture({ subscribe, rows }: { subscribe(listener: () => void): () => void; rows(): readonly string[] }) {
  const lines = useSyncExternalStore(subscribe, rows)
  return (
    <Box flexDirection="column" height={lines.length} overflow="hidden">
      {lines.map((text, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row's place on the screen is what it is.
        <Line key={row} text={text === '' ? ' ' : text} />
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
      if (text.trim() !== '') options.show(text)
      done()
    }
  }
  const instance = render(<Picture subscribe={options.subscribe} rows={options.rows} />, {
    stdout: new Frames() as unknown as NodeJS.WriteStream,
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    debug: true,
    interactive: false,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  return { unmount: () => instance.unmount(), ended: instance.waitUntilExit() }
}
