// The home: where it is, whose it is, and the stamp that says for good what it is.
import path from 'node:path'
import { type Static, Type } from 'typebox'
import { type Disk, errorCode } from './disk.ts'
import { BadAnswer, BadInput, Refused } from './primitives/errors.ts'
import { checker } from './primitives/schema.ts'
import { replaceFile } from './replace.ts'

const homeKinds = ['real', 'sandbox', 'rehearsal', 'test'] as const
export type HomeKind = (typeof homeKinds)[number]

/** Version of the layout of a home; `migrations.ts` brings older ones up to it. */
export const homeSchema = 1

const stampShape = checker(
  Type.Object(
    {
      kind: Type.Enum([...homeKinds]),
      lineage: Type.String({ minLength: 8 }),
      fleet: Type.String({ minLength: 1 }),
      schema: Type.Integer({ minimum: 1 }),
      createdAt: Type.Number(),
    },
    { additionalProperties: false },
  ),
)

export type HomeStamp = Static<typeof stampShape.schema> & { kind: HomeKind }

export const stampName = 'home.json'
const homeDirectories = ['journal', 'evidence', 'history'] as const

/** `--home`, `$WATCHFLOOR_HOME`, the machine's home of the fleet if it exists, else the login's own. */
export async function resolveHome(given: {
  disk: Disk
  fleet: string
  flag?: string | undefined
  environment: Readonly<Record<string, string | undefined>>
  /** The login's home directory. */
  userHome: string
  workingDirectory: string
}): Promise<string> {
  const { disk, fleet, flag, environment, userHome, workingDirectory } = given
  judgeFleetName(fleet)
  const named = flag ?? environment.WATCHFLOOR_HOME
  if (named !== undefined && named !== '') return path.resolve(workingDirectory, named)
  const shared = `/var/lib/watchfloor/${fleet}`
  if ((await disk.stat(shared).catch(() => null)) !== null) return shared
  const stateHome = environment.XDG_STATE_HOME
  // The XDG specification says that a relative path is to be ignored.
  const base = stateHome && path.isAbsolute(stateHome) ? stateHome : path.join(userHome, '.local/state')
  return path.join(base, 'watchfloor', fleet)
}

/** The fleet's name becomes a folder's name. */
function judgeFleetName(fleet: string): void {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(fleet)) return
  throw new BadInput({
    name: 'fleet-name',
    message: `"${fleet}" cannot name a fleet`,
    remedy: 'Use letters, digits, dot, dash and underscore, beginning with a letter or digit.',
  })
}

export interface HomeOptions {
  disk: Disk
  home: string
  kind: HomeKind
  fleet: string
  /** Wall clock, ms since the epoch. */
  now: number
  unique: () => string
  /** Effective uid of this process. */
  uid: number
}

/** Makes the directories a home needs. Resolves when they would survive a power cut. Does not stamp. */
export async function prepareHome(
  options: Pick<HomeOptions, 'disk' | 'home' | 'uid'>,
): Promise<{ restricted: boolean }> {
  const { disk, home, uid } = options
  await makeAncestors(disk, home)
  await disk.makeDirectory(home)
  const entry = await disk.stat(home)
  if (entry?.kind !== 'directory') {
    throw new BadInput({
      name: 'home-not-directory',
      message: `${home} is not a directory`,
      remedy: 'Name another place with --home.',
    })
  }
  if (entry.uid !== uid) {
    const open = (entry.mode & 0o077) !== 0 ? ` and open to others (mode ${entry.mode.toString(8)})` : ''
    throw new Refused({
      name: 'home-of-another',
      message: `${home} belongs to uid ${entry.uid}${open}, this process runs as uid ${uid}`,
      remedy: 'Run as its owner, or name another place with --home.',
    })
  }
  const restricted = (entry.mode & 0o077) !== 0
  if (restricted) await disk.restrict(home)
  for (const name of homeDirectories) await disk.makeDirectory(`${home}/${name}`)
  await syncAncestors(disk, home)
  // Also when nothing was made: a process that was killed may have left names here, the stamp's too, that are not durable.
  await disk.syncDirectory(home, 'home directories')
  return { restricted }
}

/** Reads the stamp, or makes it. Call under the lock. Refuses a home of another kind, fleet or newer layout. */
export async function openStamp(options: HomeOptions): Promise<{ stamp: HomeStamp; made: boolean }> {
  const { disk, home, kind, fleet, now, unique } = options
  const found = await readStamp(disk, home)
  if (found === null) {
    if (await holdsJournal(disk, home)) throw lostStamp(home)
    const stamp: HomeStamp = { kind, lineage: unique(), fleet, schema: homeSchema, createdAt: now }
    await writeStamp(disk, home, stamp, unique())
    return { stamp, made: true }
  }
  if (found.kind !== kind) {
    throw new Refused({
      name: 'home-other-kind',
      message: `${home} is a ${found.kind} home, not a ${kind} one; what a home is was settled when it was made`,
      remedy: 'Name another place with --home.',
    })
  }
  if (found.fleet !== fleet) {
    throw new Refused({
      name: 'home-other-fleet',
      message: `${home} belongs to fleet "${found.fleet}", not to "${fleet}"`,
      remedy: 'Name another place with --home, or give the fleet file its old name back.',
    })
  }
  return { stamp: found, made: false }
}

/** Null when there is none. Throws `home-stamp-damaged` when it cannot be read. */
export async function readStamp(disk: Disk, home: string): Promise<HomeStamp | null> {
  const bytes = await disk.read(`${home}/${stampName}`)
  if (bytes === null) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (stampShape.is(value)) return value as HomeStamp
  } catch {
    // Said below.
  }
  throw new BadAnswer({
    name: 'home-stamp-damaged',
    message: `${home}/${stampName} cannot be read`,
    remedy: 'Restore it from a backup; without it nothing says which fleet this home belongs to.',
  })
}

export async function writeStamp(disk: Disk, home: string, stamp: HomeStamp, unique: string): Promise<void> {
  await replaceFile({
    disk,
    directory: home,
    name: stampName,
    bytes: Buffer.from(`${JSON.stringify(stamp)}\n`, 'utf8'),
    unique,
    labels: { content: 'home stamp', directory: 'home stamp directory' },
  })
}

async function holdsJournal(disk: Disk, home: string): Promise<boolean> {
  return (await disk.list(`${home}/journal`)).some(name => name.endsWith('.jsonl'))
}

function lostStamp(home: string): BadAnswer {
  return new BadAnswer({
    name: 'home-stamp-lost',
    message: `${home} holds a journal but no ${stampName}`,
    remedy: 'Restore it from a backup; without it nothing says which fleet this home belongs to.',
  })
}

async function makeAncestors(disk: Disk, home: string): Promise<void> {
  const missing: string[] = []
  for (let at = path.dirname(home); (await disk.stat(at)) === null; at = path.dirname(at)) missing.push(at)
  for (const directory of missing.toReversed()) await disk.makeDirectory(directory)
}

/** A directory is durable when its name in its parent is: all the way up, since a killed process may have made any of them. */
async function syncAncestors(disk: Disk, home: string): Promise<void> {
  for (let at = path.dirname(home); ; at = path.dirname(at)) {
    try {
      await disk.syncDirectory(at, 'home ancestors')
    } catch (error) {
      // Directories that we may not even read, or that cannot be synced, are not ours to vouch for.
      const code = errorCode(error)
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EROFS') throw error
    }
    if (path.dirname(at) === at) return
  }
}
