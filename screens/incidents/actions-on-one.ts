// What is written down about the incident that is on the screen or under the cursor: a note, its end; and the end of a
// silence or a window.
import { reasonOf } from '../dialogs/form.ts'
import type { Action, Asking, Note } from '../keys/action.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { type Entry, incidentOf, pointedEntry } from './entries.ts'
import { textField } from './fields.ts'
import { shownIncident } from './page.ts'

const onList = (snapshot: Snapshot) => placeOf(snapshot.view).screen === 'incidents'

/** The incident that a note or its end is about. */
function about(snapshot: Snapshot): string | null {
  if (placeOf(snapshot.view).screen === 'incident') return shownIncident(snapshot)?.id ?? null
  if (!onList(snapshot)) return null
  const entry = pointedEntry(snapshot)
  return entry && 'incident' in entry ? entry.incident.id : null
}

function openAbout(snapshot: Snapshot): string | null {
  const id = about(snapshot)
  return id !== null && incidentOf(snapshot, id)?.resolved === null ? id : null
}

function quietAbout(snapshot: Snapshot): Extract<Entry, { kind: 'silence' | 'window' }> | null {
  const entry = onList(snapshot) ? pointedEntry(snapshot) : null
  return entry?.kind === 'silence' || entry?.kind === 'window' ? entry : null
}

const note: Asking = {
  id: 'note',
  keys: ['N'],
  title: 'add a note to the incident',
  short: 'note',
  danger: 'records',
  when: snapshot => about(snapshot) !== null,
  form: {
    subject: about,
    title: (id, snapshot) => `a note: ${incidentOf(snapshot, id)?.title ?? id}`,
    fields: [textField('text', 'note', 'what was seen or done')],
    describe: () => ['it stands in the incident and in the journal, under your name'],
    async submit({ engine }, id, { text = '' }) {
      await engine.do({ type: 'incidents.note', id, text: text.trim() })
      return 'noted'
    },
  },
}

const resolve: Asking = {
  id: 'resolve',
  keys: ['C'],
  title: 'close the incident by hand, saying how it ended',
  short: 'close',
  danger: 'records',
  when: snapshot => openAbout(snapshot) !== null,
  form: {
    subject: openAbout,
    title: (id, snapshot) => `close: ${incidentOf(snapshot, id)?.title ?? id}`,
    fields: [textField('how', 'how it ended', 'what was wrong, what was done')],
    describe(id, _, snapshot) {
      const incident = incidentOf(snapshot, id)
      const bad = (incident?.nodes ?? []).filter(node => isBad(node, snapshot))
      if (bad.length === 0) return ['who was told of it is told that it is over']
      const names = `${bad.slice(0, 5).join(' ')}${bad.length > 5 ? ` and ${bad.length - 5} more` : ''}`
      return ['who was told of it is told that it is over', `still not well: ${names}`]
    },
    async submit({ room, engine }, id, { how = '' }) {
      const title = incidentOf(room.snapshot(), id)?.title ?? id
      await engine.do({ type: 'incidents.resolve', id, how: how.trim() })
      return `closed: ${title}`
    },
  },
}

function isBad(node: string, { state }: Snapshot): boolean {
  const health = state.watch.nodes[node]?.health
  return health === 'down' || health === 'degraded'
}

const end: Note = {
  id: 'end-silence',
  keys: ['C'],
  title: 'end the silence or the maintenance window',
  short: 'end it',
  danger: 'records',
  when: snapshot => quietAbout(snapshot) !== null,
  run({ room, engine }) {
    const entry = quietAbout(room.snapshot())
    if (!entry) return
    const isSilence = entry.kind === 'silence'
    const { id, selector, reason } = isSilence ? entry.silence : entry.window
    const what = `${isSilence ? 'the silence' : 'the maintenance'} of ${selector}: ${reason}`
    engine.do({ type: isSilence ? 'incidents.unsilence' : 'incidents.end-maintenance', id }).then(
      () => room.say(`ended ${what}`, 'done'),
      error => room.say(`not ended: ${reasonOf(error)}`, 'failed'),
    )
  },
}

export const onOneActions: readonly Action[] = [note, resolve, end]
