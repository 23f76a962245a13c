// A shared engine: a system user runs it, operators of its group attach, and the kernel says who they are. It happens in
// a mount namespace of its own, with its own users, so that the machine keeps nothing of it. Needs root.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Background, fleetText, makeWorld, type Ran, type World } from '../cli/world.ts'

const uids = { watchfloor: 64_001, noc: 64_002, owner: 64_003, newbie: 64_004, guest: 64_005, stranger: 64_006 }
type Login = keyof typeof uids
const members = 'noc,owner,newbie,guest'
const root = fileURLToPath(new URL('../../../', import.meta.url))
const canUnshare =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', '--propagation', 'private', 'true']).status === 0

describe.skipIf(!canUnshare)(
  `a shared engine${canUnshare ? '' : ' (skipped: needs root and mount namespaces)'}`,
  () => {
    let world: World
    let fleet: string
    let enter: string[]
    let engine: Background

    const program = () => [
      path.join(world.dir, 'program/node_modules', `node-linux-${process.arch}`, 'bin/node'),
      path.join(world.dir, 'program/dist/watchfloor.mjs'),
    ]
    const inside = (login: Login) => [
      ...enter,
      'setpriv',
      '--reuid',
      login,
      '--regid',
      login,
      '--init-groups',
      ...program(),
    ]
    const as = (login: Login, ...argv: string[]): Promise<Ran> =>
      world.run([...argv], { program: inside(login), env: { HOME: '/nonexistent', XDG_STATE_HOME: '' } })

    beforeAll(async () => {
      world = makeWorld()
      chmodSync(world.dir, 0o755)
      const server = await world.server()
      const people = `people:
  noc: { login: noc, roles: [operator] }
  owner: { login: owner, roles: [owner] }
  guest: { login: guest, roles: [] }`
      fleet = world.write('fleet.yaml', fleetText(world, server, { rest: people }), 0o644)
      chownSync(path.join(world.dir, 'id_test'), uids.watchfloor, uids.watchfloor)
      const lines = Object.entries(uids)
      world.write(
        'passwd',
        readFileSync('/etc/passwd', 'utf8') +
          lines.map(([name, id]) => `${name}:x:${id}:${id}::/nonexistent:/bin/sh\n`).join(''),
        0o644,
      )
      world.write(
        'group',
        readFileSync('/etc/group', 'utf8') +
          lines.map(([name, id]) => `${name}:x:${id}:${name === 'watchfloor' ? members : ''}\n`).join(''),
        0o644,
      )
      const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sleep', 'infinity'], {
        env: world.env,
        stdio: 'ignore',
      })
      await new Promise(resolve => holder.once('spawn', resolve))
      while (readFileSync(`/proc/${holder.pid}/comm`, 'utf8') !== 'sleep\n')
        await new Promise(resolve => setTimeout(resolve, 5))
      enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--']
      // What systemd makes for StateDirectory= and RuntimeDirectory= of the unit.
      const setup = `set -e
mkdir -p "$1/program"; mount --bind "$2" "$1/program"
mount --bind "$1/passwd" /etc/passwd; mount --bind "$1/group" /etc/group
for place in /var/lib /run; do mount -t tmpfs -o mode=755 tmpfs $place; mkdir -m 755 $place/watchfloor; done
install -d -m 700 -o watchfloor -g watchfloor /var/lib/watchfloor/harbour
install -d -m 750 -o watchfloor -g watchfloor /run/watchfloor/harbour`
      const done = await world.run([setup, 'sh', world.dir, root], { program: [...enter, 'sh', '-c'] })
      if (done.exit !== 0) throw new Error(done.stderr)
      engine = world.begin(['engine', 'run', '--fleet', fleet, '--home', '/var/lib/watchfloor/harbour'], {
        program: inside('watchfloor'),
        env: { HOME: '/nonexistent' },
      })
      void engine.gone.then(ran => ran.exit !== 0 && ran.exit !== null && console.error(ran.stderr))
      for (
        let ran = await as('noc', 'engine', 'status');
        ran.exit !== 0;
        ran = await as('noc', 'engine', 'status', '--fleet', fleet)
      ) {
        if (engine.child.exitCode !== null) throw new Error(`the engine ended: ${engine.stderr()}`)
      }
    })
    afterAll(() => world.close())

    test('two logins see the same fleet', async () => {
      const [one, two] = await Promise.all([
        as('noc', 'status', '--json', '--fleet', fleet),
        as('owner', 'status', '--json', '--fleet', fleet),
      ])
      expect(one).toMatchObject({ exit: 0, stderr: '' })
      expect(JSON.parse(two.stdout).nodes).toEqual(JSON.parse(one.stdout).nodes)
      expect(JSON.parse(two.stdout).engine.pid).toBe(JSON.parse(one.stdout).engine.pid)
    })

    test('what each of them does is journaled under the login that the kernel proves', async () => {
      for (const login of ['noc', 'owner'] as const) {
        const ran = await world.run(['exec', 'alpha', '--fleet', fleet, '--', 'echo', login], {
          program: inside(login),
          env: { USER: 'root', LOGNAME: 'root', SUDO_USER: 'root' },
        })
        expect(ran).toMatchObject({ exit: 0, stderr: '' })
      }
      const shown = await as('noc', 'journal', 'show', '--json', '--fleet', fleet)
      expect(shown).toMatchObject({ exit: 0, stderr: '' })
      const commits = shown.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
      const started = commits.filter(commit => commit.events[0].type === 'exec.started')
      expect(started.map(commit => [commit.by, commit.events[0].argv[1]])).toEqual([
        ['noc', 'noc'],
        ['owner', 'owner'],
      ])
    })

    test('a login outside the group cannot come near, and is told whom to ask', async () => {
      const ran = await as('stranger', 'status', '--fleet', fleet)
      expect(ran).toMatchObject({ exit: 4, stdout: '' })
      expect(ran.stderr).toContain('group `watchfloor`')
    })

    test('a member of the group whom the fleet file does not name is refused', async () => {
      const ran = await as('newbie', 'status', '--fleet', fleet)
      expect(ran).toMatchObject({ exit: 5, stdout: '' })
      expect(ran.stderr).toContain('the engine does not know you')
    })

    test('somebody without a role may look and not act', async () => {
      expect((await as('guest', 'status', '--fleet', fleet)).exit).toBe(0)
      for (const argv of [
        ['exec', 'alpha', '--fleet', fleet, '--', 'true'],
        ['engine', 'stop', '--fleet', fleet],
      ]) {
        expect(await as('guest', ...argv)).toMatchObject({ exit: 5, stdout: '' })
      }
    })

    test('nothing in the home is open to anybody else, and the door is open to the group only', async () => {
      const wide = await world.run(['/var/lib/watchfloor', '-mindepth', '1', '-perm', '/077', '-not', '-type', 'l'], {
        program: [...enter, 'find'],
      })
      expect(wide.stdout).toBe('')
      const door = await world.run(['/run/watchfloor/harbour', '-printf', '%P %M %u:%g\\n'], {
        program: [...enter, 'find'],
      })
      expect(door.stdout.trim().split('\n').sort()).toEqual([
        'drwxr-x--- watchfloor:watchfloor',
        'engine.sock srw-rw---- watchfloor:watchfloor',
        'proofs drwx-wx--T watchfloor:watchfloor',
      ])
    })

    test('when the shared engine does not run, an operator is told how to start it and starts none of his own', async () => {
      expect((await as('owner', 'engine', 'stop', '--fleet', fleet)).exit).toBe(0)
      await engine.gone
      const ran = await as('noc', 'status', '--fleet', fleet)
      expect(ran).toMatchObject({ exit: 4, stdout: '' })
      expect(ran.stderr).toContain('systemctl start watchfloor-harbour')
      expect(await as('noc', 'engine', 'status', '--fleet', fleet)).toMatchObject({ exit: 4, stderr: '' })
      const verify = await as('noc', 'journal', 'verify', '--fleet', fleet)
      expect(verify).toMatchObject({ exit: 5, stdout: '' })
      expect(verify.stderr).toContain('belongs to another login')
      expect((await as('watchfloor', 'journal', 'verify', '--fleet', fleet)).exit).toBe(0)
    })

    test('root attaches to it like everybody else, but does not start one whose files its login could not read', async () => {
      const ran = await world.run(['status', '--fleet', fleet], {
        program: [...enter, ...program()],
        env: { XDG_STATE_HOME: '' },
      })
      expect(ran).toMatchObject({ exit: 4, stdout: '' })
      expect(ran.stderr).toContain('belongs to another login')
    })
  },
)
