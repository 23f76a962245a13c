// The line of time while the overview is rewound: what happened when, what was kept, and which moment is looked at. Pure.
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { joinAlike } from '../widgets/chart.ts'
import { clock } from '../widgets/measure.ts'
import { type Piece, piece, type Row, spread, widthOf } from '../widgets/row.ts'
import { pastNote, shownPast, takenFrom } from './lens.ts'
import { type Marker, markerAt, markersOf } from './moments.ts'

const hour = 3_600_000
const spans = [
  { ms: hour, words: '1 h' },
  { ms: 6 * hour, words: '6 h' },
  { ms: 24 * hour, words: '24 h' },
  { ms: 168 * hour, words: '7 d' },
] as const
type Span = { ms: number; words: string }

/** From so many rows on the line has one of its own; below, it shares that of the notice. */
const roomy = 30

/** What the line takes of the body. */
export function timelineHeight({ view, rows }: Pick<Snapshot, 'view' | 'rows'>): 0 | 1 {
  return view.screens.overview.at !== null && rows >= roomy ? 1 : 0
}

/** ` as of 03:12:00Z, 7 h ago · SEV1 paris is down`: of a live snapshot; null while the overview is live. */
export function pastNotice(snapshot: Snapshot, theme: Theme): Row | null {
  const { view, columns, found } = snapshot
  const { at } = view.screens.overview
  if (at === null) return null
  const said = [...wordsOf(at, snapshot, found.overview?.failed ?? null)]
  const keys: Piece[] = [piece('key', ' esc'), piece('dim', ' live ')]
  if (timelineHeight(snapshot) > 0) return spread([...said, ...about(at, snapshot)], keys, columns)
  const room = columns - widthOf([...said, ...keys]) - 3
  // A line too short to tell one moment from another says less than the words do.
  if (room < shortest || markerAt(snapshot, at) !== null)
    return spread([...said, ...about(at, snapshot)], keys, columns)
  return [...said, piece('text', '  '), ...line(at, snapshot, room, theme), ...keys, piece('text', ' ')]
}

const shortest = 16

function wordsOf(at: number, snapshot: Snapshot, failed: string | null): Piece[] {
  const { now } = snapshot
  const answer = shownPast(snapshot)
  if (failed !== null) return [piece('past', ` ${clock(at, now)} is not known: `), piece('degraded', failed)]
  if (answer === null)
    return [piece('past', ` going back to ${clock(at, now)}`), piece('dim', ' · until HQ says, live')]
  const shown = piece('past', ` as of ${clock(answer.at, now)}, ${ago(now - answer.at)} ago`)
  return answer.at === at ? [shown] : [shown, piece('dim', ` · on the way to ${clock(at, now)}`)]
}

function about(at: number, snapshot: Snapshot): Piece[] {
  const answer = shownPast(snapshot)
  const note = answer === null ? null : pastNote(answer, snapshot.now)
  if (note !== null) return [piece('dim', ' · '), piece('unknown', note)]
  const marker = markerAt(snapshot, at)
  return marker === null ? [] : [piece('dim', ' · '), piece('text', marker.words)]
}

/** `1 m`, `7 h`: never `now`, which it is not. */
function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** The line as a row of its own. */
export function timelineRow(snapshot: Snapshot, width: number, theme: Theme): Row {
  const { at } = snapshot.view.screens.overview
  if (at === null) return []
  return [piece('text', ' '), ...line(at, takenFrom(snapshot), width - 2, theme)]
}

function line(at: number, snapshot: Snapshot, width: number, theme: Theme): Row {
  const { now } = snapshot
  const span = spanFor(now - at)
  const left = `${span.words} `
  const right = ' now'
  const cells = Math.max(1, width - left.length - right.length)
  return [piece('dim', left), ...joinAlike(cellsOf(at, span, cells, snapshot, theme)), piece('dim', right)]
}

/** The shortest that reaches so far back; beyond the longest, as long as it must be. */
function spanFor(ageMs: number): Span {
  const long = spans.find(({ ms }) => ageMs <= ms)
  if (long) return long
  const days = Math.ceil(ageMs / (24 * hour))
  return { ms: days * 24 * hour, words: `${days} d` }
}

const tokens: Readonly<Record<Marker['kind'], Token>> = {
  sev1: 'down',
  sev2: 'degraded',
  person: 'accent',
  boot: 'text',
  over: 'up',
}
/** Of several in one column the first of these is drawn. */
const loudest: readonly Marker['kind'][] = ['sev1', 'sev2', 'person', 'boot', 'over']

function cellsOf(
  at: number,
  span: Span,
  width: number,
  snapshot: Snapshot,
  theme: Theme,
): { token: Token; text: string }[] {
  const { now } = snapshot
  const from = now - span.ms
  const column = (moment: number) => Math.min(width - 1, Math.floor(((moment - from) / span.ms) * width))
  const answer = shownPast(snapshot)
  const oldest = answer === null ? from : (answer.oldest ?? now)
  const cells = Array.from({ length: width }, (_, index): { token: Token; text: string } =>
    // What was not kept is a gap.
    from + ((index + 1) / width) * span.ms < oldest
      ? { token: 'dim', text: theme.glyphs.gap }
      : { token: 'rule', text: theme.glyphs.rule },
  )
  const found = new Map<number, Marker['kind']>()
  for (const marker of markersOf(snapshot)) {
    if (marker.at < from) continue
    const index = column(marker.at)
    const known = found.get(index)
    if (known === undefined || loudest.indexOf(marker.kind) < loudest.indexOf(known)) found.set(index, marker.kind)
  }
  for (const [index, kind] of found) {
    cells[index] = { token: tokens[kind], text: kind === 'over' ? theme.glyphs.health.up : theme.glyphs.event[kind] }
  }
  cells[Math.max(0, column(at))] = { token: 'past', text: theme.glyphs.moment }
  return cells
}
