// What has the node's journal complained about since the last look? Priority err and worse, from a remembered cursor.
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { HostProbe } from '../probe.ts'
import { complaintOf, needRoot, textOf, unseen } from './answers.ts'
import { strings } from './measures.ts'
import { couldNotLook } from './network.ts'

/** Entries read at one look; a storm of more is reported as "at least". */
const entriesAtMost = 200
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
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9:_.\\\\@*?][A-Za-z0-9:_.\\\\@*?-]*$' }), {
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
    const cursor = context.memory.cursor
    // Without a cursor: a look back, short enough that an old quarrel does not greet a new watch.
    const since = cursor === undefined ? ['--since=-10min'] : [`--after-cursor=${cursor}`]
    return [
      [
        'journalctl',
        '--no-pager',
        '-q',
        '-o',
        'json',
        '--output-fields=MESSAGE,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,PRIORITY',
        '-p',
        typeof probe.options.priority === 'string' ? probe.options.priority : 'err',
        '-n',
        String(entriesAtMost),
        ...strings(probe.options.units).map(unit => `--unit=${unit}`),
        ...since,
      ],
    ]
  },
  read(answers, probe, context) {
    const [answer] = answers
    const unread = unseen(answer, 'journalctl')
    if (unread) return unread
    const complaint = complaintOf(answer)
    if (/not seeing messages|permission|no journal files were opened/i.test(complaint)) {
      return couldNotLook(`could not look: this login may not read the system's journal; ${needRoot}`)
    }
    if (answer?.exit !== 0) {
      // A cursor of a journal that is gone (rotated away, machine reinstalled) cannot be continued: begin anew.
      if (/cursor/i.test(complaint)) context.remember({})
      return couldNotLook(`could not look: journalctl said: ${complaint || `exit ${answer?.exit}`}`)
    }
    const entries = readJournal(textOf(answer))
    const last = entries.at(-1)
    if (last && last.cursor !== context.memory.cursor) context.remember({ cursor: last.cursor })
    const match = typeof probe.options.match === 'string' ? new RegExp(probe.options.match) : null
    const ignored = strings(probe.options.ignore).map(text => new RegExp(text))
    const counted = entries.filter(
      entry => (match?.test(entry.message) ?? true) && !ignored.some(pattern => pattern.test(entry.message)),
    )
    const count = counted.length
    const values = { errors: count }
    if (count === 0) return { ok: true, ms: null, detail: nodeText('nothing new'), values }
    const sources = [...new Set(counted.map(entry => entry.source))]
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
            .map(entry => `${entry.source}: ${entry.message}`)
            .join('\n'),
          2000,
        ),
      },
    }
  },
} satisfies HostProbe

interface JournalEntry {
  cursor: string
  message: string
  source: string
}

/** JSON lines of journalctl. MESSAGE is a string, an array of bytes (binary), an array of strings (repeated) or null (too big). */
function readJournal(text: string): JournalEntry[] {
  const entries: JournalEntry[] = []
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue
    let fields: Readonly<Record<string, unknown>>
    try {
      fields = JSON.parse(line)
    } catch {
      // The last line of an answer that was cut.
      continue
    }
    const cursor = fields.__CURSOR
    if (typeof cursor !== 'string') continue
    entries.push({
      cursor,
      message: messageText(fields.MESSAGE),
      source: fieldText(fields._SYSTEMD_UNIT) ?? fieldText(fields.SYSLOG_IDENTIFIER) ?? 'kernel',
    })
  }
  return entries
}

function fieldText(field: unknown): string | null {
  return typeof field === 'string' && field !== '' ? field : null
}

function messageText(message: unknown): string {
  if (typeof message === 'string') return message
  if (!Array.isArray(message)) return '(a message too long to show)'
  if (message.every(part => typeof part === 'number')) return new TextDecoder().decode(Uint8Array.from(message))
  return message.map(part => messageText(part)).join(' / ')
}
