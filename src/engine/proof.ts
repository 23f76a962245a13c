// Who is behind a uid: the login from the passwd database, the roles from the fleet file.
import { accountOf } from '../../infra/accounts/passwd.ts'
import { type Clock, systemClock } from '../../state/primitives/clock.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { Actor } from './committer.ts'

const believedMs = 5 * 60_000

/** A login of this name would pass for the engine, whose commands nobody refuses. */
const ownName = 'engine'

/** Who may in: the engine's own login and root always (they own its files), others only if the fleet file names them. */
export function createIdentify(options: {
  ownUid: number
  fleet(): Fleet
  clock?: Clock
  /** Null: there is no such login. Throws when it cannot be asked. */
  loginOf?: (uid: number) => Promise<string | null>
}): (uid: number) => Promise<Actor | null> {
  const { clock = systemClock, loginOf: ask = askPasswd } = options
  const logins = new Map<number, { login: string; until: number }>()

  async function loginOf(uid: number): Promise<string> {
    const known = logins.get(uid)
    if (known && clock.mono() < known.until) return known.login
    try {
      const login = (await ask(uid)) ?? String(uid)
      logins.set(uid, { login, until: clock.mono() + believedMs })
      return login
    } catch {
      // A hiccup of the database is not kept: the next one who knocks asks again.
      return known?.login ?? String(uid)
    }
  }

  return async uid => {
    const login = await loginOf(uid)
    if (login === ownName) return null
    const person = [...options.fleet().people].find(([, one]) => one.login === login)
    if (person) return { by: login, roles: person[1].roles }
    if (uid === options.ownUid || uid === 0) return { by: login, roles: ['owner', 'operator'] }
    return null
  }
}

async function askPasswd(uid: number): Promise<string | null> {
  return (await accountOf(String(uid)))?.login ?? null
}
