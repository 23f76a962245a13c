// Every action of the registry, through keys alone, in a real terminal on the real nouns: each causes the event, the screen
// or the file that it is for, and with the action taken out it does not.
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { actions } from '../../screens/keys/actions.ts'
import { type FixturePlace, makeFixturePlace } from './fixture-place.ts'
import { type Scenario, worldOf } from './scenario.ts'
import { scenarios } from './scenarios.ts'

let place: FixturePlace
beforeAll(async () => {
  place = await makeFixturePlace('whole-room')
  for (const program of ['ssh', 'vi']) place.script(program, `echo "$@" > "$HOME/${program}.ran"`)
})
afterAll(async () => {
  await place.endRigs()
  place.remove()
})

/** How long an action that was taken out may still not have done anything. */
const withoutMs = 700
let runs = 0

/** `done`, or the screen that showed something else. */
async function play(scenario: Scenario, off: string | null): Promise<string> {
  // A home of its own: what a room leaves is the next one's beginning.
  const home = path.join(place.folder, `home-${++runs}`)
  place.folderFor(home)
  const settings = path.join(home, 'room.yaml')
  writeFileSync(settings, 'keys: { fautls: x }\n')
  writeFileSync(path.join(home, 'fleet.yaml'), 'nodes:\n  node-00003: { address: 192.0.2.3 }\n')
  const rig = place.start({
    columns: 120,
    rows: 36,
    env: {
      HOME: home,
      FAKE_JOURNAL: path.join(home, 'journal.jsonl'),
      FAKE_SETTINGS: settings,
      ...(off === null ? {} : { FAKE_OFF: off }),
      ...scenario.env,
    },
  })
  const world = worldOf(rig, home)
  try {
    await rig.until('the room is open', (_, text) => text.includes('? help') && text.includes('node-00003'), 15_000)
    const patience = off === null ? 8_000 : withoutMs
    for (const step of scenario.steps) {
      if (typeof step === 'string') rig.press(step)
      else if (!(await seen(rig, text => step.test(text), patience))) return `no ${step} on\n${rig.text()}`
    }
    const isDone = await seen(rig, (text, lines) => scenario.shows(text, world, lines), patience)
    return isDone ? 'done' : rig.text()
  } finally {
    rig.kill('SIGKILL')
    await rig.exited
    rmSync(home, { recursive: true, force: true })
  }
}

/** True as soon as it is so; files change without the screen, so that it is looked at again and again. */
async function seen(
  rig: ReturnType<FixturePlace['start']>,
  isThere: (text: string, lines: readonly string[]) => boolean,
  ms: number,
): Promise<boolean> {
  const look = () => {
    if (!isThere(rig.text(), rig.lines())) throw new Error('not yet')
    return true
  }
  return vi.waitFor(look, { timeout: ms, interval: 20 }).catch(() => false)
}

test('every action has a scenario, and every scenario an action', () => {
  const ids = actions.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)])
  expect(scenarios.map(({ action }) => action).sort()).toEqual([...ids].sort())
})

describe.concurrent('an action', () => {
  test.each(scenarios.map(scenario => [scenario.action, scenario.does, scenario] as const))(
    '%s: %s',
    { timeout: 40_000 },
    async (_action, _does, scenario) => {
      expect(await play(scenario, null)).toBe('done')
    },
  )
})

describe.concurrent('without its doing', () => {
  test.each(scenarios.map(scenario => [scenario.action, scenario.does, scenario] as const))(
    '%s does not: %s',
    { timeout: 40_000 },
    async (action, _does, scenario) => {
      expect(await play(scenario, action)).not.toBe('done')
    },
  )
})
