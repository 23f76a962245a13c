// What scripts rely on: the JSON shapes and the exit codes, seen from outside the built program.

import type { TSchema } from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDocument, execLine, statusDocument, uptimeDocument } from '../../../src/cli/shapes.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { bundle, fleetText, makeWorld, type Ran, until, type World } from './world.ts'

let world: World
let fleet: string

beforeAll(async () => {
  world = makeWorld()
  const server = await world.server()
  fleet = world.write('fleet.yaml', fleetText(world, server))
})
afterAll(() => world.close())

/** The document on stdout, which must hold nothing else, judged by its shape. */
function judged<S extends TSchema>(ran: Ran, schema: S): unknown {
  const document: unknown = JSON.parse(ran.stdout)
  expect(checker(schema).errors(document)).toEqual([])
  expect(ran.stdout.endsWith('\n')).toBe(true)
  expect(ran.stdout.trim().split('\n')).toHaveLength(1)
  return document
}

describe('without an engine', () => {
  test('check --json has its shape and leaves nothing behind', async () => {
    const ran = await world.run(['check', 'alpha,bravo', '--json', '--fleet', fleet])
    expect(judged(ran, checkDocument)).toMatchObject({
      fleet: 'harbour',
      nodes: [
        { name: 'alpha', health: 'up', probes: [{ kind: 'ssh', ok: true }] },
        { name: 'bravo', health: 'up' },
      ],
    })
    expect(ran).toMatchObject({ exit: 0, stderr: '' })
    expect((await world.run(['engine', 'status', '--fleet', fleet, '--json'])).exit).toBe(4)
  })

  test('a node that nobody looks at is unknown, and check says not yet', async () => {
    const ran = await world.run(['check', '@hq', '--json', '--fleet', fleet])
    expect(judged(ran, checkDocument)).toMatchObject({ nodes: [{ name: 'hq', health: 'unknown', probes: [] }] })
    expect(ran.exit).toBe(3)
  })

  test('engine status says that none runs, on stdout, and exits with 4', async () => {
    const ran = await world.run(['engine', 'status', '--fleet', fleet])
    expect(ran).toMatchObject({ exit: 4, stderr: '' })
    expect(ran.stdout).toContain('no engine runs for harbour')
  })

  test('engine stop has nothing to stop and exits with 4', async () => {
    expect(await world.run(['engine', 'stop', '--fleet', fleet])).toMatchObject({
      exit: 4,
      stdout: '',
      stderr: 'watchfloor: no engine runs\n',
    })
  })
})

describe('with an engine', () => {
  test('the first command starts it, says so on stderr, and status --json has its shape', async () => {
    const ran = await world.run(['status', '--json', '--fleet', fleet])
    expect(judged(ran, statusDocument)).toMatchObject({
      fleet: 'harbour',
      engine: { blind: null },
      nodes: [{ name: 'hq' }, { name: 'alpha', health: 'up' }, { name: 'bravo', health: 'up' }],
      incidents: [],
    })
    expect(ran.exit).toBe(0)
    expect(ran.stderr).toContain('watchfloor: started an engine')
  })

  test('check --json through the engine has the same shape', async () => {
    const ran = await world.run(['check', 'alpha', '--json', '--fleet', fleet])
    expect(judged(ran, checkDocument)).toMatchObject({ nodes: [{ name: 'alpha', probes: [{ ok: true }] }] })
    expect(ran).toMatchObject({ exit: 0, stderr: '' })
  })

  test('exec --json prints one line a node in its shape', async () => {
    const ran = await world.run(['exec', 'alpha,bravo', '--json', '--fleet', fleet, '--', 'echo', 'ahoy'])
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    for (const line of lines) expect(checker(execLine).errors(line)).toEqual([])
    expect(lines.map(line => line.node).sort()).toEqual(['alpha', 'bravo'])
    expect(lines[0]).toMatchObject({ outcome: 'ok', exit: 0, stderr: '' })
    expect(lines[0].stdout).toContain('ahoy')
    expect(ran).toMatchObject({ exit: 0, stderr: '' })
  })

  test('what stands behind -- belongs to the command of exec, and an option before it never does', async () => {
    const behind = await world.run(['exec', 'alpha', '--fleet', fleet, '--', 'echo', '--json', '--', '-x'])
    expect(behind).toMatchObject({ exit: 0, stdout: 'alpha: --json -- -x\n' })
    const before = await world.run(['exec', '--fleet', fleet, 'alpha', 'echo', '-x'])
    expect(before).toMatchObject({ exit: 2, stdout: '' })
  })

  test('uptime --json has its shape, and too little watching is no verdict', async () => {
    const ran = await world.run(['uptime', '--window', '7d', '--json', '--fleet', fleet])
    const document = judged(ran, uptimeDocument)
    expect(document).toMatchObject({ window: '7d' })
    expect(ran).toMatchObject({ exit: 3, stderr: '' })
  })

  test('a second client sees what the first one does within 100 ms', async () => {
    const [first, second] = [await world.attach(), await world.attach()]
    const seen = until(
      second,
      () =>
        second.state().exec.open['exec-seen'] !== undefined ||
        second.state().exec.closed.some(run => run.id === 'exec-seen'),
    )
    await first.do({ type: 'exec.start', id: 'exec-seen', nodes: ['alpha'], argv: ['echo', 'x'], deadlineMs: 5_000 })
    const acknowledged = performance.now()
    await seen
    expect(performance.now() - acknowledged).toBeLessThan(100)
    expect(second.by()).toBe(first.by())
  })

  test('a reader that stops reading our output is no error', async () => {
    const script = '"$@" | head -n 1; echo "$PIPESTATUS"'
    const ran = await world.run(['journal', 'export', '--fleet', fleet], {
      program: ['bash', '-c', script, 'bash', process.execPath, bundle],
    })
    expect(ran.stdout.split('\n')[0]).toContain('"seq":1')
    expect(ran.stdout.trim().split('\n').at(-1)).toBe('0')
    expect(ran.stderr).not.toContain('bug')
  })

  test('engine status --json tells who is attached, and engine stop ends it', async () => {
    const told = await world.run(['engine', 'status', '--json', '--fleet', fleet])
    expect(JSON.parse(told.stdout)).toMatchObject({ running: true, fleet: 'harbour', homeKind: 'real', troubles: [] })
    expect(told.exit).toBe(0)
    const stopped = await world.run(['engine', 'stop', '--fleet', fleet])
    expect(stopped).toMatchObject({ exit: 0, stderr: '' })
    expect((await world.run(['engine', 'status', '--fleet', fleet])).exit).toBe(4)
    expect(world.processes()).toEqual([])
  })
})

test('a node that is down makes check and status bad answers, and its incident has its shape', async () => {
  const own = makeWorld()
  try {
    const server = await own.server()
    const nodes = `  nowhere: { address: 127.0.0.1, ssh: { port: 1, hostkey: "${server.key.fingerprint}" } }`
    const file = own.write('fleet.yaml', fleetText(own, server, { nodes, every: '1s' }))
    const alone = await own.run(['check', '--json', '--fleet', file])
    expect(JSON.parse(alone.stdout).nodes).toMatchObject([
      { name: 'hq' },
      {},
      {},
      { name: 'nowhere', health: 'down', probes: [{ ok: false, ms: null }] },
    ])
    expect(alone).toMatchObject({ exit: 1, stderr: '' })
    const { client } = await own.runEngine(file)
    await until(client, () => Object.keys(client.state().incidents.open).length > 0)
    const ran = await own.run(['status', '--json', '--fleet', file])
    const document = judged(ran, statusDocument)
    expect(document).toMatchObject({
      nodes: [{}, {}, {}, { name: 'nowhere', health: 'down', severity: 'SEV2' }],
      incidents: [{ scope: 'node', subject: 'nowhere', nodes: ['nowhere'], severity: 'SEV2' }],
    })
    expect(ran).toMatchObject({ exit: 1, stderr: '' })
  } finally {
    await own.close()
  }
})
