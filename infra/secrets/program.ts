// `exec:COMMAND`: a program on HQ prints the secret (pass, sops, op …). An argv and never a shell; its output is the
// secret and its stderr may quote it, so neither is ever part of an error.
import { execFile } from 'node:child_process'
import type { SecretRef } from '../../state/primitives/secret.ts'
import { secretTrouble } from './trouble.ts'

const largestBytes = 256 * 1024

export function readProgram(
  ref: SecretRef,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  deadlineMs: number,
): Promise<string> {
  const argv = splitArgv(ref.reference)
  const [program, ...args] = argv ?? []
  if (program === undefined) {
    return Promise.reject(secretTrouble(ref, 'is no command', 'Quotes must be closed: exec:pass show "my key".'))
  }
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...env },
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
      maxBuffer: largestBytes,
    } as const
    const child = execFile(program, args, { ...options, encoding: 'utf8', shell: false }, (error, stdout) => {
      const text = stdout.replace(/\r?\n$/, '')
      if (!error && text !== '') return resolve(text)
      reject(secretTrouble(ref, why(error, deadlineMs), 'Run it by hand as the user that the engine runs as.'))
    })
    // A program that asks must find nobody there.
    child.stdin?.end()
  })
}

function why(error: (Error & { code?: unknown; killed?: boolean }) | null, deadlineMs: number): string {
  if (!error) return 'printed nothing'
  if (error.code === 'ENOENT') return 'is not there'
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'printed more than a secret has'
  if (error.killed) return `did not answer within ${deadlineMs / 1000} s`
  return typeof error.code === 'number' ? `ended with status ${error.code}` : 'could not be run'
}

/** `pass show "my key"` → its words; quotes group, a backslash keeps the next character. Null when a quote stays open. */
export function splitArgv(command: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let at = 0; at < command.length; at++) {
    const letter = command[at] ?? ''
    if (letter === '\\' && quote !== "'") {
      at += 1
      word = (word ?? '') + (command[at] ?? '')
    } else if (quote !== null) {
      if (letter === quote) quote = null
      else word = (word ?? '') + letter
    } else if (letter === '"' || letter === "'") {
      quote = letter
      word ??= ''
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + letter
  }
  if (quote !== null) return null
  if (word !== null) words.push(word)
  return words
}
