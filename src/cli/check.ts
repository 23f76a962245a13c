// `watchfloor check`: looks now. Through the engine's own connections when one runs, else in this process, writing nothing.
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { CheckRow } from '../engine/engine.ts'
import type { CliCommand } from './command.ts'
import { table } from './output.ts'
import { checkNow } from './session.ts'
import type { CheckDocument } from './shapes.ts'

export const checkCommand: CliCommand = {
  name: 'check',
  summary: 'look at nodes now with every probe of the fleet file',
  args: '[selector]',
  exits: '1 a node is down · 3 nothing could be seen of a node',
  async run(call) {
    const selector = call.args[0] ?? '*'
    const { fleet, rows } = await checkNow(call, selector)
    const { console } = call.context
    if (call.options.json) {
      const nodes = rows.map(row => ({
        name: row.name,
        health: row.health,
        probes: row.probes.map(({ kind, target, ok, ms, detail }) => ({ kind, target, ok, ms, detail })),
      }))
      const document: CheckDocument = { fleet, at: new Date().toISOString(), nodes }
      console.out(JSON.stringify(document))
    } else {
      for (const line of checkLines(rows)) console.out(line)
    }
    return checkExit(rows)
  },
}

function checkExit(rows: readonly CheckRow[]): Exit {
  if (rows.some(row => row.health === 'down')) return 1
  return rows.some(row => row.health === 'unknown') ? 3 : 0
}

const marks = new Map<boolean | null, string>([
  [true, '●'],
  [false, '✖'],
  [null, '○'],
])

function checkLines(rows: readonly CheckRow[]): string[] {
  return table(
    rows.flatMap(row => [
      [row.name, row.health, '', ''],
      ...row.probes.map(probe => [
        '',
        `${probe.ok && probe.warn ? '◐' : marks.get(probe.ok)} ${probe.kind}`,
        probe.ms === null ? '' : `${Math.round(probe.ms)} ms`,
        forTerminal(probe.detail),
      ]),
    ]),
    [2],
  )
}
