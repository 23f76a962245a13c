// The built program on a living sandbox, in a real terminal: what an operator does in the first minutes.
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Rig } from './rig.ts'
import { makePlace, type Place } from './watchfloor.ts'

let place: Place
let rig: Rig
/** Bytes of a room that nobody touches, from here on. */
let quiet: { rig: Rig; since: number }

beforeAll(async () => {
  place = makePlace()
  rig = place.open(120, 36)
})
beforeEach(() => {
  // Whatever the test before left: the overview, nothing filtered.
  rig.press('\u001b[27u0')
})
afterAll(async () => {
  for (const one of [rig, quiet?.rig]) {
    one?.kill('SIGTERM')
    await one?.exited
  }
  place.end()
  expect(readdirSync(path.dirname(place.folder))).not.toContain(path.basename(place.folder))
})

const names = (
  'zurich virginia ncalifornia montreal mexicocity saopaulo london paris frankfurt spain stockholm uae telaviv ' +
  'capetown mumbai singapore jakarta malaysia sydney seoul hongkong'
).split(' ')

describe('the room on the sandbox', () => {
  test('opens with 21 tiles, and all of them are live within five seconds', async () => {
    await rig.until('the room is open', (_, text) => text.includes('clavitor SANDBOX'), 20_000)
    await rig.until(
      '21 live tiles',
      (_, text) => text.includes('● 21 up') && (text.match(/mesh +[\d.]+/g) ?? []).length === 21,
      5_000,
    )
    for (const name of names) expect(rig.text()).toContain(name)
  })

  test('a second operator sees the same fleet', async () => {
    const opened = place.open(120, 36)
    quiet = { rig: opened, since: 0 }
    await opened.until('the fleet', (_, text) => text.includes('● 21 up') && text.includes('? help'))
    await opened.until('all of it painted', lines => lines.filter(line => line.includes('ram')).length >= 6)
    opened.written()
    quiet.since = performance.now()
  })

  test("enter opens the node's page with its history, esc goes back", async () => {
    rig.press('/paris\r')
    rig.press('\r')
    await rig.until('the page', (_, text) => text.includes('▸ paris') && /ping:mesh .*127\.\d+\.0\.17/.test(text))
    await rig.until(
      'its history',
      (_, text) => /mesh ms +10 m .*min +[\d.]+ +avg/.test(text) && text.includes('health'),
    )
    const kinds = ['ssh:public', 'http', 'tls', 'units', 'boot', 'load', 'wireguard']
    await rig.until('every probe of it', (_, text) => kinds.every(kind => text.includes(kind)))
    rig.press('\u001b')
    await rig.until('the overview', (_, text) => text.includes('filter paris'))
    rig.press('\u001b')
    await rig.until('all of it', (_, text) => text.includes('faults first'))
  })

  test('a room that nobody touches writes less than a kilobyte a second and never clears the screen', async () => {
    const wanted = 15_000
    const left = wanted - (performance.now() - quiet.since)
    // The clock in the header is what certainly changes: nothing else may be waited for in a quiet room.
    if (left > 0) await new Promise(resolve => setTimeout(resolve, left))
    const seconds = (performance.now() - quiet.since) / 1000
    const { bytes, clears } = quiet.rig.written()
    expect(bytes).toBeGreaterThan(0)
    expect(bytes / seconds).toBeLessThanOrEqual(1_000)
    expect(clears).toBe(0)
  })

  // Two intervals of ten seconds each, and what a busy machine adds.
  test('a dropped node and a stopped service change their tiles, each saying what it is', {
    timeout: 60_000,
  }, async () => {
    expect(place.run('sandbox', 'chaos', 'drop-node', 'paris').code).toBe(0)
    expect(place.run('sandbox', 'chaos', 'stop-service', 'london').code).toBe(0)
    await rig.until('paris is down', (_, text) => /✖ paris[\s\S]*down (just now|\d+ s)/.test(text), 25_000)
    await rig.until('london is not well', (_, text) => /[✖◐] london/.test(text), 25_000)
    await rig.until('the header counts them', lines => /SEV\d \d open/.test(lines[0] ?? ''))
    await quiet.rig.until('the other operator sees it too', (_, text) => /✖ paris/.test(text))
    rig.press(':london\r')
    await rig.until('its page names the unit', (_, text) => /✖ units .*clavitor\.service/.test(text), 25_000)
  })

  test('K acknowledges for everybody', async () => {
    rig.press('/paris\r')
    await rig.until('paris alone', (_, text) => text.includes('filter paris') || text.includes('✖ paris'))
    rig.press('K')
    await rig.until('it is said', (_, text) => text.includes('acknowledged: SEV'))
    await quiet.rig.until('the other operator sees whose it is', (_, text) => /paris is down.* has it/.test(text))
    rig.press('\u001b')
  })

  test('a closed terminal leaves the engine watching', async () => {
    quiet.rig.hangUp()
    await quiet.rig.exited
    expect(place.run('engine', 'status').code).toBe(0)
    await rig.until('this room goes on', (_, text) => text.includes('✖ paris'))
  })

  test('an engine that is gone is said with the age of the picture; a new one is found by itself', async () => {
    expect(place.run('engine', 'stop').code).toBe(0)
    await rig.until('the link is lost', (_, text) =>
      /link to the engine lost for \d+ s, what you see is old/.test(text),
    )
    expect(rig.text()).toContain('✖ paris')
    expect(place.run('engine', 'start').code).toBe(0)
    await rig.until('the link is back', (_, text) => !text.includes('link to the engine'), 15_000)
    rig.press('q')
    expect((await rig.exited).code).toBe(0)
    await rig.until('the farewell', (_, text) => text.includes('detached: the engine goes on watching 21 nodes'))
    expect(place.run('engine', 'status').code).toBe(0)
  })
})
