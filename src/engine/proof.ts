// Who is behind a uid: the login from the passwd database, the roles from the fleet file.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Fleet } from '../fleet/fleet.ts'
import type { Actor } from './committer.ts'

const run = promisify(execFile)

/** Who may in: the engine's own login and root always (they own its files), others only if the fleet file names them. */
export function createIdentify(options: { ownUid: number; fleet(): Fleet }): (uid: number) => Promise<Actor | null> {
  const logins = new Map<number, string>()

  async function loginOf(uid: number): Promise<string> {
    const known = logins.get(uid)
    if (known) return known
    let login = String(uid)
    try {
      const { stdout } = await run('getent', ['passwd', String(uid)], { timeout: 2_000 })
      login = stdout.split(':')[0] || login
    } catch {
      // No entry, or no getent: the number is a name too.
    }
    logins.set(uid, login)
    return login
  }

  return async uid => {
    const login = await loginOf(uid)
    const person = [...options.fleet().people].find(([, one]) => one.login === login)
    if (person) return { by: login, roles: person[1].roles }
    if (uid === options.ownUid || uid === 0) return { by: login, roles: ['owner', 'operator'] }
    return null
  }
}
