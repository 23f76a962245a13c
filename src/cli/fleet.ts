// `watchfloor fleet show|accept`: what of a changed fleet file waits for an operator's yes.
import { BadInput } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { FileChange } from '../fleet/shapes.ts'
import type { CliCommand } from './command.ts'
import { withEngine } from './session.ts'

export const fleetShow: CliCommand = {
  name: 'fleet show',
  summary: 'the fleet file that runs, and what of a changed one waits for a yes',
  exits: '3 a change waits · 1 the file was refused · 4 no engine',
  run(call) {
    return withEngine(call, async engine => {
      const { accepted, proposed, refused } = engine.state().fleet
      const { console } = call.context
      if (call.options.json) console.out(JSON.stringify({ accepted, proposed, refused }))
      else {
        if (accepted)
          console.out(
            `runs: ${accepted.sha256.slice(0, 12)}, accepted ${new Date(accepted.at).toISOString()} by ${accepted.by}`,
          )
        if (proposed) {
          console.out(`waits: ${proposed.sha256.slice(0, shownHash)}, seen ${new Date(proposed.at).toISOString()}`)
          for (const change of proposed.changes) console.out(`  ${changeLine(change)}`)
          console.out(howToAccept(proposed.sha256))
        }
        if (refused) {
          console.out(`refused: ${refused.sha256.slice(0, 12)}, seen ${new Date(refused.at).toISOString()}`)
          for (const error of refused.errors) console.out(`  ${forTerminal(error)}`)
        }
      }
      return refused ? 1 : proposed ? 3 : 0
    })
  },
}

export const fleetAccept: CliCommand = {
  name: 'fleet accept',
  summary: 'say yes to the change that waits, by the hash that it is shown with: it may run programs on HQ',
  args: '[sha256]',
  exits: '3 a change waits (without a hash it is only shown) · 5 nothing waits, or something else does · 4 no engine',
  run(call) {
    return withEngine(call, async engine => {
      const { proposed } = engine.state().fleet
      const { console } = call.context
      const wanted = call.args[0]?.toLowerCase()
      if (wanted !== undefined && !hashForm.test(wanted)) {
        throw new BadInput({
          name: 'hash-too-short',
          message: `"${wanted}" is not the hash of a change`,
          remedy: `Give at least ${shownHash} characters of it, as \`watchfloor fleet show\` prints them.`,
        })
      }
      if (!proposed || (wanted !== undefined && !proposed.sha256.startsWith(wanted))) {
        console.err(proposed ? `watchfloor: ${proposed.sha256} waits, not ${wanted}` : 'watchfloor: no change waits')
        return 5
      }
      for (const change of proposed.changes) console.out(changeLine(change))
      // A yes is to what was read: whatever took its place meanwhile has another hash.
      if (wanted === undefined) {
        console.out(howToAccept(proposed.sha256))
        return 3
      }
      await engine.do({ type: 'fleet.accept', sha256: proposed.sha256 })
      console.out(`accepted ${proposed.sha256.slice(0, shownHash)}`)
      return 0
    })
  },
}

/** So much of a hash nobody finds a second file for. */
const shownHash = 16
const hashForm = /^[0-9a-f]{16,64}$/

function howToAccept(sha256: string): string {
  return `accept it: watchfloor fleet accept ${sha256.slice(0, shownHash)}`
}

function changeLine(change: FileChange): string {
  const words = [change.kind, change.path]
  if (change.from !== null) words.push(`from ${change.from}`)
  if (change.to !== null) words.push(`to ${change.to}`)
  if (change.guarded !== null) words.push(`(${change.guarded})`)
  return forTerminal(words.join(' '))
}
