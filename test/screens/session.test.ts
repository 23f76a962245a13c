import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pictureRows } from '../../screens/room/picture.ts'
import { createRoom, firstView } from '../../screens/room/room.ts'
import { keptOf, restored } from '../../screens/room/session.ts'
import type { View } from '../../screens/room/view.ts'
import { readSession, writeSession } from '../../screens/terminal/session-file.ts'
import { noSettings } from '../../src/room/shapes.ts'
import { fakeEngine, start } from './fake-engine.ts'
import { theme } from './show.ts'

const { look } = noSettings
const again = (view: View, isLost: boolean, later = 0) =>
  restored(JSON.parse(JSON.stringify(keptOf(view, start, isLost, look))), start + later, look)

function changed(): View {
  const view = firstView()
  return {
    ...view,
    screens: {
      ...view.screens,
      overview: { ...view.screens.overview, density: 'table', filter: 'eu-', selected: 'paris' },
    },
    path: [
      { screen: 'overview', subject: null },
      { screen: 'node', subject: 'paris' },
    ],
    prompt: { kind: 'filter', before: '' },
    dialogs: [
      {
        kind: 'form',
        action: 'note',
        subject: 'inc-1',
        values: { text: 'half a sent' },
        at: 0,
        errors: {},
        failed: null,
        isSending: false,
      },
    ],
  }
}

describe('what is kept of a room', () => {
  test('each screen is as it was set, and the room opens on the overview', () => {
    const { view, lostAt } = again(changed(), false)
    expect(view.screens.overview).toMatchObject({ density: 'table', filter: 'eu-', selected: 'paris' })
    expect(view.path).toEqual([{ screen: 'overview', subject: null }])
    expect(view.dialogs).toEqual([])
    expect(lostAt).toBeNull()
  })

  test('after a lost link the operator is where they were, with what they were typing', () => {
    const { view, lostAt } = again(changed(), true, 60_000)
    expect(view.path.at(-1)).toEqual({ screen: 'node', subject: 'paris' })
    expect(view.prompt).toEqual({ kind: 'filter', before: '' })
    expect(view.dialogs).toMatchObject([{ kind: 'form', action: 'note', values: { text: 'half a sent' } }])
    expect(lostAt).toBe(start)
  })

  test('a day later nobody wants that any more', () => {
    expect(again(changed(), true, 25 * 3_600_000).lostAt).toBeNull()
  })

  test('a confirmation that was open is not open again: the yes is given to what is seen', () => {
    const view: View = {
      ...changed(),
      dialogs: [
        {
          kind: 'confirm',
          action: 'exec',
          subject: 'paris',
          values: {},
          isOnYes: true,
          typed: 'clavitor',
          scroll: 0,
          failed: null,
          isSending: false,
        },
      ],
    }
    expect(again(view, true).view.dialogs).toEqual([])
  })

  test('colours that were chosen in the room stay; those that were not follow the settings', () => {
    const chosen = { ...firstView(), look: { ...look, theme: 'light' as const } }
    expect(again(chosen, false).view.look.theme).toBe('light')
    const kept = keptOf(firstView(), start, false, look)
    expect(restored(kept, start, { ...look, theme: 'safe' }).view.look.theme).toBe('safe')
  })

  test('whatever lies there, the room opens and can be drawn', () => {
    const engine = fakeEngine(21)
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue(), (kept, inner) => {
        for (const one of [
          kept,
          { at: start, screens: kept, unfinished: { path: inner, prompt: kept, dialogs: [inner] } },
        ]) {
          const { view } = restored(one, start, look)
          const room = createRoom(engine, { columns: 80, rows: 24 }, () => start, { view })
          expect(pictureRows(room.snapshot(), theme)).toHaveLength(24)
          room.close()
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a view of a screen, a node or an action that is gone is left out', () => {
    const kept = {
      at: start,
      screens: { overview: { density: 'mosaic', filter: 7, selected: 'gone' }, cinema: { seats: 3 } },
      unfinished: {
        path: [{ screen: 'cinema', subject: null }],
        prompt: { kind: 'shout' },
        dialogs: [{ kind: 'form' }],
      },
    }
    const { view, lostAt } = restored(kept, start, look)
    expect(view.screens.overview).toEqual({ ...firstView().screens.overview, selected: 'gone' })
    expect(view.path).toEqual(firstView().path)
    expect(lostAt).toBeNull()
  })
})

describe('the file', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-session-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is private, whole, and leaves nothing beside it', () => {
    const file = path.join(folder, 'room', 'clavitor.json')
    writeSession(file, { at: 1 })
    expect(readSession(file)).toEqual({ at: 1 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700)
    expect(readdirSync(path.dirname(file))).toEqual(['clavitor.json'])
  })

  test('a torn or missing one is none', () => {
    const file = path.join(folder, 'torn.json')
    writeFileSync(file, '{"at": 1, "scr')
    expect(readSession(file)).toBeNull()
    expect(readSession(path.join(folder, 'none.json'))).toBeNull()
  })

  test('where nothing can be written the room goes on', () => {
    const file = path.join(folder, 'torn.json', 'below', 'a-file.json')
    expect(() => writeSession(file, { at: 1 })).not.toThrow()
    expect(readFileSync(path.join(folder, 'torn.json'), 'utf8')).toContain('"at"')
  })
})
