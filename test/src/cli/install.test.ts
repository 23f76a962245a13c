// Installing for a login that can run it: needs root as in life, and the logins that every Debian has.

import { existsSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { accountOf } from '../../../infra/accounts/passwd.ts'
import { engineInstall } from '../../../src/cli/engine-install.ts'

const isRoot = process.getuid?.() === 0
const daemon = await accountOf('daemon')
const asRoot = test.skipIf(!isRoot || !daemon || !existsSync('/usr/bin/setpriv'))

async function inPlace(
  body: (place: {
    dir: string
    fleet: string
    install(options: Record<string, string | boolean>, env?: Record<string, string>): Promise<string>
  }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'wf-install-'))
  try {
    await chmod(dir, 0o755)
    await mkdir(path.join(dir, 'units'))
    const fleet = path.join(dir, 'fleet.yaml')
    await writeFile(fleet, 'fleet: harbour\nnodes: { alpha: { provider: static, address: 127.0.0.1 } }\n', {
      mode: 0o644,
    })
    await body({
      dir,
      fleet,
      async install(options, env = {}) {
        const said: string[] = []
        const say = (line: string) => said.push(line)
        await engineInstall.run({
          args: [],
          options: { fleet, unitDir: path.join(dir, 'units'), ...options },
          context: {
            console: { out: say, err: say } as never,
            around: {
              env,
              cwd: dir,
              uid: process.getuid?.() ?? 0,
              homeDir: path.join(dir, 'root'),
              exists: existsSync,
            },
            version: '0',
            program: ['/usr/bin/env'],
            ask: null,
          },
        })
        return said.join('\n')
      },
    })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

asRoot('under sudo the engine runs as the login that called it, with the home of that login', () =>
  inPlace(async ({ install, fleet }) => {
    await chown(fleet, daemon?.uid ?? 0, daemon?.gid ?? 0)
    const unit = await install({ print: true }, { SUDO_USER: 'daemon', XDG_STATE_HOME: '/root/.local/state' })
    expect(unit).toMatch(/^User=daemon$/m)
    expect(unit).toMatch(new RegExp(`^Group=${daemon?.gid}$`, 'm'))
    expect(unit).toContain(`--home ${daemon?.home}/.local/state/watchfloor/harbour`)
    expect(unit).toMatch(/^Restart=on-failure$/m)
  }),
)

asRoot('the folder that is made belongs to the login', () =>
  inPlace(async ({ install, dir }) => {
    const home = path.join(dir, 'kept', 'home')
    await install({ user: 'daemon', home })
    expect(await lstat(home)).toMatchObject({ uid: daemon?.uid, gid: daemon?.gid })
    expect((await lstat(home)).mode & 0o777).toBe(0o700)
    expect(await readFile(path.join(dir, 'units', 'watchfloor-harbour.service'), 'utf8')).toContain(`--home ${home}`)
  }),
)

asRoot('a fleet file that the login cannot read is refused, with a way out', () =>
  inPlace(async ({ install, fleet }) => {
    await chmod(fleet, 0o600)
    await expect(install({ user: 'daemon', print: true })).rejects.toMatchObject({
      name: 'install-unreadable',
      exit: 5,
      message: expect.stringContaining('daemon cannot read'),
    })
  }),
)

asRoot('a login without a folder of its own must be told where state is kept', () =>
  inPlace(async ({ install }) => {
    await expect(install({ user: 'nobody', print: true })).rejects.toMatchObject({ name: 'no-home-folder', exit: 2 })
  }),
)

test('a login that is not there is refused', () =>
  inPlace(async ({ install }) => {
    await expect(install({ user: 'no-such-login-here' })).rejects.toMatchObject({ name: 'no-such-login', exit: 2 })
  }))
