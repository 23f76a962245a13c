// Host probes on what the real programs print (fixtures say which and where).
import { describe, expect, test } from 'vitest'
import type { HostAnswer, Outcome } from '../../../../src/watch/probe.ts'
import { readDf } from '../../../../src/watch/probes/load.ts'
import { readUnitBlocks } from '../../../../src/watch/probes/units.ts'
import { VirtualClock } from '../../../../state/primitives/clock.ts'
import { answer, context, fixture, kindOf, node, probe, type TestContext, text } from './world.ts'

const alpha = node('alpha', { mesh: '10.84.0.11' })

function read(
  kindName: string,
  options: Readonly<Record<string, unknown>>,
  answers: readonly HostAnswer[],
  surroundings: TestContext = context(alpha),
): Promise<Outcome> {
  const kind = kindOf(kindName)
  if (kind.from !== 'host') throw new Error(`${kindName} does not look on the node`)
  return Promise.resolve(kind.read(answers, probe(kindName, options, alpha), surroundings))
}

function commands(kindName: string, options: Readonly<Record<string, unknown>>, surroundings = context(alpha)) {
  const kind = kindOf(kindName)
  if (kind.from !== 'host') throw new Error(`${kindName} does not look on the node`)
  return kind.commands(probe(kindName, options, alpha), surroundings)
}

describe('units', () => {
  test.each([
    ['systemctl-running', ['ssh.service', 'clavitor.service'], true, '2 units are active'],
    ['systemctl-failed', ['broken.service'], false, 'broken.service is failed (exit 3)'],
    ['systemctl-stopped', ['clavitor.service'], false, 'clavitor.service is stopped'],
    ['systemctl-missing', ['nothing-here.service'], false, 'nothing-here.service is not found'],
    ['systemctl-oneshot-done', ['clavitor-push.service'], true, 'clavitor-push.service is done'],
    ['systemctl-timer', ['clavitor-push.timer'], true, 'clavitor-push.timer is active (waiting)'],
  ])('%s is read for what it is', async (name, units, ok, detail) => {
    expect(await read('units', { units }, [fixture(name)])).toMatchObject({ ok, detail })
  })

  test('of several units each bad one is named with its reason', async () => {
    const units = ['ssh.service', 'broken.service', 'nothing-here.service']
    const outcome = await read('units', { units }, [fixture('systemctl-many')])
    expect(outcome.detail).toBe('broken.service is failed (exit 3); nothing-here.service is not found')
    expect(outcome.values).toMatchObject({ units_bad: 2 })
  })

  test('a unit with another invocation than the remembered one has been restarted', async () => {
    const seen = context(alpha, {
      memory: { 'ssh.service': 'another', 'clavitor.service': '1b747ec170754f37a10da79b5397dc8f' },
    })
    const outcome = await read(
      'units',
      { units: ['ssh.service', 'clavitor.service'] },
      [fixture('systemctl-running')],
      seen,
    )
    expect(outcome).toMatchObject({ ok: true, values: { units_restarted: 1 } })
    expect(outcome.detail).toContain('restarted: ssh.service')
    expect(seen.remembered).toHaveLength(1)
  })

  test('what is no invocation id is not remembered, and units that are not watched any more are forgotten', async () => {
    const old = { 'gone.service': 'f'.repeat(32), 'clavitor.service': 'e'.repeat(32) }
    const seen = context(alpha, { memory: old })
    const unit = (id: string, invocation: string) =>
      `Id=${id}\nLoadState=loaded\nActiveState=active\nSubState=running\nInvocationID=${invocation}\n\n`
    const said = answer(unit('ssh.service', 'a'.repeat(32)) + unit('clavitor.service', `${'x'.repeat(100_000)}`))
    await read('units', { units: ['ssh.service', 'clavitor.service'] }, [said], seen)
    expect(seen.remembered).toEqual([{ 'ssh.service': 'a'.repeat(32), 'clavitor.service': 'e'.repeat(32) }])
  })

  test('what is remembered already is not written again', async () => {
    const first = context(alpha)
    await read('units', { units: ['broken.service'] }, [fixture('systemctl-failed')], first)
    const again = context(alpha, { memory: first.remembered[0] ?? {} })
    await read('units', { units: ['broken.service'] }, [fixture('systemctl-failed')], again)
    expect(again.remembered).toEqual([])
  })

  test('a unit that crashes in a loop is bad although it is activating', async () => {
    const looping = answer(
      'Type=simple\nResult=exit-code\nExecMainStatus=1\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\n',
    )
    expect(await read('units', { units: ['a.service'] }, [looping])).toMatchObject({ ok: false })
    const starting = answer('Type=notify\nResult=success\nLoadState=loaded\nActiveState=activating\nSubState=start\n')
    expect(await read('units', { units: ['a.service'] }, [starting])).toMatchObject({ ok: true, warn: true })
  })

  test('a machine without systemd is not looked at, rather than down', async () => {
    expect(await read('units', { units: ['sshd.service'] }, [fixture('systemctl-no-systemd')])).toMatchObject({
      ok: null,
    })
  })

  test('a property whose value spans lines does not split a block', () => {
    expect(
      readUnitBlocks('Id=a\nExecStart={ path=/bin/sh ;\n  argv[]=x }\nActiveState=active\n\nActiveState=failed\n'),
    ).toHaveLength(2)
  })
})

describe('journal', () => {
  test('errors are counted, quoted and named by source; text that was bytes is text again', async () => {
    const seen = context(alpha)
    const outcome = await read('journal', {}, [fixture('journalctl-err')], seen)
    expect(outcome).toMatchObject({ ok: true, warn: true, values: { errors: 2 } })
    expect(outcome.detail).toContain('2 new errors from lab: umlaut ä')
    expect(outcome.facts?.lines).toContain('escape \u001b[31mred')
    expect(seen.remembered[0]?.cursor).toMatch(/^s=2fe7d13c/)
  })

  test('the next look goes on after the remembered cursor', () => {
    expect(commands('journal', {})[0]).toContain('--since=-10min')
    const later = commands('journal', {}, context(alpha, { memory: { cursor: 's=1;i=2' } }))
    expect(later[0]).toContain('--after-cursor=s=1;i=2')
  })

  test.each([
    [{ ignore: ['umlaut'] }, { ok: true, values: { errors: 1 } }],
    [{ match: 'umlaut' }, { ok: true, values: { errors: 1 } }],
    [{ fail: 2 }, { ok: false, values: { errors: 2 } }],
    [{ warn: 3 }, { ok: true, values: { errors: 2 } }],
    [{ ignore: ['umlaut', 'escape'] }, { ok: true, detail: 'nothing new' }],
  ])('with %j it says %j', async (options, wanted) => {
    expect(await read('journal', options, [fixture('journalctl-err')])).toMatchObject(wanted)
  })

  test('an unreadable journal is not a clean one', async () => {
    const outcome = await read('journal', {}, [fixture('journalctl-not-root')])
    expect(outcome.ok).toBeNull()
    expect(outcome.detail).toContain('become')
  })

  test('a cursor that leads nowhere is forgotten', async () => {
    const seen = context(alpha, { memory: { cursor: 's=nothing' } })
    expect((await read('journal', {}, [fixture('journalctl-bad-cursor')], seen)).ok).toBeNull()
    expect(seen.remembered).toEqual([{}])
  })

  const line = (cursor: string, message: unknown = 'it broke') =>
    `${JSON.stringify({ __CURSOR: cursor, MESSAGE: message, _SYSTEMD_UNIT: 'x.service' })}\n`

  test.each([
    ['is far too long', 'x'.repeat(100_000)],
    ['holds a NUL', 's=1\u0000'],
    ['is shell', 's=1;$(reboot)'],
    ['is empty', ''],
  ])('a cursor that %s is never remembered, nor asked for', async (_how, cursor) => {
    const seen = context(alpha)
    expect(await read('journal', {}, [answer(line('s=good;i=1') + line(cursor))], seen)).toMatchObject({
      values: { errors: 2 },
    })
    expect(seen.remembered).toEqual([{ cursor: 's=good;i=1' }])
    const next = commands('journal', {}, context(alpha, { memory: { cursor } }))[0]
    expect(next).toContain('--since=-10min')
    expect(next?.join(' ')).not.toContain('--after-cursor')
  })

  test('messages made to keep a pattern busy cost a fraction of a second, blind one look, and are passed', async () => {
    const seen = context(alpha)
    const hostile = answer(line('s=2', `${'a'.repeat(60)}!`))
    const started = performance.now()
    const outcome = await read('journal', { ignore: '^(\\w+,?)+$' }, [hostile], seen)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(outcome.ok).toBeNull()
    expect(outcome.detail).toContain('too long')
    expect(seen.remembered).toEqual([{ cursor: 's=2' }])
    const after = await read('journal', { ignore: '^(\\w+,?)+$' }, [answer(line('s=3', 'quiet'))], seen)
    expect(after).toMatchObject({ ok: true, detail: 'nothing new' })
  })

  test('of a message no more is matched or kept than its beginning', async () => {
    const long = answer(line('s=2', `begin ${'x'.repeat(4000)} end`))
    expect(await read('journal', { ignore: 'end$' }, [long])).toMatchObject({ values: { errors: 1 } })
    expect(await read('journal', { ignore: '^begin' }, [long])).toMatchObject({ values: { errors: 0 } })
  })

  test('a message of arrays within arrays is read like any other', async () => {
    const deep = `{"__CURSOR":"s=1","MESSAGE":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    expect((await read('journal', {}, [answer(deep)])).ok).toBe(true)
  })

  test('a message that is null, and a last line that was cut, harm nothing', async () => {
    const torn = answer('{"__CURSOR":"a","MESSAGE":null,"_SYSTEMD_UNIT":"x.service"}\n{"__CURSOR":"b","MESS')
    expect(await read('journal', {}, [torn])).toMatchObject({ values: { errors: 1 } })
  })
})

describe('boot', () => {
  const id = '05778806-910c-4b6f-a123-74147aa5aa1a'
  const answers = [fixture('boot-id'), fixture('uptime')]

  test('the first look remembers the boot id and finds nothing wrong', async () => {
    const seen = context(alpha)
    expect(await read('boot', {}, answers, seen)).toMatchObject({
      ok: true,
      detail: 'up 35 min',
      facts: { boot_id: id },
    })
    expect(seen.remembered).toEqual([{ boot_id: id }])
  })

  test('another boot id is an unexpected reboot, reported for five minutes and then no more', async () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const seen = context(alpha, { clock, memory: { boot_id: 'another' } })
    expect(await read('boot', {}, answers, seen)).toMatchObject({ ok: false })
    const later = context(alpha, { clock, memory: seen.remembered[0] ?? {} })
    clock.advance(299_000)
    expect(await read('boot', {}, answers, later)).toMatchObject({
      ok: false,
      detail: 'rebooted unexpectedly, up 35 min',
    })
    clock.advance(1000)
    expect(await read('boot', {}, answers, later)).toMatchObject({ ok: true })
    expect(later.remembered).toEqual([])
  })

  test('a machine that booted just before the first look is a warning, since nobody knows', async () => {
    expect(await read('boot', {}, [fixture('boot-id'), answer('41.77 80.02\n')])).toMatchObject({
      ok: true,
      warn: true,
    })
  })

  test('something else in place of a boot id is unknown', async () => {
    expect((await read('boot', {}, [answer('surprise\n'), fixture('uptime')])).ok).toBeNull()
  })
})

describe('load', () => {
  const answers = (disk = 'df'): HostAnswer[] => [
    fixture('loadavg'),
    fixture('meminfo'),
    answer(`${text(fixture('stat')).split('\n')[0]}\n`),
    answer('2\n'),
    fixture(disk),
  ]

  test('cpu, ram, disk and load are read from what Linux and df say', async () => {
    const seen = context(alpha)
    expect((await read('load', {}, answers(), seen)).values).toEqual({
      ram_pct: 2,
      ram_mb: 24106,
      disk_pct: 23,
      load_1m: 0.64,
      cores: 2,
    })
    const busier = answers()
    // 300 jiffies later, 75 of them busy.
    busier[2] = answer('cpu  25073 0 11478 383738 1433 0 339 16 0 0\n')
    expect((await read('load', {}, busier, seen)).values).toMatchObject({ cpu_pct: 25 })
  })

  test('after a reboot the processor share is unknown, not negative', async () => {
    const seen = context(alpha)
    await read('load', {}, answers(), seen)
    const young = answers()
    young[2] = answer('cpu  10 0 10 100 0 0 0 0 0 0\n')
    expect((await read('load', {}, young, seen)).values).not.toHaveProperty('cpu_pct')
  })

  test.each([
    [{}, { ok: true }],
    [{ warn: { disk: '20%' } }, { ok: true, warn: true }],
    [{ fail: { disk: '20%' } }, { ok: false }],
    [{ fail: { load: 0.3 } }, { ok: false }],
    [{ warn: { ram: 50 } }, { ok: true }],
  ])('limits %j give %j', async (options, wanted) => {
    expect(await read('load', options, answers())).toMatchObject(wanted)
  })

  test("busybox's df reads the same, and a mount may contain spaces", () => {
    expect(readDf(text(fixture('busybox-df')))).toMatchObject([{ mount: '/', usedPct: 22 }])
    expect(readDf('head\n/dev/my disk 100 90 10 90% /srv/my files\n')).toMatchObject([
      { mount: '/srv/my files', usedPct: 90 },
    ])
  })

  test('nothing is read from a node that has no /proc', async () => {
    expect(
      (
        await read('load', {}, [
          answer('', 1, 'cat: /proc/loadavg: No such file'),
          answer('', 1),
          answer(''),
          answer(''),
          answer(''),
        ])
      ).ok,
    ).toBeNull()
  })
})

describe('wireguard', () => {
  const hub = (nowS: number): HostAnswer[] => [
    fixture('wg-latest-handshakes-hub'),
    fixture('wg-endpoints-hub'),
    fixture('wg-transfer-hub'),
    answer(`${nowS}\n`),
  ]

  test.each([
    ['fresh', 1_795_315_300 + 20, {}, { ok: true, detail: '3 of 3 peers fresh' }],
    ['exactly 180 s old', 1_795_315_300 + 180, {}, { ok: true }],
    ['older than 180 s', 1_795_315_300 + 181, {}, { ok: false, values: { peers_stale: 3, rx_bytes: 924 } }],
    ['older than a limit of its own', 1_795_315_300 + 61, { stale: '60s' }, { ok: false }],
  ])('handshakes that are %s', async (_, nowS, options, wanted) => {
    expect(await read('wireguard', options, hub(nowS))).toMatchObject(wanted)
  })

  test('one stale peer of many is a warning, or a failure where all are expected', async () => {
    const answers = hub(1_795_315_320)
    const lines = text(answers[0] ?? answer('')).split('\n')
    answers[0] = answer([lines[0], lines[1], lines[2]?.replace(/\d+$/, '0')].join('\n'))
    const outcome = await read('wireguard', {}, answers)
    expect(outcome).toMatchObject({ ok: true, warn: true })
    expect(outcome.detail).toContain('stale: 10.99.0.13:45856 never')
    expect(await read('wireguard', { expect: 'all' }, answers)).toMatchObject({ ok: false })
  })

  test('the dump that holds private keys is never asked for', () => {
    expect(commands('wireguard', {}).flat()).not.toContain('dump')
  })

  test('not being allowed to look is unknown with the way out; a missing interface is a finding', async () => {
    expect(
      (await read('wireguard', {}, [fixture('wg-not-root'), answer(''), answer(''), answer('')])).detail,
    ).toContain('become')
    expect(await read('wireguard', {}, [fixture('wg-missing'), answer(''), answer(''), answer('')])).toMatchObject({
      ok: false,
    })
    expect(await read('wireguard', {}, [answer('', 127), answer(''), answer(''), answer('')])).toMatchObject({
      ok: null,
    })
  })
})

describe('zerotier', () => {
  const answers = () => [fixture('zerotier-info'), fixture('zerotier-networks'), fixture('zerotier-peers')]

  test('a peer without an active path is relayed: a warning, and planets do not count', async () => {
    expect(await read('zerotier', {}, answers())).toMatchObject({
      ok: true,
      warn: true,
      detail: 'online, 1 of 2 peers relayed',
      values: { peers: 2, peers_relayed: 1, peer_latency_ms: 34 },
    })
  })

  test.each([
    ['"online": true', '"online": false', 0, 'offline'],
    ['"status": "OK"', '"status": "ACCESS_DENIED"', 1, 'network ops is ACCESS_DENIED'],
  ])('%s turned into %s is a failure', async (from, to, at, detail) => {
    const changed = answers()
    changed[at] = answer(text(changed[at] ?? answer('')).replace(from, to))
    expect(await read('zerotier', {}, changed)).toMatchObject({ ok: false, detail })
  })

  test('a wanted network that is not joined is named', async () => {
    expect((await read('zerotier', { network: 'ffffffffffffffff' }, answers())).detail).toBe(
      'network ffffffffffffffff is not joined',
    )
  })
})

test.each(['units', 'journal', 'load', 'wireguard', 'zerotier', 'boot'])(
  '%s says unknown when its program is missing or hangs',
  async name => {
    for (const exit of [127, 126, 124, 137]) {
      const silent = Array.from({ length: 5 }, () => answer('', exit, 'sh: not found'))
      expect((await read(name, { units: ['a.service'] }, silent)).ok).toBeNull()
    }
  },
)
