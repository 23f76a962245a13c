// Keys of a node's page.
import type { Action } from '../keys/action.ts'
import { chartWindows } from './state.ts'

const always = () => true

export const nodeActions: readonly Action[] = [
  {
    id: 'window',
    keys: ['w'],
    title: 'span of the chart: ten minutes, an hour, a day, a week',
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
]
