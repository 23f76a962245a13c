import { beforeEach, describe, expect, test } from 'vitest'
import { createFaults, type FaultKind, type TakenFault } from '../../../../../infra/sandbox/clouds/faults.ts'
import { filterOf } from '../../../../../infra/sandbox/clouds/gcp/filter.ts'
import {
  createGcpEmulator,
  type GcpEmulator,
  type GcpOptions,
  type KeptGcp,
} from '../../../../../infra/sandbox/clouds/gcp/gcp.ts'
import { type CloudLedger, createCloudLedger } from '../../../../../infra/sandbox/clouds/ledger.ts'
import { emptyWorld } from '../../../../../infra/sandbox/clouds/world.ts'
import { VirtualClock } from '../../../../../state/primitives/clock.ts'

const zone = 'zones/us-central1-a'
const body = {
  name: 'web-1',
  machineType: `${zone}/machineTypes/e2-micro`,
  labels: { fleet: 'edge' },
  disks: [{ boot: true, initializeParams: { sourceImage: 'projects/debian-cloud/global/images/family/debian-12' } }],
  networkInterfaces: [{ network: 'global/networks/default' }],
}
let clock: VirtualClock
let ledger: CloudLedger
let emulator: GcpEmulator

const start = (more: Partial<GcpOptions> = {}) =>
  createGcpEmulator({ world: emptyWorld(), ledger, clock, random: () => 0, pace: 1_000, ...more })

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 10, 24, 12))
  ledger = createCloudLedger({ now: () => clock.now() })
  emulator = start()
})

function taken(kind: FaultKind, ms = 0): TakenFault | null {
  const faults = createFaults()
  faults.add({ kind, ms })
  return faults.take({ provider: 'gcp', region: 'us-central1', action: 'instances.insert' })
}

async function ask(method: string, path: string, sent: unknown = null, fault: TakenFault | null = null) {
  const url = new URL(path.startsWith('/v1/') ? path : `/compute/v1/projects/watch-1/${path}`, 'http://emulator')
  const headers = { authorization: 'Bearer a-token' }
  const asked = {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: sent === null ? '' : JSON.stringify(sent),
  }
  const reply = await emulator.answer(asked, fault)
  const answered = JSON.parse(reply.body)
  return { status: reply.status, body: answered, reason: answered.error?.errors?.[0]?.reason ?? null }
}
const kinds = (what: 'created' | 'deleted') => ledger.lines().flatMap(line => (line.what === what ? [line.kind] : []))

describe('instances', () => {
  test('its disk outlives an instance unless it is told to go with it', async () => {
    await ask('POST', `${zone}/instances`, body)
    await ask('DELETE', `${zone}/instances/web-1`)
    clock.advance(1_000)
    expect((await ask('GET', `${zone}/instances/web-1`)).reason).toBe('notFound')
    expect(kinds('deleted')).toEqual(['instance'])
    expect((await ask('GET', `${zone}/disks/web-1`)).body).toMatchObject({ name: 'web-1', status: 'READY' })
    expect((await ask('POST', `${zone}/instances`, body)).reason).toBe('alreadyExists')
  })

  test('a name is taken in its zone until the instance is gone', async () => {
    const own = { ...body, disks: [{ ...body.disks[0], autoDelete: true }] }
    await ask('POST', `${zone}/instances`, own)
    await ask('DELETE', `${zone}/instances/web-1`)
    expect((await ask('POST', `${zone}/instances`, own)).status).toBe(409)
    expect((await ask('POST', 'zones/us-central1-b/instances', own)).status).toBe(200)
    clock.advance(1_000)
    expect((await ask('POST', `${zone}/instances`, own)).status).toBe(200)
  })

  test.each([
    ['a label in capitals', { labels: { fleet: 'Edge' } }],
    ['a name with a dot', { name: 'web.1' }],
    ['an unknown type', { machineType: `${zone}/machineTypes/e3-nano` }],
    ['a field that does not exist', { colour: 'red' }],
    ['no disk', { disks: [] }],
  ])('%s is invalid', async (_what, change) => {
    const { status, reason } = await ask('POST', `${zone}/instances`, { ...body, ...change })
    expect([status, reason]).toEqual([400, 'invalid'])
    expect(kinds('created')).toEqual([])
  })

  test('a request id stands for one request', async () => {
    const id = 'requestId=11111111-2222-4333-8444-000000000001'
    const first = await ask('POST', `${zone}/instances?${id}`, body)
    expect((await ask('POST', `${zone}/instances?${id}`, body)).body.name).toBe(first.body.name)
    expect((await ask('POST', `${zone}/instances?${id}`, { ...body, name: 'web-2' })).reason).toBe('invalid')
    expect(kinds('created')).toEqual(['instance', 'disk'])
    const lines = ledger
      .lines()
      .flatMap(line => (line.what === 'created' && line.kind === 'instance' ? [line.token] : []))
    expect(lines).toEqual(['11111111-2222-4333-8444-000000000001'])
  })

  test('a wait ends when the operation is done', async () => {
    const { body: begun } = await ask('POST', `${zone}/instances`, body)
    expect(begun.status).toBe('RUNNING')
    const waiting = ask('POST', `${zone}/operations/${begun.name}/wait`)
    clock.advance(1_000)
    expect((await waiting).body.status).toBe('DONE')
  })

  test('what was kept is there after a restart, request ids too', async () => {
    const kept: KeptGcp[] = []
    emulator = start({ keep: state => kept.push(state) })
    const path = `${zone}/instances?requestId=11111111-2222-4333-8444-000000000001`
    const { body: begun } = await ask('POST', path, body)
    const born: string[] = []
    const world = emptyWorld()
    const begin: typeof world.begin = machine => {
      born.push(machine.id)
      return { ipv4: '198.51.100.77', private: '192.0.2.77', hostkeys: [] }
    }
    emulator = start({ kept: JSON.parse(JSON.stringify(kept.at(-1))), world: { ...world, begin } })
    expect((await ask('POST', path, body)).body.name).toBe(begun.name)
    const { body: shown } = await ask('GET', `${zone}/instances/web-1`)
    expect(born).toEqual([shown.id])
    expect(shown.networkInterfaces[0].networkIP).toBe('192.0.2.77')
  })
})

describe('faults', () => {
  test.each<[FaultKind, number, string]>([
    ['throttle', 403, 'rateLimitExceeded'],
    ['rights', 403, 'forbidden'],
    ['account', 403, 'accessNotConfigured'],
    ['server-error', 503, 'backendError'],
  ])('%s makes nothing', async (kind, status, reason) => {
    expect(await ask('POST', `${zone}/instances`, body, taken(kind))).toMatchObject({ status, reason })
    expect(kinds('created')).toEqual([])
  })

  test('an error after the effect leaves an instance', async () => {
    expect((await ask('POST', `${zone}/instances`, body, taken('error-after-effect'))).status).toBe(503)
    expect((await ask('GET', `${zone}/instances/web-1`)).status).toBe(200)
  })

  test('what lags is not seen yet', async () => {
    await ask('POST', `${zone}/instances`, body, taken('lag', 5_000))
    expect((await ask('GET', `${zone}/instances/web-1`)).status).toBe(404)
    clock.advance(5_000)
    expect((await ask('GET', `${zone}/instances/web-1`)).status).toBe(200)
  })

  test('a deletion that fails later leaves the instance', async () => {
    await ask('POST', `${zone}/instances`, body)
    const { body: begun } = await ask('DELETE', `${zone}/instances/web-1`, null, taken('fails-later'))
    clock.advance(1_000)
    const { body: done } = await ask('GET', `${zone}/operations/${begun.name}`)
    expect(done.error.errors[0].code).toBe('INTERNAL_ERROR')
    expect((await ask('GET', `${zone}/instances/web-1`)).body.status).toBe('RUNNING')
  })

  test('without a token nothing is answered', async () => {
    const request = {
      method: 'GET',
      path: '/compute/v1/projects/p/zones',
      query: new URLSearchParams(),
      headers: {},
      body: '',
    }
    expect((await emulator.answer(request, null)).status).toBe(401)
  })

  test('an unknown path is not found, and an action is named by its method and region', async () => {
    expect(await ask('GET', 'unicorns')).toMatchObject({ status: 404, reason: 'notFound' })
    const path = '/compute/v1/projects/p/zones/europe-west6-b/instances'
    const request = { method: 'POST', path, query: new URLSearchParams(), headers: {}, body: '' }
    expect(emulator.classify(request)).toEqual({ action: 'instances.insert', region: 'europe-west6' })
  })
})

describe('filters', () => {
  const item = { name: 'web-1', status: 'RUNNING', labels: { fleet: 'edge', node: 'web-1' } }

  test.each([
    ['labels.fleet=edge', true],
    ['labels.fleet = "edge"', true],
    ['labels.fleet=other', false],
    ['labels.fleet!=edge', false],
    ['labels.op:*', false],
    ['labels.fleet:*', true],
    ['(labels.fleet=edge) (labels.node=web-1)', true],
    ['(labels.fleet=edge) AND (labels.node=web-2)', false],
    ['labels.fleet=edge AND status=RUNNING', true],
    ['name eq web-.*', true],
    ['name ne web-.*', false],
  ])('%s: %s', (filter, matches) => {
    expect(filterOf(filter)(item)).toBe(matches)
  })

  test('nonsense is refused', async () => {
    expect((await ask('GET', 'aggregated/instances?filter=labels')).reason).toBe('invalid')
    expect((await ask('GET', 'aggregated/instances?filter=name eq [')).reason).toBe('invalid')
  })
})

describe('the catalogue of prices', () => {
  const skus = async (query = '') => (await ask('GET', `/v1/services/6F81-5844-456A/skus?${query}`)).body

  test('an e2-micro costs what is published: a quarter of a core and a gibibyte', async () => {
    const all: {
      description: string
      pricingInfo: { pricingExpression: { tieredRates: { unitPrice: { nanos: number } }[] } }[]
    }[] = (await skus()).skus
    const nanos = (description: string) =>
      all.find(sku => sku.description === description)?.pricingInfo[0]?.pricingExpression.tieredRates[0]?.unitPrice
        .nanos ?? 0
    const hour = nanos('E2 Instance Core running in Americas') / 4 + nanos('E2 Instance Ram running in Americas')
    expect(hour / 1e9).toBeCloseTo(0.0084, 4)
    expect(nanos('External IP Charge on a Standard VM')).toBe(5_000_000)
    expect(nanos('Static Ip Charge')).toBe(10_000_000)
  })

  test('it comes in pages, and is of Compute Engine only', async () => {
    const first = await skus('pageSize=10')
    expect(first.skus).toHaveLength(10)
    const second = await skus(`pageSize=5000&pageToken=${first.nextPageToken}`)
    expect(second.nextPageToken).toBe('')
    expect(second.skus[0].skuId).not.toBe(first.skus[0].skuId)
    expect((await ask('GET', '/v1/services/0000-0000-0000/skus')).status).toBe(404)
  })
})
