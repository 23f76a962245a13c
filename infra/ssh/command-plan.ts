// The line that a command becomes on its way to a node, and whether sudo stands before it.
import { quoteArgv } from './quote.ts'
import type { ExecRequest, SshTarget } from './ssh.ts'
import { type SudoDialogue, sudoWithoutPassword, sudoWithPassword } from './sudo.ts'

export interface CommandPlan {
  line: string
  dialogue: SudoDialogue | null
  becomes: boolean
}

export function planCommand(target: SshTarget, request: ExecRequest, word: () => string): CommandPlan {
  const { become } = target
  if (become === null || request.become === false || target.user === 'root') {
    return { line: quoteArgv(request.argv), dialogue: null, becomes: false }
  }
  if (become.password === null)
    return { line: quoteArgv(sudoWithoutPassword(request.argv)), dialogue: null, becomes: true }
  const dialogue = sudoWithPassword(request.argv, become.password, word)
  return { line: quoteArgv(dialogue.argv), dialogue, becomes: true }
}
