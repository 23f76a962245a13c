// Rows as an operator reads them, for tests of views.

import type { Hands } from '../../screens/keys/action.ts'
import { moveOn } from '../../screens/keys/movement.ts'
import { press } from '../../screens/keys/press.ts'
import { createTokenizer } from '../../screens/keys/tokenizer.ts'
import { pictureRows } from '../../screens/room/picture.ts'
import { createRoom, type Room, type Snapshot } from '../../screens/room/room.ts'
import { type Place, placeOf } from '../../screens/room/view.ts'
import { createTheme, type Theme } from '../../screens/theme/tokens.ts'
import type { Row } from '../../screens/widgets/row.ts'
import type { FakeEngine } from './fake-engine.ts'

export const theme: Theme = createTheme('256', 'unicode')

function textOf(row: Row): string {
  return row.map(({ text }) => text).join('')
}

export function linesOf(snapshot: Snapshot, chosen: Theme = theme): string[] {
  return pictureRows(snapshot, chosen).map(textOf)
}

export interface Operator {
  room: Room
  /** Puts the cursor of the overview on a node. */
  select(node: string): void
  place(): Place
  /** The node under it. */
  selected(): string | null
  /** Types a chunk of bytes as the terminal delivers it. */
  type(chunk: string): void
  lines(): string[]
  text(): string
  did: string[]
  close(): void
}

/** A room on an engine with keys but without a terminal. */
export function operate(engine: FakeEngine, size: { columns: number; rows: number }, now: () => number): Operator {
  const room = createRoom(engine, size, now)
  const did: string[] = []
  const hands: Hands = {
    room,
    engine,
    program: {
      opening: () => null,
      shell: async node => void did.push(`shell ${node}`),
      edit: async node => void did.push(`edit ${node ?? ''}`),
    },
    copy: async (lines, what) => void did.push(`copy ${what}: ${lines.join('⏎')}`),
    redraw: () => did.push('redraw'),
    suspend: () => did.push('suspend'),
    detach: () => did.push('detach'),
  }
  const tokenizer = createTokenizer(key => {
    if (key.kind !== 'background') press(key, hands)
  })
  if (room.snapshot().order.length > 0) moveOn(room, 'here')
  return {
    room,
    place: () => placeOf(room.snapshot().view),
    select: node => room.set('overview', { selected: node }),
    selected: () => room.snapshot().view.screens.overview.selected,
    type(chunk) {
      tokenizer.push(Buffer.from(chunk))
      tokenizer.flush()
    },
    lines: () => linesOf(room.snapshot()),
    text: () => linesOf(room.snapshot()).join('\n'),
    did,
    close: () => room.close(),
  }
}
