// Everything the operator can do, once: dispatch, footer, help, palette, the key table in the docs, rebinding and read-only
// all come from these records. Lower case looks; what writes anything down or acts outside is a capital. What belongs to
// one screen stands in that screen's folder.

import { troubleActions } from '../incidents/actions-anywhere.ts'
import { onOneActions } from '../incidents/actions-on-one.ts'
import { machineActions } from '../machines/on-nodes.ts'
import { toOffers } from '../offers/actions.ts'
import type { Screen } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { execAction } from '../runs/exec.ts'
import { isScreenId, screens } from '../screens.ts'
import type { Theme } from '../theme/tokens.ts'
import type { Action } from './action.ts'
import { everywhere } from './everywhere.ts'
import { fleetFileActions } from './fleet-file.ts'
import { movement } from './movement.ts'
import { onNodes } from './on-nodes.ts'

/** A screen's own come first: where the footer is short, they are what is wanted. */
export const actions: readonly Action[] = [
  ...Object.entries(screens).flatMap(([id, screen]) =>
    screen.actions.map((action): Action => {
      const isThere: Action['when'] = snapshot => placeOf(snapshot.view).screen === id && action.when(snapshot)
      return { ...action, screen: id, when: isThere }
    }),
  ),
  ...onNodes,
  ...onOneActions,
  ...troubleActions,
  execAction,
  ...machineActions,
  ...toOffers,
  ...fleetFileActions,
  ...everywhere,
  ...openings(),
  ...movement,
]

/** What every screen's record has, whatever it shows. */
type AnyScreen = Pick<Screen<object, unknown>, 'key' | 'title' | 'isNamed'>

/** A key for each screen that has one, and a name for all that stand by themselves. */
function openings(): Action[] {
  return Object.entries<AnyScreen>(screens).flatMap(([id, { key, title, isNamed = false }]): Action[] =>
    (key === null && !isNamed) || !isScreenId(id)
      ? []
      : [
          {
            id,
            keys: key === null ? [] : [key],
            title: `go to ${title}`,
            short: null,
            danger: 'looks',
            when: () => true,
            run: ({ room }) => room.open(id),
          },
        ],
  )
}

const words: Readonly<Record<string, string>> = { escape: 'esc', pagedown: 'pgdn', pageup: 'pgup' }

/** A key as the footer and the help write it. */
export function keyLabel(key: string, theme: Pick<Theme, 'glyphs'>): string {
  return theme.glyphs.keys[key] ?? words[key] ?? key
}
