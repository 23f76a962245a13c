// The launcher: from whatever Node is on the machine to the pinned one, with nothing of the ending lost on the way.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fleetText, makeWorld, type World } from './world.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const launcher = path.join(root, 'bin', 'watchfloor.cjs')

/** A Node of the machine that is older than we need, if there is one. */
const oldNode = (process.env.PATH ?? '')
  .split(':')
  .concat('/usr/local/bin', '/usr/bin')
  .map(dir => path.join(dir, 'node'))
  .find(
    file =>
      existsSync(file) && /^v(1\d|20|21)\./.test(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout ?? ''),
  )

let world: World
let fleet: string

beforeAll(async () => {
  world = makeWorld()
  fleet = world.write('fleet.yaml', fleetText(world, await world.server()))
})
afterAll(() => world.close())

describe.skipIf(!oldNode)(
  `on an old Node${oldNode ? '' : ' (skipped: there is none older than 22 on this machine)'}`,
  () => {
    const program = [oldNode ?? '', launcher]

    function childOf(pid: number): number {
      const [child] = readdirSync('/proc')
        .filter(name => /^\d+$/.test(name))
        .filter(name => {
          try {
            return readFileSync(`/proc/${name}/stat`, 'latin1').split(') ')[1]?.split(' ')[1] === String(pid)
          } catch {
            return false
          }
        })
      return Number(child)
    }

    async function engine() {
      const launched = world.begin(['engine', 'run', '--fleet', fleet], { program })
      for (;;) {
        const client = await world.attach().catch(() => null)
        if (client) return { launched, client }
        if (launched.child.exitCode !== null) throw new Error(launched.stderr())
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }

    test('the answer and the exit code pass through', async () => {
      expect(await world.run(['--version'], { program })).toMatchObject({ exit: 0, stdout: '0.1.0\n', stderr: '' })
      expect(await world.run(['chek'], { program })).toMatchObject({ exit: 2, stdout: '' })
      expect(await world.run(['engine', 'status', '--fleet', fleet], { program })).toMatchObject({
        exit: 4,
        stderr: '',
      })
    })

    test('the pinned Node does the work, and a SIGTERM to the launcher ends it cleanly', async () => {
      const { launched, client } = await engine()
      const { pid } = client.live().engine
      expect(pid).toBe(childOf(launched.pid))
      expect(readlinkSync(`/proc/${pid}/exe`)).toBe(readlinkSync(`/proc/${process.pid}/exe`))
      process.kill(launched.pid, 'SIGTERM')
      expect(await launched.gone).toMatchObject({ exit: 0, signal: null })
      expect(existsSync(`/proc/${pid}`)).toBe(false)
    })

    test('a program that is killed kills its launcher by the same signal', async () => {
      const { launched, client } = await engine()
      process.kill(client.live().engine.pid, 'SIGKILL')
      expect(await launched.gone).toMatchObject({ exit: null, signal: 'SIGKILL' })
    })
  },
)

test('npm start into a pipe prints 21 nodes and ends', async () => {
  const ran = await world.run(['start', '--silent'], { program: ['npm'], cwd: root })
  expect(ran.exit).toBe(0)
  expect(ran.stdout).toContain('SANDBOX')
  const nodes = ran.stdout.split('\n').filter(line => /^[●◐✖○◇] /.test(line))
  expect(nodes).toHaveLength(21)
  expect(ran.stdout).not.toContain('\u001b')
  expect((await world.run(['sandbox', 'down'])).exit).toBe(0)
})

const gauntlet = process.env.WATCHFLOOR_GAUNTLET !== undefined
test.skipIf(!gauntlet)(
  `npm start is the first command in a fresh clone${gauntlet ? '' : ' (only in the gauntlet: it installs every package)'}`,
  { timeout: 300_000 },
  async () => {
    const clone = path.join(world.dir, 'clone')
    expect(spawnSync('git', ['clone', '--quiet', root, clone]).status).toBe(0)
    const npm = oldNode ? path.join(path.dirname(oldNode), 'npm') : 'npm'
    const env = {
      PATH: `${path.dirname(oldNode ?? process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: process.env.HOME ?? '',
    }
    const ran = await world.run(['start', '--silent'], { program: [npm], cwd: clone, env })
    expect(ran.stderr).toContain('installing the locked packages')
    expect(ran.exit).toBe(0)
    expect(ran.stdout.split('\n').filter(line => /^[●◐✖○◇] /.test(line))).toHaveLength(21)
  },
)
