// The link drops at the worst moments: nothing of ours stays, and nothing spins.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FixturePlace, isAlive, isAlternate, makeFixturePlace } from './fixture-place.ts'
import type { Rig } from './rig.ts'

let place: FixturePlace
let room: FixturePlace
beforeAll(async () => {
  place = await makeFixturePlace('fake-terminal')
  room = await makeFixturePlace('fake-room')
})
afterAll(() => {
  place.remove()
  room.remove()
})
afterEach(async () => {
  await place.endRigs()
  await room.endRigs()
})

async function open(env: Record<string, string> = {}, size: { columns?: number; rows?: number } = {}): Promise<Rig> {
  const rig = place.start({ ...size, env: { FAKE_RUN: '["ssh"]', ...env } })
  await rig.until('the fixture', (_, text) => isAlternate(rig) && text.includes('fixture'))
  return rig
}

/** Gone at once and by itself, without having spun meanwhile. */
async function isGone(rig: Rig): Promise<void> {
  const begun = performance.now()
  expect(await rig.exited).toEqual({ code: 0, signal: 0 })
  expect(performance.now() - begun).toBeLessThan(3_000)
  expect(isAlive(rig.pid)).toBe(false)
}

/** CPU seconds that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

test('in the middle of typing into the room', async () => {
  const rig = room.start({ env: { FAKE_CHANGES: '50' } })
  await rig.until('the room', (_, text) => text.includes('? help'))
  rig.press('/zur')
  await rig.until('the filter', (_, text) => text.includes('/ zur'))
  rig.hangUp()
  await isGone(rig)
})

test('in the middle of a key, of a paste and of an answer', async () => {
  for (const piece of ['\u001b', '\u001b[1;', '\u001b[200~half', '\u001b]11;rgb:']) {
    const rig = await open()
    rig.press(piece)
    rig.hangUp()
    await isGone(rig)
  }
})

test('while a frame is being written that nobody reads', async () => {
  const rig = await open({ FAKE_FRAMES: '200' }, { columns: 200, rows: 60 })
  rig.freeze()
  // Stuck in a write, it still reads its keys and its clock.
  const used = cpuSeconds(rig.pid)
  await expect.poll(() => cpuSeconds(rig.pid) - used, { timeout: 5_000 }).toBeGreaterThan(0.03)
  rig.hangUp()
  await isGone(rig)
})

test('while it is stopped', async () => {
  const rig = await open()
  rig.kill('SIGSTOP')
  rig.hangUp()
  await isGone(rig)
})

test('while another program has the terminal: that one is hung up, too', async () => {
  place.script('ssh', 'trap "echo hung up >hung-up; exit" HUP; echo $$ >pid; echo here; while :; do sleep 0.05; done')
  const rig = await open()
  rig.press('r')
  await rig.until('the program', (_, text) => text.includes('here'))
  const child = Number(readFileSync(path.join(place.folder, 'pid'), 'utf8'))
  expect(isAlive(child)).toBe(true)
  rig.hangUp()
  await isGone(rig)
  await expect.poll(() => isAlive(child), { timeout: 5_000 }).toBe(false)
  expect(readFileSync(path.join(place.folder, 'hung-up'), 'utf8')).toBe('hung up\n')
})

test('while the words of a program that failed wait for a key', async () => {
  place.script('ssh', 'echo lost; exit 255')
  const rig = await open()
  rig.press('r')
  await rig.until('its words', (_, text) => text.includes('press a key'))
  rig.hangUp()
  await isGone(rig)
})

test('SIGTERM to the room ends the program, too', async () => {
  place.script('ssh', 'echo $$ >pid; echo $PPID >room-pid; echo here; exec sleep 1000')
  // A shell in front has the terminal: when the room goes, the kernel hangs nobody up.
  const rig = place.start({
    env: { FAKE_RUN: '["ssh"]' },
    argv: ['/bin/sh', '-c', '"$@"; echo shell goes on; read line', 'sh', process.execPath, place.program],
  })
  await rig.until('the fixture', (_, text) => isAlternate(rig) && text.includes('fixture'))
  rig.press('r')
  await rig.until('the program', (_, text) => text.includes('here'))
  const child = Number(readFileSync(path.join(place.folder, 'pid'), 'utf8'))
  expect(isAlive(child)).toBe(true)
  process.kill(Number(readFileSync(path.join(place.folder, 'room-pid'), 'utf8')), 'SIGTERM')
  await rig.until('the shell', (_, text) => text.includes('ended: SIGTERM') && text.includes('shell goes on'))
  await expect.poll(() => isAlive(child), { timeout: 5_000 }).toBe(false)
})

test('a room whose parent vanished without a signal goes by itself, and does not spin until then', async () => {
  place.script('parent', 'echo $$ >parent-pid; "$@" & echo $! >pid; wait')
  // The shell in front holds the terminal; only the parent in between is lost.
  const rig = place.start({
    argv: [
      '/bin/sh',
      '-c',
      'trap "" INT; parent "$@" <&0; sleep 1000',
      'sh',
      '/bin/sh',
      '-c',
      'exec "$@" </dev/tty',
      'sh',
      process.execPath,
      place.program,
    ],
  })
  await rig.until('the fixture', (_, text) => isAlternate(rig) && text.includes('fixture'))
  const pid = Number(readFileSync(path.join(place.folder, 'pid'), 'utf8'))
  expect(isAlive(pid)).toBe(true)
  process.kill(Number(readFileSync(path.join(place.folder, 'parent-pid'), 'utf8')), 'SIGKILL')
  const used = cpuSeconds(pid)
  let last = used
  await expect
    .poll(
      () => {
        if (isAlive(pid)) last = cpuSeconds(pid)
        return isAlive(pid)
      },
      { timeout: 8_000 },
    )
    .toBe(false)
  expect(last - used).toBeLessThan(1)
  await rig.until('its last words', (_, text) => !isAlternate(rig) && text.includes('ended: gone'))
})
