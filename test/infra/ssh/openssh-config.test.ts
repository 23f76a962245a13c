import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { applyOpenSshConfig, hostsOfOpenSshConfig } from '../../../infra/ssh/openssh-config.ts'
import { targetFor } from '../../../infra/ssh/target-for.ts'

const hasSsh = spawnSync('ssh', ['-V']).error === undefined
const context = { home: '/home/noc', localUser: 'noc' }
const config = `
Host paris par?s
  HostName %h.example.com
  User deploy
  Port 2222
  IdentityFile ~/.ssh/paris
  IdentityFile "/keys/of %h"
  UserKnownHostsFile ~/.ssh/known_a /etc/known_b
  ProxyJump hop@bastion:2200,inner
Host bastion
  HostName 192.0.2.1
  User other
Host *.internal !secret.internal
  User inside
Host *
  Port 22022
`

describe('a name in the config', () => {
  test.each([
    ['paris', { host: 'paris.example.com', port: 2222, user: 'deploy' }],
    ['parxs', { host: 'parxs.example.com', port: 2222, user: 'deploy' }],
    ['a.internal', { host: 'a.internal', port: 22022, user: 'inside' }],
    ['secret.internal', { host: 'secret.internal', port: 22022, user: null }],
    ['192.0.2.9', { host: '192.0.2.9', port: 22022, user: null, jumps: [] }],
  ])('%s', (name, expected) => {
    expect(applyOpenSshConfig(config, name, context)).toMatchObject(expected)
  })

  test('has its files and jumps with tokens and home filled in', () => {
    expect(applyOpenSshConfig(config, 'paris', context)).toMatchObject({
      identityFiles: ['/home/noc/.ssh/paris', '/keys/of paris.example.com'],
      knownHosts: ['/home/noc/.ssh/known_a', '/etc/known_b'],
      jumps: [
        { host: 'bastion', port: 2200, user: 'hop' },
        { host: 'inner', port: null, user: null },
      ],
    })
  })

  test.each([
    ['Host a\n ProxyCommand nc %h %p', 'a', 'ProxyCommand'],
    ['Match exec "touch /tmp/never"\n User x', 'a', 'Match exec'],
    ['Match host a,b exec "true"\n User x', 'b', 'Match exec'],
    ['Host a\n ProxyJump -oX=y', 'a', 'ProxyJump'],
    ['Host a\n Port 99999', 'a', 'port'],
    ['Host a\n HostName %k', 'a', 'token'],
    ['', '-oProxyCommand=x', 'begins with'],
  ])('is refused where the config says %j', (text, name, words) => {
    expect(() => applyOpenSshConfig(text, name, context)).toThrow(words)
  })

  test('is let be where a refused directive is for other hosts', () => {
    const text =
      'Match host other exec "false"\n User x\nHost other\n ProxyCommand nc\nHost a\n ProxyCommand none\n User y'
    expect(applyOpenSshConfig(text, 'a', context).user).toBe('y')
  })
})

test('names to take over are those without patterns', () => {
  expect(hostsOfOpenSshConfig(config)).toEqual(['paris', 'bastion'])
})

test('a target keeps what is given and takes the rest from the config, along every hop', async () => {
  const plain = {
    node: 'n',
    host: 'paris',
    port: 22,
    user: null,
    identities: [],
    hostkeys: [],
    jump: null,
    become: null,
  }
  const target = await targetFor(plain, { ...context, openSshConfig: config, agent: '/run/agent' })
  expect(target).toMatchObject({ host: 'paris.example.com', port: 22, user: 'deploy', agent: '/run/agent' })
  expect(target.jump).toMatchObject({ host: 'inner', jump: { host: '192.0.2.1', port: 2200, user: 'hop', jump: null } })
})

test('jump hosts that point at each other are refused', async () => {
  const loop = 'Host a\n ProxyJump b\nHost b\n ProxyJump a\n'
  const plain = { node: 'n', host: 'a', port: null, user: null, identities: [], hostkeys: [], jump: null, become: null }
  await expect(targetFor(plain, { ...context, openSshConfig: loop, agent: null })).rejects.toThrow(
    'point at each other',
  )
})

describe.skipIf(!hasSsh)(`OpenSSH itself agrees${hasSsh ? '' : ' (skipped: ssh is not installed)'}`, () => {
  test.each(['paris', 'parzs', 'bastion', 'a.internal', 'x.y.internal', 'elsewhere'])('about %s', name => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ssh-config-'))
    try {
      const file = path.join(folder, 'config')
      writeFileSync(file, config)
      const said = spawnSync('ssh', ['-G', '-F', file, name], { encoding: 'utf8' }).stdout
      const ours = applyOpenSshConfig(config, name, context)
      const theirs = (key: string) => new RegExp(`^${key} (.*)$`, 'm').exec(said)?.[1]
      expect(ours.host).toBe(theirs('hostname'))
      expect(String(ours.port ?? 22)).toBe(theirs('port'))
      if (ours.user !== null) expect(ours.user).toBe(theirs('user'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
