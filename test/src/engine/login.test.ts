import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { answerLogin, type LoginWorld, loginOf } from '../../../src/engine/login.ts'
import type { FleetNode } from '../../../src/fleet/fleet.ts'
import { folder, pool, server } from '../../infra/ssh/pool-room.ts'
import { newKey, targetAt } from '../../infra/ssh/server.ts'
import { fleet, node } from '../fleet/sample.ts'

const ssh: FleetNode['ssh'] = {
  user: null,
  port: null,
  identities: [],
  passphrase: null,
  hostkeys: [],
  jump: null,
  become: null,
}
const safe = ['-o', 'ForwardAgent=no', '-o', 'StrictHostKeyChecking=yes']
const pathOf = (reference: string) => `/etc/fleet/${reference}`

describe('the argv of ssh', () => {
  const hub = node('hub', { address: '192.0.2.1', ssh: { ...ssh, user: 'root', port: 2222 } })
  const inner = node('inner', { address: '2001:db8::1', ssh: { ...ssh, jump: 'hub' } })
  test.each<[string, Partial<FleetNode>, string[], string]>([
    [
      'what the file leaves open stays open',
      { address: '192.0.2.7', ssh },
      [...safe, '--', '192.0.2.7'],
      '192.0.2.7 at its public address',
    ],
    [
      'the mesh comes first',
      { mesh: '10.84.0.17', ssh: { ...ssh, user: 'root', port: 22 } },
      ['-p', '22', '-l', 'root', ...safe, '--', '10.84.0.17'],
      'root@10.84.0.17 port 22 over the mesh',
    ],
    [
      'keys in files are named, other references are not',
      {
        ssh: {
          ...ssh,
          identities: [
            { scheme: 'file', reference: 'id' },
            { scheme: 'env', reference: 'KEY' },
            { scheme: 'exec', reference: 'pass show key' },
          ],
          passphrase: { scheme: 'env', reference: 'PASSPHRASE' },
        },
      },
      ['-i', '/etc/fleet/id', ...safe, '--', '127.0.0.1'],
      '127.0.0.1 at its public address',
    ],
    [
      'a pinned key has a name of its own',
      { ssh: { ...ssh, hostkeys: ['SHA256:abc'] } },
      [...safe, '-o', 'HostKeyAlias=watchfloor-paris', '--', '127.0.0.1'],
      '127.0.0.1 at its public address',
    ],
    [
      'jumps through nodes, in their order',
      { ssh: { ...ssh, jump: 'inner' } },
      ['-J', 'root@192.0.2.1:2222,[2001:db8::1]', ...safe, '--', '127.0.0.1'],
      '127.0.0.1 at its public address through root@192.0.2.1:2222, then [2001:db8::1]',
    ],
    [
      'a jump through a host that is no node',
      { ssh: { ...ssh, jump: 'noc@gate.example:2200' } },
      ['-J', 'noc@gate.example:2200', ...safe, '--', '127.0.0.1'],
      '127.0.0.1 at its public address through noc@gate.example:2200',
    ],
  ])('%s', (_what, change, words, where) => {
    const paris = node('paris', change)
    expect(loginOf(paris, fleet([hub, inner, paris]), pathOf)).toEqual({ argv: ['ssh', ...words], where })
  })

  test.each<[string, Partial<FleetNode>]>([
    ['a host that begins like an option', { address: '-oProxyCommand=reboot' }],
    ['a host with a space', { address: 'a b' }],
    ['no address', { address: null }],
    ['a user that begins like an option', { ssh: { ...ssh, user: '-x' } }],
    ['a jump that begins like an option', { ssh: { ...ssh, jump: '-oProxyCommand=reboot' } }],
    ['a jump that hides another', { ssh: { ...ssh, jump: 'a,b@gate' } }],
    ['a jump in a circle', { ssh: { ...ssh, jump: 'paris' } }],
  ])('%s is refused', (_what, change) => {
    const paris = node('paris', change)
    expect(() => loginOf(paris, fleet([paris]), pathOf)).toThrow(expect.objectContaining({ name: 'ssh-host', exit: 2 }))
  })
})

async function room(change: { hostkey?: string } = {}) {
  const [host, own, dir] = [await server(), pool(), folder()]
  const id = path.join(dir, 'id')
  writeFileSync(id, host.clientKey.privateText, { mode: 0o600 })
  const paris = node('paris', {
    ssh: {
      ...ssh,
      user: 'noc',
      port: host.port,
      identities: [{ scheme: 'file', reference: 'id' }],
      hostkeys: [change.hostkey ?? host.key.fingerprint],
    },
  })
  const world: LoginWorld = {
    fleet: () => fleet([paris]),
    pathOf: reference => path.join(dir, reference),
    target: async one => targetAt(host, { hostkeys: one.ssh.hostkeys }),
    pool: own,
    clean: text => text,
  }
  return { world, dir, host }
}

/** OpenSSH itself, with nothing of this login's own settings; nobody could answer a question of it. */
async function openSsh(argv: readonly string[], knownHosts: readonly string[], dir: string) {
  const known = path.join(dir, 'known_hosts')
  writeFileSync(known, knownHosts.map(line => `${line}\n`).join(''))
  const [program = '', ...rest] = argv
  const own = [
    '-F',
    'none',
    '-o',
    'BatchMode=yes',
    '-o',
    `UserKnownHostsFile=${known}`,
    '-o',
    'GlobalKnownHostsFile=none',
  ]
  const child = spawn(program, [...own, ...rest, 'echo', 'ahoy'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', piece => {
    said += piece
  })
  child.stderr.on('data', piece => {
    said += piece
  })
  const exit = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { exit, said }
}

describe('the real ssh', () => {
  test('gets in with this argv and these lines, and asks nothing', async () => {
    const { world, dir, host } = await room()
    const { argv, knownHosts, where } = await answerLogin('paris', world)
    expect(where).toBe(`noc@127.0.0.1 port ${host.port} at its public address`)
    expect(await openSsh(argv, knownHosts, dir)).toEqual({ exit: 0, said: 'ahoy\n' })
  })

  test('stays out without the lines, and where another key answers', async () => {
    const { world, dir } = await room()
    const other = await room()
    const { argv, knownHosts } = await answerLogin('paris', world)
    const strange = (await answerLogin('paris', other.world)).knownHosts
    expect(knownHosts).not.toEqual(strange)
    expect(await openSsh(argv, [], dir)).toMatchObject({ exit: 255 })
    const changed = await openSsh(argv, strange, dir)
    expect(changed.exit).toBe(255)
    expect(changed.said).toContain('Host key verification failed')
  })
})

test('a key that the handshake does not show is never handed out', async () => {
  const { world } = await room({ hostkey: newKey().fingerprint })
  await expect(answerLogin('paris', world)).rejects.toMatchObject({ name: 'node-unreachable', exit: 4 })
})

test('a live connection is enough, and without a pin nobody connects', async () => {
  const { world, host } = await room()
  await answerLogin('paris', world)
  await answerLogin('paris', world)
  expect(host.accepted()).toBe(1)
  const open = node('paris', { ssh })
  const refuses = { connect: () => Promise.reject(new Error('nobody connects')) }
  const answer = await answerLogin('paris', { ...world, fleet: () => fleet([open]), pool: refuses })
  expect(answer.knownHosts).toEqual([])
})

test('a node that nobody knows is a bad question', async () => {
  const { world } = await room()
  await expect(answerLogin('atlantis', world)).rejects.toMatchObject({ name: 'bad-node', exit: 2 })
})
