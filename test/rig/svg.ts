// A terminal's screen as an SVG picture, colours and all: what the README shows was on the screen of the running program.
import type headless from '@xterm/headless'

type Terminal = InstanceType<typeof headless.Terminal>

const cellWidth = 8.4
const cellHeight = 18
const margin = 14
const background = '#15181c'
const foreground = '#d4d8dc'

const base16 = [
  '#15181c',
  '#e0564c',
  '#5fa46c',
  '#e0a848',
  '#5a8fd0',
  '#b080c8',
  '#5fa6cf',
  '#c8ccd0',
  '#6c747c',
  '#f0766c',
  '#7fc48c',
  '#f0c068',
  '#7aafe8',
  '#d0a0e8',
  '#7fc6e8',
  '#f0f2f4',
]

export function screenAsSvg(terminal: Terminal, title: string): string {
  const { cols, rows } = terminal
  const width = cols * cellWidth + 2 * margin
  const height = rows * cellHeight + 2 * margin
  const buffer = terminal.buffer.active
  const parts: string[] = []
  for (let row = 0; row < rows; row++) {
    const line = buffer.getLine(buffer.viewportY + row)
    if (!line) continue
    let run: { from: number; text: string; key: string; style: Style } | null = null
    const flush = () => {
      if (run) parts.push(runAsSvg(run.text, run.from, row, run.style))
      run = null
    }
    for (let column = 0; column < cols; column++) {
      const cell = line.getCell(column)
      if (!cell || cell.getWidth() === 0) continue
      const style = styleOf(cell)
      const text = cell.getChars() || ' '
      // A rule is a run of one sign; a hundred of them alone would be half of the picture's size.
      const isRule = text === '─'
      const key = JSON.stringify([style, isRule])
      // Blocks and glyphs that fonts draw with other widths stand alone, so that columns stay columns.
      const alone = text.charCodeAt(0) > 0x7e && !isRule
      if (run === null || run.key !== key || alone) {
        flush()
        run = { from: column, text, key, style }
        if (alone) flush()
      } else run.text += text
    }
    flush()
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" width="${width.toFixed(0)}" height="${height}" font-family="'DejaVu Sans Mono', 'JetBrains Mono', Menlo, Consolas, monospace" font-size="14">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

interface Style {
  fill: string
  back: string | null
  bold: boolean
  dim: boolean
}

type Cell = NonNullable<ReturnType<NonNullable<ReturnType<Terminal['buffer']['active']['getLine']>>['getCell']>>

function styleOf(cell: Cell): Style {
  const front = colourOf(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor()) ?? foreground
  const back = colourOf(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor())
  const inverse = cell.isInverse() !== 0
  return {
    fill: inverse ? (back ?? background) : front,
    back: inverse ? front : back,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
  }
}

function colourOf(isDefault: boolean, isRgb: boolean, value: number): string | null {
  if (isDefault) return null
  if (isRgb) return `#${value.toString(16).padStart(6, '0')}`
  if (value < 16) return base16[value] ?? foreground
  if (value >= 232) {
    const grey = (8 + (value - 232) * 10).toString(16).padStart(2, '0')
    return `#${grey}${grey}${grey}`
  }
  const levels = [0, 95, 135, 175, 215, 255]
  const index = value - 16
  return `#${[Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map(part => (levels[part] ?? 0).toString(16).padStart(2, '0')).join('')}`
}

function runAsSvg(text: string, column: number, row: number, style: Style): string {
  const x = margin + column * cellWidth
  const y = margin + row * cellHeight
  const wide = [...text].length * cellWidth
  const back = style.back
    ? `<rect x="${x.toFixed(1)}" y="${y}" width="${wide.toFixed(1)}" height="${cellHeight}" fill="${style.back}"/>`
    : ''
  if (text.trim() === '') return back
  const block = blockAsSvg(text, x, y, style)
  if (block !== null) return back + block
  const weight = style.bold ? ' font-weight="bold"' : ''
  const opacity = style.dim ? ' opacity="0.6"' : ''
  return `${back}<text x="${x.toFixed(1)}" y="${y + 13.5}" fill="${style.fill}"${weight}${opacity} textLength="${wide.toFixed(1)}" xml:space="preserve">${escaped(text)}</text>`
}

/** Bars and charts are drawn, since fonts leave seams between block characters. */
function blockAsSvg(text: string, x: number, y: number, style: Style): string | null {
  const eighths = '▁▂▃▄▅▆▇█'.indexOf(text) + 1
  const rect = (left: number, top: number, width: number, height: number) =>
    `<rect x="${(x + left).toFixed(1)}" y="${(y + top).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${style.fill}"${style.dim ? ' opacity="0.6"' : ''}/>`
  if (text.length === 1 && eighths > 0)
    return rect(0, cellHeight * (1 - eighths / 8), cellWidth, (cellHeight * eighths) / 8)
  if (text === '▌') return rect(0, 0, cellWidth / 2, cellHeight)
  if (text === '▎') return rect(0, 0, cellWidth / 4, cellHeight)
  return null
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
