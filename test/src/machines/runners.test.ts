// Launching, destroying and adopting against a provider that lags, refuses and loses replies.
import { expect, test } from 'vitest'
import { BadInput } from '../../../state/primitives/errors.ts'
import type { FakeFault } from './fake-cloud.ts'
import { createRig, type Rig, type RigOptions } from './rig.ts'
import { provision, teardown } from './specs.ts'

/** Faults of one action, in order; then none. */
function once(action: string, ...faults: FakeFault[]): Pick<RigOptions, 'fault'> {
  return { fault: asked => (asked === action ? (faults.shift() ?? null) : null) }
}

const last = (rig: Rig) => rig.state().machines.closed.at(-1)
const launches = (rig: Rig) => rig.cloud.calls().filter(call => call.action === 'launch')

async function launched(options: RigOptions = {}): Promise<Rig> {
  const rig = createRig(options)
  await rig.do(provision(['paris']))
  await rig.until()
  expect(rig.bugs()).toEqual([])
  return rig
}

test('a launch is settled, sent once, recorded, and done when SSH answers', async () => {
  const rig = await launched()
  expect(last(rig)).toMatchObject({ kind: 'launch', phase: 'done', attempt: 1, cancelled: false })
  expect(rig.state().machines.machines.paris).toMatchObject({ machine: { state: 'running' }, op: last(rig)?.id })
  expect(rig.state().machines.machines.paris?.reachableAt).not.toBeNull()
  expect(rig.cloud.alive()).toHaveLength(1)
  expect(rig.journal.commits.map(commit => commit.cmd.type)).toEqual([
    'machines.provision',
    'machines.settle',
    'machines.created',
    'machines.reachable',
  ])
  expect(rig.state().fleet.lifecycle).toEqual({ paris: 'live' })
})

test('the request and its token are in the journal before it is sent', async () => {
  const seen: number[] = []
  const rig: Rig = createRig({
    fault: action => {
      if (action === 'launch') seen.push(rig.journal.commits.filter(one => one.cmd.type === 'machines.settle').length)
      return null
    },
  })
  await rig.do(provision(['paris']))
  await rig.until()
  expect(seen).toEqual([1])
  expect(last(rig)).toMatchObject({ token: rig.cloud.truth()[0]?.token })
})

test('a machine that is found by its tags is recorded, and nothing is sent again', async () => {
  const rig = await launched(once('launch', { kind: 'reply-lost' }))
  expect(launches(rig)).toHaveLength(1)
  expect(rig.cloud.truth()).toHaveLength(1)
  expect(last(rig)).toMatchObject({ phase: 'done' })
})

test('a reply that is lost while the machine is not shown yet leads to the same request with the same token', async () => {
  const rig = await launched({ ...once('launch', { kind: 'reply-lost' }), lagMs: () => 60_000 })
  expect(new Set(launches(rig).map(call => call.token)).size).toBe(1)
  expect(launches(rig).length).toBeGreaterThan(1)
  expect(rig.cloud.truth()).toHaveLength(1)
  expect(last(rig)).toMatchObject({ phase: 'done', attempt: 1 })
})

test('a call that never comes back is given up, and its machine found', async () => {
  const rig = await launched(once('launch', { kind: 'hang' }))
  expect(rig.cloud.truth()).toHaveLength(1)
  expect(last(rig)).toMatchObject({ phase: 'done' })
})

test('a zone without room leads to the next one with another token', async () => {
  const rig = await launched({
    fault: (action, _region, zone) => (action === 'launch' && zone !== 'c' ? { kind: 'capacity' } : null),
  })
  expect(last(rig)).toMatchObject({ phase: 'done', attempt: 3, triedZones: ['a', 'b'], machine: { zone: 'c' } })
  expect(new Set(launches(rig).map(call => call.token)).size).toBe(3)
})

test('when no zone has room, the launch fails and names them all', async () => {
  const rig = await launched({ fault: action => (action === 'launch' ? { kind: 'capacity' } : null) })
  expect(last(rig)).toMatchObject({ phase: 'failed', trouble: { failure: 'capacity' } })
  expect(last(rig)?.trouble?.message).toContain('tried a, b, c')
  expect(rig.cloud.truth()).toHaveLength(0)
})

test('want of room after a lost reply does not lead to a second machine', async () => {
  const rig = await launched({
    ...once('launch', { kind: 'reply-lost' }, { kind: 'capacity' }),
    lagMs: () => 90_000,
  })
  expect(rig.cloud.truth()).toHaveLength(1)
  expect(last(rig)).toMatchObject({ phase: 'done', attempt: 1 })
})

test.each(['quota', 'rights', 'credentials', 'region-off', 'account', 'invalid'] as const)(
  '%s ends the launch with the reason and what to do',
  async kind => {
    const rig = await launched(once('launch', { kind }))
    expect(last(rig)).toMatchObject({ phase: 'failed', trouble: { failure: kind } })
    expect(last(rig)?.trouble?.message).toContain('Do what this test says')
    expect(launches(rig)).toHaveLength(1)
    expect(rig.cloud.truth()).toHaveLength(0)
    expect(rig.state().machines.machines).toEqual({})
  },
)

test('a throttled launch waits as long as it was asked to, and sends the same again', async () => {
  const rig = createRig(once('launch', { kind: 'throttled', retryAfterMs: 90_000 }))
  await rig.do(provision(['paris']))
  await rig.until(() => launches(rig).length === 1)
  const asked = rig.clock.mono()
  await rig.until(() => launches(rig).length === 2)
  expect(rig.clock.mono() - asked).toBeGreaterThanOrEqual(90_000)
  expect(new Set(launches(rig).map(call => call.token)).size).toBe(1)
})

test('a provider that goes down in the middle of a launch for an hour is waited for, without filling the journal', async () => {
  const rig: Rig = createRig({
    fault: action => {
      const isDown = rig.clock.mono() < 3_600_000 && (action === 'launch' || launches(rig).length > 0)
      return isDown ? { kind: 'unreachable', effect: 'unknown' } : null
    },
  })
  await rig.do(provision(['paris']))
  await rig.until(() => rig.clock.mono() >= 3_500_000)
  expect(rig.state().machines.open).toMatchObject({ 'op-1': { phase: 'settled', trouble: { failure: 'unreachable' } } })
  await rig.until()
  expect(last(rig)).toMatchObject({ phase: 'done', attempt: 1 })
  expect(rig.journal.commits.length).toBeLessThan(8)
})

test('a create that is never answered ends as soon as it is certain that it made nothing', async () => {
  const rig = await launched({
    fault: action => (action === 'launch' ? { kind: 'unreachable', effect: 'unknown' } : null),
  })
  expect(last(rig)).toMatchObject({ phase: 'failed', trouble: { failure: 'unreachable' } })
  expect(rig.clock.mono()).toBeLessThan(30 * 60_000)
  expect(rig.clock.mono()).toBeGreaterThan(15 * 60_000 + 180_000)
  expect(rig.cloud.truth()).toEqual([])
})

test('an account without credentials ends the launch before anything is asked', async () => {
  const rig = await launched({
    cloud: () => Promise.reject(new BadInput({ name: 'no-token', message: 'no token', remedy: 'Set one.' })),
  })
  expect(last(rig)).toMatchObject({ phase: 'failed', trouble: { message: 'no token. Set one.' } })
  expect(rig.cloud.calls()).toEqual([])
})

test('a token whose machine has ended leads to a new attempt', async () => {
  const rig: Rig = createRig({
    ...once('launch', { kind: 'reply-lost' }),
    kill: point => {
      if (point !== 'in-flight launch' || rig.kills() > 0) return false
      for (const machine of rig.cloud.truth()) rig.cloud.end(machine.id, 'Server.InternalError')
      return true
    },
  })
  await rig.do(provision(['paris']))
  await rig.until()
  expect(last(rig)).toMatchObject({ phase: 'done', attempt: 2 })
  expect(rig.cloud.alive()).toHaveLength(1)
})

test('a machine that is not to be found just after it was made is still its node’s', async () => {
  const rig = createRig({ lagMs: () => 120_000 })
  await rig.do(provision(['paris']))
  await rig.until(state => state.machines.machines.paris !== undefined)
  const id = rig.state().machines.machines.paris?.machine.id
  await rig.until()
  expect(last(rig)).toMatchObject({ phase: 'done', machine: { id } })
})

test('a machine that SSH does not reach in time fails the launch, recorded and named', async () => {
  const rig = await launched({ reach: () => false })
  const record = rig.state().machines.machines.paris
  expect(last(rig)).toMatchObject({ phase: 'failed', trouble: { failure: 'unreachable' } })
  expect(last(rig)?.trouble?.message).toContain(record?.machine.id)
  expect(last(rig)?.trouble?.message).toContain('SSH does not answer')
  await expect(rig.do(provision(['paris'], 'batch-2'))).rejects.toMatchObject({ name: 'node-has-machine', exit: 5 })
})

test('a machine that ends by itself fails the launch at once, and its node can be provisioned again', async () => {
  const rig = createRig()
  await rig.do(provision(['paris']))
  await rig.until(state => state.machines.machines.paris !== undefined)
  rig.cloud.end(rig.state().machines.machines.paris?.machine.id ?? '', 'Client.VolumeLimitExceeded')
  await rig.until()
  expect(last(rig)).toMatchObject({
    phase: 'failed',
    trouble: { failure: 'ended', code: 'Client.VolumeLimitExceeded' },
  })
})

test('a machine that is off and stays off fails the launch in minutes, named, recorded and not counted as running', async () => {
  const rig = createRig({ reach: () => false })
  await rig.do(provision(['paris']))
  await rig.until(state => state.machines.machines.paris !== undefined)
  const id = rig.state().machines.machines.paris?.machine.id ?? ''
  rig.cloud.stop(id, 'creation failed')
  await rig.until()
  expect(last(rig)).toMatchObject({ phase: 'failed', trouble: { failure: 'stopped', code: 'creation failed' } })
  expect(last(rig)?.trouble?.message).toContain(id)
  expect(rig.clock.mono()).toBeLessThan(10 * 60_000)
  expect(rig.state().machines.machines.paris).toMatchObject({ machine: { id, state: 'stopped' }, reachableAt: null })
  await rig.do(teardown(['paris']))
  await rig.until()
  expect(rig.cloud.alive()).toEqual([])
})

test('a machine of the node that another operation made is never joined by a second one', async () => {
  const rig = createRig()
  rig.cloud.put('eu-central-1', { id: 'i-old', tags: { fleet: 'harbour', node: 'paris', op: 'op-lost' } })
  await rig.do(provision(['paris']))
  await rig.until()
  expect(last(rig)).toMatchObject({ phase: 'failed', trouble: { failure: 'conflict' } })
  expect(rig.cloud.alive().map(machine => machine.id)).toEqual(['i-old'])
})

test('a request whose group has been tidied away is settled anew', async () => {
  const gone: FakeFault = { kind: 'not-found' }
  const rig = await launched(once('launch', gone, gone, gone, gone))
  expect(last(rig)).toMatchObject({ phase: 'done', attempt: 2 })
})

test('a teardown ends the machine, sees it gone, and retires the node', async () => {
  const rig = await launched()
  await rig.do(teardown(['paris']))
  await rig.until()
  expect(last(rig)).toMatchObject({ kind: 'destroy', phase: 'done', leftovers: [], trouble: null })
  expect(rig.cloud.alive()).toEqual([])
  expect(rig.cloud.truth().every(machine => machine.state === 'gone')).toBe(true)
  expect(rig.state().machines.machines).toEqual({})
  expect(rig.state().fleet.lifecycle).toEqual({ paris: 'retired' })
  expect(rig.cloud.calls().some(call => call.action === 'tidy')).toBe(true)
})

test('a disk that stays behind is named; one that goes a little later is not', async () => {
  const stays = await launched({ diskStaysMs: () => Number.POSITIVE_INFINITY })
  await stays.do(teardown(['paris']))
  await stays.until()
  expect(last(stays)).toMatchObject({ phase: 'done', leftovers: [{ kind: 'disk', id: 'vol-i-aws-1' }] })
  const goes = await launched({ diskStaysMs: () => 15_000 })
  await goes.do(teardown(['paris']))
  await goes.until()
  expect(last(goes)).toMatchObject({ phase: 'done', leftovers: [] })
})

test('a machine that lost our tags is not destroyed, and the teardown says why', async () => {
  const rig = await launched()
  const id = rig.state().machines.machines.paris?.machine.id ?? ''
  await rig.cloud.adopt('eu-central-1', id, { fleet: 'other', node: 'x', op: 'op-x' }, AbortSignal.timeout(1_000))
  await rig.do(teardown(['paris']))
  await rig.until()
  expect(last(rig)).toMatchObject({ kind: 'destroy', phase: 'failed', trouble: { failure: 'refused' } })
  expect(last(rig)?.trouble?.message).toContain('does not carry our tags')
  expect(rig.cloud.alive()).toHaveLength(1)
  expect(rig.state().machines.machines.paris).toBeDefined()
})

test('a machine that was ended by hand long ago is seen to be gone', async () => {
  const rig = await launched()
  rig.cloud.end(rig.state().machines.machines.paris?.machine.id ?? '', 'by hand')
  rig.clock.after(2 * 3_600_000, () => {})
  await rig.until(() => rig.clock.mono() > 7_200_000)
  await rig.do(teardown(['paris']))
  await rig.until()
  expect(last(rig)).toMatchObject({ kind: 'destroy', phase: 'done' })
})

test('a launch that nobody wants any more before it was settled has made nothing', async () => {
  const rig = createRig()
  await Promise.all([rig.do(provision(['paris'])), rig.do(teardown(['paris']))])
  await rig.until()
  expect(last(rig)).toMatchObject({ kind: 'launch', phase: 'cancelled' })
  await rig.until(() => rig.clock.waiting() === 0)
  expect(rig.cloud.truth()).toEqual([])
})

test('a launch that nobody wants any more goes on until it is certain, and what it made is destroyed', async () => {
  const rig: Rig = createRig({ ...once('launch', { kind: 'reply-lost' }), lagMs: () => 60_000 })
  await rig.do(provision(['paris']))
  await rig.until(() => rig.cloud.truth().length === 1)
  await rig.do(teardown(['paris']))
  expect(rig.state().machines.open).toMatchObject({ 'op-1': { cancelled: true, phase: 'settled' } })
  await rig.until()
  expect(rig.state().machines.closed).toMatchObject([
    { kind: 'launch', phase: 'cancelled' },
    { kind: 'destroy', phase: 'done' },
  ])
  expect(rig.cloud.alive()).toEqual([])
  expect(rig.cloud.truth()).toHaveLength(1)
  expect(rig.state().machines.machines).toEqual({})
})

test('an adopted machine carries our tags and is recorded', async () => {
  const rig = createRig()
  rig.cloud.put('eu-north-1', { id: 'i-found', tags: {} })
  const command = { node: 'oslo', provider: 'aws', region: 'eu-north-1', machine: 'i-found' } as const
  await rig.do({ type: 'machines.adopt', id: 'batch-a', ...command })
  await rig.until()
  expect(last(rig)).toMatchObject({ kind: 'adopt', phase: 'done' })
  expect(rig.cloud.truth()[0]?.tags).toEqual({ fleet: 'harbour', node: 'oslo', op: last(rig)?.id })
  expect(rig.state().machines.machines.oslo?.machine.id).toBe('i-found')
})

test('what is not there is not adopted', async () => {
  const rig = createRig()
  const command = { node: 'oslo', provider: 'aws', region: 'eu-north-1', machine: 'i-none' } as const
  await rig.do({ type: 'machines.adopt', id: 'batch-a', ...command })
  await rig.until()
  expect(last(rig)).toMatchObject({ kind: 'adopt', phase: 'failed', trouble: { failure: 'not-found' } })
  expect(rig.state().machines.machines).toEqual({})
})
