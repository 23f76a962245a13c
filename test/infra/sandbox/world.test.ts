import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { batchArgv, readBatch } from '../../../infra/batch/batch.ts'
import { makeSshKey } from '../../../infra/sandbox/ssh-keys.ts'
import { beginChaos, healChaos, sandboxLedger, sandboxStatus } from '../../../infra/sandbox/start.ts'
import { quoteArgv } from '../../../infra/ssh/quote.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { probeKinds } from '../../../src/watch/probes/index.ts'
import {
  fetchHealth,
  logIn,
  nodeOf,
  portOf,
  type Running,
  runProgram,
  startWorld,
  temporaryDir,
  until,
} from './visitor.ts'

const { dir, remove } = temporaryDir()
let world: Running
const address = (name: string) => nodeOf(world.status, name)

beforeAll(async () => {
  world = await startWorld(dir, 1000)
})
afterAll(async () => {
  await world.stop()
  remove()
})

function fleet(): {
  nodes: Record<string, { ssh: { hostkey: string } }>
  engine: { programs: Record<string, string[]> }
} {
  return parse(readFileSync(join(dir, 'fleet.yaml'), 'utf8'))
}

function fping(...addresses: string[]) {
  return runProgram([
    ...(fleet().engine.programs.fping ?? []),
    '-e',
    '-r',
    '0',
    '-t',
    '700',
    '-i',
    '1',
    '--',
    ...addresses,
  ])
}

describe('a calm world', () => {
  test('writes a fleet file that the loader takes without a complaint', () => {
    const path = join(dir, 'fleet.yaml')
    const loaded = loadFleet({ path, text: readFileSync(path) }, { kinds: probeKinds })
    expect(loaded.ok ? loaded.fleet.nodes.size : loaded.errors).toBe(21)
  })

  test('lets the sandbox key in at both addresses and shows the pinned host key', async () => {
    const { mesh, public: open } = address('frankfurt')
    for (const host of [mesh, open]) {
      const login = await logIn(dir, host)
      expect(login.fingerprint).toBe(fleet().nodes.frankfurt?.ssh.hostkey)
      expect(await login.exec('hostname')).toMatchObject({ exit: 0, out: 'frankfurt\n' })
      login.close()
    }
  })

  test('refuses every other key', async () => {
    const key = makeSshKey('stranger').private
    await expect(logIn(dir, address('frankfurt').mesh, { key })).rejects.toThrow(/authentication methods failed/)
  })

  test('serves HTTPS with a certificate of its own authority', async () => {
    const { status, body } = await fetchHealth(dir, 'paris', address('paris').public)
    expect({ status, node: JSON.parse(body).node }).toEqual({ status: 200, node: 'paris' })
  })

  test('answers a batch of host probes as a real shell would', async () => {
    const commands = [
      ['systemctl', 'show', '-p', 'Id,ActiveState', '--', 'sshd.service', 'nope.service'],
      ['foo'],
      ['cat', '/proc/sys/kernel/random/boot_id'],
    ]
    const boundary = 'ab'.repeat(16)
    const argv = batchArgv(
      boundary,
      commands.map(command => ({ quoted: quoteArgv(command), limitS: 5 })),
    )
    const login = await logIn(dir, address('frankfurt').public)
    const { raw, rawErr } = await login.exec(quoteArgv(argv))
    login.close()
    const answers = readBatch(boundary, commands.length, raw, rawErr).map(answer => ({
      exit: answer?.exit,
      out: Buffer.from(answer?.stdout ?? []).toString('utf8'),
    }))
    expect(answers).toEqual([
      { exit: 0, out: 'Id=sshd.service\nActiveState=active\n\nId=nope.service\nActiveState=inactive\n' },
      { exit: 127, out: '' },
      { exit: 0, out: `${address('frankfurt').bootId}\n` },
    ])
  })

  test('keeps what is uploaded, with its mode, and says so in its ledger', async () => {
    const login = await logIn(dir, address('frankfurt').mesh)
    const content = Buffer.from([0, 255, 10, 13, 200])
    const script =
      'umask 077; mkdir -p /opt/app && cat > /opt/app/.new && chmod 750 /opt/app/.new && mv -f /opt/app/.new /opt/app/run && sync && sha256sum /opt/app/run'
    const up = await login.exec(script, content)
    expect(up.exit).toBe(0)
    const back = await login.exec("cat /opt/app/run; stat -c '%a %s' /opt/app/run >&2")
    login.close()
    expect(back.raw).toEqual(content)
    expect(back.err).toBe('750 5\n')
    expect(
      sandboxLedger(dir).some(line => line.what === 'file' && line.change === 'moved' && line.path === '/opt/app/run'),
    ).toBe(true)
  })

  test('resolves the names of its nodes and no others', async () => {
    const resolver = new Resolver()
    resolver.setServers([`${address('zurich').mesh}:${portOf(dir, 'dns')}`])
    expect(await resolver.resolve4('seoul.clavitor.example')).toEqual([address('seoul').public])
    await expect(resolver.resolve4('nobody.clavitor.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  test('pings take as long as the region is far, in both forms of ping', async () => {
    const near = address('frankfurt').mesh
    const { out, exit } = await fping(near, address('virginia').mesh)
    const times = [...out.matchAll(/\(([\d.]+) ms\)/g)].map(found => Number(found[1]))
    expect(exit).toBe(0)
    expect(times[0]).toBeLessThan(60)
    expect(times[1]).toBeGreaterThan(80)
    const single = await runProgram([...(fleet().engine.programs.ping ?? []), '-n', '-c', '1', '-W', '2', near])
    expect(single).toMatchObject({ exit: 0, out: expect.stringMatching(/1 received[\s\S]*rtt min\/avg\/max/) })
    const counted = await runProgram([...(fleet().engine.programs.fping ?? []), '-C', '2', '-p', '20', '-q', near])
    expect(counted.err).toMatch(new RegExp(`^${near} : [\\d.]+ [\\d.]+\n$`))
  })

  test('every spoke pushes its telemetry with its token once somebody listens', async () => {
    const seen = new Map<string, Record<string, unknown>>()
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', piece => {
        body += piece
      })
      request.on('end', () => {
        seen.set(request.url ?? '', JSON.parse(body))
        response.end('{"ok":true}')
      })
    })
    await new Promise<void>(resolve => server.listen(portOf(dir, 'heartbeats'), address('zurich').mesh, resolve))
    const url = `/api/push/${readFileSync(join(dir, 'tokens', 'sydney'), 'utf8')}`
    await until(() => seen.size === 20 && seen.has(url))
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    expect(Object.keys(seen.get(url) ?? {}).sort()).toEqual([
      'active_sessions',
      'cert_days_remaining',
      'cpu_pct',
      'db_integrity',
      'db_size_mb',
      'disk_pct',
      'err_1h',
      'nix_gen',
      'ram_mb',
      'req_1h',
      'uptime_s',
    ])
    expect(sandboxLedger(dir).some(line => line.node === 'sydney' && line.what === 'push' && line.status === 200)).toBe(
      true,
    )
  })
})

describe('chaos, seen from outside', () => {
  const during = async (kind: string, node: string, look: () => Promise<void>, options = {}) => {
    await beginChaos(dir, kind, [node], options)
    try {
      await look()
    } finally {
      await healChaos(dir, null, [])
    }
  }

  test('a stopped service is failed in systemd, refuses connections, and is back after healing', async () => {
    const host = address('frankfurt')
    await during('stop-service', 'frankfurt', async () => {
      const login = await logIn(dir, host.mesh)
      expect(await login.exec('systemctl is-active clavitor.service')).toMatchObject({ exit: 3, out: 'failed\n' })
      login.close()
      await expect(fetchHealth(dir, 'frankfurt', host.public)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    })
    expect((await fetchHealth(dir, 'frankfurt', host.public)).status).toBe(200)
  })

  test('a dropped node is silent, not refusing', async () => {
    await during('drop-node', 'paris', async () => {
      expect((await fping(address('paris').mesh)).out).toContain('is unreachable')
      await expect(fetchHealth(dir, 'paris', address('paris').public, 300)).rejects.toThrow('timed out')
      await expect(logIn(dir, address('paris').mesh, { timeoutMs: 300 })).rejects.toThrow(/Timed out/)
    })
    expect((await fetchHealth(dir, 'paris', address('paris').public)).status).toBe(200)
  })

  test('losing the mesh leaves the public address', async () => {
    await during('drop-mesh', 'paris', async () => {
      const { mesh, public: open } = address('paris')
      const { out } = await fping(mesh, open)
      expect(out).toContain(`${mesh} is unreachable`)
      expect(out).toContain(`${open} is alive`)
    })
  })

  test('a slow link is slower by what was asked', async () => {
    await during(
      'slow-link',
      'paris',
      async () => {
        const { out } = await fping(address('paris').mesh)
        expect(Number(/\(([\d.]+) ms\)/.exec(out)?.[1])).toBeGreaterThan(300)
      },
      { ms: 300 },
    )
  })

  test('an expired certificate is refused by a client that checks', async () => {
    await during('expire-certificate', 'paris', async () => {
      await expect(fetchHealth(dir, 'paris', address('paris').public)).rejects.toMatchObject({
        code: 'CERT_HAS_EXPIRED',
      })
    })
    expect((await fetchHealth(dir, 'paris', address('paris').public)).status).toBe(200)
  })

  test('a changed host key is another key, until healed', async () => {
    const pinned = fleet().nodes.paris?.ssh.hostkey
    await during('change-hostkey', 'paris', async () => {
      const login = await logIn(dir, address('paris').mesh)
      login.close()
      expect(login.fingerprint).not.toBe(pinned)
    })
    const login = await logIn(dir, address('paris').mesh)
    login.close()
    expect(login.fingerprint).toBe(pinned)
  })

  test('a reboot breaks connections and comes back with another boot id', async () => {
    const login = await logIn(dir, address('london').mesh)
    await beginChaos(dir, 'reboot', ['london'], { seconds: 0.3 })
    await login.closed
    await until(async () => !nodeOf((await sandboxStatus(dir)) ?? world.status, 'london').away)
    const again = await logIn(dir, address('london').mesh)
    const { out } = await again.exec('cat /proc/sys/kernel/random/boot_id')
    again.close()
    expect(out.trim()).not.toBe(address('london').bootId)
  })

  test('a full disk refuses writes and reports itself', async () => {
    await during('full-disk', 'frankfurt', async () => {
      const login = await logIn(dir, address('frankfurt').mesh)
      const wrote = await login.exec('cat > /tmp/x', 'some bytes')
      const space = await login.exec('df -P / | tail -n 1')
      login.close()
      expect(wrote).toMatchObject({ exit: 1, err: expect.stringContaining('No space left') })
      expect(space.out).toContain('100%')
      expect((await fetchHealth(dir, 'frankfurt', address('frankfurt').public)).status).toBe(503)
    })
  })

  test('an open port answers that must not', async () => {
    const port = portOf(dir, 'admin')
    const state = () =>
      new Promise<string>(resolve => {
        const socket = connect({ host: address('paris').public, port })
        socket.once('connect', () => resolve('open')).once('error', () => resolve('closed'))
        socket.once('connect', () => socket.destroy())
      })
    expect(await state()).toBe('closed')
    await during('open-port', 'paris', async () => expect(await state()).toBe('open'))
  })

  test('a lost region takes its neighbours along; a blind headquarters loses all nodes and its canaries', async () => {
    const lost = await beginChaos(dir, 'lose-region', ['paris'])
    expect([...lost.nodes].sort()).toEqual(['frankfurt', 'london', 'paris', 'spain', 'stockholm'])
    await healChaos(dir, null, [])
    await during('blind-hq', 'zurich', async () => {
      expect((await fping(address('virginia').mesh)).exit).toBe(1)
      const canary = connect({ host: `127.${world.status.base + 1}.0.251`, port: portOf(dir, 'canary') })
      const code = await new Promise(resolve => canary.once('error', error => resolve('code' in error && error.code)))
      expect(code).toBe('ECONNREFUSED')
    })
  })

  test('chaos that does not exist is refused with the kinds that do', async () => {
    await expect(beginChaos(dir, 'meteor', ['paris'])).rejects.toMatchObject({
      name: 'chaos-unknown',
      remedy: expect.stringContaining('drop-node'),
    })
  })
})
