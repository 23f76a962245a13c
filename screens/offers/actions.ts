// Keys of the offers, and the key that opens them where nodes and money are looked at.
import { forScreen } from '../../state/primitives/node-text.ts'
import type { Action } from '../keys/action.ts'
import { placeOf } from '../room/view.ts'
import { createTheme } from '../theme/tokens.ts'
import { nodeLines, pointedOffer } from './view.ts'

/** What is under the cursor does not depend on how it looks. */
const plain = createTheme('none', 'ascii')

export const offersActions: readonly Action[] = [
  {
    id: 'open-offer',
    keys: ['enter'],
    title: 'choose: how it is written into the fleet file, and what comes then',
    short: 'choose',
    danger: 'looks',
    when: snapshot => pointedOffer(snapshot, plain) !== null,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const offer = pointedOffer(snapshot, plain)
      if (offer === null) return
      const after = [
        '',
        'y copies it; e opens the fleet file: give it a name in place of NAME, and save.',
        'Then p on the node shows what launching it would create and cost, and L there launches it.',
      ]
      const note = offer.note === null ? [] : [offer.note, '']
      const lines = [...note, ...nodeLines(offer), ...after].map(forScreen)
      room.change({ dialogs: [...snapshot.view.dialogs, { kind: 'text', title: 'a node of this', lines, scroll: 0 }] })
    },
  },
]

const from: readonly string[] = ['overview', 'money', 'provisioning', 'drift']

export const toOffers: readonly Action[] = [
  {
    id: 'open-offers',
    keys: ['w'],
    title: 'where nodes can be had, and for how much a month',
    short: null,
    danger: 'looks',
    when: ({ view }) => from.includes(placeOf(view).screen),
    run: ({ room }) => room.go('offers'),
  },
]
