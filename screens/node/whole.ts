// What stands behind a line of a node's list, in full: for reading in a dialog. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import { forTerminal, linesForTerminal, nodeText } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'
import { type ShownNode, shownNode } from '../overview/nodes.ts'
import { isStale } from '../overview/readings.ts'
import type { Snapshot } from '../room/room.ts'
import { isScreenId, type ScreenId } from '../screens.ts'
import { clock, exactAge } from '../widgets/measure.ts'
import type { Entry } from './entries.ts'
import { ago, countsAs } from './entry-row.ts'
import { readingOf, valuesOf, withUnit } from './values.ts'

/** What enter opens: a page of its own where there is one, else a text. */
export type Opened = { screen: ScreenId; subject: string } | { title: string; lines: readonly string[] }

export function opened(entry: Entry, snapshot: Snapshot, name: string): Opened | null {
  switch (entry.kind) {
    case 'incident':
      return pageOf('incident', entry.incident.id)
    case 'word':
      return pageOf('incident', entry.incident.id)
    case 'run':
      return pageOf('run', entry.run.id)
    default: {
      const node = shownNode(snapshot, name)
      return node && { title: titleFor(entry, name), lines: wholeLines(entry, snapshot, node) }
    }
  }
}

/** Screens of other folders: what is not there is not opened. */
function pageOf(screen: string, subject: string): Opened | null {
  return isScreenId(screen) ? { screen, subject } : null
}

type Readable = Exclude<Entry, { kind: 'incident' | 'run' | 'word' }>

function titleFor(entry: Readable, name: string): string {
  switch (entry.kind) {
    case 'probe':
      return `${entry.probe.probe} on ${name}`
    case 'reading':
      return `${entry.push.probe} on ${name}`
    case 'unit':
      return `${entry.name} on ${name}`
    case 'error':
      return `an error on ${name}`
    case 'boot':
      return `a boot of ${name}`
  }
}

function wholeLines(entry: Readable, snapshot: Snapshot, node: ShownNode): string[] {
  const { now, columns } = snapshot
  const width = columns - 2
  switch (entry.kind) {
    case 'probe':
      return sampleLines(entry.probe, node, now, width)
    case 'reading':
      return sampleLines(entry.push, node, now, width)
    case 'unit':
      return [...broken(`${entry.name} is ${entry.words}`, width), '', ...sampleLines(entry.probe, node, now, width)]
    case 'error':
      return [
        ...broken(entry.text, width),
        '',
        ...broken(`read ${whenOf(entry.probe.at, now)} by ${entry.probe.probe}`, width),
      ]
    case 'boot':
      return [entry.words, whenOf(entry.at, now), ...entry.detail].flatMap(line => broken(line, width))
  }
}

/** The whole sample: what it found, what it counts as, when, every value with its unit, every fact. */
function sampleLines(probe: LiveProbe, node: ShownNode, now: number, width: number): string[] {
  const { detail, target, at, everyMs, facts = {} } = probe
  const old = isStale(probe, now) ? '; older than one and a half of that: it does not count any more' : ''
  const about = [
    ['looks at', target],
    ['counts as', countsAs(probe, node, now)],
    ['last look', whenOf(at, now)],
    ['looks', `every ${exactAge(everyMs, 0)}${old}`],
  ] as const
  const values = valuesOf(probe)
    .map(name => [name, readingOf(probe, name)] as const)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, withUnit(name, value)] as const)
  const told = Object.entries(facts)
  const names = [...about, ...values, ...told].map(([name]) => textWidth(forTerminal(name)))
  const indent = Math.min(24, Math.floor(width / 3), Math.max(...names) + 2)
  const pairs = (list: readonly (readonly [string, string])[]) =>
    list.flatMap(([name, value]) => paired(name, value, indent, width))
  return [
    ...broken(detail === '' ? 'it said nothing' : detail, width),
    '',
    ...pairs(about),
    ...(values.length > 0 ? ['', 'values', ...pairs(values)] : []),
    ...(told.length > 0 ? ['', 'facts', ...pairs(told)] : []),
  ]
}

function whenOf(at: number, now: number): string {
  return `${clock(at, now)}, ${ago(now, at)}`
}

function paired(name: string, value: string, indent: number, width: number): string[] {
  const label = `  ${forTerminal(name)}`
  const wide = indent + 2
  const lines = broken(value, Math.max(8, width - wide))
  const [first = '', ...more] = lines
  // A name longer than its column has a line of its own.
  const head =
    textWidth(label) < wide
      ? [`${label}${' '.repeat(wide - textWidth(label))}${first}`]
      : [label, ' '.repeat(wide) + first]
  return [...head, ...more.map(line => ' '.repeat(wide) + line)].flatMap(line => broken(line, width))
}

/** All of a text in lines of at most `width` columns: between words, and through words that are longer than a line. */
export function broken(text: string, width: number): string[] {
  return linesForTerminal(nodeText(text, Number.MAX_SAFE_INTEGER)).flatMap(line => {
    if (textWidth(line) <= width) return [line]
    const lines: string[] = []
    let current = ''
    let wide = 0
    for (const word of line.split(/(?<= )/)) {
      const length = textWidth(word.trimEnd())
      if (wide > 0 && wide + length > width) {
        lines.push(current.trimEnd())
        current = ''
        wide = 0
      }
      for (const character of word) {
        const next = textWidth(character)
        if (wide + next > width && character !== ' ') {
          lines.push(current.trimEnd())
          current = ''
          wide = 0
        }
        current += character
        wide += next
      }
    }
    return [...lines, current.trimEnd()]
  })
}
