// The engine's log: JSON lines by pino, with every known secret redacted by value before a byte is written.
import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

import { harmless } from '../../state/primitives/node-text.ts'

export type { Logger } from 'pino'

const largestLogBytes = 10 * 1024 * 1024

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
}): EngineLog {
  const dir = path.join(options.home, 'log')
  const file = path.join(dir, 'engine.log')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  setAside(file)
  const out = createWriteStream(file, { flags: 'a', mode: 0o600 })
  // A full disk must not end the engine: what cannot be logged is lost, the troubles list says that the disk is full.
  out.on('error', () => {})
  // The terminal may be closed while the engine runs in it: every later write to it fails, and the engine goes on.
  let stderrReads = options.alsoStderr
  const deaf = () => {
    stderrReads = false
  }
  if (stderrReads) process.stderr.on('error', deaf)
  const sink = new Writable({
    write(line: Buffer, _encoding, done) {
      const clean = options.clean(line)
      if (!out.destroyed) out.write(clean)
      // A person may be reading along.
      if (stderrReads) process.stderr.write(harmless(Buffer.from(clean).toString('utf8')))
      done()
    },
  })
  const log = pino({ level: options.level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, sink)
  return {
    log,
    close: () =>
      new Promise(resolve => {
        if (out.destroyed) resolve()
        else out.end(resolve)
      }),
  }
}

function setAside(file: string): void {
  try {
    if (statSync(file).size > largestLogBytes) renameSync(file, `${file}.1`)
  } catch {
    // No log yet.
  }
}
