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
): Outcome {
  const kind = kindOf(kindName)
  if (kind.from !== 'host') throw new Error(`${kindName} does not look on the node`)
  return kind.read(answers, probe(kindName, options, alpha), surroundings)
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
  ])('%s is read for what it is', (name, units, ok, detail) => {
    expect(read('units', { units }, [fixture(name)])).toMatchObject({ ok, detail })
  })

  test('of several units each bad one is named with its reason', () => {
    const units = ['ssh.service', 'broken.service', 'nothing-here.service']
    const outcome = read('units', { units }, [fixture('systemctl-many')])
    expect(outcome.detail).toBe('broken.service is failed (exit 3); nothing-here.service is not found')
    expect(outcome.values).toMatchObject({ units_bad: 2 })
  })

  test('a unit with another invocation than the remembered one has been restarted', () => {
    const seen = context(alpha, {
      memory: { 'ssh.service': 'another', 'clavitor.service': '1b747ec170754f37a10da79b5397dc8f' },
    })
    const outcome = read('units', { units: ['ssh.service', 'clavitor.service'] }, [fixture('systemctl-running')], seen)
    expect(outcome).toMatchObject({ ok: true, values: { units_restarted: 1 } })
    expect(outcome.detail).toContain('restarted: ssh.service')
    expect(seen.remembered).toHaveLength(1)
  })

  test('what is remembered already is not written again', () => {
    const first = context(alpha)
    read('units', { units: ['broken.service'] }, [fixture('systemctl-failed')], first)
    const again = context(alpha, { memory: first.remembered[0] ?? {} })
    read('units', { units: ['broken.service'] }, [fixture('systemctl-failed')], again)
    expect(again.remembered).toEqual([])
  })

  test('a unit that crashes in a loop is bad although it is activating', () => {
    const looping = answer(
      'Type=simple\nResult=exit-code\nExecMainStatus=1\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\n',
    )
    expect(read('units', { units: ['a.service'] }, [looping])).toMatchObject({ ok: false })
    const starting = answer('Type=notify\nResult=success\nLoadState=loaded\nActiveState=activating\nSubState=start\n')
    expect(read('units', { units: ['a.service'] }, [starting])).toMatchObject({ ok: true, warn: true })
  })

  test('a machine without systemd is not looked at, rather than down', () => {
    expect(read('units', { units: ['sshd.service'] }, [fixture('systemctl-no-systemd')])).toMatchObject({ ok: null })
  })

  test('a property whose value spans lines does not split a block', () => {
    expect(
      readUnitBlocks('Id=a\nExecStart={ path=/bin/sh ;\n  argv[]=x }\nActiveState=active\n\nActiveState=failed\n'),
    ).toHaveLength(2)
  })
})

describe('journal', () => {
  test('errors are counted, quoted and named by source; text that was bytes is text again', () => {
    const seen = context(alpha)
    const outcome = read('journal', {}, [fixture('journalctl-err')], seen)
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
  ])('with %j it says %j', (options, wanted) => {
    expect(read('journal', options, [fixture('journalctl-err')])).toMatchObject(wanted)
  })

  test('an unreadable journal is not a clean one', () => {
    const outcome = read('journal', {}, [fixture('journalctl-not-root')])
    expect(outcome.ok).toBeNull()
    expect(outcome.detail).toContain('become')
  })

  test('a cursor that leads nowhere is forgotten', () => {
    const seen = context(alpha, { memory: { cursor: 's=nothing' } })
    expect(read('journal', {}, [fixture('journalctl-bad-cursor')], seen).ok).toBeNull()
    expect(seen.remembered).toEqual([{}])
  })

  test('a message that is null, and a last line that was cut, harm nothing', () => {
    const torn = answer('{"__CURSOR":"a","MESSAGE":null,"_SYSTEMD_UNIT":"x.service"}\n{"__CURSOR":"b","MESS')
    expect(read('journal', {}, [torn])).toMatchObject({ values: { errors: 1 } })
  })
})

describe('boot', () => {
  const id = '05778806-910c-4b6f-a123-74147aa5aa1a'
  const answers = [fixture('boot-id'), fixture('uptime')]

  test('the first look remembers the boot id and finds nothing wrong', () => {
    const seen = context(alpha)
    expect(read('boot', {}, answers, seen)).toMatchObject({ ok: true, detail: 'up 35 min', facts: { boot_id: id } })
    expect(seen.remembered).toEqual([{ boot_id: id }])
  })

  test('another boot id is an unexpected reboot, reported for five minutes and then no more', () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const seen = context(alpha, { clock, memory: { boot_id: 'another' } })
    expect(read('boot', {}, answers, seen)).toMatchObject({ ok: false })
    const later = context(alpha, { clock, memory: seen.remembered[0] ?? {} })
    clock.advance(299_000)
    expect(read('boot', {}, answers, later)).toMatchObject({ ok: false, detail: 'rebooted unexpectedly, up 35 min' })
    clock.advance(1000)
    expect(read('boot', {}, answers, later)).toMatchObject({ ok: true })
    expect(later.remembered).toEqual([])
  })

  test('a machine that booted just before the first look is a warning, since nobody knows', () => {
    expect(read('boot', {}, [fixture('boot-id'), answer('41.77 80.02\n')])).toMatchObject({ ok: true, warn: true })
  })

  test('something else in place of a boot id is unknown', () => {
    expect(read('boot', {}, [answer('surprise\n'), fixture('uptime')]).ok).toBeNull()
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

  test('cpu, ram, disk and load are read from what Linux and df say', () => {
    const seen = context(alpha)
    expect(read('load', {}, answers(), seen).values).toEqual({
      ram_pct: 2,
      ram_mb: 24106,
      disk_pct: 23,
      load_1m: 0.64,
      cores: 2,
    })
    const busier = answers()
    // 300 jiffies later, 75 of them busy.
    busier[2] = answer('cpu  25073 0 11478 383738 1433 0 339 16 0 0\n')
    expect(read('load', {}, busier, seen).values).toMatchObject({ cpu_pct: 25 })
  })

  test('after a reboot the processor share is unknown, not negative', () => {
    const seen = context(alpha)
    read('load', {}, answers(), seen)
    const young = answers()
    young[2] = answer('cpu  10 0 10 100 0 0 0 0 0 0\n')
    expect(read('load', {}, young, seen).values).not.toHaveProperty('cpu_pct')
  })

  test.each([
    [{}, { ok: true }],
    [{ warn: { disk: '20%' } }, { ok: true, warn: true }],
    [{ fail: { disk: '20%' } }, { ok: false }],
    [{ fail: { load: 0.3 } }, { ok: false }],
    [{ warn: { ram: 50 } }, { ok: true }],
  ])('limits %j give %j', (options, wanted) => {
    expect(read('load', options, answers())).toMatchObject(wanted)
  })

  test("busybox's df reads the same, and a mount may contain spaces", () => {
    expect(readDf(text(fixture('busybox-df')))).toMatchObject([{ mount: '/', usedPct: 22 }])
    expect(readDf('head\n/dev/my disk 100 90 10 90% /srv/my files\n')).toMatchObject([
      { mount: '/srv/my files', usedPct: 90 },
    ])
  })

  test('nothing is read from a node that has no /proc', () => {
    expect(
      read('load', {}, [
        answer('', 1, 'cat: /proc/loadavg: No such file'),
        answer('', 1),
        answer(''),
        answer(''),
        answer(''),
      ]).ok,
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
  ])('handshakes that are %s', (_, nowS, options, wanted) => {
    expect(read('wireguard', options, hub(nowS))).toMatchObject(wanted)
  })

  test('one stale peer of many is a warning, or a failure where all are expected', () => {
    const answers = hub(1_795_315_320)
    const lines = text(answers[0] ?? answer('')).split('\n')
    answers[0] = answer([lines[0], lines[1], lines[2]?.replace(/\d+$/, '0')].join('\n'))
    const outcome = read('wireguard', {}, answers)
    expect(outcome).toMatchObject({ ok: true, warn: true })
    expect(outcome.detail).toContain('stale: 10.99.0.13:45856 never')
    expect(read('wireguard', { expect: 'all' }, answers)).toMatchObject({ ok: false })
  })

  test('the dump that holds private keys is never asked for', () => {
    expect(commands('wireguard', {}).flat()).not.toContain('dump')
  })

  test('not being allowed to look is unknown with the way out; a missing interface is a finding', () => {
    expect(read('wireguard', {}, [fixture('wg-not-root'), answer(''), answer(''), answer('')]).detail).toContain(
      'become',
    )
    expect(read('wireguard', {}, [fixture('wg-missing'), answer(''), answer(''), answer('')])).toMatchObject({
      ok: false,
    })
    expect(read('wireguard', {}, [answer('', 127), answer(''), answer(''), answer('')])).toMatchObject({ ok: null })
  })
})

describe('zerotier', () => {
  const answers = () => [fixture('zerotier-info'), fixture('zerotier-networks'), fixture('zerotier-peers')]

  test('a peer without an active path is relayed: a warning, and planets do not count', () => {
    expect(read('zerotier', {}, answers())).toMatchObject({
      ok: true,
      warn: true,
      detail: 'online, 1 of 2 peers relayed',
      values: { peers: 2, peers_relayed: 1, peer_latency_ms: 34 },
    })
  })

  test.each([
    ['"online": true', '"online": false', 0, 'offline'],
    ['"status": "OK"', '"status": "ACCESS_DENIED"', 1, 'network ops is ACCESS_DENIED'],
  ])('%s turned into %s is a failure', (from, to, at, detail) => {
    const changed = answers()
    changed[at] = answer(text(changed[at] ?? answer('')).replace(from, to))
    expect(read('zerotier', {}, changed)).toMatchObject({ ok: false, detail })
  })

  test('a wanted network that is not joined is named', () => {
    expect(read('zerotier', { network: 'ffffffffffffffff' }, answers()).detail).toBe(
      'network ffffffffffffffff is not joined',
    )
  })
})

test.each(['units', 'journal', 'load', 'wireguard', 'zerotier', 'boot'])(
  '%s says unknown when its program is missing or hangs',
  name => {
    for (const exit of [127, 126, 124, 137]) {
      const silent = Array.from({ length: 5 }, () => answer('', exit, 'sh: not found'))
      expect(read(name, { units: ['a.service'] }, silent).ok).toBeNull()
    }
  },
)
