// `watchfloor engine install`: the unit that watches day and night, for a login that can really run it. It needs root, but
// the engine should not have it: the login is the one that called sudo, and its home is looked up, not taken from our own.
import { chown, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Account, accountOf, canRead, makeFolder } from '../../infra/accounts/passwd.ts'
import { unitName, unitText } from '../../infra/systemd/unit.ts'
import { realDisk } from '../../state/disk.ts'
import { resolveHome } from '../../state/home.ts'
import { BadInput, Refused } from '../../state/primitives/errors.ts'
import { fleetFileOf } from '../engine/places.ts'
import { engineProgram } from '../engine/start.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { readFleet } from './session.ts'

const sharedLogin = 'watchfloor'

export const engineInstall: CliCommand = {
  name: 'engine install',
  summary: 'write a hardened systemd unit that watches day and night',
  options: [
    { flags: '--user <login>', description: 'login that runs it (default: yours)' },
    { flags: '--shared', description: 'own user `watchfloor`, socket open to its group, state in /var/lib/watchfloor' },
    { flags: '--print', description: 'only print the unit' },
    { flags: '--unit-dir <dir>', description: 'where units go', default: '/etc/systemd/system' },
  ],
  exits: '5 not allowed to write there, or that login could not run it',
  async run(call) {
    const { around, console } = call.context
    const fleetFile = fleetFileOf(text(call.options.fleet), around)
    if (fleetFile === null)
      throw new BadInput({
        name: 'install-sandbox',
        message: 'the sandbox is not for installing',
        remedy: 'Name a fleet file with --fleet FILE.',
      })
    const shared = call.options.shared === true
    const account = await accountFor(call, shared)
    const fleet = await readFleet(fleetFile, account?.uid ?? around.uid)
    const program = engineProgram(call.context.program)
    if (account) await judgeReach(account, [fleetFile, ...program.filter(word => path.isAbsolute(word))])
    const home = account && !shared ? await homeFor(call, account, fleet) : `/var/lib/watchfloor/${fleet.name}`
    const user = account?.login ?? sharedLogin
    const group = account ? String(account.gid) : sharedLogin
    const unit = unitText({ fleet: fleet.name, program, fleetFile, user, group, home, shared })
    if (call.options.print) {
      console.out(unit)
      return 0
    }
    const file = path.join(text(call.options.unitDir) ?? '/etc/systemd/system', unitName(fleet.name))
    if (account && !shared) await makeHome(account, home)
    try {
      await writeFile(file, unit, { mode: 0o644 })
    } catch (cause) {
      throw new Refused({
        name: 'install-denied',
        message: `${file} cannot be written`,
        remedy: 'Run it with sudo, or --print and place it yourself.',
        cause,
      })
    }
    console.out(`wrote ${file}`)
    console.out('next:')
    if (shared) console.out('  useradd --system --user-group watchfloor && usermod -aG watchfloor <each operator>')
    console.out(`  systemctl daemon-reload && systemctl enable --now ${unitName(fleet.name)}`)
    return 0
  },
}

/** Null only for the shared engine's login, which is made after the unit was written. */
async function accountFor(call: Call, shared: boolean): Promise<Account | null> {
  const { env, uid, homeDir } = call.context.around
  const asked = text(call.options.user)
  const key = shared ? sharedLogin : (asked ?? (uid === 0 && env.SUDO_USER ? env.SUDO_USER : String(uid)))
  const account = await accountOf(key)
  if (account || shared) return account
  // A uid without an entry, as in a container: the number is a name too.
  if (!asked && key === String(uid)) return { login: key, uid, gid: process.getgid?.() ?? uid, home: homeDir }
  throw new BadInput({
    name: 'no-such-login',
    message: `there is no login ${key} on this machine`,
    remedy: 'Make it first (`useradd`), or name another with --user.',
  })
}

async function judgeReach(account: Account, files: readonly string[]): Promise<void> {
  for (const file of files) {
    if ((await canRead(account, file)) !== false) continue
    throw new Refused({
      name: 'install-unreadable',
      message: `${account.login} cannot read ${file}, which the engine needs`,
      remedy: 'Put it where that login can read it (/etc/watchfloor, /opt/watchfloor), or name another with --user.',
    })
  }
}

async function homeFor(call: Call, account: Account, fleet: Fleet): Promise<string> {
  const { env, uid, cwd, homeDir } = call.context.around
  const { WATCHFLOOR_HOME, XDG_STATE_HOME } = env
  const isSelf = account.uid === uid
  const environment = isSelf ? { WATCHFLOOR_HOME, XDG_STATE_HOME } : { WATCHFLOOR_HOME }
  const userHome = isSelf ? homeDir : account.home
  const given = { disk: realDisk, fleet: fleet.name, environment, userHome, workingDirectory: cwd }
  const home = await resolveHome({ ...given, flag: text(call.options.home) })
  if (!home.startsWith(`${userHome}/`) || (await realDisk.stat(userHome))) return home
  throw new BadInput({
    name: 'no-home-folder',
    message: `${account.login} has no folder ${userHome} to keep state in`,
    remedy: 'Say where state is kept with --home DIR.',
  })
}

/** As the login itself where it may; else as root, and given to it. */
async function makeHome(account: Account, home: string): Promise<void> {
  if (await makeFolder(account, home)) return
  try {
    const made = await mkdir(home, { recursive: true, mode: 0o700 })
    if (made !== undefined) await chown(home, account.uid, account.gid)
  } catch (cause) {
    throw new Refused({
      name: 'install-denied',
      message: `${home} cannot be made`,
      remedy: 'Run it with sudo, or name another place with --home DIR.',
      cause,
    })
  }
}
