import { spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { realDisk } from '../../state/disk.ts'
import { type HomeKind, openStamp, prepareHome, resolveHome } from '../../state/home.ts'
import { currentBootId, takeHomeLock } from '../../state/lock.ts'
import { VirtualClock } from '../../state/primitives/clock.ts'
import { openStore, verifyHome } from '../../state/store.ts'
import { withDirectory } from './engines.ts'
import { RecordingDisk } from './recording-disk.ts'

const uid = process.getuid?.() ?? 0

function options(home: string, kind: HomeKind = 'test', fleet = 'clavitor') {
  return { disk: realDisk, home, kind, fleet, now: 1_772_409_600_000, unique: () => 'lineage-of-this-home', uid }
}

test.each([
  [{ flag: '/a/b', environment: { WATCHFLOOR_HOME: '/c' } }, '/a/b'],
  [{ flag: 'here', environment: {} }, '/elsewhere/here'],
  [{ environment: { WATCHFLOOR_HOME: '/c', XDG_STATE_HOME: '/x' } }, '/c'],
  [{ environment: { XDG_STATE_HOME: '/x' } }, '/x/watchfloor/clavitor'],
  [{ environment: { XDG_STATE_HOME: 'relative' } }, '/home/noc/.local/state/watchfloor/clavitor'],
  [{ environment: {} }, '/home/noc/.local/state/watchfloor/clavitor'],
])('%j has its home in %s', async (given, expected) => {
  const disk = new RecordingDisk()
  const resolved = await resolveHome({
    disk,
    fleet: 'clavitor',
    userHome: '/home/noc',
    workingDirectory: '/elsewhere',
    ...given,
  })
  expect(resolved).toBe(expected)
})

test('the machine’s home of the fleet comes before the login’s own, if it is there', async () => {
  const disk = new RecordingDisk()
  for (const at of ['/var', '/var/lib', '/var/lib/watchfloor', '/var/lib/watchfloor/clavitor'])
    await disk.makeDirectory(at)
  const given = { disk, environment: { XDG_STATE_HOME: '/x' }, userHome: '/home/noc', workingDirectory: '/' }
  expect(await resolveHome({ ...given, fleet: 'clavitor' })).toBe('/var/lib/watchfloor/clavitor')
  expect(await resolveHome({ ...given, fleet: 'other' })).toBe('/x/watchfloor/other')
  await expect(resolveHome({ ...given, fleet: '../etc' })).rejects.toMatchObject({ name: 'fleet-name', exit: 2 })
})

test('a home is made with directories 0700 and files 0600, whatever the umask', () =>
  withDirectory(async directory => {
    const home = `${directory}/a/b`
    const mask = process.umask(0)
    try {
      await prepareHome(options(home))
      await openStamp(options(home))
    } finally {
      process.umask(mask)
    }
    for (const name of ['', '/journal', '/evidence', '/history'])
      expect((await lstat(home + name)).mode & 0o777).toBe(0o700)
    expect((await lstat(`${home}/home.json`)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(`${home}/home.json`, 'utf8'))).toEqual({
      kind: 'test',
      lineage: 'lineage-of-this-home',
      fleet: 'clavitor',
      schema: 1,
      createdAt: 1_772_409_600_000,
    })
  }))

test.each([
  ['another kind', 'real', 'clavitor', 'home-other-kind'],
  ['another fleet', 'test', 'elsewhere', 'home-other-fleet'],
] as const)('a home of %s is refused', (_what, kind, fleet, name) =>
  withDirectory(async directory => {
    const home = `${directory}/home`
    await prepareHome(options(home))
    await openStamp(options(home))
    await expect(openStamp(options(home, kind, fleet))).rejects.toMatchObject({ name, exit: 5 })
  }),
)

test('a home of another owner is refused, and open rights of one’s own are taken back', () =>
  withDirectory(async directory => {
    const home = `${directory}/home`
    await mkdir(home)
    await chmod(home, 0o755)
    await expect(prepareHome({ ...options(home), uid: uid + 1 })).rejects.toMatchObject({
      name: 'home-of-another',
      message: expect.stringContaining('mode 755'),
    })
    expect(await prepareHome(options(home))).toEqual({ restricted: true })
    expect((await lstat(home)).mode & 0o777).toBe(0o700)
  }))

test('a home that is a file is refused', () =>
  withDirectory(async directory => {
    await writeFile(`${directory}/home`, '')
    await expect(prepareHome(options(`${directory}/home`))).rejects.toMatchObject({
      name: 'home-not-directory',
      exit: 2,
    })
  }))

test.each(['', '{', '{"kind":"test"}', '{"kind":"pretend","lineage":"12345678","fleet":"f","schema":1,"createdAt":1}'])(
  'a stamp %j is damaged and never replaced',
  content =>
    withDirectory(async directory => {
      await prepareHome(options(directory))
      await writeFile(`${directory}/home.json`, content)
      await expect(openStamp(options(directory))).rejects.toMatchObject({ name: 'home-stamp-damaged' })
      expect(await readFile(`${directory}/home.json`, 'utf8')).toBe(content)
    }),
)

test('a journal without a stamp is not taken over under a new lineage', () =>
  withDirectory(async directory => {
    await prepareHome(options(directory))
    await writeFile(`${directory}/journal/000001.jsonl`, '')
    await expect(openStamp(options(directory))).rejects.toMatchObject({ name: 'home-stamp-lost' })
  }))

test('a symbolic link planted in place of a journal file is not followed', () =>
  withDirectory(async directory => {
    await prepareHome(options(directory))
    await openStamp(options(directory))
    await symlink('/etc/hostname', `${directory}/journal/000001.jsonl`)
    await expect(storeOn(directory)).rejects.toMatchObject({ code: 'ELOOP' })
  }))

function storeOn(home: string) {
  let serial = 0
  return openStore({
    disk: realDisk,
    home,
    kind: 'test',
    fleet: 'clavitor',
    clock: new VirtualClock(1_000),
    stateSchema: 1,
    process: { pid: process.pid, login: 'noc', uid, bootId: currentBootId() },
    unique: () => `unique-${serial++}`,
    takeLock: takeHomeLock,
    ballastBytes: 64 * 1024,
  })
}

/** Mounting needs root with CAP_SYS_ADMIN; the same rules are always judged on the recording disk. */
function mounted(directory: string, ...flags: string[]): boolean {
  return spawnSync('mount', [...flags, 'tmpfs', directory], { stdio: 'ignore' }).status === 0
}

test('a real full disk: commands are refused, the outcome is written, the journal stays whole', context =>
  withDirectory(async directory => {
    if (!mounted(directory, '-t', 'tmpfs', '-o', 'size=256k'))
      return context.skip('mounting a tmpfs is not permitted here')
    try {
      const home = `${directory}/home`
      const store = await storeOn(home)
      const draft = (padding: number) => ({
        at: 1,
        by: 'noc',
        cmd: { id: 'c', type: 'test.say' },
        events: [{ type: 'test.said', padding: 'x'.repeat(padding) }],
      })
      const fill = async (): Promise<unknown> => {
        for (;;) await store.journal.append(store.journal.head().seq, [draft(3_000)])
      }
      await expect(fill()).rejects.toMatchObject({ name: 'disk-full' })
      await expect(store.saveSnapshot(store.journal.head().seq, 'x'.repeat(20_000))).rejects.toMatchObject({
        code: 'ENOSPC',
      })
      await expect(store.evidence.put('x'.repeat(20_000))).rejects.toMatchObject({ code: 'ENOSPC' })
      const [outcome] = await store.journal.append(store.journal.head().seq, [draft(10_000)], { outcome: true })
      await store.close()
      const checked = await verifyHome(realDisk, home)
      expect(checked).toMatchObject({ findings: [], torn: null, head: { seq: outcome?.seq } })
      expect((await realDisk.list(home)).filter(name => name.endsWith('.tmp'))).toEqual([])
    } finally {
      // Lazily: a store that failed may still hold files.
      spawnSync('umount', ['-l', directory])
    }
  }))

test('an engine starts on a real full disk, and can write how things ended', context =>
  withDirectory(async directory => {
    if (!mounted(directory, '-t', 'tmpfs', '-o', 'size=256k'))
      return context.skip('mounting a tmpfs is not permitted here')
    try {
      const home = `${directory}/home`
      await (await storeOn(home)).close()
      await fillUp(directory)
      const store = await storeOn(home)
      const events = [{ type: 'test.ended', padding: 'x'.repeat(6_000) }]
      const ended = { at: 1, by: 'engine', cmd: { id: 'c', type: 'test.end' }, events }
      const { seq } = store.journal.head()
      await expect(store.journal.append(seq, [ended])).rejects.toMatchObject({ name: 'disk-full' })
      await store.journal.append(seq, [ended], { outcome: true })
      await store.close()
    } finally {
      // Lazily: a store that failed may still hold files.
      spawnSync('umount', ['-l', directory])
    }
  }))

async function fillUp(directory: string): Promise<void> {
  const page = 'x'.repeat(4_096)
  for (let count = 0; ; count++) {
    try {
      await writeFile(`${directory}/full-${count}`, page)
    } catch {
      return
    }
  }
}

test('a real read-only disk refuses the start with words', context =>
  withDirectory(async directory => {
    if (!mounted(directory, '-t', 'tmpfs', '-o', 'size=1m'))
      return context.skip('mounting a tmpfs is not permitted here')
    try {
      const home = `${directory}/home`
      await (await storeOn(home)).close()
      spawnSync('mount', ['-o', 'remount,ro', directory])
      await expect(storeOn(home)).rejects.toMatchObject({ name: 'home-not-writable' })
    } finally {
      // Lazily: a store that failed may still hold files.
      spawnSync('umount', ['-l', directory])
    }
  }))
