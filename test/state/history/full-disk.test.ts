import { expect, test } from 'vitest'
import { type HistoryDisk, realDisk } from '../../../state/history/disk.ts'
import { day, midnight, minute, openHome, second } from './home.ts'

interface Trouble {
  /** Bytes that still fit; null for no limit. */
  room: number | null
  /** The largest piece that one write takes. */
  piece: number
  failSync: boolean
}

/** A real disk behind a trouble that tests turn on and off. */
function troubled(trouble: Trouble): HistoryDisk {
  const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  return {
    ...realDisk,
    async open(path, mode) {
      const file = await realDisk.open(path, mode)
      return {
        read: (position, length) => file.read(position, length),
        size: () => file.size(),
        truncate: length => file.truncate(length),
        close: () => file.close(),
        async write(bytes, position) {
          const length = Math.min(bytes.byteLength, trouble.piece, trouble.room ?? Number.POSITIVE_INFINITY)
          if (length === 0) throw full()
          if (trouble.room !== null) trouble.room -= length
          return file.write(bytes.subarray(0, length), position)
        },
        async sync() {
          if (trouble.failSync) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
          await file.sync()
        },
      }
    },
  }
}

const all = { node: 'paris', from: midnight, to: midnight + day, limit: 1e6 }
const sample = (at: number) => ({ node: 'paris', probe: 'ping', at, ok: true, ms: at % 1000 })

test('a disk that takes three bytes at a time keeps everything', async () => {
  const home = await openHome({ disk: troubled({ room: null, piece: 3, failSync: false }) })
  home.tell('paris', 'up')
  for (let i = 0; i < 130; i += 1) {
    home.history.append([sample(home.clock.now())])
    await home.watch(30 * second)
  }
  await home.history.settled()
  expect(home.history.stats()).toMatchObject({ failed: null, lost: 0, bad: 0 })
  expect((await home.history.rows(all)).length).toBe(130)
})

for (const [what, on, off] of [
  ['a full disk', { room: 100 }, { room: null }],
  ['a disk whose fsync fails', { failSync: true }, { failSync: false }],
] as const) {
  test(`${what} is reported, never thrown, and forgotten when it is over; nothing is there twice`, async () => {
    const trouble: Trouble = { room: null, piece: 1e9, failSync: false }
    const home = await openHome({ disk: troubled(trouble) })
    home.tell('paris', 'up')
    for (let i = 0; i < 20; i += 1) {
      if (i === 5) Object.assign(trouble, on)
      if (i === 15) Object.assign(trouble, off)
      home.history.append([sample(home.clock.now()), sample(home.clock.now() + 1)])
      await home.watch(30 * second)
      if (i === 10) expect(home.history.stats().failed).toMatch(/cannot be written: (ENOSPC|EIO)/)
    }
    expect(home.history.stats()).toMatchObject({ failed: null, lost: 0 })
    const found = await home.history.rows(all)
    expect(found.length).toBe(40)
    await home.history.close()
    await home.reopen()
    expect(await home.history.rows(all)).toEqual(found)
    expect(home.history.uptime({ from: midnight, to: midnight + 10 * minute })[0]).toMatchObject({
      upS: 600,
      unknownS: 0,
    })
    expect(home.history.stats()).toMatchObject({ bad: 0, torn: 0 })
  })
}

test('while the disk stays full, memory stays bounded and what is lost is counted', async () => {
  const home = await openHome({ disk: troubled({ room: 0, piece: 1e9, failSync: false }) })
  for (let i = 0; i < 50; i += 1) {
    home.history.append(Array.from({ length: 1000 }, (_, j) => sample(home.clock.now() + j)))
    await home.watch(second, second)
  }
  expect(home.history.stats().lost).toBe(30_000)
  expect((await home.history.rows(all)).length).toBe(20_000)
  await home.history.close()
  expect(home.history.stats().lost).toBe(50_000)
})
