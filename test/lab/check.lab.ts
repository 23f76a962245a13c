// `watchfloor check` on real machines, with no engine: each kind of trouble is seen for what it is, over the product's
// own SSH, with its three ways to become root.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createLab, type Lab } from './lab.ts'
import { healthOf, probeOf, type Watchfloor, watchfloor } from './watchfloor.ts'

let lab: Lab
let program: Watchfloor
beforeAll(async () => {
  lab = await createLab({ machines: ['alpha', 'beta', 'gamma'] })
  program = watchfloor(lab)
})
afterAll(async () => {
  await lab?.destroy()
})

test('the fleet file of the lab is valid', async () => {
  const done = await program.run('validate')
  expect(done.stderr).toBe('')
  expect(done.exit).toBe(0)
})

test('machines that are well are up, by every probe, whoever logs in', async () => {
  const check = await program.check()
  expect(check.fleet).toBe('lab')
  for (const machine of lab.machines) {
    for (const kind of ['ping', 'ssh', 'http', 'tls', 'units', 'journal', 'load', 'wireguard', 'boot']) {
      const probe = probeOf(check, machine.name, kind)
      expect(probe.ok, `${machine.name} ${kind}: ${probe.detail}`).toBe(true)
    }
    expect(probeOf(check, machine.name, 'heartbeat').ok).toBe(null)
  }
  expect(healthOf(check)).toEqual({ alpha: 'up', beta: 'up', gamma: 'up' })
  expect(check.exit).not.toBe(1)
})

describe('trouble is told apart:', () => {
  afterEach(async () => {
    for (const machine of lab.machines) {
      await machine.restoreLink()
      await machine.startUnit('clavitor.service')
    }
  })

  test('a stopped unit degrades its node, and the web service is what is down', async () => {
    await lab.machine('beta').stopUnit('clavitor.service')
    const check = await program.check()
    expect(probeOf(check, 'beta', 'units')).toMatchObject({ ok: false })
    expect(probeOf(check, 'beta', 'units').detail).toContain('clavitor.service is stopped')
    expect(probeOf(check, 'beta', 'http').ok).toBe(false)
    expect(probeOf(check, 'beta', 'ping').ok).toBe(true)
    expect(probeOf(check, 'beta', 'ssh').ok).toBe(true)
    expect(healthOf(check)).toMatchObject({ alpha: 'up', gamma: 'up' })
  })

  test('a cut link makes its node down, and what can only be asked on the node is unknown', async () => {
    await lab.machine('alpha').cutLink()
    const check = await program.check()
    expect(healthOf(check)).toEqual({ alpha: 'down', beta: 'up', gamma: 'up' })
    for (const kind of ['ping', 'ssh', 'http']) expect(probeOf(check, 'alpha', kind).ok, kind).toBe(false)
    for (const kind of ['units', 'journal', 'boot', 'load', 'wireguard']) {
      expect(probeOf(check, 'alpha', kind).ok, kind).toBe(null)
    }
    expect(check.exit).toBe(1)
  })

  test('a changed host key is refused with both fingerprints, while the machine still answers', async () => {
    const gamma = lab.machine('gamma')
    const before = await gamma.hostkey()
    const after = await gamma.changeHostKey()
    const check = await program.check('gamma')
    const ssh = probeOf(check, 'gamma', 'ssh')
    expect(ssh.ok).toBe(false)
    expect(ssh.detail).toContain(before)
    expect(ssh.detail).toContain(after)
    expect(probeOf(check, 'gamma', 'ping').ok).toBe(true)
    expect(probeOf(check, 'gamma', 'http').ok).toBe(true)
    expect(probeOf(check, 'gamma', 'units').ok).toBe(null)
    expect(check.nodes.map(node => node.name)).toEqual(['gamma'])
  })
})
