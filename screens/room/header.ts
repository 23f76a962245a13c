// The line at the top, the same in every screen: which fleet, where in the room, how it is, what time it is. Pure.
import { shortVerdict } from '../money/verdict.ts'
import { screens } from '../screens.ts'
import type { Theme } from '../theme/tokens.ts'
import { clock } from '../widgets/measure.ts'
import { type Piece, piece, type Row, spread, widthOf } from '../widgets/row.ts'
import type { Snapshot } from './room.ts'
import { placeOf } from './view.ts'

/** What counts and incidents add on the left when something happens. */
const spareForTrouble = 24

export function headerRow(snapshot: Snapshot, theme: Theme): Row {
  const { columns, now, view } = snapshot
  const time = [piece('dim', `  ${clock(now, now).slice(0, 5)}Z `)]
  const title: Piece[] = [piece('title', ` ${snapshot.live.fleet.name}`), ...badges(snapshot)]
  const { head } = screens[placeOf(view).screen]
  const left = [...title, ...crumbs(snapshot, theme), ...head(snapshot, theme)]
  const money = moneyPieces(snapshot, theme)
  // What the screen says of itself is never cut for it. Nor does it come and go with trouble, which makes the left longer.
  const hasRoom = widthOf([...left, ...money, ...time]) + spareForTrouble <= columns
  const right = hasRoom ? [...money, ...time] : time
  return spread(left, right, columns)
}

/** Absent until it is known; the page of money says it in full. */
function moneyPieces({ found, view }: Snapshot, theme: Theme): Piece[] {
  const { current } = found.money
  if (current === null || placeOf(view).screen === 'money') return []
  const words = shortVerdict(current, theme)
  return words.length === 0 ? [] : [piece('text', '   '), ...words]
}

function badges({ live }: Snapshot): Piece[] {
  const { homeKind, readOnly } = live.engine
  const kind = homeKind === 'real' ? [] : [piece('accent', ` ${homeKind.toUpperCase()}`)]
  return readOnly ? [...kind, piece('degraded', ' READ-ONLY')] : kind
}

/** `▸ incidents ▸ paris`: the overview is where everything begins and is not named. */
function crumbs(snapshot: Snapshot, theme: Theme): Piece[] {
  const { path } = snapshot.view
  return path.flatMap(({ screen, subject }, at): Piece[] => {
    if (screen === 'overview') return []
    const { title, subject: named } = screens[screen]
    // A subject says by itself what it is; only a screen without one needs its name.
    const words = [subject === null ? title : named(subject, snapshot)].flat()
    return words.flatMap((word, step) => [
      piece('dim', ` ${theme.glyphs.crumb} `),
      piece(at === path.length - 1 && step === words.length - 1 ? 'title' : 'dim', word),
    ])
  })
}
