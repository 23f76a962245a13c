// A commit as one short sentence: what was done, seen or decided. An event that this does not know is named by its type, so
// that nothing in the journal is ever left out. Pure.
import type { Commit, StoredEvent } from '../../state/journal/journal.ts'
import { quoteWords } from '../../state/primitives/argv.ts'
import { texts } from '../room/restore.ts'
import { clock } from '../widgets/measure.ts'
import { cloudWords, type Said } from './cloud-words.ts'

/** What an id stands for, where the state still knows it. */
export interface Known {
  incident(id: string): string | null
  /** Selector and reason of a silence or a window. */
  quiet(id: string): string | null
}

const nothingKnown: Known = { incident: () => null, quiet: () => null }

export function wordsOf(commit: Commit, now = commit.at, known: Known = nothingKnown): string {
  const said = commit.events.map(event => sentenceOf(event, now, known))
  const rank = Math.min(...said.map(one => one.rank))
  const [first, ...more] = said.filter(one => one.rank === rank)
  if (!first) return `${commit.cmd.type}: nothing changed`
  return more.length === 0 ? first.words : `${first.words}, and ${more.length} more`
}

function sentenceOf(event: StoredEvent, now: number, known: Known): Said {
  const say = (rank: number, words: string): Said => ({ rank, words })
  const of = (name: string) => textOf(event[name])
  const moment = (name: string) => momentIn(event[name], now)
  const incident = () => known.incident(of('id')) ?? of('id')
  const quiet = () => known.quiet(of('id')) ?? of('id')
  switch (event.type) {
    case 'incidents.opened': {
      const { severity, title } = fieldsOf(event.incident)
      return say(0, `${textOf(severity)} ${textOf(title)}`)
    }
    case 'incidents.updated':
      return say(1, `${of('title') || incident()}`)
    case 'incidents.worsened':
      return say(0, `worse, now ${of('severity')}: ${of('title')}`)
    case 'incidents.resolved':
      return say(0, `closed ${incident()}: ${of('how')}`)
    case 'incidents.acknowledged':
      return say(0, `acknowledged ${incident()}`)
    case 'incidents.noted':
      return say(0, `noted on ${incident()}: ${of('text')}`)
    case 'incidents.silenced':
      return say(0, `silenced ${of('selector')} until ${moment('until')}: ${of('reason')}`)
    case 'incidents.silence-ended':
      return say(0, `the silence of ${quiet()} ended: ${of('how')}`)
    case 'incidents.maintained':
      return say(0, `maintenance of ${of('selector')} from ${moment('from')} to ${moment('until')}: ${of('reason')}`)
    case 'incidents.maintenance-ended':
      return say(0, `the maintenance of ${quiet()} ended: ${of('how')}`)
    case 'exec.started':
      return say(0, `ran \`${quoteWords(texts(event.argv))}\` on ${countOf(event.nodes, 'node', texts(event.nodes))}`)
    case 'exec.ended':
      return say(1, `ended: ${endings(event.outcomes)}`)
    case 'fleet.accepted':
      return say(0, `accepted the fleet file: ${countOf(event.changes, 'change')}`)
    case 'fleet.proposed':
      return say(0, `a changed fleet file waits for a yes: ${countOf(event.changes, 'change')}`)
    case 'fleet.withdrawn':
      return say(0, 'the fleet file is again what runs')
    case 'fleet.refused':
      return say(0, `refused the fleet file: ${texts(event.errors)[0] ?? 'it cannot be read'}`)
    case 'fleet.lifecycle-changed':
      return say(0, `${of('node')} is ${of('to')}`)
    case 'watch.health': {
      const { health, reason } = fieldsOf(event.health)
      const why = textOf(reason)
      return say(2, `${of('node')} is ${textOf(health)}${why === '' ? '' : `: ${why}`}`)
    }
    case 'watch.blind':
      return say(0, `HQ is blind: ${textOf(fieldsOf(event.blind).why)}`)
    case 'watch.sighted':
      return say(0, 'HQ sees again')
    case 'watch.gone':
      return say(2, `${of('node')} is watched no more`)
    case 'watch.remembered':
      return say(5, 'remembered what probes need next time')
    case 'watch.marked':
      return say(5, 'watched until here')
    case 'alerts.queued': {
      const { title, to } = fieldsOf(event.alert)
      return say(3, `to tell ${textOf(to)}: ${textOf(title)}`)
    }
    case 'alerts.delivered':
      return say(3, `told: ${of('id')}`)
    case 'alerts.failed':
      return say(3, `could not tell, tries again at ${moment('nextAt')}: ${of('why')}`)
    case 'alerts.ended':
      return say(3, `did not tell: ${of('why')}`)
    case 'alerts.closed':
      return say(4, `nobody has to be told of ${known.incident(of('incident')) ?? of('incident')} any more`)
    case 'journal.opened':
      return say(4, 'an engine took the journal')
    case 'journal.checkpoint':
      return say(4, 'kept the whole state as a checkpoint')
    default:
      return cloudWords(event) ?? say(3, event.type)
  }
}

function endings(outcomes: unknown): string {
  if (!Array.isArray(outcomes)) return 'how is not known'
  const counts = new Map<string, number>()
  for (const one of outcomes) {
    const how = textOf(fieldsOf(one).outcome)
    counts.set(how, (counts.get(how) ?? 0) + 1)
  }
  const parts = ['ok', 'failed', 'unreachable', 'timeout'].flatMap(how => {
    const count = counts.get(how)
    return count === undefined ? [] : [`${count} ${how}`]
  })
  return parts.length === 0 ? 'on no node' : parts.join(', ')
}

/** `paris`, `3 nodes`. */
function countOf(list: unknown, one: string, names: readonly string[] = []): string {
  const count = Array.isArray(list) ? list.length : 0
  const [name] = names
  if (count === 1 && name !== undefined) return name
  return `${count} ${count === 1 ? one : `${one}s`}`
}

function momentIn(value: unknown, now: number): string {
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > 8.64e15) return '?'
  return clock(value, now)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
