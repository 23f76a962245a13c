// One engine writes a home. The kernel holds the lock, so that kill -9 frees it and SIGSTOP does not; files with a time
// stamp in them are taken over while their owner sleeps.
//
// It is an exclusive transaction of SQLite, the one POSIX record lock that Node can take. Nothing else in this process may
// open the lock file: closing any descriptor of it would give the lock away.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Type } from 'typebox'
import { isFull } from './disk.ts'
import { Refused } from './primitives/errors.ts'
import { checker } from './primitives/schema.ts'

export interface Holder {
  pid: number
  login: string
  /** ms since the epoch */
  since: number
  /** Boot of the machine: a pid of another boot names nobody. */
  bootId: string
}

export interface HomeLock {
  holder: Holder
  /** False when somebody removed or replaced the lock file: the engine must end, another may be running. */
  intact(): boolean
  release(): void
}

export type TakeLock = (home: string, holder: Holder) => HomeLock

const holderShape = checker(
  Type.Object({ pid: Type.Integer(), login: Type.String(), since: Type.Number(), bootId: Type.String() }),
)

/** Throws `home-in-use` and names the holder. Local disks only: network file systems do not keep such locks. */
export const takeHomeLock: TakeLock = (home, holder) => {
  const path = `${home}/lock`
  const database = openDatabase(path)
  try {
    // Nothing is ever stored in it: no rollback journal is made, so the lock can be taken on a full disk.
    database.exec('PRAGMA journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isSqlite(error, busy)) throw inUse(home, readHolder(home))
    throw isSqlite(error, full) ? noRoom(home, error) : notWritable(home, error)
  }
  const { dev, ino } = statSync(path)
  const sidecar = `${home}/lock.json`
  try {
    writeDown(sidecar, `${home}/.lock.json.${holder.pid}.tmp`, holder)
  } catch (error) {
    // On a full disk the engine starts all the same: outcomes have to be written.
    if (!isFull(error)) {
      database.close()
      throw error
    }
  }
  let held = true
  return {
    holder,
    intact() {
      if (!held) return false
      // stat opens nothing, so it does not endanger the lock.
      const now = statSync(path, { throwIfNoEntry: false })
      return now !== undefined && now.dev === dev && now.ino === ino
    },
    release() {
      if (!held) return
      held = false
      try {
        rmSync(sidecar, { force: true })
      } catch {
        // Only a courtesy to readers.
      }
      database.close()
    },
  }
}

/** Who wrote itself down as holder. It may be dead: only taking the lock tells. Null when unreadable. */
export function readHolder(home: string): Holder | null {
  try {
    const value: unknown = JSON.parse(readFileSync(`${home}/lock.json`, 'utf8'))
    return holderShape.is(value) ? value : null
  } catch {
    return null
  }
}

export function currentBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown'
  }
}

function writeDown(sidecar: string, temporary: string, holder: Holder): void {
  try {
    // The last holder's name must not stand there for ours.
    rmSync(sidecar, { force: true })
    writeFileSync(temporary, `${JSON.stringify(holder)}\n`, { mode: 0o600 })
    renameSync(temporary, sidecar)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function openDatabase(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw notWritable(path, error)
  }
}

/** SQLITE_BUSY */
const busy = 5
/** SQLITE_FULL */
const full = 13

/** Whatever the extended code. */
function isSqlite(error: unknown, code: number): boolean {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return false
  return typeof error.errcode === 'number' && (error.errcode & 0xff) === code
}

function notWritable(home: string, cause: unknown): Refused {
  return new Refused({
    name: 'home-not-writable',
    message: `the lock in ${home} cannot be taken: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: 'Give this login its own writable home with --home, or mend the rights or the mount.',
    cause,
  })
}

function noRoom(home: string, cause: unknown): Refused {
  return new Refused({
    name: 'disk-full',
    message: `there is no room to take the lock in ${home}`,
    remedy: 'Make room (a few MB are enough) and start again.',
    cause,
  })
}

function inUse(home: string, holder: Holder | null): Refused {
  const who = holder
    ? `process ${holder.pid} of ${holder.login}, since ${new Date(holder.since).toISOString()}`
    : 'another process that has not written itself down'
  return new Refused({
    name: 'home-in-use',
    message: `${home} is held by ${who}`,
    remedy: 'Attach to that engine, or stop it first (`watchfloor engine stop`).',
  })
}
