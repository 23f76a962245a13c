// Starts real processes that hold a home, and waits for what they say; never for time to pass.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface EngineProcess {
  pid: number
  /** All it has said. */
  lines: string[]
  tell(line: string): void
  /** The first (or `count`th) line, said or to come, that begins so; with a count of 0 at once. */
  says(beginning: string, count?: number): Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Resolves when it is gone and all it said is in `lines`. */
  gone: Promise<void>
}

export function startEngine(home: string): EngineProcess {
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL('./engine-process.ts', import.meta.url)), home],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const { stdin, stdout, pid } = child
  if (!stdin || !stdout || pid === undefined) throw new Error('the process did not start')
  // It may be killed while it is told something.
  stdin.on('error', () => undefined)
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const reader = createInterface({ input: stdout })
  reader.on('line', line => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const gone = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(() => {
    for (const look of waiting) look()
  })
  let ended = false
  reader.on('close', () => {
    ended = true
    for (const look of waiting) look()
  })
  return {
    pid,
    lines,
    tell: line => stdin.write(`${line}\n`),
    says: (beginning, count = 1) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = count === 0 ? '' : lines.filter(line => line.startsWith(beginning))[count - 1]
          if (found !== undefined) resolve(found)
          else if (ended) reject(new Error(`it ended without saying "${beginning}": ${lines.slice(-3).join(' | ')}`))
          else return
          waiting.delete(look)
        }
        waiting.add(look)
        look()
      }),
    signal: signal => child.kill(signal),
    gone,
  }
}

/** A directory of its own that is gone when the test is. */
export async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'watchfloor-state-'))
  try {
    await body(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
