import { afterEach, expect, test } from 'vitest'
import { createAwsCloud } from '../../../../infra/clouds/aws/cloud.ts'
import type { Cloud } from '../../../../infra/clouds/cloud.ts'
import { type AwsEmulator, createAwsEmulator } from '../../../../infra/sandbox/clouds/aws/aws.ts'
import { type EmulatorServer, serveEmulated } from '../../../../infra/sandbox/clouds/emulator.ts'
import { createFaults, type Faults } from '../../../../infra/sandbox/clouds/faults.ts'
import { type CloudLedger, createCloudLedger } from '../../../../infra/sandbox/clouds/ledger.ts'
import { emptyWorld } from '../../../../infra/sandbox/clouds/world.ts'
import { VirtualClock } from '../../../../state/primitives/clock.ts'
import { failureOf, noSignal, now, spec, tags, token } from './scripted.ts'

interface Emulation {
  cloud: Cloud
  emulator: AwsEmulator
  faults: Faults
  ledger: CloudLedger
  clock: VirtualClock
}
let server: EmulatorServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function start(): Promise<Emulation> {
  const clock = new VirtualClock(now)
  const faults = createFaults()
  const ledger = createCloudLedger({ now: () => clock.now() })
  let seed = 0
  const random = () => {
    seed += 1
    return (seed * 0.618_034) % 1
  }
  const emulator = createAwsEmulator({ world: emptyWorld(), ledger, clock, random })
  server = await serveEmulated(emulator, { address: '127.0.0.1', port: 0, faults, ledger })
  const cloud = createAwsCloud(
    {
      env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL: server.url },
      aws: { profile: null, endpoint: null, keys: null },
      gcp: { project: null, endpoint: null, credentials: null },
      hetzner: { endpoint: null, token: null },
      now: () => clock.now(),
    },
    async () => {},
  )
  return { cloud, emulator, faults, ledger, clock }
}
const made = ({ ledger }: Emulation, kind: string) =>
  ledger.lines().filter(line => line.what === 'created' && line.kind === kind)

test('a machine is prepared, launched, found, closed, ended and tidied, and nothing is left', async () => {
  const world = await start()
  const { cloud, clock } = world
  const prepared = await cloud.prepare(spec(), tags, null, noSignal)
  expect(made(world, 'instance')).toEqual([])
  const launched = await cloud.launch(prepared, tags, token, noSignal)
  expect(launched).toMatchObject({ state: 'pending', token, tags })
  clock.advance(60_000)
  const [found, ...more] = await cloud.find('us-east-1', tags, noSignal)
  expect(more).toEqual([])
  expect(found).toMatchObject({ id: launched.id, state: 'running', checks: 'ok', tags })
  expect(found?.resources.map(({ kind, sku, quantity }) => [kind, sku, quantity])).toEqual([
    ['instance', 't4g.nano', 1],
    ['ipv4', 'public-ipv4', 1],
    ['disk', 'gp3', 8],
  ])
  await cloud.closeSsh('us-east-1', launched.id, tags, noSignal)
  await cloud.closeSsh('us-east-1', launched.id, tags, noSignal)
  expect(await cloud.tidy('us-east-1', 'noc', noSignal)).toHaveLength(1)
  expect(await cloud.destroy('us-east-1', [launched.id], tags, noSignal)).toEqual([
    { id: launched.id, outcome: 'asked' },
  ])
  clock.advance(60_000)
  expect(await cloud.get('us-east-1', launched.id, noSignal)).toMatchObject({ state: 'gone', resources: [] })
  expect(await cloud.destroy('us-east-1', [launched.id], tags, noSignal)).toEqual([
    { id: launched.id, outcome: 'gone' },
  ])
  expect(await cloud.tidy('us-east-1', 'noc', noSignal)).toHaveLength(2)
  expect((await cloud.list('us-east-1', noSignal)).loose).toEqual([])
  clock.advance(2 * 3_600_000)
  expect(await cloud.get('us-east-1', launched.id, noSignal)).toBeNull()
})

test('the same request with the same token is the same machine, also after its answer was lost', async () => {
  const world = await start()
  const { cloud, faults } = world
  const prepared = await cloud.prepare(spec(), tags, null, noSignal)
  faults.add({ kind: 'reply-lost', action: 'RunInstances' })
  const failure = await failureOf(cloud.launch(prepared, tags, token, noSignal))
  expect(failure).toMatchObject({ failure: 'unreachable', effect: 'unknown' })
  const again = await cloud.launch(JSON.parse(JSON.stringify(prepared)), tags, token, noSignal)
  expect(made(world, 'instance').map(line => line.what === 'created' && line.id)).toEqual([again.id])
})

test('the same token with another request, or of a machine that has ended, is a conflict and makes nothing', async () => {
  const world = await start()
  const { cloud, clock } = world
  const prepared = await cloud.prepare(spec(), tags, null, noSignal)
  const machine = await cloud.launch(prepared, tags, token, noSignal)
  const other = await cloud.prepare(spec({ diskGb: 20 }), tags, null, noSignal)
  expect(await failureOf(cloud.launch(other, tags, token, noSignal))).toMatchObject({
    failure: 'conflict',
    effect: 'none',
  })
  clock.advance(60_000)
  await cloud.destroy('us-east-1', [machine.id], tags, noSignal)
  clock.advance(60_000)
  expect(await failureOf(cloud.launch(prepared, tags, token, noSignal))).toMatchObject({ failure: 'conflict' })
  expect(made(world, 'instance')).toHaveLength(1)
})

test.each([
  ['capacity', 'capacity', 'none'],
  ['quota', 'quota', 'none'],
  ['throttle', 'throttled', 'none'],
  ['rights', 'rights', 'none'],
  ['account', 'account', 'none'],
  ['server-error', 'unreachable', 'unknown'],
  ['error-after-effect', 'unreachable', 'unknown'],
  ['html-502', 'unreachable', 'unknown'],
  ['drop', 'unreachable', 'unknown'],
] as const)('a launch that meets %s is %s, effect %s, and sent once', async (kind, failure, effect) => {
  const world = await start()
  const prepared = await world.cloud.prepare(spec(), tags, null, noSignal)
  world.faults.add({ kind, action: 'RunInstances', times: 1 })
  expect(await failureOf(world.cloud.launch(prepared, tags, token, noSignal))).toMatchObject({ failure, effect })
  expect(world.faults.waiting()).toEqual([])
  expect(made(world, 'instance')).toHaveLength(kind === 'error-after-effect' ? 1 : 0)
})

test('what is not seen yet just after a create is null or not found, and is found later', async () => {
  const world = await start()
  const { cloud, clock, faults } = world
  const prepared = await cloud.prepare(spec(), tags, null, noSignal)
  faults.add({ kind: 'lag', action: 'RunInstances', ms: 30_000 })
  const { id } = await cloud.launch(prepared, tags, token, noSignal)
  expect(await cloud.get('us-east-1', id, noSignal)).toBeNull()
  expect(await cloud.find('us-east-1', tags, noSignal)).toEqual([])
  expect(await cloud.destroy('us-east-1', [id], tags, noSignal)).toMatchObject([{ outcome: 'refused' }])
  clock.advance(60_000)
  expect(await cloud.get('us-east-1', id, noSignal)).toMatchObject({ id, state: 'running' })
})

test('a region that is off is region-off in everything that is asked of it', async () => {
  const { cloud } = await start()
  const off = (await cloud.regions(noSignal)).find(({ status }) => status === 'off')?.region ?? 'none'
  for (const call of [
    () => cloud.list(off, noSignal),
    () => cloud.find(off, tags, noSignal),
    () => cloud.get(off, 'i-1', noSignal),
    () => cloud.offers(off, null, noSignal),
    () => cloud.prepare(spec({ region: off }), tags, null, noSignal),
    () => cloud.destroy(off, ['i-1'], tags, noSignal),
    () => cloud.tidy(off, 'noc', noSignal),
    () => cloud.adopt(off, 'i-1', tags, noSignal),
    () => cloud.closeSsh(off, 'i-1', tags, noSignal),
  ]) {
    expect(await failureOf(call())).toMatchObject({ failure: 'region-off' })
  }
})

test('two that prepare in one region at once make one pair of groups and one key', async () => {
  const world = await start()
  const others = ['oregon', 'ohio', 'texas'].map(node => ({ ...tags, node }))
  const all = await Promise.all(others.map(owner => world.cloud.prepare(spec(), owner, null, noSignal)))
  expect(new Set(all.map(({ request }) => JSON.stringify(request))).size).toBe(1)
  expect(made(world, 'group')).toHaveLength(2)
  expect(made(world, 'key')).toHaveLength(1)
})

test('what somebody else made is listed, adopted and then found; a protected one is refused its end', async () => {
  const { cloud, emulator, clock } = await start()
  const id = emulator.byHand.makeInstance({ region: 'us-east-1', publicIpv4: true })
  clock.advance(60_000)
  const disk = emulator.byHand.makeVolume({ region: 'us-east-1', sizeGb: 50 })
  const address = emulator.byHand.makeAddress({ region: 'us-east-1' })
  const { machines, loose } = await cloud.list('us-east-1', noSignal)
  expect(machines.map(machine => [machine.id, machine.tags])).toEqual([[id, {}]])
  expect(loose.map(one => [one.kind, one.id, one.quantity])).toEqual([
    ['disk', disk, 50],
    ['address', address, 1],
  ])
  expect(await cloud.destroy('us-east-1', [id], tags, noSignal)).toMatchObject([{ outcome: 'refused' }])
  await cloud.adopt('us-east-1', id, tags, noSignal)
  const [found] = await cloud.find('us-east-1', tags, noSignal)
  expect(found?.resources.map(one => one.tags)).toEqual([tags, tags, tags])
  emulator.byHand.protectInstance(id, true)
  expect(await cloud.destroy('us-east-1', [id], tags, noSignal)).toMatchObject([
    { outcome: 'refused', why: expect.stringContaining('protection') },
  ])
})

test('prices of twenty regions are three questions, and the true month of a nano follows from them', async () => {
  const { cloud, ledger } = await start()
  const prices = await cloud.prices(['us-east-1', 'sa-east-1'], ['t4g.nano'], noSignal)
  expect(ledger.lines().filter(line => line.what === 'request' && line.action === 'GetProducts')).toHaveLength(3)
  const of = (region: string, kind: string) => prices.find(one => one.region === region && one.kind === kind)
  expect(of('us-east-1', 'instance')?.hourlyNanos).toBe(4_200_000)
  expect(of('sa-east-1', 'instance')?.hourlyNanos).toBe(6_700_000)
  expect(of('us-east-1', 'ipv4')?.hourlyNanos).toBe(5_000_000)
  expect(of('us-east-1', 'disk')?.monthlyNanos).toBe(80_000_000)
})

test('offers name the type that is asked for, and what was billed counts its own cost', async () => {
  const { cloud, emulator } = await start()
  expect(await cloud.offers('us-east-1', ['t4g.nano', 'no.such'], noSignal)).toMatchObject([
    { type: 't4g.nano', arch: 'arm64', vcpus: 2, memoryMib: 512, available: null },
  ])
  const billed = await cloud.billed?.('2026-11', noSignal)
  expect(billed?.queryCost).toEqual({ currency: 'USD', micros: emulator.billedQueries() * 10_000 })
  emulator.setCostExplorer(false)
  expect(await failureOf(cloud.billed?.('2026-11', noSignal) ?? Promise.resolve())).toMatchObject({ effect: 'none' })
})

test('a right that is missing for the launch is told by prepare, before anything is journaled', async () => {
  const world = await start()
  world.faults.add({ kind: 'rights', action: 'RunInstances (dry run)' })
  expect(await failureOf(world.cloud.prepare(spec(), tags, null, noSignal))).toMatchObject({
    failure: 'rights',
    code: 'UnauthorizedOperation',
  })
  expect(made(world, 'instance')).toEqual([])
})

test('want of room in a rehearsal is left to the launch, which knows the other zones', async () => {
  const world = await start()
  world.faults.add({ kind: 'capacity', action: 'RunInstances (dry run)' })
  expect(await world.cloud.prepare(spec(), tags, null, noSignal)).toMatchObject({ zone: 'us-east-1a' })
})
