// What the operator must know before believing the picture: a lost link, a blind HQ, an engine in trouble, a fleet file
// that waits. Below it one quiet line about what is shown. Pure.

import { screens } from '../screens.ts'
import { createTheme, type Theme } from '../theme/tokens.ts'
import { clock, exactAge } from '../widgets/measure.ts'
import { fitted, piece, type Row, spread } from '../widgets/row.ts'
import type { Snapshot } from './room.ts'
import { placeOf } from './view.ts'

/** How many notices there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

/** Rows from which a blank one can be spared. */
const roomy = 30

const smallest = { columns: 80, rows: 24 }

/** On a screen of 24 rows one notice, which then says how many more there are; and the quiet line where it is needed. */
export function noticeRows(snapshot: Snapshot, theme: Theme): Row[] {
  const rows = worded(snapshot, theme)
  // Where there is room, the picture below stands apart.
  return snapshot.rows >= roomy && rows.length > 0 ? [...rows, []] : rows
}

function worded(snapshot: Snapshot, theme: Theme): Row[] {
  const notices = noticesOf(snapshot, theme)
  const { columns, rows, view } = snapshot
  const screen = screens[placeOf(view).screen]
  const quiet = screen.quiet(snapshot, theme)
  if (notices.length === 0) return quiet === null ? [] : [quiet]
  const room = rows <= smallest.rows ? 1 : 4
  const [last] = notices.slice(room - 1)
  const hidden = [piece('dim', ` and ${notices.length - room} more `)]
  const shown =
    last === undefined || notices.length <= room
      ? notices.map(row => fitted(row, columns))
      : [...notices.slice(0, room - 1).map(row => fitted(row, columns)), spread(last, hidden, columns)]
  // That not all is shown, or what keys will act on, is worth a row also where there are few.
  const isWorthIt = rows >= roomy || screen.narrows?.(snapshot) === true
  return quiet !== null && isWorthIt ? [...shown, quiet] : shown
}

/** Rows between notices and footer: what the keys move by must be what is painted. */
export function bodyHeightOf(snapshot: Snapshot): number {
  return Math.max(1, snapshot.rows - 2 - noticeRows(snapshot, plain).length)
}

function noticesOf(snapshot: Snapshot, theme: Theme): Row[] {
  const { link, state, live, now, frozenAt, columns, rows } = snapshot
  const cross = theme.glyphs.health.down
  const notices: Row[] = []
  const first = screens[placeOf(snapshot.view).screen].notice?.(snapshot, theme) ?? null
  if (first !== null) notices.push(first)
  if (!link.up) {
    const gone = `${cross} link to the engine lost for ${exactAge(now, link.since)}, what you see is old`
    notices.push([piece('down', ` ${gone}`), piece('dim', ` · ${link.why}`)])
  }
  if (state.watch.blind) {
    const { since, why } = state.watch.blind
    notices.push([
      piece('down', ` ${cross} HQ is blind`),
      piece('text', ` since ${clock(since, now)}: ${why}`),
      piece('dim', ' · nothing is known about any node until it sees again'),
    ])
  }
  if (frozenAt !== null) {
    notices.push([
      piece('accent', ` frozen since ${clock(frozenAt, now)}`),
      piece('dim', ' · what happens now is not shown · '),
      piece('key', 'z'),
      piece('dim', ' goes on'),
    ])
  }
  for (const trouble of live.engine.troubles) notices.push([piece('degraded', ' engine: '), piece('text', trouble)])
  notices.push(...fleetFileNotices(snapshot))
  const [mistake, ...more] = snapshot.mistakes
  if (mistake !== undefined) {
    notices.push([
      piece('degraded', ' your settings: '),
      piece('text', mistake),
      piece('dim', more.length > 0 ? ` and ${more.length} more · :settings shows them` : ''),
    ])
  }
  if (columns < smallest.columns || rows < smallest.rows) {
    notices.push([piece('dim', ` ${columns}×${rows} is small: some things are left out below 80×24`)])
  }
  return notices
}

function fleetFileNotices({ state }: Snapshot): Row[] {
  const { proposed, refused } = state.fleet
  const rows: Row[] = []
  if (refused) {
    const [first = 'it cannot be read', ...more] = refused.errors
    rows.push([
      piece('degraded', ' the fleet file is refused'),
      piece('text', `, what ran goes on: ${first}`),
      piece('dim', `${more.length > 0 ? ` and ${more.length} more` : ''} · :fleet-file`),
    ])
  }
  if (proposed) {
    const [change] = proposed.changes.filter(one => one.guarded !== null)
    const what = change ? ` · ${change.path} ${change.guarded ?? ''}` : ''
    rows.push([
      piece('degraded', ' a changed fleet file waits for a yes'),
      piece('dim', ' · '),
      piece('key', 'F'),
      piece('dim', ' shows all of it and asks'),
      piece('text', what),
    ])
  }
  return rows
}
