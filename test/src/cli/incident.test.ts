// Incidents from the command line: what operators script, seen from outside the built program.
import { createServer } from 'node:http'
import type { TSchema } from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertTestDocument, doneDocument, incidentsDocument } from '../../../src/cli/shapes.ts'
import { incident } from '../../../src/incidents/shapes.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { fleetText, makeWorld, type Ran, type World } from './world.ts'

let world: World
let fleet: string
let taken: string[]
let endpoint: { status: number; close(): void; url: string }

beforeAll(async () => {
  taken = []
  const server = createServer((request, response) => {
    request.on('data', piece => taken.push(String(piece)))
    request.on('end', () => response.writeHead(endpoint.status).end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no port')
  endpoint = { status: 200, url: `http://127.0.0.1:${address.port}/hook`, close: () => server.close() }
  world = makeWorld()
  const rest = `alerts: [{ to: "webhook:${endpoint.url}", from: SEV2 }]`
  fleet = world.write('fleet.yaml', fleetText(world, await world.server(), { rest }))
  await world.runEngine(fleet)
})
afterAll(async () => {
  await world.close()
  endpoint.close()
})

const run = (...argv: string[]): Promise<Ran> => world.run([...argv, '--fleet', fleet])

function judged<S extends TSchema>(ran: Ran, schema: S) {
  const document = JSON.parse(ran.stdout)
  expect(checker(schema).errors(document)).toEqual([])
  expect(ran.stdout.trim().split('\n')).toHaveLength(1)
  return document
}

async function list(...more: string[]) {
  return judged(await run('incident', 'list', '--json', ...more), incidentsDocument)
}

test('an incident is added, acknowledged, noted, shown and resolved', async () => {
  const added = await run('incident', 'add', 'the cage is open', '--severity', 'SEV1', '--nodes', '@pilot', '--json')
  expect(added).toMatchObject({ exit: 0, stderr: '' })
  const [id] = judged(added, doneDocument).ids
  const short = id.slice(0, 12)
  expect(judged(await run('incident', 'ack', short, '--json'), doneDocument).ids).toEqual([])
  expect(await run('incident', 'note', short, 'the', 'guard', 'comes')).toMatchObject({
    exit: 0,
    stdout: `noted beside ${id}\n`,
  })
  const shown = judged(await run('incident', 'show', short, '--json'), incident)
  expect(shown).toMatchObject({
    severity: 'SEV1',
    nodes: ['alpha'],
    acknowledged: {},
    notes: [{ text: 'the guard comes' }],
  })
  expect((await run('incident', 'list')).stdout).toMatch(
    /^SEV1 +inc-\S+ +\S+Z +acknowledged by \S+ +the cage is open\n/,
  )
  expect(await run('incident', 'resolve', short)).toMatchObject({ exit: 2, stdout: '' })
  expect(await run('incident', 'resolve', short, '--reason', 'locked')).toMatchObject({ exit: 0, stderr: '' })
  expect((await list()).incidents).toEqual([])
  expect((await list('--all')).incidents).toMatchObject([{ id, resolved: { how: 'locked' } }])
  const again = await run('incident', 'resolve', id, '--reason', 'twice')
  expect(again).toMatchObject({ exit: 5, stdout: '' })
  expect(again.stderr).toContain('resolved already')
})

test('nodes are silenced for a while, and heard again', async () => {
  const before = Date.now()
  const [id] = judged(
    await run('incident', 'silence', 'alpha', '--for', '30m', '--reason', 'new disk', '--json'),
    doneDocument,
  ).ids
  const [silence] = (await list()).silences
  expect(silence).toMatchObject({ id, selector: 'alpha', reason: 'new disk' })
  expect(silence.until - before).toBeGreaterThanOrEqual(30 * 60_000)
  expect(silence.until - Date.now()).toBeLessThanOrEqual(30 * 60_000)
  expect(await run('incident', 'unsilence', id)).toMatchObject({ exit: 0, stdout: `ended ${id}\n` })
  expect((await list()).silences).toEqual([])
})

test('maintenance may begin later, and is ended by its id', async () => {
  const said = await run('incident', 'maintain', '*,!@hq', '--in', '1h', '--for', '4h', '--reason', 'move')
  expect(said.stdout).toMatch(/^2 nodes in maintenance until \S+Z mnt-/)
  const [window] = (await list()).maintenance
  expect(window.until - window.from).toBe(4 * 3_600_000)
  expect(window.from).toBeGreaterThan(Date.now() + 59 * 60_000)
  expect((await run('incident', 'end-maintenance', window.id)).exit).toBe(0)
  expect((await list()).maintenance).toEqual([])
})

describe('what is wrong is refused before anything is done', () => {
  test.each<[string, string[], string]>([
    ['an incident that is not there', ['ack', 'inc-none'], 'there is no incident inc-none'],
    ['a selector that fits nothing', ['silence', 'alhpa', '--reason', 'x'], 'Did you mean "alpha"?'],
    ['no reason', ['silence', 'alpha'], '--reason is missing'],
    ['an empty reason', ['maintain', 'alpha', '--reason', ' '], '--reason is missing'],
    ['a span that is none', ['silence', 'alpha', '--for', 'soon', '--reason', 'x'], '"soon" is no duration'],
    ['a span of two months', ['silence', 'alpha', '--for', '60d', '--reason', 'x'], 'longer than 30 days'],
    ['a severity that is none', ['add', 'x', '--severity', 'SEV9'], 'Allowed choices are'],
    ['a silence that is not there', ['unsilence', 'sil-none'], 'there is no silence sil-none'],
    ['no words for a note', ['note', 'inc-1'], 'missing required argument'],
  ])('%s', async (_what, argv, said) => {
    const ran = await run('incident', ...argv)
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toContain(said)
    expect(await list()).toEqual({ incidents: [], silences: [], maintenance: [] })
  })
})

test('a test alert arrives, and a target that refuses it is a bad answer', async () => {
  const good = await run('alert', 'test', '--json')
  expect(judged(good, alertTestDocument).targets).toMatchObject([{ outcome: 'delivered', why: null }])
  expect(good).toMatchObject({ exit: 0, stderr: '' })
  expect(taken.join('')).toContain('Watchfloor test alert')
  expect(good.stdout).not.toContain('/hook')
  endpoint.status = 500
  const bad = await run('alert', 'test')
  expect(bad).toMatchObject({ exit: 1, stderr: '' })
  expect(bad.stdout).toContain('failed')
})

test('a read-only engine refuses all of it and says so', async () => {
  const own = makeWorld()
  try {
    const file = own.write('fleet.yaml', fleetText(own, await own.server()))
    await own.runEngine(file, ['--read-only'])
    const ran = await own.run(['incident', 'add', 'x', '--fleet', file])
    expect(ran).toMatchObject({ exit: 5, stdout: '' })
    expect(ran.stderr).toContain('read-only')
    expect((await own.run(['incident', 'list', '--fleet', file])).stdout).toBe('no incidents\n')
  } finally {
    await own.close()
  }
})
