// What actions may use of the terminal: other programs, the clipboard, going away.
import type { Engine } from '../../src/engine/engine.ts'
import type { Hands } from '../keys/action.ts'
import type { Room } from '../room/room.ts'
import { createPrograms } from './programs.ts'
import type { Terminal } from './terminal.ts'

export function createHands(options: {
  room: Room
  engine: Engine
  terminal: Pick<Terminal, 'run' | 'copy' | 'redraw' | 'suspend'>
  env: NodeJS.ProcessEnv
  detach(): void
}): Hands {
  const { room, engine, terminal, env, detach } = options
  return {
    room,
    engine,
    redraw: terminal.redraw,
    suspend: terminal.suspend,
    detach,
    program: createPrograms({ room, engine, terminal, env }),
    async copy(lines, what) {
      const copied = await terminal.copy(lines)
      switch (copied.how) {
        case 'terminal':
          room.say(`sent to your terminal's clipboard: ${what}`, 'done')
          break
        case 'file':
          room.say(`no clipboard here takes it, it is in ${copied.path}`)
          break
        case 'failed':
          room.say(`not copied: ${copied.why}`, 'failed')
      }
    },
  }
}
