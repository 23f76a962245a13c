// Every host probe on what real programs print: systemd, journald, the kernel, WireGuard. Each finding is first made
// true on the machine by the machine's own means.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from './command.ts'
import { createLab, type Lab } from './lab.ts'
import { type Looker, looker, type Memory } from './look.ts'

let lab: Lab
let looking: Looker
beforeAll(async () => {
  lab = await createLab({ machines: ['alpha', 'beta'] })
  looking = looker(lab)
})
afterAll(async () => {
  await lab?.destroy()
})

describe('units', () => {
  const watch = (...units: string[]) => ({ units })

  test('running units are active, and an alias is the unit it stands for', async () => {
    const seen = await looking.look('alpha', 'units', {}, watch('ssh.service', 'sshd.service', 'clavitor.service'))
    expect(seen).toMatchObject({ ok: true, detail: '3 units are active', values: { units_bad: 0 } })
    expect(seen.facts?.['sshd.service']).toBe('active (running)')
  })

  test('a unit that somebody stopped is bad, and good again when it is started', async () => {
    const alpha = lab.machine('alpha')
    await alpha.stopUnit('clavitor.service')
    const stopped = await looking.look('alpha', 'units')
    expect(stopped).toMatchObject({ ok: false, detail: 'clavitor.service is stopped' })
    await alpha.startUnit('clavitor.service')
    expect(await looking.look('alpha', 'units')).toMatchObject({ ok: true })
  })

  test('a unit whose process was killed has failed, with how', async () => {
    const alpha = lab.machine('alpha')
    await alpha.exec(['systemctl', 'kill', '--signal=KILL', 'clavitor.service'])
    await waitFor(
      'it has failed',
      async () => (await alpha.tryExec(['systemctl', 'is-failed', 'clavitor.service'])).exit === 0,
      5_000,
    )
    expect(await looking.look('alpha', 'units')).toMatchObject({
      ok: false,
      detail: 'clavitor.service is failed (signal)',
    })
    await alpha.startUnit('clavitor.service')
  })

  test('a unit that ends with an error is failed, with its exit code', async () => {
    const alpha = lab.machine('alpha')
    await alpha.exec(['systemctl', 'start', 'broken.service'])
    await waitFor(
      'it has failed',
      async () => (await alpha.tryExec(['systemctl', 'is-failed', 'broken.service'])).exit === 0,
      5_000,
    )
    const seen = await looking.look('alpha', 'units', {}, watch('broken.service'))
    expect(seen).toMatchObject({ ok: false, detail: 'broken.service is failed (exit 3)' })
    await alpha.exec(['systemctl', 'reset-failed', 'broken.service'])
  })

  test('a unit that does not exist or is masked is said to be so, beside the good ones', async () => {
    const seen = await looking.look('alpha', 'units', {}, watch('nothing.service', 'ssh.service', 'apt-daily.timer'))
    expect(seen).toMatchObject({ ok: false, values: { units_bad: 2 } })
    expect(seen.detail).toBe('nothing.service is not found; apt-daily.timer is masked')
  })

  test('a unit that was restarted behind our back is told, once', async () => {
    const memory: Memory = {}
    await looking.look('alpha', 'units', memory)
    await lab.machine('alpha').exec(['systemctl', 'restart', 'clavitor.service'])
    expect(await looking.look('alpha', 'units', memory)).toMatchObject({
      ok: true,
      detail: '2 units are active; restarted: clavitor.service',
    })
    expect(await looking.look('alpha', 'units', memory)).toMatchObject({ detail: '2 units are active' })
  })
})

describe('journal', () => {
  const say = (text: string) =>
    lab.machine('alpha').exec(['logger', '-p', 'user.err', '-t', 'clavitor'], { input: text })
  const written = (tail: string) =>
    waitFor(
      'it is in the journal',
      async () =>
        (await lab.machine('alpha').exec(['journalctl', '-o', 'cat', '--no-pager', '-q', '-n', '50'])).includes(tail),
      5_000,
    )

  test('errors are told once, from the cursor on', async () => {
    const memory: Memory = {}
    await say('before the watch\n')
    await written('before the watch')
    await looking.look('alpha', 'journal', memory)
    expect(await looking.look('alpha', 'journal', memory)).toMatchObject({ ok: true, detail: 'nothing new' })
    await say('cannot open the database\n')
    await written('cannot open the database')
    const seen = await looking.look('alpha', 'journal', memory)
    expect(seen).toMatchObject({ ok: true, warn: true, values: { errors: 1 } })
    expect(seen.detail).toContain('cannot open the database')
    expect(await looking.look('alpha', 'journal', memory)).toMatchObject({ detail: 'nothing new' })
  })

  test('a message of raw bytes and escape sequences reaches nobody raw', async () => {
    const memory: Memory = {}
    await looking.look('alpha', 'journal', memory)
    await say('\u001b]0;owned\u0007 red alarm\n')
    await written('red alarm')
    const seen = await looking.look('alpha', 'journal', memory)
    expect(seen.values).toMatchObject({ errors: 1 })
    expect(`${seen.detail}${seen.facts?.lines}`).toContain('red alarm')
  })

  test('a cursor of another journal is dropped, and the look after it sees again', async () => {
    const memory: Memory = { cursor: 's=nothing' }
    expect(await looking.look('alpha', 'journal', memory)).toMatchObject({ ok: null })
    expect(memory).toEqual({})
    expect((await looking.look('alpha', 'journal', memory)).ok).toBe(true)
  })
})

describe('boot', () => {
  test('a reboot that nobody announced is told, with the boot id that the machine really has', async () => {
    const beta = lab.machine('beta')
    const memory: Memory = {}
    const before = await looking.look('beta', 'boot', memory)
    expect(before.facts?.boot_id).toBe(await beta.bootId())
    expect((await looking.look('beta', 'boot', memory)).ok).toBe(true)
    await beta.reboot()
    const after = await waitFor(
      'sshd answers',
      async () => {
        const seen = await looking.look('beta', 'boot', memory)
        return seen.ok === null ? null : seen
      },
      20_000,
    )
    expect(after.ok).toBe(false)
    expect(after.detail).toContain('rebooted unexpectedly')
    expect(after.facts?.boot_id).toBe(await beta.bootId())
    expect(after.facts?.boot_id).not.toBe(before.facts?.boot_id)
  })
})

describe('load', () => {
  test('memory, disk, load and cores are those of the machine', async () => {
    const alpha = lab.machine('alpha')
    const seen = await looking.look('alpha', 'load')
    expect(seen.ok).toBe(true)
    const totalKb = Number(/MemTotal:\s+(\d+)/.exec(await alpha.exec(['cat', '/proc/meminfo']))?.[1])
    expect(seen.values?.ram_mb).toBe(Math.round(totalKb / 1024))
    expect(seen.values?.cores).toBe(Number(await alpha.exec(['nproc'])))
    const used = Number((await alpha.exec(['df', '--output=pcent', '/'])).replace(/\D/g, ''))
    expect(Math.abs((seen.values?.disk_pct ?? -100) - used)).toBeLessThanOrEqual(1)
  })

  test('a limit that is passed is a failure that names it', async () => {
    const seen = await looking.look('alpha', 'load', {}, { fail: { ram: '0.1%' } })
    expect(seen.ok).toBe(false)
    expect(seen.detail).toContain('ram over its limit')
  })
})

describe('wireguard', () => {
  test('a machine with a fresh handshake is well', async () => {
    expect(await looking.look('alpha', 'wireguard')).toMatchObject({
      ok: true,
      detail: '1 of 1 peer fresh',
      values: { peers: 1, peers_stale: 0 },
    })
  })

  test('a handshake older than its limit is stale', async () => {
    const old = async () => {
      const seen = await looking.look('alpha', 'wireguard', {}, { stale: '1s' })
      return seen.ok === false ? seen : null
    }
    expect(await waitFor('the handshake is two seconds old', old, 10_000)).toMatchObject({ values: { peers_stale: 1 } })
  })

  test('an interface that is gone is a failure, not a riddle', async () => {
    const alpha = lab.machine('alpha')
    await alpha.exec(['systemctl', 'stop', 'wg-quick@wg0.service'])
    const seen = await looking.look('alpha', 'wireguard')
    await alpha.exec(['systemctl', 'start', 'wg-quick@wg0.service'])
    expect(seen).toMatchObject({ ok: false })
  })
})
