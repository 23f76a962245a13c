// What the screens draw, as lines that can be read aloud: one thing after the other, no columns, no frames, no signs that
// only look. Pure.
import { noticeRows } from '../room/notices.ts'
import { pictureRows } from '../room/picture.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { screens } from '../screens.ts'
import { createTheme } from '../theme/tokens.ts'
import type { Row } from '../widgets/row.ts'

const theme = createTheme('none', 'ascii')
/** Wide enough that nothing is cut that people would miss, and few enough rows that a journal does not take an hour. */
const size = { columns: 200, rows: 60 }

/** The screen from its header to its last line that says something. */
export function screenLines(snapshot: Snapshot): string[] {
  const bare = { ...snapshot.view, prompt: null, dialogs: [], toast: null }
  // The footer is keys; here there are words.
  return linesOf(pictureRows({ ...snapshot, ...size, view: bare }, theme).slice(0, -1))
}

/** What must be known before anything else is believed. */
export function noticeLines(snapshot: Snapshot): string[] {
  const wide = { ...snapshot, ...size }
  const quiet = screens[placeOf(snapshot.view).screen].quiet(wide, theme)
  const unsaid = quiet === null ? [] : linesOf([quiet])
  return linesOf(noticeRows(wide, theme)).filter(line => !unsaid.includes(line))
}

/** Blanks that put things in columns become commas; signs that are drawn and not said go. */
function linesOf(rows: readonly Row[]): string[] {
  return rows
    .map(row => row.map(({ text }) => text).join(''))
    .map(line => {
      const isHere = /^ ?[>|]/.test(line)
      const said = line
        // The cursor, bars, charts, scroll bars and rules.
        .replace(/[#_~^\u2500-\u259f]{2,}|[-=|<>.]{3,}/g, '  ')
        // A sign of its own stands apart; within words it may be a part of a command.
        .replace(/(^ ?|\s{2,})[*~X?M|>#!](?=\s|[*~X?M] |$)/g, '$1 ')
        .replace(/^ *[*~X?M] /, '')
        .replace(/ [#|]$/, '')
        .replace(/[·–—]/g, ',')
        .trim()
        .replace(/\s{2,}/g, ', ')
        .replace(/(?:\s*,)+/g, ',')
        .replace(/^,\s*|\s*,$/g, '')
      return isHere && said !== '' ? `here: ${said}` : said
    })
    .filter(line => /[\p{L}\p{N}]/u.test(line))
}
