// Host probes of this very machine through a real shell: commands, script, frames and readers fit each other.
import { spawn, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { quoteArgv } from '../../../../infra/ssh/quote.ts'
import type { SshPool } from '../../../../infra/ssh/ssh.ts'
import { lookAtHost } from '../../../../src/watch/host-batch.ts'
import { nodeText } from '../../../../state/primitives/node-text.ts'
import { context, kindOf, node, noPool, probe } from './world.ts'

const here = node('here')

/** Runs what a node's sshd would: the quoted line, by a login shell. */
const localShell: SshPool = {
  ...noPool,
  exec: (_, request) =>
    new Promise(resolve => {
      const child = spawn('/bin/sh', ['-c', quoteArgv(request.argv)], { stdio: ['ignore', 'pipe', 'pipe'] })
      const stdout: Buffer[] = []
      const stderr: Buffer[] = []
      child.stdout.on('data', piece => stdout.push(piece))
      child.stderr.on('data', piece => stderr.push(piece))
      child.once('close', exit =>
        resolve({
          outcome: exit === 0 ? 'ok' : 'failed',
          exit,
          killedBy: null,
          ms: 1,
          stdout: Buffer.concat(stdout),
          stderr: Buffer.concat(stderr),
          truncated: false,
        }),
      )
    }),
}

const isLinux = spawnSync('test', ['-r', '/proc/meminfo']).status === 0

test.skipIf(!isLinux)('load and boot of this machine in one trip', async () => {
  const looks = ['load', 'boot', 'wireguard'].map(name => {
    const kind = kindOf(name)
    if (kind.from !== 'host') throw new Error(`${name} does not look on the node`)
    const surroundings = context(here, { ssh: localShell })
    return { kind, probe: probe(name, { interface: 'wf-none' }, here), context: surroundings }
  })
  const outcomes = await lookAtHost(
    looks,
    {
      random: () => '0123456789abcdef0123456789abcdef',
      bug: (_, error) => {
        throw error
      },
    },
    new AbortController().signal,
  )
  expect(outcomes[0]?.values).toMatchObject({
    ram_pct: expect.any(Number),
    disk_pct: expect.any(Number),
    cores: expect.any(Number),
  })
  expect(outcomes[1]?.facts?.boot_id).toMatch(/^[0-9a-f-]{36}$/)
  // No such interface, or no `wg` at all: either way the trip went on and nothing is up.
  expect(outcomes[2]?.ok).not.toBe(true)
})

test.skipIf(!isLinux)('a probe whose commands cannot be sent harms none of its neighbours', async () => {
  const kind = kindOf('boot')
  if (kind.from !== 'host') throw new Error('boot does not look on the node')
  const surroundings = context(here, { ssh: localShell })
  const own = probe('boot', {}, here)
  const nul = { ...kind, commands: () => [['cat', 'a\0b']] }
  const throwing = {
    ...kind,
    commands: () => {
      throw new Error('no commands today')
    },
  }
  const bugs: string[] = []
  const outcomes = await lookAtHost(
    [nul, kind, throwing, kind].map(one => ({ kind: one, probe: own, context: surroundings })),
    {
      random: () => '0123456789abcdef0123456789abcdef',
      bug: (_, error) => {
        bugs.push(String(error))
        return { ok: null, ms: null, detail: nodeText('a bug') }
      },
    },
    new AbortController().signal,
  )
  expect(outcomes.map(outcome => outcome.facts?.boot_id?.length ?? outcome.detail)).toEqual(['a bug', 36, 'a bug', 36])
  expect(bugs.join()).toMatch(/NUL.*no commands today/)
})
