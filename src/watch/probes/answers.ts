// How host probes read what commands print: decoded once, failures of the looking told apart from findings.
import type { HostAnswer, Outcome } from '../probe.ts'
import { couldNotLook } from './network.ts'

export function textOf(answer: HostAnswer | undefined): string {
  return answer ? new TextDecoder().decode(answer.stdout) : ''
}

export function complaintOf(answer: HostAnswer | undefined): string {
  const text = answer ? new TextDecoder().decode(answer.stderr).trim() : ''
  return text.split('\n')[0] ?? ''
}

/** Why this answer tells nothing: no such program, not allowed, ran out of time, cut off. Null: it can be read. */
export function unseen(answer: HostAnswer | undefined, program: string): Outcome | null {
  if (!answer || answer.exit === null) return couldNotLook(`could not look: ${program} gave no answer`)
  const complaint = complaintOf(answer)
  switch (answer.exit) {
    case 127:
      return couldNotLook(`could not look: no ${program} on the node`)
    case 126:
      return couldNotLook(`could not look: ${program} may not be run (${complaint})`)
    case 124:
    case 137:
    case 143:
      return couldNotLook(`could not look: ${program} did not end in time`)
    default:
      return null
  }
}

export function isForbidden(complaint: string): boolean {
  return /permission denied|not permitted|access denied|authentication required|must be root|authtoken/i.test(complaint)
}

export const needRoot = 'log in as root or set `ssh: { become: sudo }` for this node'

/** What journalctl says when the login may not read the system's journal. */
export function isUnreadable(complaint: string): boolean {
  return /not seeing messages|permission|no journal files were opened/i.test(complaint)
}
