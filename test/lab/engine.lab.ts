// A running engine on HQ: heartbeats through WireGuard, a reboot remembered, and HQ's own blindness.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from './command.ts'
import { createLab, type Lab } from './lab.ts'
import {
  healthOf,
  probeOf,
  type Received,
  receiveAlerts,
  type StatusDocument,
  type Watchfloor,
  watchfloor,
} from './watchfloor.ts'

let lab: Lab
let program: Watchfloor
let alerts: () => Received[]
let engine: Awaited<ReturnType<Watchfloor['engine']>>
const allUp = { alpha: 'up', beta: 'up', gamma: 'up' }

beforeAll(async () => {
  lab = await createLab({ machines: ['alpha', 'beta', 'gamma'] })
  program = watchfloor(lab)
  alerts = (await receiveAlerts(lab)).received
  engine = await program.engine()
})
afterAll(async () => {
  await lab?.destroy()
})

/** Waits until the status is as wanted; an impatient failure shows the last status. */
async function statusUntil(what: string, wanted: (status: StatusDocument) => boolean, timeoutMs = 60_000) {
  let last: StatusDocument | null = null
  const ask = async () => {
    last = await program.status()
    return wanted(last) ? last : null
  }
  return waitFor(what, ask, timeoutMs, 500).catch(error => {
    throw new Error(`${error.message}\n${JSON.stringify(last)}\n${engine.output().slice(-3_000)}`)
  })
}

const allAre = (health: string) => (status: StatusDocument) =>
  Object.values(healthOf(status)).every(each => each === health)

test('every machine is up once it has been looked at and has pushed through the mesh', async () => {
  const status = await statusUntil('all are up', allAre('up'))
  expect(healthOf(status)).toEqual(allUp)
  expect(status.incidents).toEqual([])
  const check = await program.check()
  for (const machine of lab.machines) {
    const push = probeOf(check, machine.name, 'heartbeat')
    expect(push.ok, push.detail).toBe(true)
  }
})

test('exec runs as root on every node, through all three ways of logging in', async () => {
  const done = await program.run('exec', '--json', '!hq', '--', 'id', '-un')
  expect(done.exit, done.stderr).toBe(0)
  const lines = done.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line).toMatchObject({ outcome: 'ok', exit: 0, stdout: 'root\n' })
})

test('a machine that stops pushing is noticed although everything else about it is well', async () => {
  const beta = lab.machine('beta')
  await beta.stopUnit('clavitor-push.timer')
  const status = await statusUntil('beta is down', each => healthOf(each).beta === 'down')
  expect(healthOf(status)).toEqual({ ...allUp, beta: 'down' })
  const check = await program.check('beta')
  expect(probeOf(check, 'beta', 'heartbeat').ok).toBe(false)
  expect(probeOf(check, 'beta', 'ping').ok).toBe(true)
  await beta.startUnit('clavitor-push.timer')
  await statusUntil('beta is up', each => healthOf(each).beta === 'up')
})

test('a stopped unit, a cut link and a reboot, all at once, are three different things', async () => {
  await lab.machine('beta').stopUnit('clavitor.service')
  await lab.machine('gamma').cutLink()
  await lab.machine('alpha').reboot()
  const check = await waitFor(
    'alpha can be asked again',
    async () => {
      const seen = await program.check()
      return probeOf(seen, 'alpha', 'boot').ok === null ? null : seen
    },
    40_000,
    500,
  )
  expect(probeOf(check, 'alpha', 'boot')).toMatchObject({ ok: false })
  expect(probeOf(check, 'alpha', 'boot').detail).toContain('rebooted unexpectedly')
  expect(probeOf(check, 'alpha', 'units').ok).toBe(true)

  expect(probeOf(check, 'beta', 'boot').ok).toBe(true)
  expect(probeOf(check, 'beta', 'units').detail).toContain('clavitor.service is stopped')
  expect(probeOf(check, 'beta', 'ping').ok).toBe(true)

  expect(probeOf(check, 'gamma', 'boot').ok).toBe(null)
  expect(probeOf(check, 'gamma', 'ping').ok).toBe(false)
  expect(check.nodes.find(node => node.name === 'gamma')?.health).toBe('down')

  await lab.machine('beta').startUnit('clavitor.service')
  await lab.machine('gamma').restoreLink()
  await statusUntil('beta and gamma are up', each => {
    const health = healthOf(each)
    return health.beta === 'up' && health.gamma === 'up'
  })
})

test('with its own link cut HQ knows nothing of any node, and sends one alert, not three', async () => {
  await statusUntil('no incident but a reboot is open', each =>
    each.incidents.every(one => one.nodes.includes('alpha')),
  )
  // The reboot of before is told after its holding time; it is no news of the cut.
  await waitFor('the reboot is told', async () => alerts().some(one => one.headers.title?.includes('alpha')), 60_000)
  const before = alerts().length
  const openBefore = (await program.status()).incidents.length
  await lab.hq.cutLink()
  const blind = await statusUntil('HQ is blind', each => Boolean(each.engine.blind), 60_000)
  expect(healthOf(blind)).toEqual({ alpha: 'unknown', beta: 'unknown', gamma: 'unknown' })
  // Long enough for every probe to have failed more often than it takes to call a node down.
  const blindFor = 25_000
  const until = performance.now() + blindFor
  await waitFor(
    'it stays blind',
    async () => {
      const status = await program.status()
      expect(Object.values(healthOf(status))).not.toContain('down')
      return performance.now() >= until
    },
    blindFor + 20_000,
    2_000,
  )
  const during = await program.status()
  expect(healthOf(during)).toEqual({ alpha: 'unknown', beta: 'unknown', gamma: 'unknown' })
  expect(during.incidents.filter(one => one.scope === 'hq')).toHaveLength(1)
  expect(during.incidents).toHaveLength(openBefore + 1)
  // What ended before the link was cut may still be told; of what began since, there is one alert.
  const told = alerts()
    .slice(before)
    .map(one => one.headers.title ?? '')
  expect(told.filter(title => !title.includes('Resolved:'))).toEqual([expect.stringMatching(/HQ/)])

  await lab.hq.restoreLink()
  const after = await statusUntil(
    'HQ sees again',
    each => !each.engine.blind && healthOf(each).beta === 'up' && healthOf(each).gamma === 'up',
    90_000,
  )
  expect(after.incidents.filter(one => one.scope === 'hq')).toEqual([])
})

test('an engine that is stopped ends well, and its journal is whole', async () => {
  expect(await engine.stop()).toBe(0)
  const verified = await program.run('journal', 'verify')
  expect(verified.exit, verified.stdout + verified.stderr).toBe(0)
})
