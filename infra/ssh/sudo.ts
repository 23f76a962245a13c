// How a command becomes root where the login is not. The password goes over stdin, and only after sudo has asked with a
// prompt that nobody else can know; a mark on stderr tells when the command itself runs, so that what follows on stdin
// belongs to it. Neither prompt, mark nor password reaches argv of the command, its output, or an error.
import { type NodeText, nodeText } from '../../state/primitives/node-text.ts'
import type { Secret } from '../../state/primitives/secret.ts'
import { redact } from '../../state/redactor.ts'

/** What to do after a piece of stderr. */
export type Reply = 'wait' | 'password' | 'begin' | 'wrong'

export interface SudoDialogue {
  argv: readonly string[]
  /** Reads the next piece of stderr; `show` is what belongs to the command. */
  read(piece: Buffer): { show: Buffer; reply: Reply }
  /** Has the command itself been started? */
  begun(): boolean
  /** What sudo said, without prompt and mark, and without the password where the node echoes it. */
  said(): NodeText
  /** The line for stdin. */
  password: Secret
}

const keptTalk = 16_384

/** Without a password: sudo fails at once rather than ask. */
export function sudoWithoutPassword(argv: readonly string[]): string[] {
  return ['sudo', '-n', '--', ...argv]
}

/** Did `sudo -n` itself refuse, so that the command never ran? It names itself and writes nothing else. */
export function sudoRefused(exit: number | null, stdout: Uint8Array, stderr: Uint8Array): boolean {
  if (stdout.length > 0) return false
  if (exit === 1) return Buffer.from(stderr).toString('latin1').startsWith('sudo: ')
  return exit === 127 && /\bsudo: (command )?not found/.test(Buffer.from(stderr).toString('latin1'))
}

/** `word` gives unguessable text of `[a-z0-9]`. */
export function sudoWithPassword(argv: readonly string[], password: Secret, word: () => string): SudoDialogue {
  const prompt = `[watchfloor ${word()}] password: `
  const mark = `[watchfloor ${word()}] begins\n`
  let talk = Buffer.alloc(0)
  let prompts = 0
  let begun = false

  return {
    argv: ['sudo', '-S', '-p', prompt, '--', '/bin/sh', '-c', 'printf %s "$0" >&2; exec "$@"', mark, ...argv],
    password,
    begun: () => begun,
    said() {
      const own = Buffer.from(talk.toString('latin1').replaceAll(prompt, ''), 'latin1')
      return nodeText(
        Buffer.from(redact([password.reveal()], own))
          .toString('utf8')
          .trim(),
        400,
      )
    },
    read(piece) {
      if (begun) return { show: piece, reply: 'wait' }
      talk = Buffer.concat([talk, piece])
      const at = talk.indexOf(mark)
      if (at >= 0) {
        begun = true
        const show = talk.subarray(at + mark.length)
        talk = talk.subarray(0, at)
        return { show, reply: 'begin' }
      }
      const asked = countOf(talk, prompt)
      const nothing = Buffer.alloc(0)
      if (asked > prompts) {
        prompts = asked
        return { show: nothing, reply: asked === 1 ? 'password' : 'wrong' }
      }
      return { show: nothing, reply: talk.length > keptTalk ? 'wrong' : 'wait' }
    },
  }
}

function countOf(talk: Buffer, text: string): number {
  let count = 0
  for (let at = talk.indexOf(text); at >= 0; at = talk.indexOf(text, at + text.length)) count++
  return count
}
