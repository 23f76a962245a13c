// A changed fleet file under a running engine: what may take effect by itself, what waits for a yes, what is refused.
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EngineClient } from '../../../src/engine/client.ts'
import type { TestServer } from '../../infra/ssh/server.ts'
import { fleetText, makeWorld, until, type World } from '../cli/world.ts'

let world: World
let server: TestServer
let fleet: string

beforeEach(async () => {
  world = makeWorld()
  server = await world.server()
  fleet = world.write('fleet.yaml', fleetText(world, server))
})
afterEach(() => world.close())

/** As editors do it: written beside, renamed over. */
function change(text: string): void {
  const beside = path.join(world.dir, '.fleet.yaml.new')
  writeFileSync(beside, text, { mode: 0o600 })
  renameSync(beside, fleet)
}

const has = (client: EngineClient, name: string) => client.live().fleet.nodes[name] !== undefined
const waiting = (client: EngineClient) => client.state().fleet.proposed?.sha256 ?? 'nothing'
const guarded = () => fleetText(world, server).replace(server.key.fingerprint, `SHA256:${'A'.repeat(43)}`)

test('a harmless change runs at once and is in the journal as a diff', async () => {
  const { client } = await world.runEngine(fleet)
  change(fleetText(world, server, { nodes: '  charlie: { lifecycle: planned, address: 192.0.2.3 }' }))
  await until(client, () => has(client, 'charlie'))
  expect((await world.run(['fleet', 'show', '--fleet', fleet])).exit).toBe(0)
  const { stdout } = await world.run(['journal', 'show', '--json', '--fleet', fleet])
  const events = stdout
    .trim()
    .split('\n')
    .flatMap(line => JSON.parse(line).events)
  const seen = events.filter(event => JSON.stringify(event).includes('nodes.charlie'))
  expect(seen).toHaveLength(1)
  expect(JSON.stringify(seen[0])).toContain('"kind":"added"')
})

test('another host key waits for a yes, over a restart too, and runs once it is accepted', async () => {
  const { run, client } = await world.runEngine(fleet)
  change(guarded())
  await until(client, () => client.state().fleet.proposed !== null)
  const shown = await world.run(['fleet', 'show', '--fleet', fleet])
  expect(shown).toMatchObject({ exit: 3, stderr: '' })
  expect(shown.stdout).toContain('nodes.alpha.ssh.hostkey')
  expect(shown.stdout).toContain('changes which host keys are trusted')
  expect((await world.run(['check', 'alpha', '--fleet', fleet])).exit).toBe(0)

  process.kill(run.pid, 'SIGTERM')
  await run.gone
  const next = await world.runEngine(fleet)
  expect(next.client.state().fleet.proposed?.changes.map(one => one.path)).toContain('nodes.alpha.ssh.hostkey')
  // What runs is what was accepted, not what lies in the file.
  expect((await world.run(['check', 'alpha', '--fleet', fleet])).exit).toBe(0)

  const wrong = await world.run(['fleet', 'accept', 'f'.repeat(16), '--fleet', fleet])
  expect(wrong).toMatchObject({ exit: 5, stdout: '' })
  expect((await world.run(['fleet', 'accept', waiting(next.client).slice(0, 8), '--fleet', fleet])).exit).toBe(2)
  const onlyShown = await world.run(['fleet', 'accept', '--fleet', fleet])
  expect(onlyShown).toMatchObject({ exit: 3, stderr: '' })
  expect(onlyShown.stdout).toContain(`watchfloor fleet accept ${waiting(next.client).slice(0, 16)}`)
  expect(next.client.state().fleet.proposed).not.toBeNull()
  const accepted = await world.run(['fleet', 'accept', waiting(next.client), '--fleet', fleet])
  expect(accepted).toMatchObject({ exit: 0, stderr: '' })
  await until(next.client, () => next.client.state().fleet.proposed === null)
  const after = await world.run(['check', 'alpha', '--json', '--fleet', fleet])
  expect(JSON.parse(after.stdout).nodes[0].probes[0]).toMatchObject({ ok: false })
  expect(after.stdout).toContain('HOST KEY CHANGED')
  expect(next.client.state().fleet.accepted?.by).toBe(next.client.by())
  expect((await world.run(['fleet', 'accept', '--fleet', fleet])).exit).toBe(5)
})

test('a program on HQ waits for a yes and has not run before', async () => {
  const { client } = await world.runEngine(fleet)
  const ping = world.write('ping.sh', `#!/bin/sh\ntouch ${world.dir}/ran\nexit 0\n`, 0o700)
  change(
    fleetText(world, server, { rest: `engine: { programs: { ping: [${ping}] }, canaries: ["127.0.0.1"] }` }).replace(
      'probes:\n',
      'probes:\n  - { kind: ping, on: alpha, every: 1s }\n',
    ),
  )
  await until(client, () => client.state().fleet.proposed !== null)
  const paths = client
    .state()
    .fleet.proposed?.changes.filter(one => one.guarded !== null)
    .map(one => one.path)
  expect(paths).toContain('engine.programs.ping')
  await world.run(['check', '--fleet', fleet])
  expect(() => readFileSync(path.join(world.dir, 'ran'))).toThrow('ENOENT')
  await world.run(['fleet', 'accept', waiting(client), '--fleet', fleet])
  await world.run(['check', 'alpha', '--fleet', fleet])
  expect(readFileSync(path.join(world.dir, 'ran'), 'utf8')).toBe('')
})

test('a broken file is refused with its errors, what ran goes on, and a good file ends the refusal', async () => {
  const { client } = await world.runEngine(fleet)
  change(fleetText(world, server).replace('kind: ssh', 'kind: shh'))
  await until(client, () => client.state().fleet.refused !== null)
  const shown = await world.run(['fleet', 'show', '--fleet', fleet])
  // The engine runs and knows best: what it refused is told, and what runs.
  expect(shown.exit).toBe(1)
  expect(shown.stdout).toMatch(/^runs: /m)
  expect(shown.stdout).toContain('shh')
  expect((await world.run(['validate', fleet])).stdout).toContain('did you mean "ssh"')
  expect(client.state().fleet.refused?.errors.join()).toContain('shh')
  expect((await client.ask('check', { selector: 'alpha' }))[0]?.health).toBe('up')
  change(fleetText(world, server, { every: '20s' }))
  await until(client, () => client.state().fleet.refused === null)
  expect((await world.run(['fleet', 'show', '--fleet', fleet])).exit).toBe(0)
})

test('a file that everybody can write is refused, running and at the start', async () => {
  const { run, client } = await world.runEngine(fleet)
  writeFileSync(fleet, fleetText(world, server, { every: '20s' }))
  chmodSync(fleet, 0o602)
  await until(
    client,
    () => client.state().fleet.refused?.errors.some(one => one.includes('written by everybody')) === true,
  )
  process.kill(run.pid, 'SIGTERM')
  await run.gone
  const fresh = await world.run(['engine', 'run', '--fleet', fleet, '--home', path.join(world.dir, 'other')])
  expect(fresh).toMatchObject({ exit: 2, stdout: '' })
  expect(fresh.stderr).toContain('can be written by everybody')
})
