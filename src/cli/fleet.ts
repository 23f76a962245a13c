// `watchfloor fleet show|accept`: what of a changed fleet file waits for an operator's yes.
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
          console.out(`waits: ${proposed.sha256.slice(0, 12)}, seen ${new Date(proposed.at).toISOString()}`)
          for (const change of proposed.changes) console.out(`  ${changeLine(change)}`)
          console.out('accept it: watchfloor fleet accept')
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
  summary: 'say yes to the change that waits: it may run programs on HQ or trust another host key',
  args: '[sha256]',
  exits: '5 nothing waits, or something else does · 4 no engine',
  run(call) {
    return withEngine(call, async engine => {
      const { proposed } = engine.state().fleet
      const { console } = call.context
      const wanted = call.args[0]
      if (!proposed || (wanted && !proposed.sha256.startsWith(wanted))) {
        console.err(proposed ? `watchfloor: ${proposed.sha256} waits, not ${wanted}` : 'watchfloor: no change waits')
        return 5
      }
      for (const change of proposed.changes) console.out(changeLine(change))
      await engine.do({ type: 'fleet.accept', sha256: proposed.sha256 })
      console.out(`accepted ${proposed.sha256.slice(0, 12)}`)
      return 0
    })
  },
}

function changeLine(change: FileChange): string {
  const words = [change.kind, change.path]
  if (change.from !== null) words.push(`from ${change.from}`)
  if (change.to !== null) words.push(`to ${change.to}`)
  if (change.guarded !== null) words.push(`(${change.guarded})`)
  return forTerminal(words.join(' '))
}
