// Runs programs for the lab: argv only, always with a deadline, and errors that say what was run and what it said.
import { execFile } from 'node:child_process'

export interface Done {
  /** Null when it was killed at its deadline. */
  exit: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  timeoutMs?: number
  input?: string
  env?: Readonly<Record<string, string>>
  cwd?: string
}

/** Runs to the end or to the deadline (10 s); a bad exit is an answer, not an error. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Done> {
  const [program, ...args] = argv
  if (program === undefined) throw new Error('nothing to run')
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      {
        timeout: options.timeoutMs ?? 10_000,
        killSignal: 'SIGKILL',
        maxBuffer: 64 << 20,
        encoding: 'utf8',
        ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code === 'string') reject(new Error(`${program}: ${error.code}`))
        else resolve({ exit: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr })
      },
    )
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}

/** Like `run`, but anything else than exit 0 throws. Resolves with what it printed. */
export async function mustRun(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const done = await run(argv, options)
  if (done.exit === 0) return done.stdout
  const said = `${done.stdout}${done.stderr}`.trim().split('\n').slice(-12).join('\n')
  throw new Error(
    `${argv.join(' ')}: ${done.exit === null ? 'still running at its deadline' : `exit ${done.exit}`}\n${said}`,
  )
}

/** Asks until the answer is there: neither null, false nor an empty text. An error counts as "not yet", and is told at the deadline. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  timeoutMs: number,
  everyMs = 100,
): Promise<T> {
  const until = performance.now() + timeoutMs
  let last: unknown = null
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== null && answer !== undefined && answer !== false && answer !== '') return answer
      last = null
    } catch (error) {
      last = error
    }
    if (performance.now() >= until) {
      throw new Error(`${what}: not so after ${timeoutMs} ms${last instanceof Error ? `; last: ${last.message}` : ''}`)
    }
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
