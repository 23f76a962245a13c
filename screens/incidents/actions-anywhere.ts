// What can be written down about trouble wherever nodes are shown: a silence, a maintenance window, an incident of one's own.
import { parseDuration } from '../../state/primitives/duration.ts'
import type { Asking, Field } from '../keys/action.ts'
import { nodesOf } from '../keys/on-nodes.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { clock } from '../widgets/measure.ts'
import { textField } from './fields.ts'
import { momentHint, momentOf } from './moments.ts'
import { nodesInWords, select, selectorOf, wrongSelector } from './selecting.ts'

/** As the engine has it. */
const longestSpanMs = 30 * 86_400_000

const severities = ['SEV1', 'SEV2', 'SEV3'] as const

function isSomewhere(snapshot: Snapshot): boolean {
  const { screen } = placeOf(snapshot.view)
  return screen === 'incidents' || screen === 'incident' || nodesOf(snapshot).length > 0
}

const prefilled = (snapshot: Snapshot) => selectorOf(nodesOf(snapshot), snapshot)

const selectorField: Field = {
  name: 'selector',
  label: 'nodes',
  hint: 'a name, @tag, region=eu-*, a batch, *; comma = or, ! = but not',
  initial: subject => subject,
  check: (value, _, snapshot) => wrongSelector(value, snapshot),
}

const spanField: Field = {
  name: 'for',
  label: 'for how long',
  hint: '30m 4h 2d, at most 30d',
  initial: () => '',
  check(value) {
    const ms = parseDuration(value.trim())
    if (ms === null || ms <= 0) return 'not a duration: 30m, 4h or 2d'
    return ms > longestSpanMs ? 'longer than 30 days: what is not watched for so long is not live' : null
  },
}

const silence: Asking = {
  id: 'silence',
  keys: ['S'],
  title: 'silence: no alerts about nodes for a time',
  short: 'silence',
  danger: 'records',
  when: isSomewhere,
  form: {
    subject: prefilled,
    title: () => 'silence the alerts of nodes',
    fields: [selectorField, spanField, textField('reason', 'reason', 'why nobody has to be told')],
    describe(_, values, snapshot) {
      const ms = parseDuration((values.for ?? '').trim())
      const until = ms === null ? 'until …' : `until ${clock(snapshot.now + ms, snapshot.now)}`
      return [
        `no alert leaves about ${nodesInWords(values.selector ?? '', snapshot)}`,
        `${until} · incidents still open and close, nobody is told`,
      ]
    },
    async submit({ room, engine }, _, { selector = '', for: span = '', reason = '' }) {
      const until = room.now() + (parseDuration(span.trim()) ?? 0)
      await engine.do({ type: 'incidents.silence', selector, until, reason: reason.trim() })
      return `silenced ${selector} until ${clock(until, room.now())}`
    },
  },
}

const maintain: Asking = {
  id: 'maintain',
  keys: ['M'],
  title: 'maintenance window: nodes are not judged for a time, now or later',
  short: 'maintenance',
  danger: 'records',
  when: isSomewhere,
  form: {
    subject: prefilled,
    title: () => 'maintenance window for nodes',
    fields: [
      selectorField,
      {
        name: 'from',
        label: 'from',
        hint: momentHint,
        initial: () => 'now',
        check(value, _, { now }) {
          const from = momentOf(value, now)
          if (from === null) return `not a moment: ${momentHint}`
          return from < now - 60_000 ? 'that is over' : null
        },
      },
      spanField,
      textField('reason', 'reason', 'what is done to them'),
    ],
    describe(_, values, snapshot) {
      const { now } = snapshot
      const from = momentOf(values.from ?? '', now)
      const ms = parseDuration((values.for ?? '').trim())
      const span = from === null || ms === null ? 'from … to …' : `from ${clock(from, now)} to ${clock(from + ms, now)}`
      return [
        `${span} · no incidents and no alerts of them, and it counts in no uptime`,
        nodesInWords(values.selector ?? '', snapshot),
      ]
    },
    async submit({ room, engine }, _, { selector = '', from: begins = '', for: span = '', reason = '' }) {
      const now = room.now()
      const from = momentOf(begins, now) ?? now
      const until = from + (parseDuration(span.trim()) ?? 0)
      // From now is what the engine takes for now: the clocks of two machines need not agree.
      const later = from > now ? { from } : {}
      await engine.do({ type: 'incidents.maintain', selector, ...later, until, reason: reason.trim() })
      return `maintenance of ${selector} from ${clock(from, now)} to ${clock(until, now)}`
    },
  },
}

const writeDown: Asking = {
  id: 'incident-by-hand',
  keys: ['I'],
  title: 'write down an incident by hand; it alerts nobody',
  short: null,
  danger: 'records',
  when: isSomewhere,
  form: {
    subject: prefilled,
    title: () => 'an incident, written down by hand',
    fields: [
      {
        name: 'severity',
        label: 'severity',
        hint: 'SEV1, SEV2 or SEV3',
        initial: () => 'SEV2',
        check: value => (severityOf(value) === null ? 'SEV1, SEV2 or SEV3' : null),
      },
      {
        ...selectorField,
        hint: 'as a selector; empty: it is about no node',
        check: (value, _, snapshot) => (value.trim() === '' ? null : wrongSelector(value, snapshot)),
      },
      textField('title', 'what is wrong', 'one sentence'),
    ],
    describe(_, values, snapshot) {
      const { selector = '' } = values
      const about = selector.trim() === '' ? 'no node' : nodesInWords(selector, snapshot)
      return [`about ${about}`, 'it stays open until somebody closes it, and alerts nobody']
    },
    async submit({ room, engine }, _, values) {
      const { selector = '' } = values
      const title = (values.title ?? '').trim()
      const found = selector.trim() === '' ? null : select(selector, room.snapshot())
      const nodes = found?.ok ? [...found.nodes] : []
      const severity = severityOf(values.severity ?? '') ?? 'SEV2'
      await engine.do({ type: 'incidents.add', title, severity, nodes })
      return `written down: ${severity} ${title}`
    },
  },
}

function severityOf(text: string): (typeof severities)[number] | null {
  return severities.find(one => one === text.trim().toUpperCase()) ?? null
}

export const troubleActions: readonly Asking[] = [silence, maintain, writeDown]
