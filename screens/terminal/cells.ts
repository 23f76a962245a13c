// A painted row as cells: what is shown, in which style, how wide. Ink gives rows as text with SGR sequences in it.
import { isNarrow, textWidth } from '../../state/primitives/width.ts'

export interface Cell {
  text: string
  /** The SGR sequences in force, as written; empty for plain. */
  style: string
  /** 0, 1 or 2 columns. */
  width: number
}

const sgr = /\u001b\[([0-9;:]*)m/y

/** Made with the first text that needs it: its tables take as long to load as a tenth of the first frame. */
const graphemes: { segmenter?: Intl.Segmenter } = {}
function segmentsOf(text: string): Intl.Segments {
  graphemes.segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return graphemes.segmenter.segment(text)
}

/** Cells of one row. Other escape sequences than SGR never come this far: texts are rendered harmless before layout. */
export function cellsOf(row: string): Cell[] {
  const cells: Cell[] = []
  let style = ''
  let at = 0
  while (at < row.length) {
    if (row.charCodeAt(at) === 0x1b) {
      sgr.lastIndex = at
      const match = sgr.exec(row)
      if (!match) {
        at += 1
        continue
      }
      style = withSgr(style, match[1] ?? '')
      at = sgr.lastIndex
      continue
    }
    const end = row.indexOf('\u001b', at)
    pushText(cells, row.slice(at, end < 0 ? row.length : end), style)
    at = end < 0 ? row.length : end
  }
  return cells
}

/** Whether a blank looks other than plain: a background, inverse, underlined or struck. Its colour nobody sees. */
export function showsOnBlank(style: string): boolean {
  return style !== '' && style.split('|').some(part => /^(?:[479]|4[0-8].*|10[0-7])$/.test(part))
}

function pushText(cells: Cell[], text: string, style: string): void {
  if (isNarrow(text)) {
    const onBlanks = showsOnBlank(style) ? style : ''
    for (const character of text) cells.push({ text: character, style: character === ' ' ? onBlanks : style, width: 1 })
    return
  }
  for (const { segment } of segmentsOf(text)) {
    const width = textWidth(segment)
    const last = cells.at(-1)
    // A mark that takes no room belongs to the cell before it.
    if (width === 0 && last) last.text += segment
    else if (width > 0) {
      const seen = segment !== ' ' || showsOnBlank(style)
      cells.push({ text: segment, style: seen ? style : '', width: Math.min(2, width) })
    }
  }
}

/** Which attribute a code sets; a code that ends attributes says which. */
const ends: Readonly<Record<string, readonly string[]>> = {
  '22': ['1', '2'],
  '23': ['3'],
  '24': ['4'],
  '27': ['7'],
  '29': ['9'],
  '39': ['fg'],
  '49': ['bg'],
}

function withSgr(style: string, codes: string): string {
  if (codes === '' || codes === '0') return ''
  // Our own rows set one colour at a time, on a plain pen.
  if (style === '' && /^(?:[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|[1-9]\d?)$/.test(codes)) return ends[codes] ? '' : codes
  const active = new Map(style === '' ? [] : style.split('|').map(part => [slotOf(part), part] as const))
  const parts = codes.split(';')
  for (let index = 0; index < parts.length; index++) {
    const code = parts[index] ?? ''
    const wide = (code === '38' || code === '48') && (parts[index + 1] === '5' ? 3 : parts[index + 1] === '2' ? 5 : 0)
    if (wide) {
      const whole = parts.slice(index, index + wide).join(';')
      active.set(slotOf(whole), whole)
      index += wide - 1
    } else if (code === '0' || code === '') active.clear()
    else if (ends[code]) for (const slot of ends[code]) active.delete(slot)
    else active.set(slotOf(code), code)
  }
  return [...active.values()].join('|')
}

function slotOf(code: string): string {
  const number = Number(code.split(';')[0])
  if ((number >= 30 && number <= 38) || (number >= 90 && number <= 97)) return 'fg'
  if ((number >= 40 && number <= 48) || (number >= 100 && number <= 107)) return 'bg'
  return code
}
