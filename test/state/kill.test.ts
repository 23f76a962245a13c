// Promise: nothing acknowledged is ever lost at kill -9, and one home has one writer. Real processes on a real disk.
import { expect, test } from 'vitest'
import { realDisk } from '../../state/disk.ts'
import { parseCommit } from '../../state/journal/commit.ts'
import { readLines } from '../../state/journal/files.ts'
import { readHolder } from '../../state/lock.ts'
import { verifyHome } from '../../state/store.ts'
import { startEngine, withDirectory } from './engines.ts'
import { seeded } from './recording-disk.ts'

const runs = Math.round(30 * Number(process.env.WATCHFLOOR_GAUNTLET ?? '1'))

test(`of ${runs} engines killed at random moments none loses an acknowledged commit`, { timeout: runs * 3_000 }, () =>
  withDirectory(async directory => {
    const home = `${directory}/home`
    const random = seeded(20_260_302)
    const acknowledged = new Map<number, string>()
    for (let run = 1; run <= runs; run++) {
      const engine = startEngine(home)
      const opened = await engine.says('open ')
      expect(opened.split(' ')[2]).toBe(String(run))
      engine.tell('run 5')
      // At 0 the kill comes while it is just beginning.
      await engine.says('acknowledged ', Math.floor(random() * 60))
      engine.signal('SIGKILL')
      await engine.gone
      for (const line of engine.lines) {
        const [said, seq, prev] = line.split(' ')
        if (said === 'acknowledged') acknowledged.set(Number(seq), prev ?? '')
      }
      // Damage stays, so that a long gauntlet need not walk the growing journal every time.
      if (run <= 30 || run % 10 === 0) expect((await verifyHome(realDisk, home)).findings).toEqual([])
    }
    expect((await verifyHome(realDisk, home)).findings).toEqual([])
    const kept = await chainOf(home)
    for (const [seq, prev] of acknowledged) expect([seq, kept.get(seq)]).toEqual([seq, prev])
    expect(acknowledged.size).toBeGreaterThan(runs * 10)
    await oneFlippedByteIsFound(home)
  }),
)

async function chainOf(home: string): Promise<Map<number, string>> {
  const kept = new Map<number, string>()
  for (const name of (await realDisk.list(`${home}/journal`)).filter(file => file.endsWith('.jsonl'))) {
    const file = await realDisk.open(`${home}/journal/${name}`, 'read')
    for await (const line of readLines(file, 0)) {
      const parsed = parseCommit(line.bytes)
      if (parsed.ok) kept.set(parsed.commit.seq, parsed.commit.prev)
    }
    await file.close()
  }
  return kept
}

async function oneFlippedByteIsFound(home: string): Promise<void> {
  const path = `${home}/journal/000001.jsonl`
  const bytes = Uint8Array.from((await realDisk.read(path)) ?? [])
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  await realDisk.unlink(path)
  const file = await realDisk.open(path, 'make')
  await file.append(bytes)
  await file.close()
  expect((await verifyHome(realDisk, home)).findings[0]).toMatchObject({ file: '000001.jsonl' })
}

test('a second engine is refused and told who holds the home', () =>
  withDirectory(async directory => {
    const home = `${directory}/home`
    const first = startEngine(home)
    await first.says('open ')
    const second = startEngine(home)
    const refused = await second.says('refused ')
    expect(refused).toContain('home-in-use')
    expect(refused).toContain(`process ${first.pid} of noc, since 20`)
    expect(readHolder(home)).toMatchObject({ pid: first.pid, login: 'noc' })
    await second.gone
    first.tell('close')
    await first.gone
  }))

test('a stopped engine keeps its home, and woken it is still the only holder', () =>
  withDirectory(async directory => {
    const home = `${directory}/home`
    const first = startEngine(home)
    await first.says('open ')
    first.signal('SIGSTOP')
    const second = startEngine(home)
    expect(await second.says('refused ')).toContain(`process ${first.pid} `)
    await second.gone
    first.signal('SIGCONT')
    first.tell('append')
    first.tell('intact')
    await first.says('acknowledged 2 ')
    expect(await first.says('intact ')).toBe('intact true')
    const third = startEngine(home)
    expect(await third.says('refused ')).toContain('home-in-use')
    await third.gone
    first.signal('SIGKILL')
    await first.gone
    const fourth = startEngine(home)
    expect(await fourth.says('open ')).toBe('open 3 2')
    fourth.tell('close')
    await fourth.gone
  }))

test('of many engines started at once exactly one gets the home', () =>
  withDirectory(async directory => {
    const engines = Array.from({ length: 5 }, () => startEngine(`${directory}/home`))
    const said = await Promise.all(engines.map(engine => Promise.race([engine.says('open '), engine.says('refused ')])))
    expect(said.filter(line => line.startsWith('open '))).toHaveLength(1)
    expect(said.filter(line => line.startsWith('refused home-in-use'))).toHaveLength(4)
    for (const engine of engines) engine.signal('SIGKILL')
    await Promise.all(engines.map(engine => engine.gone))
  }))

test('an engine whose lock file was removed knows it', () =>
  withDirectory(async directory => {
    const home = `${directory}/home`
    const engine = startEngine(home)
    await engine.says('open ')
    await realDisk.unlink(`${home}/lock`)
    engine.tell('intact')
    expect(await engine.says('intact ')).toBe('intact false')
    engine.signal('SIGKILL')
    await engine.gone
  }))
