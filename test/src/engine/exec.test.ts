// `exec` from the keyboard to the machine and back: each way a command can end, what is kept of it, and that a command
// which was running when the engine died is never run a second time.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestServer } from '../../infra/ssh/server.ts'
import { fleetText, makeWorld, shell, until, type World } from '../cli/world.ts'

let world: World
let server: TestServer
let fleet: string
const ran: string[] = []
const secret = 'xyzzy-plugh-4711'

beforeAll(async () => {
  world = makeWorld()
  world.env.HARBOUR_SUDO = secret
  server = await world.server((command, channel) => {
    ran.push(command)
    shell(command, channel)
  })
  fleet = world.write(
    'fleet.yaml',
    fleetText(world, server, {
      nodes: `  nowhere: { address: 127.0.0.1, ssh: { port: 1, hostkey: "${server.key.fingerprint}" } }
  stranger: { address: 127.0.0.1, ssh: { port: ${server.port}, hostkey: "SHA256:${'A'.repeat(43)}" } }
  sudoer: { address: 127.0.0.1, ssh: { port: ${server.port}, hostkey: "${server.key.fingerprint}", become: { method: sudo, password: "env:HARBOUR_SUDO" } } }`,
      every: '60s',
    }),
  )
})
afterAll(() => world.close())

const exec = async (selector: string, ...argv: string[]) => {
  const done = await world.run(['exec', selector, '--json', '--deadline', '1s', '--fleet', fleet, '--', ...argv])
  return {
    ...done,
    lines: done.stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line)),
  }
}

const outcomes: [what: string, selector: string, argv: string[], expected: object, exit: number][] = [
  ['a command that ends well', 'alpha', ['echo', 'ahoy'], { outcome: 'ok', exit: 0, stdout: 'ahoy\n' }, 0],
  [
    'a command that fails',
    'alpha',
    ['exit-with', '3'],
    { outcome: 'failed', exit: 3, stdout: 'some output\n', stderr: 'it is broken\n' },
    1,
  ],
  ['a command that does not end', 'alpha', ['sleep', 'forever'], { outcome: 'timeout', exit: null }, 1],
  ['a machine that does not answer', 'nowhere', ['true'], { outcome: 'unreachable', exit: null, stdout: '' }, 4],
  ['a machine with another host key', 'stranger', ['true'], { outcome: 'unreachable', exit: null }, 4],
]

test.each(outcomes)('%s is told as what it is', async (_what, selector, argv, expected, exit) => {
  const done = await exec(selector, ...argv)
  expect(done.lines).toMatchObject([expected])
  expect(done.exit).toBe(exit)
})

test('one that failed counts before one that could not be reached', async () => {
  const done = await exec('alpha,nowhere', 'exit-with', '3')
  expect(done.lines.map(line => line.outcome).sort()).toEqual(['failed', 'unreachable'])
  expect(done.exit).toBe(1)
})

test('what a node prints cannot steer the terminal', async () => {
  const done = await world.run([
    'exec',
    'alpha',
    '--fleet',
    fleet,
    '--',
    'echo',
    'calm\u001b]0;owned\u0007sea\u001b[2J',
  ])
  expect(done.exit).toBe(0)
  expect(done.stdout).toMatch(/calm.*sea/)
  expect(done.stdout).not.toContain('\u001b')
})

test('the output is kept as evidence that the journal names and does not hold', async () => {
  await exec('alpha', 'echo', 'remember-me')
  const journal = path.join(world.home(), 'journal')
  const lines = readdirSync(journal)
    .filter(name => name.endsWith('.jsonl'))
    .flatMap(name => readFileSync(path.join(journal, name), 'utf8').trim().split('\n'))
  const ended = lines.map(line => JSON.parse(line)).findLast(commit => commit.events[0].type === 'exec.ended')
  const hash = ended.events[0].outcomes[0].evidence
  expect(readFileSync(path.join(world.home(), 'evidence', hash), 'utf8')).toContain('remember-me')
  expect(JSON.stringify(ended)).not.toContain('remember-me')
})

test('a command that ran when the engine was killed is closed as interrupted and not run again', async () => {
  await world.run(['engine', 'stop', '--fleet', fleet])
  const { run, client } = await world.runEngine(fleet)
  const before = ran.filter(command => command.includes('forever')).length
  await client.do({
    type: 'exec.start',
    id: 'exec-cut',
    nodes: ['alpha'],
    argv: ['sleep', 'forever'],
    deadlineMs: 60_000,
  })
  while (ran.filter(command => command.includes('forever')).length === before) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  process.kill(run.pid, 'SIGKILL')
  await run.gone
  const next = await world.runEngine(fleet)
  await until(next.client, () => next.client.state().exec.open['exec-cut'] === undefined)
  const closed = next.client.state().exec.closed.find(one => one.id === 'exec-cut')
  expect(closed?.outcomes.alpha).toMatchObject({ outcome: 'failed', exit: null })
  expect(closed?.outcomes.alpha?.detail).toContain('the engine ended while it ran')
  // Asked again under the same id, it is the same run: nothing starts.
  await next.client.do({
    type: 'exec.start',
    id: 'exec-cut',
    nodes: ['alpha'],
    argv: ['sleep', 'forever'],
    deadlineMs: 60_000,
  })
  await next.client.ask('check', { selector: 'alpha' })
  expect(ran.filter(command => command.includes('forever'))).toHaveLength(before + 1)
})
