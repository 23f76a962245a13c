import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { renderFleetErrors } from '../../../src/fleet/errors.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { expandRange, hostsFromAnsible } from '../../../src/fleet/import-ansible.ts'
import { hostsFromOpenSsh } from '../../../src/fleet/import-openssh.ts'
import { type FoundHosts, firstFleetFile } from '../../../src/fleet/init.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { probeKinds } from '../../../src/watch/probes/index.ts'

/** Every first file must load without an error: that is half of what these tests prove. */
function written(found?: FoundHosts): { fleet: Fleet; notes: string[]; text: string } {
  const file = firstFleetFile({ fleet: 'my fleet', timezone: 'Europe/Zurich', hq: 'hq.example', from: 'hosts' }, found)
  const loaded = loadFleet({ path: 'fleet.yaml', text: file.text }, { kinds: probeKinds })
  if (!loaded.ok) throw new Error(renderFleetErrors(loaded.errors, { colour: false }))
  return { fleet: loaded.fleet, ...file }
}

const logins = (fleet: Fleet) =>
  [...fleet.nodes.values()]
    .filter(node => !node.isHq)
    .map(({ name, address, ssh }) => [name, address, ssh.user, ssh.port, ssh.jump])

test('a file from nothing holds HQ and one planned example', () => {
  const { fleet, text } = written()
  expect([...fleet.nodes.values()].map(node => [node.name, node.isHq, node.lifecycle])).toEqual([
    ['hq.example', true, 'live'],
    ['example', false, 'planned'],
  ])
  expect(fleet.name).toBe('my-fleet')
  expect(text.split('\n').filter(line => line.startsWith('#')).length).toBeGreaterThan(8)
})

describe('from an OpenSSH configuration', () => {
  const config = `
Include conf.d/*
Host bastion
  HostName 192.0.2.1
  User admin
Host web1 web2
  HostName %h.example.com
  Port 2222
  IdentityFile ~/.ssh/web{1}
  ProxyJump bastion
Host far
  ProxyJump ops@jump.example:2022
Host v6
  HostName fd00::1
Host piped
  ProxyCommand nc %h %p
Match exec "touch ${import.meta.dirname}/was-run"
  User evil
Host *.internal !bad
  User wild
Host *
  User root
`
  const { fleet, notes } = written(hostsFromOpenSsh(config))

  test('named hosts are taken over, first value first, wildcards as defaults', () => {
    expect(logins(fleet)).toEqual([
      ['bastion', '192.0.2.1', 'admin', null, null],
      ['web1', 'web1.example.com', 'root', 2222, 'bastion'],
      ['web2', 'web2.example.com', 'root', 2222, 'bastion'],
      ['far', 'far', 'root', null, 'ops@jump.example:2022'],
      ['v6', 'fd00::1', 'root', null, null],
    ])
    expect(fleet.nodes.get('web1')?.ssh.identities).toEqual([{ scheme: 'file', reference: '~/.ssh/web{1}' }])
  })

  test('what would run something is neither run nor taken over, and said', () => {
    expect(existsSync(`${import.meta.dirname}/was-run`)).toBe(false)
    expect(notes.join('\n')).toMatch(/Include.*\n.*Match exec.*\npiped was left out: ProxyCommand/)
  })
})

describe('from an Ansible inventory', () => {
  test('INI: ranges, groups of groups, variables and the nearest one wins', () => {
    const { fleet, notes } = written(
      hostsFromAnsible(`
mail.example.com ansible_become=yes ; comment
computed ansible_host="{{ address }}"
here ansible_connection=local

[web]
web[01:03].example.com:2222 ansible_user=deploy
[db]
db-[a:c] ansible_host=192.0.2.5 ansible_ssh_private_key_file="~/.ssh/my key" # comment
[prod:children]
web
db
[prod:vars]
ansible_user = ops
ansible_become_password=hunter2
`),
    )
    expect(logins(fleet)).toEqual([
      ['mail.example.com', 'mail.example.com', null, null, null],
      ['web01.example.com', 'web01.example.com', 'deploy', 2222, null],
      ['web02.example.com', 'web02.example.com', 'deploy', 2222, null],
      ['web03.example.com', 'web03.example.com', 'deploy', 2222, null],
      ['db-a', '192.0.2.5', 'ops', null, null],
      ['db-b', '192.0.2.5', 'ops', null, null],
      ['db-c', '192.0.2.5', 'ops', null, null],
    ])
    expect(fleet.nodes.get('db-a')?.tags).toEqual(['prod', 'db'])
    expect(fleet.nodes.get('mail.example.com')?.ssh.become).toEqual({ method: 'sudo', password: null })
    expect(notes.join('\n')).toMatch(/computed: ansible_host.*Jinja/)
    expect(notes.join('\n')).toMatch(/here was left out/)
    expect(notes.join('\n')).toMatch(/ansible_become_password was not taken over/)
    expect(notes.join('\n')).not.toContain('hunter2')
  })

  test('YAML: the same from a tree', () => {
    const { fleet } = written(
      hostsFromAnsible(`
all:
  vars: { ansible_user: ops }
  hosts:
    mail.example.com:
  children:
    web servers:
      hosts:
        web[1:2].example.com: { ansible_port: 2200 }
      vars: { ansible_become: true, ansible_user: deploy }
`),
    )
    expect(logins(fleet)).toEqual([
      ['mail.example.com', 'mail.example.com', 'ops', null, null],
      ['web1.example.com', 'web1.example.com', 'deploy', 2200, null],
      ['web2.example.com', 'web2.example.com', 'deploy', 2200, null],
    ])
    expect(fleet.nodes.get('web1.example.com')?.tags).toEqual(['web-servers'])
  })

  test.each([
    ['web[01:03]', ['web01', 'web02', 'web03']],
    ['web[8:12:2]x', ['web8x', 'web10x', 'web12x']],
    ['[a:c]-[1:2]', ['a-1', 'a-2', 'b-1', 'b-2', 'c-1', 'c-2']],
    ['plain', ['plain']],
    ['web[3:1]', []],
    ['web[1:99999999]', []],
    ['[0:9999][0:9999]', []],
  ])('%s', (pattern, names) => {
    expect(expandRange(pattern)).toEqual(names)
  })
})

test.each([
  ['an address that OpenSSH would read as an option', { address: '-oProxyCommand=x' }, 'its address is no host'],
  ['a name that YAML would read as something else', { name: 'null', address: '192.0.2.1' }, null],
  ['a name in another script', { name: 'zürich', address: '192.0.2.1' }, 'is called z-rich'],
  ['a login that is none', { address: '192.0.2.1', user: 'a b' }, 'is no login name'],
  ['a jump that leads nowhere', { address: '192.0.2.1', jump: 'gone' }, 'was left out'],
])('%s does no harm to the file', (_name, host, note) => {
  const whole = {
    name: 'a',
    address: null,
    port: null,
    user: null,
    identity: null,
    jump: null,
    become: false,
    tags: [],
  }
  const { notes } = written({ hosts: [{ ...whole, ...host }], notes: [] })
  if (note === null) expect(notes).toEqual([])
  else expect(notes.join()).toContain(note)
})
