// Keys of a node's page.
import type { Action } from '../keys/action.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { targetOf } from './chart.ts'
import { entryAt } from './entries.ts'
import { titleOf } from './history.ts'
import { chartWindows } from './state.ts'
import { readingOf, valuesOf, withUnit } from './values.ts'
import { type Opened, opened } from './whole.ts'

const always = () => true

function openable(snapshot: Snapshot): Opened | null {
  const entry = entryAt(snapshot)
  const { subject } = placeOf(snapshot.view)
  return entry === null || subject === null ? null : opened(entry, snapshot, subject)
}

/** Probe of the chart and what it measures. */
function charted(snapshot: Snapshot): { probe: string; value: string; values: readonly string[] } | null {
  const target = targetOf(snapshot)
  return target && { probe: target.probe.probe, value: target.value, values: valuesOf(target.probe) }
}

export const nodeActions: readonly Action[] = [
  {
    id: 'open-row',
    keys: ['enter'],
    title: 'all of what is under the cursor: sample, incident, run',
    short: 'open',
    danger: 'looks',
    when: snapshot => openable(snapshot) !== null,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const found = openable(snapshot)
      if (!found) return
      if ('screen' in found) room.go(found.screen, found.subject)
      else room.change({ dialogs: [...snapshot.view.dialogs, { kind: 'text', ...found, scroll: 0 }] })
    },
  },
  {
    id: 'next-value',
    keys: ['c'],
    title: 'chart: the next value of the probe',
    short: 'value',
    danger: 'looks',
    when: snapshot => (charted(snapshot)?.values.length ?? 0) > 1,
    run: ({ room }) => {
      const chart = charted(room.snapshot())
      if (!chart) return
      const { value, values } = chart
      room.set('node', { value: values[(values.indexOf(value) + 1) % values.length] ?? null })
    },
  },
  {
    id: 'window',
    keys: ['w'],
    title: 'span of the chart: from ten minutes to a month',
    short: 'span',
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const { view, found } = room.snapshot()
      const shown = view.screens.node.window ?? found.node?.window ?? '24 h'
      const window = chartWindows[(chartWindows.indexOf(shown) + 1) % chartWindows.length] ?? '24 h'
      room.set('node', { window })
    },
  },
  {
    id: 'value',
    keys: [],
    title: 'chart: a value of the probe by its name',
    short: null,
    danger: 'looks',
    when: snapshot => charted(snapshot) !== null,
    choose: {
      title: 'value of the chart',
      subject: snapshot => charted(snapshot)?.probe ?? '',
      options(subject, snapshot) {
        const probe = snapshot.live.probes[placeOf(snapshot.view).subject ?? '']?.[subject]
        if (!probe) return []
        const { value } = charted(snapshot) ?? { value: null }
        return valuesOf(probe).map(name => ({
          id: name,
          label: name,
          note: `${titleOf(subject, name)}, now ${withUnit(name, readingOf(probe, name))}`,
          isOn: name === value,
        }))
      },
      pick: ({ room }, value) => room.set('node', { value }),
    },
  },
]
