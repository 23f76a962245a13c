// A secret that the fleet file refers to is nowhere but in memory: not in the home, not in an argv, not in a message.
// The search itself is proven by secrets planted where it must find them.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fleetText, makeWorld, shell, until, type World } from '../cli/world.ts'

const sudoPassword = 'plover-password-8472'
const passphrase = 'xyzzy-passphrase-4711'
const token = 'plugh-token-90125-and-long-enough'
const secrets = { sudoPassword, passphrase, token }

let world: World
let fleet: string
const heard: string[] = []
const messages: string[] = []

beforeAll(async () => {
  world = makeWorld()
  const server = await world.server((command, channel) => {
    heard.push(command)
    // A node that prints every secret it is told, in its output and in its errors.
    if (command.includes('betray')) {
      channel.write(`my password is ${sudoPassword}, in base64 ${Buffer.from(sudoPassword).toString('base64')}\n`)
      channel.stderr.write(`and ${passphrase}\n`)
      channel.exit(1)
      channel.end()
      return
    }
    shell(command, channel)
  })
  Object.assign(world.env, { HARBOUR_SUDO: sudoPassword, HARBOUR_PASSPHRASE: passphrase, HARBOUR_TOKEN: token })
  const locked = ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 4 })
  const key = world.write('locked_key', locked.private)
  fleet = world.write(
    'fleet.yaml',
    fleetText(world, server, {
      nodes: `  locked: { address: 127.0.0.1, ssh: { port: ${server.port}, hostkey: "${server.key.fingerprint}", identity: "file:${key}", passphrase: "env:HARBOUR_PASSPHRASE" } }
  sudoer: { address: 127.0.0.1, ssh: { port: ${server.port}, hostkey: "${server.key.fingerprint}", become: { method: sudo, password: "env:HARBOUR_SUDO" } } }`,
      rest: `engine: { listen: { heartbeats: "127.0.0.1:0" } }`,
    }).replace('probes:\n', 'probes:\n  - { kind: heartbeat, on: alpha, every: 30s, token: "env:HARBOUR_TOKEN" }\n'),
  )
  const started = await world.run(['engine', 'start', '--fleet', fleet])
  for (const [selector, ...argv] of [
    ['sudoer,locked', 'betray'],
    ['sudoer', 'echo', 'fine'],
    ['locked', 'echo', 'fine'],
  ]) {
    const ran = await world.run(['exec', selector ?? '', '--json', '--fleet', fleet, '--', ...argv])
    messages.push(ran.stderr, ran.stdout)
  }
  messages.push(started.stderr, (await world.run(['status', '--json', '--fleet', fleet])).stdout)
})
afterAll(() => world.close())

/** Files below a folder that hold one of these words, in any of the spellings that output may use. */
function findIn(dir: string, words: readonly string[]): string[] {
  const spellings = words.flatMap(word => [
    word,
    Buffer.from(word).toString('base64'),
    encodeURIComponent(word),
    Buffer.from(word).toString('hex'),
  ])
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
    .filter(file => {
      const text = readFileSync(file, 'latin1')
      return spellings.some(word => text.includes(word))
    })
}

function argvWith(words: readonly string[]): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1')]
      } catch {
        return []
      }
    })
    .filter(argv => words.some(word => argv.includes(word)))
}

test('the secrets were really used: the key was opened and the password was asked for', async () => {
  const client = await world.attach()
  await until(client, () => client.state().exec.closed.length >= 3)
  const outcomes = client
    .state()
    .exec.closed.map(run => Object.values(run.outcomes).map(one => `${one.node} ${one.outcome}`))
  expect(outcomes.at(-1)).toEqual(['locked ok'])
  expect(heard.some(command => command.includes('sudo'))).toBe(true)
})

test('no file of the home holds a secret, in whatever spelling, though a node printed them', () => {
  expect(findIn(world.home(), Object.values(secrets))).toEqual([])
})

test('no argv and no message holds a secret', () => {
  expect(argvWith(Object.values(secrets))).toEqual([])
  for (const secret of Object.values(secrets)) expect(messages.join('\n')).not.toContain(secret)
})

test('the output of the node is there, with the secrets cut out of it', () => {
  expect(messages.join('\n')).toContain('my password is ')
})

test('the search finds what is planted: in the journal, in the log, in the evidence, encoded, and in an argv', async () => {
  for (const [name, text] of [
    ['journal', sudoPassword],
    ['log', passphrase],
    ['evidence', Buffer.from(sudoPassword).toString('base64')],
  ] as const) {
    const file = world.write(`state/watchfloor/harbour/${name}/planted`, `before ${text} after`)
    expect(findIn(world.home(), Object.values(secrets))).toContain(file)
  }
  const planted = spawn(process.execPath, ['-e', 'process.stdin.resume()', token], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await new Promise(resolve => planted.once('spawn', resolve))
  expect(argvWith(Object.values(secrets))).toHaveLength(1)
  planted.kill('SIGKILL')
})
