// Keys that rewind the fleet through its history. They only look: of the past nothing can be changed.
import type { Action } from '../keys/action.ts'
import type { Room, Snapshot } from '../room/room.ts'
import { earlier, later, markerAfter, markerBefore, momentForms, parseMoment } from './moments.ts'

const always = () => true
const isRewound = ({ view }: Snapshot) => view.screens.overview.at !== null

export const rewindActions: readonly Action[] = [
  {
    id: 'earlier',
    keys: ['<'],
    title: 'back in time: a minute, further back five, then an hour',
    short: 'rewind',
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const { view, now } = room.snapshot()
      go(room, earlier(view.screens.overview.at, now))
    },
  },
  {
    id: 'later',
    keys: ['>'],
    title: 'forth in time, up to now',
    short: 'forth',
    danger: 'looks',
    when: isRewound,
    run: ({ room }) => {
      const { view, now } = room.snapshot()
      const { at } = view.screens.overview
      if (at !== null) go(room, later(at, now))
    },
  },
  {
    id: 'event-before',
    keys: ['{'],
    title: 'back to what happened before: an incident, a boot, what a person ran',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const marker = markerBefore(snapshot, snapshot.view.screens.overview.at)
      if (marker) go(room, marker.at)
      else room.say('nothing is known to have happened before')
    },
  },
  {
    id: 'event-after',
    keys: ['}'],
    title: 'forth to what happened next; after the last, now',
    short: null,
    danger: 'looks',
    when: isRewound,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const { at } = snapshot.view.screens.overview
      if (at !== null) go(room, markerAfter(snapshot, at)?.at ?? null)
    },
  },
  {
    id: 'as-of',
    keys: [],
    title: `the fleet as it was at a moment: ${momentForms}`,
    short: null,
    danger: 'looks',
    when: always,
    // Without a moment it asks for one.
    run: ({ room }) => room.change({ prompt: { kind: 'palette', query: 'as-of ', at: 0 } }),
    argue: ({ room }, argument) => {
      const moment = parseMoment(argument, room.snapshot().now)
      if ('refused' in moment) room.say(moment.refused, 'failed')
      else go(room, moment.at)
    },
  },
]

function go(room: Room, at: number | null): void {
  room.set('overview', { at, scroll: 0 })
}
