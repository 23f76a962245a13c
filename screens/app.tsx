// The room's door: opens the screens on an engine and gives the terminal back on every way out.
import { homedir } from 'node:os'
import path from 'node:path'
import type { Engine } from '../src/engine/engine.ts'
import type { Exit } from '../state/primitives/errors.ts'
import { press } from './keys/press.ts'
import { move } from './overview/move.ts'
import { startCharts } from './room/charts.ts'
import { paint, pictureRows } from './room/picture.ts'
import { createRoom } from './room/room.ts'
import { openTerminal } from './terminal/terminal.ts'
import { capabilities, createTheme } from './theme/tokens.ts'

export async function openRoom({ engine, env }: { engine: Engine; env: NodeJS.ProcessEnv }): Promise<Exit> {
  const ended = Promise.withResolvers<'detached' | 'gone'>()
  const { depth, glyphs } = capabilities(env)
  const theme = createTheme(depth, glyphs)
  const terminal = openTerminal(
    process.stdin,
    process.stdout,
    {
      onKey: key => press(key, hands),
      onResize: () => room.resize(terminal.size()),
      onGone: () => ended.resolve('gone'),
    },
    { env, filesDir: path.join(env.XDG_STATE_HOME ?? path.join(homedir(), '.local/state'), 'watchfloor-copies') },
  )
  const room = createRoom(engine, terminal.size(), Date.now)
  const hands = {
    room,
    redraw: terminal.redraw,
    suspend: terminal.suspend,
    detach: () => ended.resolve('detached'),
  }
  const goes = () => ended.resolve('gone')
  const fails = (error: unknown) => ended.reject(error)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, goes)
  process.on('uncaughtException', fails)
  process.on('unhandledRejection', fails)

  let painted: { of: unknown; rows: readonly string[] } | null = null
  /** The painted rows of the newest snapshot; painted once. */
  function rows(): readonly string[] {
    const snapshot = room.snapshot()
    if (painted?.of !== snapshot) painted = { of: snapshot, rows: paint(pictureRows(snapshot, theme), theme) }
    return painted.rows
  }
  const selectFirst = () => {
    if (room.snapshot().view.selected === null && room.snapshot().order.length > 0) move(room, 'here')
  }

  const stops: (() => void)[] = []
  try {
    selectFirst()
    stops.push(room.subscribe(selectFirst), startCharts(room, Date.now))
    // The first picture does not wait for the layout engine to load.
    terminal.show(rows().join('\n'))
    const { mountPicture } = await import('./terminal/mount.tsx')
    const picture = mountPicture({ subscribe: room.subscribe, rows, size: terminal.size, show: terminal.show })
    stops.push(picture.unmount)
    picture.ended.catch(fails)
    const how = await ended.promise
    for (const stop of stops.splice(0).reverse()) stop()
    terminal.leave()
    if (how === 'detached') farewell(engine)
    return 0
  } finally {
    for (const stop of stops.reverse()) stop()
    terminal.leave()
    room.close()
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.off(signal, goes)
    process.off('uncaughtException', fails)
    process.off('unhandledRejection', fails)
    await engine.close()
  }
}

function farewell(engine: Engine): void {
  const { engine: info, fleet } = engine.live()
  const nodes = Object.keys(fleet.nodes).length
  process.stdout.write(
    `detached: the engine goes on watching ${nodes} nodes (process ${info.pid}); \`watchfloor\` comes back to it, \`watchfloor engine stop\` ends it\n`,
  )
}
