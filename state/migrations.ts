// Brings a home of an older layout up to this one: forward only, a copy first, the stamp last. A crash on the way leaves
// the old stamp, and the next start does it again: every migration must bear being run twice.
import type { Disk } from './disk.ts'
import { type HomeStamp, homeSchema, writeStamp } from './home.ts'
import { Refused } from './primitives/errors.ts'

export interface Migration {
  /** The schema that it makes out of the one before. */
  to: number
  /** One line for the operator. */
  what: string
  run(disk: Disk, home: string): Promise<void>
}

/** In order, without gaps. */
const migrations: readonly Migration[] = []

export interface Migrated {
  from: number
  to: number
  backup: string
  what: string[]
}

/** Call under the lock, before anything else in the home is opened. Null when nothing was to be done. */
export async function migrateHome(given: {
  disk: Disk
  home: string
  stamp: HomeStamp
  unique: () => string
  schema?: number
  known?: readonly Migration[]
}): Promise<{ stamp: HomeStamp; migrated: Migrated | null }> {
  const { disk, home, stamp, unique, schema = homeSchema, known = migrations } = given
  if (stamp.schema > schema) {
    throw new Refused({
      name: 'home-newer',
      message: `${home} has layout ${stamp.schema}, this version knows ${schema}: a newer Watchfloor used it`,
      remedy: `Start that version again. Copies made before it changed the layout are in ${home}/backup.`,
    })
  }
  if (stamp.schema === schema) return { stamp, migrated: null }
  const steps = known.filter(step => step.to > stamp.schema && step.to <= schema)
  if (steps.length !== schema - stamp.schema) {
    throw new Refused({
      name: 'home-too-old',
      message: `${home} has layout ${stamp.schema}, and this version does not know the way from there to ${schema}`,
      remedy: 'Start a version in between first.',
    })
  }
  const backup = `${home}/backup/layout-${stamp.schema}`
  await copyHome(disk, home, backup)
  for (const step of steps) await step.run(disk, home)
  const done = { ...stamp, schema }
  await writeStamp(disk, home, done, unique())
  return { stamp: done, migrated: { from: stamp.schema, to: schema, backup, what: steps.map(step => step.what) } }
}

/** Stamp, snapshot, journal and evidence; not history, which is large and can be watched again. The top comes last. */
const copied = ['/journal', '/evidence', '']
const left = /^(lock.*|ballast|\..*\.tmp)$/

async function copyHome(disk: Disk, home: string, backup: string): Promise<void> {
  await disk.makeDirectory(`${home}/backup`)
  await disk.makeDirectory(backup)
  // A copy that is whole is marked so: after a crash half way through the migrations it must not be overwritten.
  if ((await disk.stat(`${backup}/whole`)) === null) await makeCopy(disk, home, backup)
  await disk.syncDirectory(backup, 'backup mark directory')
}

async function makeCopy(disk: Disk, home: string, backup: string): Promise<void> {
  for (const folder of copied) {
    await disk.makeDirectory(`${backup}${folder}`)
    for (const name of await disk.list(`${home}${folder}`)) {
      if (left.test(name) || (await disk.stat(`${home}${folder}/${name}`))?.kind !== 'file') continue
      await copyFile(disk, `${home}${folder}/${name}`, `${backup}${folder}/${name}`)
    }
    await disk.syncDirectory(`${backup}${folder}`, 'backup directory')
  }
  await disk.syncDirectory(`${home}/backup`, 'backup parent directory')
  await disk.syncDirectory(home, 'backup home directory')
  const mark = await disk.open(`${backup}/whole`, 'make')
  await mark.close()
}

async function copyFile(disk: Disk, from: string, to: string): Promise<void> {
  await disk.unlink(to)
  const source = await disk.open(from, 'read')
  try {
    const target = await disk.open(to, 'make')
    try {
      const step = 1024 * 1024
      for (let at = 0; ; at += step) {
        const piece = await source.readAt(at, step)
        if (piece.length > 0) await target.append(piece)
        if (piece.length < step) break
      }
      await target.sync('backup')
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}
