// The machines themselves, before anything is watched: a lab whose ground is not real proves nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from './command.ts'
import { createLab, type Lab } from './lab.ts'
import { processesIn } from './network.ts'
import { mesh, wire } from './place.ts'

let lab: Lab
beforeAll(async () => {
  lab = await createLab({ machines: ['alpha', 'beta', 'gamma'] })
})
afterAll(async () => {
  await lab?.destroy()
})

const ssh: Lab['ssh'] = (...args) => lab.ssh(...args)

describe('the machines of the lab', () => {
  test('have booted systemd, and nothing in them has failed', async () => {
    for (const machine of lab.machines) {
      expect(await machine.booted(), machine.name).toBe('running')
      expect((await machine.exec(['ps', '-o', 'comm=', '-p', '1'])).trim()).toBe('systemd')
      expect(await machine.exec(['systemctl', '--failed', '--no-legend', '--plain'])).toBe('')
    }
  })

  test('have names, machine ids, host keys and boot ids of their own', async () => {
    const facts = await Promise.all(
      lab.machines.map(machine =>
        Promise.all([
          machine.exec(['cat', '/proc/sys/kernel/hostname']),
          machine.exec(['cat', '/etc/machine-id']),
          machine.hostkey(),
          machine.bootId(),
        ]),
      ),
    )
    expect(facts.map(([name]) => name.trim())).toEqual(['alpha', 'beta', 'gamma'])
    expect(new Set(facts.flat()).size).toBe(12)
  })

  test('let root in by key, and one login each with sudo without and with a password', async () => {
    const at = lab.machine('alpha').address
    expect(await lab.hq.run(ssh('root', at, 'id', '-un'))).toBe('root\n')
    expect(await lab.hq.run(ssh('noc', at, 'sudo', '-n', 'id', '-un'))).toBe('root\n')
    const refused = await lab.hq.tryRun(ssh('guard', at, 'sudo', '-n', 'id', '-un'))
    expect(refused.exit).toBe(1)
    expect(refused.stderr).toContain('a password is required')
    const asked = ssh('guard', at, 'sudo', '-S', '-p', "''", 'id', '-un')
    expect(await lab.hq.run(asked, { input: 'correct horse\n' })).toBe('root\n')
  })

  test('serve the same page over TLS that the lab authority signed, and without TLS', async () => {
    const { address } = lab.machine('beta')
    const curl = ['curl', '--silent', '--show-error', '--fail', '--max-time', '5', '--cacert', lab.authorityFile]
    expect(await lab.hq.run([...curl, `https://${address}/`])).toContain('clavitor is well')
    expect(await lab.hq.run([...curl, `http://${address}/`])).toContain('clavitor is well')
  })

  test('reach HQ and each other through WireGuard', async () => {
    const handshakes = await lab.hq.run(['wg', 'show', 'wg0', 'latest-handshakes'])
    const ages = handshakes
      .trim()
      .split('\n')
      .map(line => Date.now() / 1000 - Number(line.split('\t')[1]))
    expect(ages).toHaveLength(3)
    for (const age of ages) expect(age).toBeLessThan(180)
    const alpha = lab.machine('alpha')
    await alpha.exec(['ping', '-c', '1', '-W', '2', mesh.hq])
    await alpha.exec(['ping', '-c', '1', '-W', '2', lab.machine('gamma').mesh])
  })

  test('keep a journal of their own', async () => {
    const beta = lab.machine('beta')
    await beta.exec(['logger', '-p', 'user.err', '-t', 'lab', 'only beta says this'])
    const read = ['journalctl', '-p', 'err', '-t', 'lab', '-o', 'cat', '--no-pager']
    expect(await waitFor('the journal has it', () => beta.exec(read), 5_000)).toContain('only beta says this')
    expect(await lab.machine('alpha').exec(read)).not.toContain('only beta says this')
  })

  test('come back from a reboot with another boot id, the same host key and the mesh', async () => {
    const gamma = lab.machine('gamma')
    const before = { boot: await gamma.bootId(), key: await gamma.hostkey() }
    await gamma.reboot()
    expect(await gamma.bootId()).not.toBe(before.boot)
    expect(await gamma.hostkey()).toBe(before.key)
    expect(gamma.boots).toBe(2)
    await waitFor('the mesh is back', async () => (await ping(gamma.mesh)) === 0, 20_000)
  })

  test('are out of reach while their link is cut, the others are not, and they run on', async () => {
    const alpha = lab.machine('alpha')
    const boot = await alpha.bootId()
    await alpha.cutLink()
    expect(await ping(alpha.address)).not.toBe(0)
    expect(await ping(alpha.mesh)).not.toBe(0)
    expect(await ping(lab.machine('beta').address)).toBe(0)
    expect(await alpha.bootId()).toBe(boot)
    await alpha.restoreLink()
    await waitFor('alpha answers again', async () => (await ping(alpha.address)) === 0, 10_000)
  })

  test('stop one unit without harm to the rest', async () => {
    const beta = lab.machine('beta')
    await beta.stopUnit('clavitor.service')
    expect((await beta.tryExec(['systemctl', 'is-active', 'clavitor.service', 'ssh.service'])).stdout).toBe(
      'inactive\nactive\n',
    )
    await beta.startUnit('clavitor.service')
    expect((await beta.exec(['systemctl', 'is-active', 'clavitor.service'])).trim()).toBe('active')
  })

  test('are refused by OpenSSH when their host key has changed', async () => {
    const gamma = lab.machine('gamma')
    const before = await gamma.hostkey()
    expect(await gamma.changeHostKey()).not.toBe(before)
    const refused = await lab.hq.tryRun(ssh('root', gamma.address, 'true'))
    expect(refused.exit).toBe(255)
    expect(refused.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED')
  })
})

describe('HQ of the lab', () => {
  test('sees nothing at all when its own link is cut, and everything when it is back', async () => {
    const everything = [wire.gateway, wire.anchor, ...lab.machines.map(machine => machine.address)]
    await lab.hq.cutLink()
    for (const address of everything) expect(await ping(address), address).not.toBe(0)
    await lab.hq.restoreLink()
    for (const address of everything) {
      await waitFor(`${address} answers`, async () => (await ping(address)) === 0, 10_000)
    }
  })

  test('has no way out of the lab', async () => {
    expect((await lab.hq.tryRun(['ping', '-c', '1', '-W', '1', '192.0.2.1'])).exit).not.toBe(0)
    const routes = await lab.hq.run(['ip', 'route'])
    expect(
      routes
        .trim()
        .split('\n')
        .map(line => line.split(' ')[0])
        .sort(),
    ).toEqual(['10.84.0.0/24', '10.99.0.0/24', 'default'])
  })
})

test('a lab leaves nothing behind', async () => {
  const namespaces = ['wf-hq', 'wf-alpha', 'wf-beta', 'wf-gamma']
  expect((await Promise.all(namespaces.map(processesIn))).every(found => found.length > 0)).toBe(true)
  await lab.destroy()
  expect((await Promise.all(namespaces.map(processesIn))).flat()).toEqual([])
})

async function ping(address: string): Promise<number | null> {
  return (await lab.hq.tryRun(['ping', '-c', '1', '-W', '1', address])).exit
}
