// What the ssh probe makes of the pool's reports and failures, from HQ and from another node.
import { describe, expect, test } from 'vitest'
import { type ExecResult, SshError, type SshFailure, type SshPool } from '../../../../infra/ssh/ssh.ts'
import type { DirectProbe, Outcome } from '../../../../src/watch/probe.ts'
import { VirtualClock } from '../../../../state/primitives/clock.ts'
import { nodeText } from '../../../../state/primitives/node-text.ts'
import { context, fleet, kindOf, node, noPool, probes, target } from './world.ts'

const never = new AbortController().signal
const paris = node('paris', { address: '192.0.2.7', mesh: '10.84.0.7' })
const zurich = node('zurich', { mesh: '10.84.0.1' })
const both = fleet([paris, zurich])

function sshKind(): DirectProbe {
  const kind = kindOf('ssh')
  if (kind.from !== 'hq') throw new Error('ssh looks from HQ')
  return kind
}

async function look(
  pool: Partial<SshPool>,
  options: Readonly<Record<string, unknown>> = {},
  ways: string[] = [],
): Promise<Outcome> {
  const [probe] = probes('ssh', options, paris, both)
  if (!probe) throw new Error('no probe')
  const clock = new VirtualClock(1_800_000_000_000)
  return sshKind().look(
    probe,
    context(paris, {
      fleet: both,
      clock,
      ssh: { ...noPool, ...pool },
      sshTarget: async (of, via) => {
        ways.push(`${of.name} ${via}`)
        return target(of)
      },
    }),
    never,
  )
}

const report = {
  ms: 41.26,
  method: 'publickey ed25519',
  hostkey: { type: 'ssh-ed25519', fingerprint: 'SHA256:abc', base64: 'AAAA' },
  hostCertificate: null,
}

test('a login is up and says how it was made and to which host key', async () => {
  expect(await look({ connect: async () => report })).toMatchObject({
    ok: true,
    ms: 41.3,
    detail: 'logged in by publickey ed25519 in 41.3 ms',
    facts: { method: 'publickey ed25519', hostkey: 'ssh-ed25519 SHA256:abc' },
  })
})

test('a host certificate is reported, and one that ends within a week warns', async () => {
  const day = 86_400_000
  const certificate = (days: number) => ({ keyId: 'paris', validBefore: 1_800_000_000_000 + days * day })
  const long = await look({ connect: async () => ({ ...report, hostCertificate: certificate(30) }) })
  expect(long.facts).toMatchObject({ host_certificate: 'paris' })
  expect(long.warn).toBeUndefined()
  expect(await look({ connect: async () => ({ ...report, hostCertificate: certificate(3) }) })).toMatchObject({
    ok: true,
    warn: true,
  })
})

test.each<[SshFailure, boolean | null, string | undefined]>([
  ['unreachable', false, undefined],
  ['timeout', false, undefined],
  ['closed', false, undefined],
  ['hostkey-changed', false, undefined],
  ['hostkey-unknown', false, 'degraded'],
  ['auth', false, 'degraded'],
  ['become', false, 'degraded'],
  ['cancelled', null, undefined],
  ['refused', null, undefined],
])('the failure %s is %s', async (failure, ok, effect) => {
  const outcome = await look({ connect: () => Promise.reject(new SshError('paris', failure, nodeText('because'))) })
  expect(outcome.ok).toBe(ok)
  expect(outcome.effect).toBe(effect)
})

test('a key that cannot be had is not the node to blame', async () => {
  const [probe] = probes('ssh', {}, paris, both)
  if (!probe) throw new Error('no probe')
  const outcome = await sshKind().look(
    probe,
    context(paris, { sshTarget: () => Promise.reject(new Error('env:KEY is not set')) }),
    never,
  )
  expect(outcome).toMatchObject({ ok: null, detail: 'could not look: env:KEY is not set' })
})

test('each way is a target of its own and is taken', async () => {
  const made = probes('ssh', { via: 'both' }, paris, both)
  expect(made.map(({ id, target: at }) => [id, at])).toEqual([
    ['ssh:public', '192.0.2.7:22'],
    ['ssh:mesh', '10.84.0.7:22'],
  ])
  const ways: string[] = []
  await look({ connect: async () => report }, { via: 'mesh' }, ways)
  expect(ways).toEqual(['paris mesh'])
})

describe('from another node', () => {
  function said(stdout: string, exit: number, stderr = ''): ExecResult {
    return {
      outcome: exit === 0 ? 'ok' : 'failed',
      exit,
      killedBy: null,
      ms: 1,
      stdout: Buffer.from(stdout),
      stderr: Buffer.from(stderr),
      truncated: false,
    }
  }
  const from = { from: 'zurich', via: 'mesh' }

  test("the server's greeting is asked for there, at the address of the wanted way", async () => {
    const seen: (readonly string[])[] = []
    const ways: string[] = []
    const exec: SshPool['exec'] = async (_, request) => {
      seen.push(request.argv)
      return said('# 10.84.0.7:22 SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\n', 0)
    }
    const outcome = await look({ exec }, from, ways)
    expect(outcome).toMatchObject({ ok: true, facts: { greeting: 'SSH-2.0-OpenSSH_9.2p1' } })
    expect(seen).toEqual([['ssh-keyscan', '-T', '7', '-p', '22', '10.84.0.7']])
    expect(ways[0]).toBe('zurich any')
  })

  test('where ssh-keyscan is missing bash asks', async () => {
    const exec: SshPool['exec'] = async (_, request) =>
      request.argv[0] === 'ssh-keyscan' ? said('', 127) : said('SSH-2.0-dropbear\n', 0)
    expect(await look({ exec }, from)).toMatchObject({ ok: true, facts: { greeting: 'SSH-2.0-dropbear' } })
    expect(await look({ exec: async () => said('', 127) }, from)).toMatchObject({ ok: null })
  })

  test('silence there is a finding, but an observer out of reach sees nothing', async () => {
    expect(await look({ exec: async () => said('', 1) }, from)).toMatchObject({ ok: false })
    const gone = new SshError('zurich', 'unreachable', nodeText('no route'))
    expect(await look({ exec: () => Promise.reject(gone) }, from)).toMatchObject({ ok: null })
  })

  test('a node does not look at itself', () => {
    expect(probes('ssh', { from: 'paris' }, paris, both)).toEqual([])
  })
})
