// A home of an older layout: copied first, brought up, stamped last; a power cut at any moment leaves a way back.
import { expect, test } from 'vitest'
import { openStamp, prepareHome, readStamp } from '../../state/home.ts'
import { type Migration, migrateHome } from '../../state/migrations.ts'
import { powerCuts, RecordingDisk, seeded } from './recording-disk.ts'

const home = '/var/lib/watchfloor/clavitor'

/** Rewrites a file durably, so that the only copy of the old one is the backup. */
const upgrade: Migration = {
  to: 2,
  what: 'the notes are in capitals',
  async run(disk, at) {
    const file = await disk.open(`${at}/journal/notes`, 'append')
    await file.truncate(0)
    await file.append(Buffer.from('NEW'))
    await file.sync('migration')
    await file.close()
  },
}

async function oldHome(): Promise<RecordingDisk> {
  const disk = new RecordingDisk()
  const options = {
    disk,
    home,
    kind: 'test',
    fleet: 'clavitor',
    now: 1,
    unique: () => 'lineage-1',
    uid: disk.uid,
  } as const
  await prepareHome(options)
  await openStamp(options)
  const file = await disk.open(`${home}/journal/notes`, 'make')
  await file.append(Buffer.from('old'))
  await file.sync('notes')
  await disk.syncDirectory(`${home}/journal`, 'notes directory')
  return disk
}

/** No two temporaries have the same name. */
let serial = 0

async function migrate(disk: RecordingDisk) {
  const stamp = await readStamp(disk, home)
  if (!stamp) throw new Error('no stamp')
  return migrateHome({ disk, home, stamp, unique: () => String(serial++), schema: 2, known: [upgrade] })
}

async function text(disk: RecordingDisk, name: string): Promise<string | null> {
  const bytes = await disk.read(`${home}/${name}`)
  return bytes === null ? null : Buffer.from(bytes).toString()
}

/** What is lost at the worst power cut, or null. */
async function firstLoss(ignored: string): Promise<string | null> {
  const disk = await oldHome()
  disk.ignored = new Set([ignored])
  const moments: RecordingDisk[] = []
  disk.beforeOperation = () => moments.push(disk.clone())
  await migrate(disk)
  moments.push(disk.clone())
  const random = seeded(3)
  for (const moment of moments) {
    for (const kept of powerCuts(moment.unsynced(), random)) {
      const after = moment.afterPowerCut(kept)
      if ((await text(after, 'journal/notes')) !== 'old') {
        if ((await text(after, 'backup/layout-1/journal/notes')) !== 'old') return 'neither old content nor its copy'
        if (!(await text(after, 'backup/layout-1/home.json'))?.includes('"schema":1')) return 'the copy has no stamp'
      }
      await migrate(after)
      if ((await readStamp(after, home))?.schema !== 2) return 'the stamp is old'
      if ((await text(after, 'journal/notes')) !== 'NEW') return 'not migrated'
      if ((await text(after, 'backup/layout-1/journal/notes')) !== 'old') return 'the copy was overwritten'
    }
  }
  return null
}

test('an older home is copied, brought up and stamped', async () => {
  const disk = await oldHome()
  const { stamp, migrated } = await migrate(disk)
  expect(stamp.schema).toBe(2)
  expect(migrated).toMatchObject({ from: 1, to: 2, what: ['the notes are in capitals'] })
  expect(await text(disk, 'backup/layout-1/journal/notes')).toBe('old')
})

test('a power cut at any moment of a migration leaves the old content or its copy, and the next start completes it', async () => {
  expect(await firstLoss('no such label')).toBeNull()
})

test.each(['backup', 'backup directory', 'backup parent directory', 'backup home directory', 'backup mark directory'])(
  'without the fsync "%s" a migration may leave no way back',
  async label => {
    expect(await firstLoss(label)).not.toBeNull()
  },
)

test('a home of a newer layout is refused and nothing in it is touched', async () => {
  const disk = await oldHome()
  await migrate(disk)
  const before = await text(disk, 'home.json')
  const stamp = await readStamp(disk, home)
  if (!stamp) throw new Error('no stamp')
  await expect(migrateHome({ disk, home, stamp, unique: () => 'u', schema: 1 })).rejects.toMatchObject({
    name: 'home-newer',
    exit: 5,
  })
  expect(await text(disk, 'home.json')).toBe(before)
})

test('a home too old for this version is refused', async () => {
  const disk = await oldHome()
  const stamp = await readStamp(disk, home)
  if (!stamp) throw new Error('no stamp')
  await expect(
    migrateHome({ disk, home, stamp, unique: () => 'u', schema: 3, known: [upgrade] }),
  ).rejects.toMatchObject({
    name: 'home-too-old',
  })
})
