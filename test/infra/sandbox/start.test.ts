import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { beginChaos, sandboxLedger, sandboxStatus, startSandbox, stopSandbox } from '../../../infra/sandbox/start.ts'
import { runSandbox } from '../../../infra/sandbox/world.ts'
import { logIn, nodeOf, startWorld, temporaryDir, until } from './visitor.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

function place() {
  const { dir, remove } = temporaryDir()
  const argv = [process.execPath, join(import.meta.dirname, 'run-world.ts'), dir]
  endings.push(remove, () => stopSandbox(dir))
  return { dir, argv }
}

test('a world killed with SIGKILL comes back with its keys, files, units, chaos and addresses', async () => {
  const { dir, argv } = place()
  const first = await startSandbox({ dir, argv })
  const host = nodeOf(first.status, 'frankfurt').mesh
  await beginChaos(dir, 'slow-link', ['seoul'], { ms: 50 })
  const login = await logIn(dir, host)
  await login.exec('systemctl stop clavitor; echo kept > /root/note')
  process.kill(first.status.pid, 'SIGKILL')
  await login.closed
  await until(async () => (await sandboxStatus(dir)) === null)
  const fleet = readFileSync(join(dir, 'fleet.yaml'), 'utf8')

  const second = await startSandbox({ dir, argv })
  expect(second.started).toBe(true)
  expect(second.status.chaos).toMatchObject([{ kind: 'slow-link', nodes: ['seoul'] }])
  expect(second.status.nodes).toEqual(
    first.status.nodes.map(node =>
      node.name === 'frankfurt' ? { ...node, units: { ...node.units, 'clavitor.service': 'inactive' } } : node,
    ),
  )
  const again = await logIn(dir, host)
  expect(again.fingerprint).toBe(login.fingerprint)
  expect((await again.exec('cat /root/note')).out).toBe('kept\n')
  again.close()
  expect(readFileSync(join(dir, 'fleet.yaml'), 'utf8')).toBe(fleet)
  const seen = sandboxLedger(dir)
  expect(seen.filter(line => line.what === 'unit')).toMatchObject([{ unit: 'clavitor.service', change: 'stopped' }])
  expect(seen.filter(line => line.what === 'world').map(line => line.what === 'world' && line.change)).toEqual([
    'started',
    'started',
  ])
})

test('starting twice finds the world that runs, and a second world in one directory is refused', async () => {
  const { dir, argv } = place()
  const first = await startSandbox({ dir, argv })
  const second = await startSandbox({ dir, argv })
  expect(second).toMatchObject({ started: false, status: { pid: first.status.pid } })
  const signal = new AbortController().signal
  await expect(runSandbox({ dir, signal })).rejects.toMatchObject({ name: 'sandbox-running' })
  expect(await stopSandbox(dir)).toBe(true)
  expect(await sandboxStatus(dir)).toBe(null)
})

test('two worlds at once have addresses of their own', async () => {
  const [one, two] = [place(), place()]
  const worlds = await Promise.all([startWorld(one.dir), startWorld(two.dir)])
  for (const world of worlds) endings.push(() => world.stop())
  const [first, second] = worlds.map(world => nodeOf(world.status, 'frankfurt').mesh)
  expect(first).not.toBe(second)
  const login = await logIn(two.dir, second ?? '')
  expect((await login.exec('hostname')).out).toBe('frankfurt\n')
  login.close()
  await expect(logIn(one.dir, second ?? '')).rejects.toThrow(/authentication methods failed/)
})

test('a world that cannot start says what it printed', async () => {
  const { dir } = place()
  const argv = [process.execPath, '-e', 'console.error("no such thing"); process.exit(3)']
  await expect(startSandbox({ dir, argv })).rejects.toMatchObject({
    name: 'sandbox-start',
    message: expect.stringContaining('no such thing'),
  })
})
