// Promise: nothing acknowledged is ever lost. The whole program is killed while clients are being answered, again and
// again on one home; then the journal is damaged on purpose, to see that damage would have been found.
import { copyFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { EngineClient } from '../../src/engine/client.ts'
import { fleetText, makeWorld } from '../src/cli/world.ts'
import { seeded } from '../state/recording-disk.ts'

const runs = Math.round(30 * Number(process.env.WATCHFLOOR_GAUNTLET ?? '1'))

test(`of ${runs} engines killed while they answer none loses what it acknowledged`, {
  timeout: 30_000 + runs * 5_000,
}, async () => {
  const world = makeWorld()
  try {
    const fleet = world.write('fleet.yaml', fleetText(world, await world.server(), { every: '1s' }))
    const random = seeded(20_261_122)
    const acknowledged = new Map<string, number>()
    let before = 0
    for (let round = 1; round <= runs; round++) {
      const { run, client } = await world.runEngine(fleet)
      const there = titles(client)
      const missing = [...acknowledged.keys()].slice(before).filter(title => !there.has(title))
      expect(missing).toEqual([])
      before = acknowledged.size
      const wanted = 1 + Math.floor(random() * 60)
      await answeredOften(client, round, wanted, acknowledged)
      process.kill(run.pid, 'SIGKILL')
      await run.gone
      if (round % 10 === 0) expect((await world.run(['journal', 'verify', '--fleet', fleet])).exit).toBe(0)
    }
    expect(acknowledged.size).toBeGreaterThan(runs * 10)

    // Every acknowledged commit is in the chain, at the place that was acknowledged.
    const exported = await world.run(['journal', 'export', '--fleet', fleet])
    expect(exported.exit).toBe(0)
    const kept = new Map<string, number>()
    for (const line of exported.stdout.trim().split('\n')) {
      const commit: { seq: number; events: { type: string; incident?: { title?: string } }[] } = JSON.parse(line)
      for (const event of commit.events) {
        const title = event.incident?.title
        if (event.type.startsWith('incidents.') && title !== undefined) kept.set(title, commit.seq)
      }
    }
    for (const [title, seq] of acknowledged) expect([title, kept.get(title)]).toEqual([title, seq])

    const home = world.home()
    const verify = async (damage: (file: string) => void) => {
      const copy = path.join(world.dir, 'damaged')
      cpSync(home, copy, { recursive: true, filter: file => !file.endsWith('.sock') })
      const journal = path.join(copy, 'journal')
      const first =
        readdirSync(journal)
          .filter(name => name.endsWith('.jsonl'))
          .sort()[0] ?? ''
      damage(path.join(journal, first))
      const ran = await world.run(['journal', 'verify', '--fleet', fleet, '--home', copy])
      copyFileSync(path.join(home, 'journal', first), path.join(journal, first))
      return ran
    }
    expect((await verify(() => {})).exit).toBe(0)
    const flipped = await verify(file => {
      const bytes = readFileSync(file)
      const middle = Math.floor(bytes.length / 2)
      bytes[middle] = (bytes[middle] ?? 0) ^ 1
      writeFileSync(file, bytes)
    })
    expect(flipped.exit).toBe(1)
    expect(flipped.stdout).toMatch(/000001\.jsonl:\d+ /)
    const removed = await verify(file => {
      const lines = readFileSync(file, 'utf8').split('\n')
      lines.splice(Math.floor(lines.length / 2), 1)
      writeFileSync(file, lines.join('\n'))
    })
    expect(removed.exit).toBe(1)
  } finally {
    await world.close()
  }
})

/** Several clients' worth of commands at once, until `wanted` of them were answered. */
async function answeredOften(
  client: EngineClient,
  round: number,
  wanted: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  await new Promise<void>(resolve => {
    let answered = 0
    let asked = 0
    const ask = () => {
      const title = `round ${round} number ${++asked}`
      client.do({ type: 'incidents.add', title, severity: 'SEV3', nodes: [] }).then(
        ({ seq, ids }) => {
          acknowledged.set(title, seq)
          answered += 1
          if (answered === wanted) resolve()
          // Closed again, so that three hundred rounds leave no mountain of open incidents behind.
          client.do({ type: 'incidents.resolve', id: ids[0] ?? '', how: 'seen' }).then(ask, () => {})
        },
        // The link ends with the engine: what was not answered was not promised.
        () => {},
      )
    }
    for (let i = 0; i < 5; i++) ask()
  })
}

function titles(client: EngineClient): Set<string> {
  const { open, closed } = client.state().incidents
  return new Set([...Object.values(open), ...closed].map(one => one.title))
}
