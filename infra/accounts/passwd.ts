// Who is who on this machine: the passwd database, asked through `getent` so that a directory service counts as well; and
// what a login may do, tried as that login.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Account {
  login: string
  uid: number
  gid: number
  /** Its home directory, which may not be there. */
  home: string
}

/** By their paths, so that nothing in our PATH stands in for them. The second place is where NixOS has them. */
const places = ['/usr/bin', '/run/current-system/sw/bin']
const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' }
/** What `getent` answers to a key that is in no database. */
const noSuchKey = 2

function programOf(name: string): string | null {
  return places.map(place => `${place}/${name}`).find(file => existsSync(file)) ?? null
}

/** By login or uid; null: there is none, or no `getent` to ask. Throws when the database cannot be asked now. */
export async function accountOf(key: string): Promise<Account | null> {
  const getent = programOf('getent')
  if (!getent) return null
  try {
    const { stdout } = await run(getent, ['passwd', '--', key], { timeout: 2_000, env })
    const [login = '', , uid, gid, , home = ''] = stdout.split('\n')[0]?.split(':') ?? []
    return login === '' ? null : { login, uid: Number(uid), gid: Number(gid), home }
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === noSuchKey) return null
    throw error
  }
}

/** Can it read this file? Null: nobody could try, since we are neither that login nor root. */
export async function canRead(account: Account, file: string): Promise<boolean | null> {
  return tryAs(account, 'test', ['-r', file])
}

/** Makes a folder as the login itself, so that links in its own folders lead nowhere that it could not go alone. */
export async function makeFolder(account: Account, folder: string): Promise<boolean | null> {
  return tryAs(account, 'mkdir', ['-p', '-m', '0700', '--', folder])
}

async function tryAs(account: Account, name: string, args: readonly string[]): Promise<boolean | null> {
  const program = programOf(name)
  const own = process.getuid?.() ?? 0
  const setpriv = account.uid === own ? null : programOf('setpriv')
  if (!program || (account.uid !== own && (own !== 0 || !setpriv))) return null
  const become = ['--reuid', String(account.uid), '--regid', String(account.gid), '--init-groups', '--']
  const [file, argv] = setpriv ? [setpriv, [...become, program, ...args]] : [program, [...args]]
  try {
    await run(file, argv, { timeout: 5_000, env, cwd: '/' })
    return true
  } catch {
    return false
  }
}
