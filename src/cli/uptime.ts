// `watchfloor uptime`: time-weighted shares with the coverage they rest on.
import type { Exit } from '../../state/primitives/errors.ts'
import type { CliCommand } from './command.ts'
import { text } from './command.ts'
import { table, worstExit } from './output.ts'
import { windowMs } from './program.ts'
import { withEngine } from './session.ts'
import type { UptimeDocument } from './shapes.ts'

/** Below this share of the window really watched, a ratio is shown but is no verdict. */
const enoughCoverage = 0.95

export const uptimeCommand: CliCommand = {
  name: 'uptime',
  summary: 'share of time up, per node, with how much of the window was really watched',
  options: [{ flags: '--window <span>', description: 'how far back: 24h, 7d, 30d', default: '24h' }],
  exits: '3 too little was watched to say · 4 no engine',
  run(call) {
    const words = text(call.options.window) ?? '24h'
    const span = windowMs(words)
    return withEngine(call, async engine => {
      const now = Date.now()
      const rows = await engine.ask('uptime', { from: now - span, to: now })
      const { console } = call.context
      if (call.options.json) {
        const nodes = rows.map(row => ({
          name: row.name,
          up_s: row.upS + row.degradedS,
          down_s: row.downS,
          unknown_s: row.unknownS,
          maintenance_s: row.maintenanceS,
          ratio: row.ratio,
          coverage: row.coverage,
        }))
        const document: UptimeDocument = { window: words, nodes }
        console.out(JSON.stringify(document))
      } else {
        const lines = rows.map(row => [
          row.name,
          row.ratio === null ? '–' : percent(row.ratio),
          percent(row.coverage),
          hours(row.downS),
          hours(row.unknownS),
          hours(row.maintenanceS),
        ])
        const head = ['node', `up ${words}`, 'watched', 'down', 'unknown', 'maintenance']
        for (const line of table([head, ...lines], [1, 2, 3, 4, 5])) console.out(line)
      }
      const exits: Exit[] = rows.map(row => (row.ratio === null || row.coverage < enoughCoverage ? 3 : 0))
      return worstExit(exits)
    })
  },
}

/** Cut, never rounded up: 99.999 % is not 100 %. */
function percent(ratio: number): string {
  return `${(Math.floor(ratio * 10_000) / 100).toFixed(2)} %`
}

function hours(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} m`
  return `${(seconds / 3600).toFixed(1)} h`
}
