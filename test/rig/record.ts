// Keeps what a terminal showed and what was typed into it as an asciicast (version 2): a session that can be played again.
// Written only where WATCHFLOOR_RECORD names a folder; else it costs nothing.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { Rig } from './rig.ts'

export interface Recording {
  /** Records a terminal from now on; a second one is shown on a screen that begins empty. Returns it, with its keys heard. */
  of(rig: Rig): Rig
  /** A chapter: what happens now. */
  mark(words: string): void
  /** Writes the file; its path, or null where nothing is recorded. */
  end(): string | null
}

/** `o` what is shown, `i` what is typed, `m` a chapter; the time is in seconds from the beginning. */
type Line = readonly [number, 'o' | 'i' | 'm', string]

const silent: Recording = { of: rig => rig, mark: () => {}, end: () => null }
/** A terminal as it is switched on. */
const reset = '\u001bc'

export function startRecording(
  name: string,
  { columns, rows }: { columns: number; rows: number },
  folder = process.env.WATCHFLOOR_RECORD,
): Recording {
  if (!folder) return silent
  const begun = performance.now()
  const lines: Line[] = []
  const add = (kind: Line[1], text: string) => {
    if (text !== '') lines.push([Math.round(performance.now() - begun) / 1_000, kind, text])
  }
  return {
    of(rig) {
      if (lines.length > 0) add('o', reset)
      // A character may arrive in two pieces.
      const decoder = new StringDecoder('utf8')
      rig.onRead(bytes => add('o', decoder.write(bytes)))
      return {
        ...rig,
        press(keys) {
          add('i', keys)
          rig.press(keys)
        },
      }
    },
    mark: words => add('m', words),
    end() {
      const head = { version: 2, width: columns, height: rows, title: name, timestamp: Math.floor(Date.now() / 1_000) }
      const file = path.join(folder, `${name.replace(/[^a-z0-9]+/gi, '-')}.cast`)
      mkdirSync(folder, { recursive: true })
      writeFileSync(file, `${[head, ...lines].map(line => JSON.stringify(line)).join('\n')}\n`)
      return file
    },
  }
}
