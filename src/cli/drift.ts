// `watchfloor drift`: the fleet file, what the engine recorded and what clouds really hold, compared. A region that could
// not be listed is unknown, and never clean.
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import type { DriftReport } from '../machines/shapes.ts'
import { isoOf, isoOrNull, money } from './amounts.ts'
import type { Call, CliCommand } from './command.ts'
import { worstExit } from './output.ts'
import { withEngine } from './session.ts'
import type { DriftDocument } from './shapes-clouds.ts'

export const driftCommand: CliCommand = {
  name: 'drift',
  summary: 'what clouds hold, against the fleet file and the records: missing, extra, changed, orphaned, left over',
  options: [{ flags: '--no-look', description: 'list nothing now: what the last look showed' }],
  exits: '1 something is found · 3 a region is unknown · 4 no engine',
  run: call => withEngine(call, engine => drift(call, engine)),
}

export async function drift(call: Call, engine: Engine): Promise<Exit> {
  const { console } = call.context
  const isFresh = call.options.look !== false
  if (isFresh) console.err('listing every region that is enabled …')
  const report = await engine.ask('drift', { fresh: isFresh })
  if (call.options.json) console.out(JSON.stringify(documentOf(report)))
  else for (const line of driftLines(report)) console.out(forTerminal(line))
  // Never looked at is not clean either.
  const isUnknown = report.at === null || report.regions.some(region => !region.listed)
  return worstExit([report.findings.length > 0 ? 1 : 0, isUnknown ? 3 : 0])
}

function documentOf(report: DriftReport): DriftDocument {
  return {
    at: isoOrNull(report.at),
    regions: report.regions.map(one => ({ ...one, at: isoOrNull(one.at) })),
    findings: report.findings.map(one => ({ ...one })),
  }
}

function driftLines({ at, regions, findings }: DriftReport): string[] {
  const unknown = regions.filter(region => !region.listed)
  return [
    at === null ? 'no whole look has ended yet' : `looked at ${isoOf(at).slice(0, 16)}Z`,
    ...findings.flatMap(one => [
      `${one.kind.toUpperCase()} ${one.provider} ${one.region} ${one.id}${one.node === null ? '' : ` (${one.node})`}: ${one.what}`,
      `  ${one.monthly === null ? 'what it costs is unknown' : `${money(one.monthly.micros, one.monthly.currency)} a month`}; ${one.remedy}`,
    ]),
    ...unknown.map(one => `UNKNOWN ${one.provider} ${one.region}: ${one.why ?? 'it could not be listed'}`),
    `found: ${findings.length}; regions listed: ${regions.length - unknown.length}, unknown: ${unknown.length}`,
  ]
}
