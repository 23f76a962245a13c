// The link drops while an operator types: the room is gone without a trace, the engine goes on, nothing half typed was
// sent; whoever comes back finds it where it was, and finishing it does it once. WATCHFLOOR_RECORD names a folder for the
// sessions.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isAlive } from './fixture-place.ts'
import { processesOf, zombies } from './processes.ts'
import { type Recording, startRecording } from './record.ts'
import type { Rig } from './rig.ts'
import { makePlace, type Place } from './watchfloor.ts'

const size = { columns: 120, rows: 36 }
const esc = '\u001b'
const enter = '\r'

let place: Place
let recording: Recording
const rigs: Rig[] = []
/** What runs without any room: the engine and the sandbox. */
let quiet: readonly string[]

beforeAll(() => {
  place = makePlace()
  // The engine comes with its first client.
  expect(place.run('incident', 'add', 'smoke in the rack', '--nodes', 'paris').code).toBe(0)
  quiet = running()
  expect(quiet).toHaveLength(2)
})
beforeEach(({ task }) => {
  recording = startRecording(`link drop ${task.name}`, size)
})
afterEach(async () => {
  recording.end()
  await endRigs()
})
afterAll(async () => {
  await endRigs()
  place.end()
  await vi.waitFor(() => expect(running()).toEqual([]), { timeout: 5_000 })
  expect(zombies()).toEqual([])
})

async function endRigs(): Promise<void> {
  for (const rig of rigs.splice(0)) {
    rig.thaw()
    rig.kill('SIGKILL')
    await rig.exited
  }
}

/** By a mark that only what this place started carries. */
function running(): string[] {
  return processesOf(`HOME=${place.folder}\0`).map(({ pid, command }) => `${pid} ${command}`)
}

async function open(): Promise<Rig> {
  const rig = place.open(size.columns, size.rows)
  rigs.push(rig)
  const recorded = recording.of(rig)
  await rig.until('the room is open', (_, text) => text.includes('clavitor SANDBOX'), 15_000)
  return recorded
}

async function openIncident(rig: Rig): Promise<void> {
  rig.press('6')
  await rig.until('the incidents', (_, text) => /▸ incidents.*\n[\s\S]*smoke in the rack/.test(text))
  rig.press(enter)
  await rig.until('the incident', lines => lines[0]?.includes('▸ smoke in the rack') === true)
}

async function typeNote(rig: Rig, half: string): Promise<void> {
  await openIncident(rig)
  rig.press('N')
  await rig.until('the form', (_, text) => text.includes('enter next, then on'))
  rig.press(half)
  await rig.until('the words', (_, text) => text.includes(half))
}

/** The client is gone, nothing of it is left, and only what ran before still runs. */
async function isGone(rig: Rig): Promise<void> {
  await rig.exited
  await expect.poll(() => isAlive(rig.pid), { timeout: 5_000 }).toBe(false)
  await expect.poll(running, { timeout: 5_000 }).toEqual(quiet)
  expect(zombies()).toEqual([])
}

/** What a killed room leaves is what it had kept by then. */
async function isKept(words: string): Promise<void> {
  const file = path.join(place.env.XDG_STATE_HOME ?? '', 'watchfloor', 'room', 'clavitor.sandbox.json')
  await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 5_000, interval: 20 }).toContain(words)
}

function commitsWith(words: string): { by: string; events: { type: string; text?: string }[] }[] {
  const { out } = place.run('journal', 'export')
  const lines = out.split('\n').filter(line => line.includes(words))
  return lines.map(line => JSON.parse(line))
}

async function isBack(rig: Rig, ago = /as you left it when the link was lost, \d+ (s|m) ago/): Promise<void> {
  await rig.until('it says so at the foot', lines => ago.test(lines.at(-1) ?? ''))
}

/** Opens again, finds the note in its field, and finishes it: one commit with the whole of it. */
async function finishNote(half: string): Promise<void> {
  recording.mark('and comes back')
  const rig = await open()
  await isBack(rig)
  expect(rig.lines()[0]).toContain('▸ smoke in the rack')
  // The cursor stands behind the last letter.
  expect(rig.text()).toMatch(new RegExp(`note +${half}▏`))
  expect(commitsWith(half)).toEqual([])
  rig.press(' and the rest')
  await rig.until('both halves', (_, text) => text.includes(`${half} and the rest`))
  rig.press(enter)
  await rig.until('it is done', (_, text) => text.includes('noted'))
  rig.press('q')
  expect((await rig.exited).code).toBe(0)
  const commits = commitsWith(half)
  expect(commits.map(({ events }) => events.map(({ type, text }) => [type, text]))).toEqual([
    [['incidents.noted', `${half} and the rest`]],
  ])
}

describe('in the middle of a note', () => {
  test('the terminal hangs up', async () => {
    const rig = await open()
    await typeNote(rig, 'the fan of rack four')
    recording.mark('the terminal is gone')
    rig.hangUp()
    await isGone(rig)
    await finishNote('the fan of rack four')
  })

  test('the client is killed with -9', async () => {
    const rig = await open()
    await typeNote(rig, 'killed at the fan')
    await isKept('killed at the fan')
    recording.mark('killed with -9')
    rig.kill('SIGKILL')
    await isGone(rig)
    await finishNote('killed at the fan')
  })

  test('SIGHUP comes', async () => {
    const rig = await open()
    await typeNote(rig, 'hung up at the fan')
    recording.mark('SIGHUP')
    rig.kill('SIGHUP')
    expect((await rig.exited).code).toBe(0)
    await isGone(rig)
    await finishNote('hung up at the fan')
  })

  test('nobody reads any more, what is typed is blind, and then the terminal hangs up', async () => {
    const rig = await open()
    await typeNote(rig, 'frozen')
    recording.mark('the reader is frozen')
    rig.freeze()
    rig.press(' at the fan')
    await isKept('frozen at the fan')
    rig.hangUp()
    await isGone(rig)
    await finishNote('frozen at the fan')
  })

  test('the engine is stopped: enter says that it is not done, and it is not done later either', async () => {
    const rig = await open()
    await typeNote(rig, 'no engine at the fan')
    recording.mark('the engine is stopped')
    expect(place.run('engine', 'stop').code).toBe(0)
    await rig.until('the link is lost', (_, text) => text.includes('link to the engine lost'))
    expect(rig.text()).toContain('no engine at the fan▏')
    rig.press(enter)
    await rig.until('it says that it is not done', (_, text) => text.includes('not done:'))
    expect(rig.text()).toContain('no engine at the fan▏')
    rig.hangUp()
    await rig.exited
    expect(place.run('engine', 'start').code).toBe(0)
    await expect.poll(running, { timeout: 5_000 }).toHaveLength(2)
    quiet = running()
    await finishNote('no engine at the fan')
  })
})

describe('in the middle of', () => {
  test('a filter: it is typed on, and giving it up shows what was there before', async () => {
    const rig = await open()
    rig.press('/lond')
    await rig.until('the filter', lines => / \/ lond▏/.test(lines.at(-1) ?? ''))
    rig.hangUp()
    await isGone(rig)
    const again = await open()
    await isBack(again)
    expect(again.lines().at(-1)).toContain(' / lond▏')
    again.press('on')
    await again.until('london alone', (_, text) => text.includes('● london') && !text.includes('● paris'))
    again.press(esc)
    await again.until('everything', (_, text) => text.includes('● paris') && !text.includes('lond▏'))
    again.press('q')
    await again.exited
  })

  test('a name in the palette: it is found again and done only by enter', async () => {
    const rig = await open()
    rig.press(':lond')
    await rig.until('what it finds', (_, text) => /lond▏/.test(text) && text.includes('london'))
    rig.kill('SIGHUP')
    await isGone(rig)
    const again = await open()
    await isBack(again)
    expect(again.text()).toMatch(/lond▏/)
    expect(again.lines()[0]).not.toContain('▸ london')
    again.press(enter)
    await again.until('the node', lines => lines[0]?.includes('▸ london') === true)
    again.press('q')
    await again.exited
  })

  test('a command that waited for a yes: the words are there, the yes is asked anew', async () => {
    const rig = await open()
    rig.press('/paris\r')
    await rig.until('paris alone', (_, text) => text.includes('filter paris') && !text.includes('● london'))
    rig.press('E')
    await rig.until('the form', (_, text) => text.includes('enter next, then on'))
    rig.press('hostname --half')
    await rig.until('the command', (_, text) => /hostname --half/.test(text))
    rig.press(enter)
    await rig.until('the question', (_, text) => text.includes('Cancel'))
    rig.hangUp()
    await isGone(rig)
    const again = await open()
    await isBack(again)
    expect(again.text()).toContain('hostname --half▏')
    expect(again.text()).not.toContain('Cancel')
    // The yes of the question that is gone is a letter here.
    again.press('Y')
    await again.until('a letter', (_, text) => text.includes('hostname --halfY▏'))
    again.press(enter)
    await again.until('the question anew', (_, text) => text.includes('Cancel'))
    again.press(esc)
    await again.until('the form below it', (_, text) => !text.includes('Cancel') && text.includes('--halfY▏'))
    again.press(esc)
    await again.until('given up', (_, text) => !text.includes('--halfY'))
    again.press('q')
    await again.exited
    expect(commitsWith('--half')).toEqual([])
  })
})
