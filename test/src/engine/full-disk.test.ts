// A full disk under the running engine: it says so, refuses what is new, loses nothing that it acknowledged, and goes on
// by itself when there is room. A small tmpfs is mounted for it, which needs root.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { EngineClient } from '../../../src/engine/client.ts'
import type { AnyCommand } from '../../../src/engine/nouns.ts'
import { fleetText, makeWorld, until } from '../cli/world.ts'

const probe = makeWorld()
const canMount =
  process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe.dir]).status === 0
if (canMount) spawnSync('umount', [probe.dir])
await probe.close()

const add = (title: string): AnyCommand => ({ type: 'incidents.add', title, severity: 'SEV3', nodes: [] })
const titles = (client: EngineClient) => Object.values(client.state().incidents.open).map(one => one.title)

test.skipIf(!canMount)(
  `a full disk is told and loses nothing${canMount ? '' : ' (skipped: needs root to mount a small disk)'}`,
  // It tries again after ten seconds whether there is room.
  { timeout: 60_000 },
  async () => {
    const world = makeWorld()
    const disk = path.join(world.dir, 'disk')
    mkdirSync(disk)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
    try {
      world.env.WATCHFLOOR_HOME = path.join(disk, 'home')
      const fleet = world.write('fleet.yaml', fleetText(world, await world.server(), { every: '1s' }))
      const { run, client } = await world.runEngine(fleet)
      await client.do(add('while there was room'))
      fill(path.join(disk, 'filler'))

      // What still fits into a block that is there already may be written; then the disk is full for good.
      const acknowledged = ['while there was room']
      let refusal: unknown = null
      for (let number = 1; refusal === null && number < 200; number++) {
        const title = `number ${number} ${'x'.repeat(500)}`
        await client.do(add(title)).then(
          () => acknowledged.push(title),
          error => {
            refusal = error
          },
        )
      }
      expect(refusal).toMatchObject({ exit: 5 })
      await until(client, () => client.live().engine.troubles.some(one => one.includes('full')))
      const told = await world.run(['engine', 'status', '--fleet', fleet])
      expect(told).toMatchObject({ exit: 0, stderr: '' })
      expect(told.stdout).toMatch(/trouble: .*full/)
      const refused = await world.run(['exec', 'alpha', '--fleet', fleet, '--', 'true'])
      expect(refused).toMatchObject({ exit: 5, stdout: '' })
      expect(refused.stderr).toContain('full')
      expect((await world.run(['status', '--json', '--fleet', fleet])).exit).toBe(0)

      rmSync(path.join(disk, 'filler'))
      await until(client, () => !client.live().engine.troubles.some(one => one.includes('full')))
      await client.do(add('when there was room again'))
      acknowledged.push('when there was room again')
      process.kill(run.pid, 'SIGKILL')
      await run.gone
      const next = await world.runEngine(fleet)
      expect(titles(next.client)).toEqual(acknowledged)
      expect((await world.run(['journal', 'verify', '--fleet', fleet])).exit).toBe(0)
    } finally {
      await world.close().catch(() => {})
      spawnSync('umount', ['-l', disk])
      rmSync(world.dir, { recursive: true, force: true })
    }
  },
)

function fill(file: string): void {
  const descriptor = openSync(file, 'w')
  try {
    for (let size = 65_536; size >= 1; ) {
      try {
        writeSync(descriptor, Buffer.alloc(size))
      } catch {
        size = Math.floor(size / 2)
      }
    }
  } finally {
    closeSync(descriptor)
  }
}
