// What has the node's journal complained about since the last look? Priority err and worse, from a remembered cursor.
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { ProbeInstance } from '../../fleet/fleet.ts'
import { isCursor, type JournalEntry, journalFields, readJournal, unitPattern } from '../journal-lines.ts'
import type { HostProbe, ProbeContext } from '../probe.ts'
import { complaintOf, isUnreadable, needRoot, textOf, unseen } from './answers.ts'
import { strings } from './measures.ts'
import { couldNotLook } from './network.ts'

/** Entries read at one look; a storm of more is reported as "at least". */
const entriesAtMost = 200
/** More of a message is neither matched nor shown. */
const messageChars = 2048
/** Messages shown; the node keeps the rest. */
const shownLines = 5

const pattern = Type.String({ minLength: 1, format: 'regex' })

export const journal = {
  kind: 'journal',
  from: 'host',
  needsRoot: true,
  effect: 'degraded',
  options: Type.Object({
    priority: Type.Optional(
      Type.Union(
        ['emerg', 'alert', 'crit', 'err', 'warning'].map(name => Type.Literal(name)),
        { description: 'The mildest priority that counts. Default err.' },
      ),
    ),
    units: Type.Optional(
      Type.Array(Type.String({ pattern: unitPattern }), {
        minItems: 1,
        description: 'Only entries of these units.',
      }),
    ),
    match: Type.Optional({ ...pattern, description: 'Only messages that match this regular expression count.' }),
    ignore: Type.Optional(
      Type.Union([pattern, Type.Array(pattern)], { description: 'Messages that match one of these do not count.' }),
    ),
    warn: Type.Optional(Type.Integer({ minimum: 1, description: 'Warn at this many new entries. Default 1.' })),
    fail: Type.Optional(Type.Integer({ minimum: 1, description: 'Fail at this many new entries. Default: never.' })),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 15_000, failures: 1 },
  targets: options => [{ id: 'journal', target: `journal (${options.priority ?? 'err'})` }],
  commands(probe, context) {
    const known = context.memory.cursor
    const cursor = known !== undefined && isCursor(known) ? known : undefined
    // Without a cursor: a look back, short enough that an old quarrel does not greet a new watch.
    const since = cursor === undefined ? ['--since=-10min'] : [`--after-cursor=${cursor}`]
    return [
      [
        'journalctl',
        '--no-pager',
        '-q',
        '-o',
        'json',
        `--output-fields=${journalFields}`,
        '-p',
        typeof probe.options.priority === 'string' ? probe.options.priority : 'err',
        '-n',
        String(entriesAtMost),
        ...strings(probe.options.units).map(unit => `--unit=${unit}`),
        ...since,
      ],
    ]
  },
  async read(answers, probe, context) {
    const [answer] = answers
    const unread = unseen(answer, 'journalctl')
    if (unread) return unread
    const complaint = complaintOf(answer)
    if (isUnreadable(complaint)) {
      return couldNotLook(`could not look: this login may not read the system's journal; ${needRoot}`)
    }
    if (answer?.exit !== 0) {
      // A cursor of a journal that is gone (rotated away, machine reinstalled) cannot be continued: begin anew.
      if (/cursor/i.test(complaint)) context.remember({})
      return couldNotLook(`could not look: journalctl said: ${complaint || `exit ${answer?.exit}`}`)
    }
    const { entries } = readJournal(textOf(answer), messageChars)
    const last = entries.findLast(entry => entry.cursor !== null)?.cursor ?? null
    // Also when nothing can be told of them: messages that no pattern gets through must not blind the looks to come.
    if (last !== null && last !== context.memory.cursor) context.remember({ cursor: last })
    const counted = await countedOf(entries, probe, context)
    if (counted === null) return couldNotLook('could not look: the patterns take too long over these messages')
    const count = counted.length
    const values = { errors: count }
    if (count === 0) return { ok: true, ms: null, detail: nodeText('nothing new'), values }
    const sources = [...new Set(counted.map(sourceOf))]
    const many = entries.length >= entriesAtMost ? 'at least ' : ''
    const first = counted[0]
    const detail = `${many}${count} new ${count === 1 ? 'error' : 'errors'} from ${sources.slice(0, 4).join(', ')}: ${first?.message ?? ''}`
    const failing = typeof probe.options.fail === 'number' && count >= probe.options.fail
    const warning = count >= (typeof probe.options.warn === 'number' ? probe.options.warn : 1)
    return {
      ok: !failing,
      ...(!failing && warning ? { warn: true } : {}),
      ms: null,
      detail: nodeText(detail, 400),
      values,
      facts: {
        units: sources.slice(0, 16).join(', '),
        lines: nodeText(
          counted
            .slice(0, shownLines)
            .map(entry => `${sourceOf(entry)}: ${entry.message}`)
            .join('\n'),
          2000,
        ),
      },
    }
  },
} satisfies HostProbe

/** The entries that count; null: the patterns took too long over them. */
async function countedOf(
  entries: readonly JournalEntry[],
  probe: ProbeInstance,
  context: ProbeContext,
): Promise<readonly JournalEntry[] | null> {
  const wanted = strings(probe.options.match)
  const patterns = [...wanted, ...strings(probe.options.ignore)]
  if (patterns.length === 0 || entries.length === 0) return entries
  const found = await context.match(
    patterns,
    entries.map(entry => entry.message),
  )
  if (found === null) return null
  return entries.filter((_entry, at) => {
    const matches = found[at] ?? []
    return matches.slice(0, wanted.length).every(Boolean) && !matches.slice(wanted.length).some(Boolean)
  })
}

function sourceOf(entry: JournalEntry): string {
  return entry.unit ?? entry.identifier ?? 'kernel'
}
