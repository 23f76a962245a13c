// A long life in a short time. Each change is a node's health and a sample. A usual fleet (21 nodes, 8 probes each, every
// 30 seconds) makes 5.6 samples a second, so 20 seconds of 2,000 changes are what the room takes in two hours; of those
// most change nothing that is shown, here every third node goes down.
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FixturePlace, makeFixturePlace } from './fixture-place.ts'

const gauntlet = Number(process.env.WATCHFLOOR_GAUNTLET ?? '1')
const changesPerSecond = 2_000
const warmUpMs = 8_000
const soakMs = 12_000 * gauntlet
/**
 * What the heap may grow while the engine of the language settles; it collects late when nobody needs the room. A leak of
 * 2 kB a change would be 48 MB in the shortest run.
 */
const toleranceMb = 32

let place: FixturePlace
beforeAll(async () => {
  place = await makeFixturePlace('fake-room')
})
afterAll(() => place.remove())
afterEach(() => place.endRigs())

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

test(
  `a storm of ${changesPerSecond} changes a second, with keys and resizes, takes no memory and clears the screen only for new sizes`,
  async () => {
    const rig = place.start({
      columns: 120,
      rows: 36,
      env: { FAKE_CHANGES: String(changesPerSecond), FAKE_NODES: '210' },
    })
    await rig.until('the room', (_, text) => text.includes('? help'))
    const begun = performance.now()
    const sizes = [
      [80, 24],
      [200, 60],
      [120, 36],
    ] as const
    // Every way of looking, typing included, and back to where it began. This escape needs no wait to be one.
    const back = '\u001b[27u'
    const walk = ['jjjj', 'd', 'G', 'd', '/0', back, '\r', 'jj', back, '?', back, 'g', '\u001b[B', '0']
    let resizes = 0
    let clears = 0
    let turns = 0
    let warm = 0
    while (performance.now() - begun < warmUpMs + soakMs) {
      for (const keys of walk) {
        rig.press(keys)
        // The next frame, so that keys do not outrun what they do.
        const before = rig.transcript().length
        await rig.until('a frame', () => rig.transcript().length > before)
      }
      turns += 1
      clears += rig.written().clears
      if (turns % 5 === 0) {
        const [columns, rows] = sizes[resizes % sizes.length] ?? [120, 36]
        rig.resize(columns, rows)
        resizes += 1
        await rig.until(`${columns}×${rows}`, lines => lines[rows - 1]?.includes('? help') === true)
      }
      if (warm === 0 && performance.now() - begun > warmUpMs) warm = residentMb(rig.pid)
    }
    clears += rig.written().clears
    expect(resizes).toBeGreaterThan(0)
    // The first picture, and each new size.
    expect(clears).toBeLessThanOrEqual(1 + resizes)
    expect(residentMb(rig.pid) - warm).toBeLessThan(toleranceMb)
    rig.kill('SIGTERM')
    expect((await rig.exited).code).toBe(0)
  },
  warmUpMs + soakMs + 30_000,
)
