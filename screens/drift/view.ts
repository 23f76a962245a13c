// Drift as it is seen: first what could not be looked at, since silence about a region is no news of it; then what was
// found, by kind, each with what it costs and what to do about it. Pure.
import type { DriftFinding, DriftReport, FindingKind } from '../../src/machines/shapes.ts'
import { amountOf } from '../money/amounts.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { keyUnder, type Line, lineRows, plainLine } from '../widgets/lines.ts'
import { ago, exactAge } from '../widgets/measure.ts'
import { shortRegion } from '../widgets/region.ts'
import { cut, fitted, piece, type Row, rightward, wrap } from '../widgets/row.ts'
import { keyOf, shownFindings } from './state.ts'

const kinds: Readonly<Record<FindingKind, { title: string; token: Token; look: 'down' | 'degraded' | 'unknown' }>> = {
  missing: { title: 'missing: should be there and is not', token: 'down', look: 'down' },
  extra: { title: 'extra: carries our tags, its node is not in the fleet file', token: 'degraded', look: 'degraded' },
  orphan: { title: 'orphans: of our nodes, and nothing recorded knows of them', token: 'degraded', look: 'degraded' },
  leftover: { title: 'left over: paid for, and hangs on no machine', token: 'degraded', look: 'degraded' },
  changed: { title: 'changed: not as the fleet file says', token: 'degraded', look: 'degraded' },
}
const order: readonly FindingKind[] = ['missing', 'extra', 'orphan', 'leftover', 'changed']

export function driftRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return lineRows(driftLines(snapshot, theme), snapshot.view.screens.drift, height)
}

export function driftLines(snapshot: Snapshot, theme: Theme): Line[] {
  const { report } = snapshot.found.drift
  const top = [...lookingRows(snapshot), ...(report === null ? [] : unlistedRows(report, snapshot, theme))].map(
    plainLine,
  )
  if (report === null) return top
  const findings = shownFindings(snapshot)
  return [
    ...top,
    ...(findings.length === 0 ? [plainLine(nothingRow(report, snapshot, theme))] : []),
    ...order.flatMap(kind =>
      kindLines(
        kind,
        findings.filter(one => one.kind === kind),
        snapshot,
        theme,
      ),
    ),
  ]
}

/** How old all of this is, and whether it is being looked at anew. */
function lookingRows({ found, now }: Snapshot): Row[] {
  const { report, lookingSince, failed } = found.drift
  const again: Row = [piece('dim', ' · '), piece('key', 'r'), piece('dim', ' looks again')]
  const rows: Row[] = []
  if (lookingSince !== null) {
    rows.push([
      piece('accent', ` listing every region for ${exactAge(now, lookingSince)} …`),
      piece('dim', ' what stands here is older'),
    ])
  } else if (report !== null) {
    const when = report.at === null ? 'nobody has looked yet' : `looked ${ago(now, report.at)}`
    rows.push([piece(report.at === null ? 'unknown' : 'dim', ` ${when}`), ...again])
  } else if (failed === null) rows.push([piece('dim', ' asking what was found …')])
  if (failed !== null) rows.push([piece('degraded', ' not looked: '), piece('text', failed), ...again])
  return rows
}

/** `3 of 20 regions could not be listed`: what they hold is not known, not clean. */
function unlistedRows({ regions }: DriftReport, { columns, now }: Snapshot, theme: Theme): Row[] {
  const missing = regions.filter(({ listed }) => !listed)
  if (missing.length === 0) return []
  const shown = missing.slice(0, 6)
  const rows = shown.map(({ provider, region, why, at }): Row => {
    const since = at === null ? 'never tried' : `tried ${ago(now, at)}`
    return [
      ...fitted([piece('text', `     ${provider} ${shortRegion(region, 16)}`)], 28),
      piece('text', cut(why ?? 'why is not known', Math.max(10, columns - 50))),
      piece('dim', ` · ${since}`),
    ]
  })
  const more = missing.length - shown.length
  return [
    [
      piece('unknown', ` ${theme.glyphs.health.unknown} unknown`),
      piece('text', `: ${missing.length} of ${regions.length} regions could not be listed`),
      piece('dim', ', what they hold may run and cost'),
    ],
    ...rows,
    ...(more > 0 ? [[piece('dim', `     and ${more} more`)]] : []),
  ]
}

function nothingRow(report: DriftReport, { view }: Snapshot, theme: Theme): Row {
  if (view.screens.drift.filter !== '' && report.findings.length > 0)
    return [piece('dim', ' none that the filter lets through')]
  if (report.at === null) return []
  const unlisted = report.regions.filter(({ listed }) => !listed).length
  const listed = report.regions.length - unlisted
  if (unlisted > 0) return [piece('dim', ` nothing was found in the ${listed} regions that were listed`)]
  return [
    piece('up', ` ${theme.glyphs.health.up}`),
    piece('dim', ` nothing is other than it should be, in ${listed} ${listed === 1 ? 'region' : 'regions'}`),
  ]
}

function kindLines(kind: FindingKind, findings: readonly DriftFinding[], snapshot: Snapshot, theme: Theme): Line[] {
  if (findings.length === 0) return []
  return [
    plainLine([]),
    plainLine([piece('heading', ` ${kinds[kind].title} (${findings.length})`)]),
    ...findings.flatMap(one => findingLines(one, snapshot, theme)),
  ]
}

function findingLines(one: DriftFinding, { columns }: Snapshot, theme: Theme): Line[] {
  const { token, look } = kinds[one.kind]
  const wide = columns >= 116
  const cost = one.monthly === null ? 'cost unknown' : `${amountOf(one.monthly.micros, one.monthly.currency)} a month`
  const widths = { node: wide ? 20 : 14, id: wide ? 30 : 23, place: wide ? 26 : 17, cost: 17 }
  const first: Line = {
    key: keyOf(one),
    row: isHere => [
      piece('accent', isHere ? theme.glyphs.selectedBar : ' '),
      piece(token, ` ${theme.glyphs.health[look]} `),
      ...fitted([piece(isHere ? 'selected' : 'text', cut(one.node ?? 'no node', widths.node - 1))], widths.node),
      ...fitted([piece('text', cut(one.id, widths.id - 1))], widths.id),
      ...fitted([piece('dim', wide ? `${one.provider} ${one.region}` : shortRegion(one.region, 16))], widths.place),
      ...rightward(piece(one.monthly === null ? 'unknown' : 'text', cost), widths.cost),
    ],
  }
  const arrow = ` ${theme.glyphs.keys.right ?? '->'} `
  const below = (mark: string, text: string, tone: Token): Row[] =>
    wrap(text, Math.max(10, columns - 9), 2).map((line, at) => [
      piece('accent', at === 0 ? `    ${mark.padEnd(4)}` : '        '),
      piece(tone, line),
    ])
  return [first, ...below('', one.what, 'dim').map(plainLine), ...below(arrow, one.remedy, 'text').map(plainLine)]
}

export function pointedFinding(snapshot: Snapshot, theme: Theme): DriftFinding | null {
  const key = keyUnder(driftLines(snapshot, theme), snapshot.view.screens.drift)
  return shownFindings(snapshot).find(one => keyOf(one) === key) ?? null
}

export function driftHead(snapshot: Snapshot, theme: Theme): Row {
  const { report } = snapshot.found.drift
  if (report === null) return []
  if (report.at === null && report.findings.length === 0) {
    return [piece('unknown', `   ${theme.glyphs.health.unknown} nobody has looked yet`)]
  }
  const unlisted = report.regions.filter(({ listed }) => !listed).length
  const { health } = theme.glyphs
  const count = report.findings.length
  return [
    ...(unlisted > 0
      ? [piece('unknown', `   ${health.unknown} ${unlisted} of ${report.regions.length} regions unknown`)]
      : []),
    count === 0 ? piece('dim', '   nothing found') : piece('degraded', `   ${health.degraded} ${count} found`),
  ]
}
