// The columns of the table, each a record: its title, its width, what a cell says. Which are shown follows from the width,
// until the operator chooses. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import { severityToken } from '../incidents/open.ts'
import type { Theme } from '../theme/tokens.ts'
import { age, milliseconds, sparkline } from '../widgets/measure.ts'
import { shortRegion } from '../widgets/region.ts'
import { type Piece, piece, type Row } from '../widgets/row.ts'
import type { ShownNode } from './nodes.ts'
import { generationOf, heartbeatOf, isStale, latest, type Measure, measured, meshOf, shortReason } from './readings.ts'
import { type ColumnId, columnIds } from './state.ts'

export interface Cell {
  node: ShownNode
  now: number
  isSelected: boolean
  isMarked: boolean
  theme: Theme
  width: number
}

export interface Column {
  title: string
  /** What it is, in words for the chooser. */
  note: string
  /** Columns of the terminal: below 110, below 180, from there on. */
  widths: readonly [number, number, number]
  isRight: boolean
  /** Columns of the terminal from which it is shown unasked; null: only when it is chosen. */
  from: number | null
  cell(cell: Cell): Row
}

const plain = (text: string | null): Row => (text === null ? nothing : [piece('dim', text)])
const nothing: Row = [piece('dim', '–')]

export const columns: Readonly<Record<ColumnId, Column>> = {
  health: {
    title: ' health',
    note: 'up, degraded, down, unknown, maintenance',
    widths: [12, 14, 14],
    isRight: false,
    from: 0,
    cell: ({ node, isSelected, isMarked, theme }) => [
      barOf(node, isSelected, isMarked, theme),
      piece(node.isLive ? node.health : 'dim', `${theme.glyphs.health[node.health]} ${node.health}`),
    ],
  },
  node: {
    title: 'node',
    note: 'its name',
    widths: [13, 16, 18],
    isRight: false,
    from: 0,
    cell: ({ node, isSelected }) => [piece(isSelected ? 'selected' : 'text', node.name)],
  },
  region: {
    title: 'region',
    note: 'where its provider has it',
    widths: [10, 14, 15],
    isRight: false,
    from: 0,
    cell: ({ node, width }) => [piece('dim', shortRegion(node.where, width))],
  },
  city: {
    title: 'city',
    note: 'where that is, in words',
    widths: [14, 16, 18],
    isRight: false,
    from: 190,
    cell: ({ node }) => plain(node.city),
  },
  provider: {
    title: 'provider',
    note: 'who runs the machine',
    widths: [8, 8, 8],
    isRight: false,
    from: null,
    cell: ({ node }) => plain(node.provider),
  },
  type: {
    title: 'type',
    note: "the machine's type",
    widths: [10, 10, 12],
    isRight: false,
    from: null,
    cell: ({ node }) => plain(node.type),
  },
  mesh: {
    title: 'mesh ms',
    note: 'round trip through the mesh, else of a ping',
    widths: [7, 9, 9],
    isRight: true,
    from: 0,
    cell: cell => latencyCell(meshOf(cell.node), cell),
  },
  http: {
    title: 'https ms',
    note: 'how long the service takes to answer',
    widths: [8, 9, 9],
    isRight: true,
    from: 0,
    cell: cell => latencyCell(latest(cell.node, 'http'), cell),
  },
  ssh: {
    title: 'ssh ms',
    note: 'how long a login takes',
    widths: [7, 9, 9],
    isRight: true,
    from: 170,
    cell: cell => latencyCell(latest(cell.node, 'ssh'), cell),
  },
  tls: {
    title: 'tls d',
    note: 'days that the certificate is good for',
    widths: [5, 5, 5],
    isRight: true,
    from: 110,
    cell: cell => measureCell('tls', cell),
  },
  cpu: {
    title: 'cpu %',
    note: 'of all cores',
    widths: [5, 5, 9],
    isRight: true,
    from: 150,
    cell: cell => shareCell('cpu', cell),
  },
  ram: {
    title: 'ram %',
    note: 'of its memory',
    widths: [5, 5, 9],
    isRight: true,
    from: 110,
    cell: cell => shareCell('ram', cell),
  },
  disk: {
    title: 'disk %',
    note: 'of its fullest disk',
    widths: [6, 6, 9],
    isRight: true,
    from: 110,
    cell: cell => shareCell('disk', cell),
  },
  spark: {
    title: 'latency',
    note: 'the last latencies against their own usual',
    widths: [8, 12, 16],
    isRight: false,
    from: 130,
    cell: ({ node, width, theme }) => [piece('trend', sparkline(node.spark, width, theme))],
  },
  heartbeat: {
    title: 'push',
    note: 'when it pushed last, or how many pushes are missing',
    widths: [8, 8, 8],
    isRight: true,
    from: 160,
    cell: ({ node, now }) => {
      const pushed = heartbeatOf(node, now)
      return pushed === null ? nothing : [piece(pushed.isLate ? 'degraded' : 'dim', pushed.words)]
    },
  },
  generation: {
    title: 'gen',
    note: 'the generation that it runs',
    widths: [5, 5, 5],
    isRight: true,
    from: 180,
    cell: ({ node }) => plain(generationOf(node)),
  },
  tags: {
    title: 'tags',
    note: 'as the fleet file gives them',
    widths: [12, 14, 18],
    isRight: false,
    from: null,
    cell: ({ node }) => plain(node.tags.length > 0 ? node.tags.join(' ') : null),
  },
  address: {
    title: 'address',
    note: 'in public',
    widths: [15, 15, 15],
    isRight: false,
    from: null,
    cell: ({ node }) => plain(node.address),
  },
  since: {
    title: 'for',
    note: 'how long it has been like that',
    widths: [6, 6, 6],
    isRight: true,
    from: 0,
    cell: ({ node, now }) => plain(node.since === null ? null : age(now, node.since)),
  },
  why: {
    title: 'why',
    note: 'what is wrong with it; takes the room that is left',
    widths: [12, 12, 12],
    isRight: false,
    from: 0,
    cell: ({ node }) => {
      if (node.health === 'up' || !node.isLive) return node.isLive ? [] : [piece('dim', 'not live yet: not watched')]
      const grade = node.known?.severity ?? null
      const severity = grade === null ? [] : [piece(severityToken(grade), `${grade} `)]
      return [...severity, piece('text', shortReason(node))]
    },
  },
}

/** The cell at the left edge: whether the cursor is here, whether the node is marked. */
export function barOf(node: ShownNode, isSelected: boolean, isMarked: boolean, theme: Theme): Piece {
  if (isMarked) return piece('mark', theme.glyphs.mark)
  return piece(node.health, isSelected ? theme.glyphs.selectedBar : ' ')
}

function latencyCell(probe: LiveProbe | null, { now, theme, width }: Cell): Row {
  if (!probe) return nothing
  if (probe.ok === false) return [piece('degraded', theme.glyphs.health.down)]
  if (probe.ok === null) return [piece('unknown', theme.glyphs.health.unknown)]
  const value = milliseconds(probe.ms)
  return agedCell(value, probe, now, width)
}

function measureCell(measure: Measure, { node, now, width }: Cell): Row {
  const found = measured(node, measure)
  return found === null ? nothing : agedCell(String(Math.round(found.value)), found.probe, now, width)
}

/** A value that is not of now is dim, with its age where there is room for both. */
function agedCell(value: string, probe: LiveProbe, now: number, width: number): Row {
  if (!isStale(probe, now)) return [piece('text', value)]
  const aged = `${value} ${age(now, probe.at)}`
  return [piece('dim', aged.length <= width ? aged : value)]
}

const meterSteps = 5

/** A percentage, with a small meter where there is room for one. */
function shareCell(measure: Measure, cell: Cell): Row {
  const number = measureCell(measure, cell)
  const found = measured(cell.node, measure)
  if (cell.width < meterSteps + 4 || !found || isStale(found.probe, cell.now)) return number
  const { full, empty } = cell.theme.glyphs.meter
  const filled = Math.max(0, Math.min(meterSteps, Math.round((found.value / 100) * meterSteps)))
  const value = String(Math.round(found.value)).padStart(4)
  return [piece('trend', full.repeat(filled)), piece('rule', empty.repeat(meterSteps - filled)), piece('text', value)]
}

/** What is shown at this width as long as the operator has not chosen. */
export function defaultColumns(width: number): readonly ColumnId[] {
  return columnIds.filter(id => {
    const { from } = columns[id]
    return from !== null && width >= from
  })
}
