// The journal as a list: when, who, what; newest first. Pure.
import type { Commit } from '../../state/journal/journal.ts'
import { incidentOf } from '../incidents/entries.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { type Line, lineRows, plainLine } from '../widgets/lines.ts'
import { clock } from '../widgets/measure.ts'
import { cut, fitted, piece, type Row } from '../widgets/row.ts'
import { listed, wishKey } from './state.ts'
import { type Known, wordsOf } from './words.ts'

export function journalRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return lineRows(journalLines(snapshot, theme), snapshot.view.screens.journal, height)
}

export function journalLines(snapshot: Snapshot, theme: Theme): Line[] {
  const known = knownOf(snapshot)
  const commits = listed(snapshot).map(
    (commit): Line => ({ key: String(commit.seq), row: isHere => commitRow(commit, isHere, snapshot, theme, known) }),
  )
  return [...commits, ...endLines(snapshot, commits.length)]
}

/** Below the last one: what there is further down, or that this is all. */
function endLines(snapshot: Snapshot, count: number): Line[] {
  const { found, view, link } = snapshot
  const pages = found.journal?.of === wishKey(view.screens.journal) ? found.journal : null
  const say = (words: string) => [plainLine([]), plainLine([piece('dim', ` ${words}`)])]
  if (pages?.failed) {
    return [plainLine([]), plainLine([piece('degraded', ' the engine did not answer: '), piece('text', pages.failed)])]
  }
  if (!pages) return say(link.up ? 'reading the journal …' : 'the journal cannot be read without the engine')
  if (pages.before !== null)
    return say(link.up ? `reading what is before ${pages.before} …` : 'older ones are not here')
  if (count > 0) return say('this is the beginning')
  return say(view.screens.journal.filter === '' ? 'nobody has done anything yet' : 'none that the filter lets through')
}

function commitRow(commit: Commit, isHere: boolean, snapshot: Snapshot, theme: Theme, known: Known): Row {
  const { now, columns } = snapshot
  const wide = columns >= 120
  const words = wordsOf(commit, now, known)
  const left = 3 + 16 + (wide ? 14 : 10)
  return [
    piece('accent', isHere ? `${theme.glyphs.selectedBar}  ` : '   '),
    ...fitted([piece('dim', clock(commit.at, now))], 16),
    ...fitted([piece(commit.by === 'engine' ? 'dim' : 'text', commit.by)], wide ? 14 : 10),
    piece(isHere ? 'selected' : commit.by === 'engine' ? 'dim' : 'text', cut(words, columns - left)),
  ]
}

export function knownOf(snapshot: Snapshot): Known {
  const { silences, maintenance } = snapshot.state.incidents
  return {
    incident: id => incidentOf(snapshot, id)?.title ?? null,
    quiet(id) {
      const one = [...silences, ...maintenance].find(known => known.id === id)
      return one ? one.selector : null
    },
  }
}

export function journalHead(snapshot: Snapshot, theme: Theme): Row {
  const { found, view } = snapshot
  const { isEveryone, filter } = view.screens.journal
  const row = [piece('dim', isEveryone ? '   everyone, the engine too' : '   people')]
  if (filter !== '') row.push(piece('dim', '   / '), piece('text', filter))
  const pages = found.journal
  if (pages && pages.of === wishKey(view.screens.journal) && pages.newer.length > 0) {
    const count = pages.isCut ? `${pages.newer.length} and more` : String(pages.newer.length)
    row.push(piece('accent', `   ${count} newer`), piece('dim', ` ${theme.glyphs.bullet} `), piece('key', 'g'))
  }
  return row
}
