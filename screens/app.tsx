// The room's door: opens the screens on an engine as the operator left them, and gives the terminal back on every way out.
import { appendFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Engine } from '../src/engine/engine.ts'
import type { Bindable, ReadSettings } from '../src/room/shapes.ts'
import type { Exit } from '../state/primitives/errors.ts'
import type { Hands } from './keys/action.ts'
import { actions } from './keys/actions.ts'
import { moveOn } from './keys/movement.ts'
import { press } from './keys/press.ts'
import { startFeeds } from './room/feeds.ts'
import { paint, pictureRows } from './room/picture.ts'
import { createRoom, type Room } from './room/room.ts'
import { keptOf, restored } from './room/session.ts'
import { placeOf } from './room/view.ts'
import { createHands } from './terminal/hands.ts'
import { readSession, writeSession } from './terminal/session-file.ts'
import { openTerminal, type Terminal } from './terminal/terminal.ts'
import { createThemes } from './theme/choice.ts'
import { exactAge } from './widgets/measure.ts'

/** Where the operator's own things lie; private, and no state of the fleet. */
export interface RoomPlaces {
  /** The view as it was left. */
  session: string
  /** Copies that no clipboard takes. */
  files: string
  /** What broke, for whoever mends it. */
  log: string
}

export interface RoomOptions {
  engine: Engine
  env: NodeJS.ProcessEnv
  settings: ReadSettings
  places: RoomPlaces
}

/** What the operator's settings may bind. */
export const bindable: readonly Bindable[] = actions.map(({ id, keys, danger, screen }) => ({
  id,
  keys,
  danger,
  screen: screen ?? null,
}))

export async function openPlainRoom(options: { engine: Engine; env: NodeJS.ProcessEnv }): Promise<Exit> {
  const { openLines } = await import('./plain/room.ts')
  return openLines(options, { input: process.stdin, output: process.stdout })
}

/** Who comes back after a lost link may need a while to look. */
const leftMs = 30_000

/** A view that changed is kept after this long, so that also a killed room leaves it: a few words of a person who types. */
const keepMs = 1_000

export async function openRoom({ engine, env, settings, places }: RoomOptions): Promise<Exit> {
  const ended = Promise.withResolvers<'detached' | 'gone'>()
  const themes = createThemes(env)
  const { view, lostAt } = restored(readSession(places.session), Date.now(), settings.look)
  const terminal: Terminal = openTerminal(
    process.stdin,
    process.stdout,
    {
      onKey: key => press(key, hands),
      onResize: () => room.resize(terminal.size()),
      onBackground(colour) {
        themes.seen(colour)
        // Drawn again in the colours that fit.
        room.resize(terminal.size())
      },
      onGone: () => ended.resolve('gone'),
    },
    { env, filesDir: places.files },
  )
  const { bindings, mistakes } = settings
  const room = createRoom(engine, terminal.size(), Date.now, { view, bindings, mistakes })
  const hands: Hands = createHands({ room, engine, terminal, env, detach: () => ended.resolve('detached') })
  const goes = () => ended.resolve('gone')
  const fails = (error: unknown) => ended.reject(error)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, goes)
  process.on('uncaughtException', fails)
  process.on('unhandledRejection', fails)

  let painted: { of: unknown; rows: readonly string[] } | null = null
  /** The painted rows of the newest snapshot; painted once. */
  function rows(): readonly string[] {
    const snapshot = room.snapshot()
    if (painted?.of !== snapshot) {
      const theme = themes.of(snapshot.view.look)
      painted = { of: snapshot, rows: paint(pictureRows(snapshot, theme), theme) }
    }
    return painted.rows
  }

  const keep = (isLost: boolean) =>
    writeSession(places.session, keptOf(room.snapshot().view, Date.now(), isLost, settings.look))
  const stops: (() => void)[] = []
  try {
    selectFirst(room)
    stops.push(
      room.subscribe(() => selectFirst(room)),
      startFeeds(room, Date.now),
      keepWhenChanged(room, keep),
    )
    if (lostAt !== null)
      room.say(`as you left it when the link was lost, ${exactAge(Date.now(), lostAt)} ago`, 'plain', leftMs)
    // The first picture does not wait for the layout engine to load.
    terminal.show(rows().join('\n'))
    const { mountPicture } = await import('./terminal/mount.tsx')
    const picture = mountPicture({ subscribe: room.subscribe, rows, size: terminal.size, show: terminal.show })
    stops.push(picture.unmount)
    picture.ended.catch(fails)
    if (themes.wantsBackground(room.snapshot().view.look)) terminal.askBackground()
    const how = await ended.promise
    keep(how === 'gone')
    for (const stop of stops.splice(0).reverse()) stop()
    terminal.leave()
    if (how === 'detached') farewell(engine)
    return 0
  } catch (error) {
    keep(true)
    log(places.log, error)
    throw error
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

/** The overview has a cursor as soon as there is anything to put it on. */
function selectFirst(room: Room): void {
  const { view, order } = room.snapshot()
  if (placeOf(view).screen !== 'overview' || view.screens.overview.selected !== null || order.length === 0) return
  moveOn(room, 'here')
}

function keepWhenChanged(room: Room, keep: (isLost: boolean) => void): () => void {
  let kept = room.snapshot().view
  let timer: NodeJS.Timeout | null = null
  const end = room.subscribe(() => {
    if (timer !== null || room.snapshot().view === kept) return
    timer = setTimeout(() => {
      timer = null
      kept = room.snapshot().view
      // Until the operator leaves by themselves, whatever ends the room is a loss.
      keep(true)
    }, keepMs)
  })
  return () => {
    end()
    if (timer) clearTimeout(timer)
  }
}

/** The alternate screen takes an error with it: it is told afterwards by whoever opened the room, and kept here. */
function log(file: string, error: unknown): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
    appendFileSync(file, `${new Date().toISOString()} ${words}\n`, { mode: 0o600 })
  } catch {
    // It is told on the terminal all the same.
  }
}

function farewell(engine: Engine): void {
  const { engine: info, fleet } = engine.live()
  const nodes = Object.keys(fleet.nodes).length
  process.stdout.write(
    `detached: the engine goes on watching ${nodes} nodes (process ${info.pid}); \`watchfloor\` comes back to it, \`watchfloor engine stop\` ends it\n`,
  )
}
