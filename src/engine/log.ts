// The engine's log: JSON lines by pino, with every known secret redacted by value before a byte is written.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, write as writeToFile } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

import { harmless } from '../../state/primitives/node-text.ts'

export type { Logger } from 'pino'

/** Then the file is set aside: an engine may run for a year. */
const defaultLargestBytes = 10 * 1024 * 1024

const logName = 'engine.log'

export interface EngineLog {
  log: Logger
  close(): Promise<void>
}

/**
 * Logs to `<home>/log/engine.log` (one older file is kept), and to stderr as well when systemd or a person reads it.
 * `clean` takes secrets out of each line; they become known while the engine runs.
 */
export function openLog(options: {
  home: string
  alsoStderr: boolean
  level: string
  clean(line: Uint8Array): Uint8Array
  largestBytes?: number
}): EngineLog {
  const { largestBytes = defaultLargestBytes } = options
  const dir = path.join(options.home, 'log')
  let file = openFile(dir)
  let written = file === null ? 0 : fstatSync(file).size
  // The terminal may be closed while the engine runs in it: every later write to it fails, and the engine goes on.
  let stderrReads = options.alsoStderr
  const deaf = () => {
    stderrReads = false
  }
  if (stderrReads) process.stderr.on('error', deaf)
  const sink = new Writable({
    write(line: Buffer, _encoding, done) {
      const clean = options.clean(line)
      // A person may be reading along.
      if (stderrReads) process.stderr.write(harmless(Buffer.from(clean).toString('utf8')))
      if (written > largestBytes) setAside()
      if (file === null) return done()
      written += clean.length
      // A full disk must not end the engine: what cannot be logged is lost, the troubles list says that the disk is full.
      writeToFile(file, clean, () => done())
    },
  })

  // A line that comes after the end is late, not a reason to fall.
  sink.on('error', () => {})

  /** Lines are written one after the other, so nothing is on its way now. */
  function setAside(): void {
    written = 0
    if (file !== null) closeSync(file)
    try {
      renameSync(path.join(dir, logName), path.join(dir, `${logName}.1`))
    } catch {
      // It was taken away: the next ten megabytes try again.
    }
    file = openFile(dir)
  }

  const log = pino({ level: options.level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, sink)
  return {
    log,
    close: () =>
      new Promise(resolve => {
        sink.end(() => {
          if (file !== null) closeSync(file)
          file = null
          resolve()
        })
      }),
  }
}

/** Null when it cannot be opened: the engine runs without a log rather than not at all. */
function openFile(dir: string): number | null {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    return openSync(path.join(dir, logName), 'a', 0o600)
  } catch {
    return null
  }
}
