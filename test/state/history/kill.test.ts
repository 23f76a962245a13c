import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openHistory } from '../../../state/history/open.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { day, midnight, temporaryDirectory } from './home.ts'

const child = fileURLToPath(new URL('writer-child.ts', import.meta.url))
/** 300 when the count is multiplied by ten. */
const runs = Math.round(30 * Number(process.env.WATCHFLOOR_GAUNTLET ?? 1))

/** Steps of a linear generator: the same delays in each run of the test. */
function delays(count: number): number[] {
  let state = 20_260_302
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state % 60
  })
}

test(
  `nothing that was committed is lost and nothing is unreadable after ${runs} kill -9s`,
  async () => {
    const dir = temporaryDirectory()
    let start = midnight
    const committed = new Map<number, number>()
    for (const [run, delay] of delays(runs).entries()) {
      const process_ = spawn(process.execPath, [child, dir, String(start), String(run)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      process_.stdout.setEncoding('utf8').on('data', text => {
        output += text
      })
      await once(process_.stdout, 'data')
      // The only wait for time in these tests: the moment of death is what is varied.
      await new Promise(resolve => setTimeout(resolve, delay))
      process_.kill('SIGKILL')
      await once(process_, 'close')
      const said = output.split('\n').slice(0, -1)
      committed.set(run, said.length)
      start = Number(said.at(-1)?.split(' ')[1]) + 3_600_000
    }

    const clock = new VirtualClock(start)
    const history = await openHistory({ dir, clock, bootId: 'boot', sinceBootMs: () => clock.now() })
    const read = async () => {
      const rows = await history.rows({ node: 'tokyo', from: midnight, to: start + day, limit: 1e7 })
      for (const [run, steps] of committed) {
        const own = rows.filter(row => row.ms === run).map(row => row.values?.step ?? -1)
        // Each once; what was on its way when the process died may be there as well.
        expect(own.toReversed().slice(0, steps)).toEqual(Array.from({ length: steps }, (_, step) => step))
        expect(own.length).toBeLessThanOrEqual(steps + 2)
      }
      return rows
    }
    const before = await read()
    // Every part that the dead left is closed now, and tells the same.
    for (let i = 0; i < 10_000 && readdirSync(join(dir, 'samples')).some(name => name.endsWith('.jsonl')); i += 1) {
      await history.tick(clock.now())
      await history.settled()
    }
    expect(await read()).toEqual(before)
    expect(history.stats()).toMatchObject({ bad: 0, failed: null })
    const [row] = history.uptime({ from: midnight, to: start }, ['tokyo'])
    expect(row?.downS).toBe(0)
    expect(row?.ratio).toBe(1)
    expect(row?.upS).toBeGreaterThan((before.length - runs * 2) * 600 - runs * 60)
    await history.close()
  },
  30_000 + runs * 2_000,
)
