import { appendFileSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { HistoryRow } from '../../../state/history/history.ts'
import { day, type Home, hour, midnight, minute, openHome, second } from './home.ts'

const files = (home: Home, tier: string) => readdirSync(join(home.dir, tier)).sort()

function sample(at: number, ms: number | null, more: Partial<HistoryRow> = {}): HistoryRow {
  return { node: 'paris', probe: 'ping', at, ok: ms !== null, ms, ...more }
}

/** One sample in 30 s of two nodes, values 1, 2, 3 … and a gap in values. */
async function fill(home: Home, hours: number): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = []
  for (let i = 0; i < hours * 120; i += 1) {
    const at = home.clock.now()
    const round: HistoryRow[] = [
      sample(at, 1 + (i % 100), i % 3 === 0 ? { values: { ram_pct: i % 50 } } : {}),
      { node: 'tokyo', probe: 'http:https://tokyo/', at: at + 1, ok: i % 2 === 0 ? null : false, ms: null },
    ]
    home.history.append(round)
    rows.push(...round)
    home.clock.advance(30 * second)
    const done = home.history.tick(home.clock.now())
    if (i % 20 === 0) await done
  }
  await home.tidy()
  return rows
}

const everything = { from: midnight - day, to: midnight + 30 * day, limit: 1e6 }

test('what was appended comes back the same: from memory, from the open segment, from the closed one', async () => {
  const home = await openHome()
  const wanted = [
    sample(midnight + 1, 12.34, { values: { 'ram pct "x"': 41, temperature_c: -3.5 } }),
    sample(midnight + 2, null),
    sample(midnight + 3, null, { ok: null, probe: 'zürich → 東京\u001b[31m' }),
  ]
  const back = () => home.history.rows({ node: 'paris', ...everything })
  home.history.append(wanted)
  expect(await back()).toEqual(wanted.toReversed())
  await home.watch(second, second)
  expect(files(home, 'samples')).toEqual(['2026-03-02T00.0.jsonl'])
  expect(await back()).toEqual(wanted.toReversed())
  await home.watch(70 * minute)
  await home.tidy()
  expect(files(home, 'samples')).toEqual(['2026-03-02T00.0.blocks'])
  expect(await back()).toEqual(wanted.toReversed())
  await home.history.close()
  await home.reopen()
  expect(await back()).toEqual(wanted.toReversed())
})

test('rows are the newest of one probe, up to the limit, over the border of open and closed', async () => {
  const home = await openHome()
  const rows = (await fill(home, 3)).filter(row => row.node === 'paris')
  expect(files(home, 'samples').map(name => name.split('.').at(-1))).toEqual(['blocks', 'blocks', 'jsonl'])
  const found = await home.history.rows({ node: 'paris', probe: 'ping', ...everything, limit: 200 })
  expect(found).toEqual(rows.toReversed().slice(0, 200))
  const window = { from: midnight + 30 * minute, to: midnight + 40 * minute }
  expect(await home.history.rows({ node: 'paris', ...window, limit: 1000 })).toEqual(
    rows.filter(row => row.at >= window.from && row.at < window.to).toReversed(),
  )
})

test('a series has equal buckets with the true figures, and an empty one is a gap', async () => {
  const home = await openHome()
  await fill(home, 1)
  await home.watch(hour)
  const points = await home.history.series({
    node: 'paris',
    probe: 'ping',
    value: 'ms',
    from: midnight,
    to: midnight + 2 * hour,
    buckets: 12,
  })
  expect(points.length).toBe(12)
  expect(points[0]).toEqual({ at: midnight, count: 20, min: 1, avg: 10.5, max: 20, p95: 19 })
  expect(points[11]).toEqual({ at: midnight + 110 * minute, count: 0, min: null, avg: null, max: null, p95: null })
})

test('minutes and hours tell the same as the samples they were made of, the percentile within 2 %', async () => {
  const home = await openHome()
  await fill(home, 26)
  await home.watch(3 * hour, 10 * second)
  await home.tidy()
  const ask = (value: string, length: number) =>
    home.history.series({
      node: 'paris',
      probe: 'ping',
      value,
      from: midnight,
      to: midnight + length,
      buckets: length / (6 * hour),
    })
  for (const value of ['ms', 'ram_pct']) {
    const raw = await ask(value, day)
    const minutes = await ask(value, 14 * day)
    const hours = await ask(value, 30 * day)
    for (let i = 0; i < 4; i += 1) {
      for (const rolled of [minutes[i], hours[i]]) {
        expect(rolled).toMatchObject({ at: raw[i]?.at, count: raw[i]?.count, min: raw[i]?.min, max: raw[i]?.max })
        expect(rolled?.avg).toBeCloseTo(raw[i]?.avg ?? 0, 6)
        const p95 = raw[i]?.p95 ?? 0
        expect(Math.abs((rolled?.p95 ?? 0) - p95) / p95).toBeLessThan(0.021)
      }
    }
  }
  expect(files(home, 'hours')).toContain('2026-03-02.0.blocks')
  expect(files(home, 'hours').filter(name => name.startsWith('2026-03-02T'))).toEqual([])
})

test('raw samples go after 14 days, minutes after 90; the longer window is answered from what is left', async () => {
  const home = await openHome()
  await fill(home, 25)
  await home.watch(2 * hour, 10 * second)
  for (const [after, kept] of [
    [15 * day, ['minutes', 'hours']],
    [80 * day, ['hours']],
  ] as const) {
    home.clock.advance(after)
    for (let i = 0; i < 60; i += 1) {
      await home.watch(minute, minute)
      await home.tidy()
    }
    for (const tier of ['samples', 'minutes', 'hours'] as const) {
      const old = files(home, tier).filter(name => name < '2026-03-03')
      expect({ tier, left: old.length > 0 }).toEqual({ tier, left: (kept as readonly string[]).includes(tier) })
    }
    const [point] = await home.history.series({
      node: 'paris',
      probe: 'ping',
      value: 'ms',
      from: midnight,
      to: midnight + hour,
      buckets: 1,
    })
    expect(point?.count).toBe(120)
  }
})

test('samples that come late, for an hour that is closed, are kept beside it', async () => {
  const home = await openHome()
  await fill(home, 2)
  const late = sample(midnight + 10, 77)
  home.history.append([late])
  await home.watch(10 * second)
  await home.tidy()
  const window = { from: midnight, to: midnight + minute, limit: 10 }
  expect((await home.history.rows({ node: 'paris', ...window })).map(row => row.ms)).toEqual([2, 77, 1])
})

describe('what a crash leaves', () => {
  test('a half-written last line is cut and counted, the rest is there', async () => {
    const home = await openHome()
    home.history.append([sample(midnight + 1, 5), sample(midnight + 2, 6)])
    await home.watch(31 * second, second)
    await home.history.close()
    appendFileSync(join(home.dir, 'samples', '2026-03-02T00.0.jsonl'), '[0,0,3,1,')
    appendFileSync(join(home.dir, 'slots', '2026-03-02.jsonl'), '["slot",5')
    await home.reopen()
    expect(home.history.stats()).toMatchObject({ torn: 18, bad: 0 })
    expect((await home.history.rows({ node: 'paris', ...everything })).map(row => row.ms)).toEqual([6, 5])
  })

  test('bad lines in the middle are skipped and counted when the hour closes', async () => {
    const home = await openHome()
    home.history.append([sample(midnight + 1, 5), sample(midnight + 2, 6), sample(midnight + 3, 7)])
    await home.watch(second, second)
    await home.history.close()
    const path = join(home.dir, 'samples', '2026-03-02T00.0.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('[0,0,2,1,6]', '[0,0,2,1,\u0000]\n[9,0,2,1,6]'))
    await home.reopen()
    await home.watch(10 * second)
    await home.tidy()
    expect(files(home, 'samples')).toEqual(['2026-03-02T00.0.blocks'])
    expect(home.history.stats().bad).toBeGreaterThan(0)
    expect((await home.history.rows({ node: 'paris', ...everything })).map(row => row.ms)).toEqual([7, 5])
  })

  test('a damaged name in the slots costs that node its day, and never gives its slots to another', async () => {
    const home = await openHome()
    for (const node of ['paris', 'tokyo', 'virginia']) home.tell(node, 'up')
    await home.watch(10 * minute)
    await home.history.close()
    const path = join(home.dir, 'slots', '2026-03-02.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('["node",1,"tokyo"]', '["node",1,"tok\u0000yo'))
    await home.reopen()
    for (const node of ['paris', 'virginia', 'zurich']) home.tell(node, 'down')
    await home.watch(10 * minute)
    await home.history.close()
    await home.reopen()
    const rows = home.history.uptime({ from: midnight, to: midnight + 20 * minute })
    expect(rows.map(({ name, upS, downS }) => ({ name, upS, downS }))).toEqual([
      { name: 'paris', upS: 600, downS: 600 },
      { name: 'virginia', upS: 600, downS: 600 },
      { name: 'zurich', upS: 0, downS: 600 },
    ])
    expect(home.history.stats().bad).toBeGreaterThan(0)
  })

  test('both forms of one hour count once, and what was half made is swept', async () => {
    const home = await openHome()
    home.history.append([sample(midnight + 1, 5)])
    await home.watch(second, second)
    const open = join(home.dir, 'samples', '2026-03-02T00.0.jsonl')
    copyFileSync(open, join(home.dir, 'kept'))
    await home.watch(2 * hour, 5 * second)
    await home.history.close()
    copyFileSync(join(home.dir, 'kept'), open)
    writeFileSync(join(home.dir, 'minutes', '2026-03-02T01.0.blocks.tmp'), 'half')
    await home.reopen()
    expect(files(home, 'samples')).toEqual(['2026-03-02T00.0.blocks'])
    expect(files(home, 'minutes')).toEqual(['2026-03-02T00.0.blocks'])
    expect((await home.history.rows({ node: 'paris', ...everything })).length).toBe(1)
  })

  test('one flipped byte in a closed file is a gap that is counted, never a wrong figure', async () => {
    const home = await openHome()
    await fill(home, 3)
    const path = join(home.dir, 'samples', '2026-03-02T00.0.blocks')
    const bytes = readFileSync(path)
    for (const place of [10, statSync(path).size - 40, statSync(path).size - 3]) {
      const damaged = Buffer.from(bytes)
      damaged[place] = (damaged[place] ?? 0) ^ 0x40
      writeFileSync(path, damaged)
      const before = home.history.stats().bad
      const found = await home.history.rows({ node: 'paris', ...everything, to: midnight + 2 * hour })
      expect(found.length).toBe(120)
      expect(home.history.stats().bad).toBe(before + 1)
    }
  })

  test('files of a newer version are refused, by name, and left as they are', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    home.history.append([sample(midnight + 1, 5)])
    await home.watch(minute)
    await home.history.close()
    const path = join(home.dir, 'slots', '2026-03-02.jsonl')
    const text = readFileSync(path, 'utf8').replace('"schema":1', '"schema":2')
    writeFileSync(path, text)
    await expect(home.reopen()).rejects.toMatchObject({ name: 'history-newer', exit: 1 })
    expect(readFileSync(path, 'utf8')).toBe(text)
    writeFileSync(path, text.replace('"schema":2', '"schema":1'))
    const samples = join(home.dir, 'samples', '2026-03-02T00.0.jsonl')
    writeFileSync(samples, readFileSync(samples, 'utf8').replace('"schema":1', '"schema":2'))
    await expect(home.reopen()).rejects.toMatchObject({ name: 'history-newer' })
  })
})
