// What goes over the wire to Google, and what comes back when it is not Google that answers.
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { CloudError } from '../../../../infra/clouds/error.ts'
import { createGcpCloud } from '../../../../infra/clouds/gcp/cloud.ts'
import { failureOf } from '../../../../infra/clouds/gcp/failures.ts'
import { powerOf } from '../../../../infra/clouds/gcp/prices.ts'
import { Secret } from '../../../../state/primitives/secret.ts'
import { rimOf, scripted, settingsFor } from '../settings.ts'
import { region, signal, spec, tags, token, whose } from './room.ts'

const planted = 'pl4nt3d-pr1v4te-k3y'
const noInstances = { kind: 'compute#instanceAggregatedList', items: {} }
const instance = {
  id: '7776665554443332221',
  name: 'clavitor-iowa',
  status: 'RUNNING',
  labels: tags,
  networkInterfaces: [{ networkIP: '10.0.0.2' }],
  somethingNew: { of: 'next year' },
}
const zoned = { items: { 'zones/us-central1-a': { instances: [instance] } } }
const prepared = {
  provider: 'gcp' as const,
  region,
  zone: 'us-central1-a',
  otherZones: [],
  request: {
    name: 'clavitor-iowa',
    zone: 'us-central1-a',
    machineType: 'e2-micro',
    sourceImage: 'projects/debian-cloud/global/images/debian-13',
    diskGb: 10,
    diskType: 'pd-balanced',
    networkTags: [],
    sshKeys: [],
    startupScript: '',
  },
  summary: [],
  resources: [],
}
const refusal = (code: number, reason: string, message = 'no') => ({
  status: code,
  body: { error: { code, message, errors: [{ reason, message, domain: 'global' }] } },
})

describe('the account', () => {
  test('is reached by the endpoint and the project of the environment, without asking a metadata server', async () => {
    await using there = await scripted(() => ({ status: 200, body: noInstances }))
    const env = {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${there.url}/compute/v1/`,
      GOOGLE_CLOUD_PROJECT: 'of-the-environment',
    }
    const settings = settingsFor('', { env, gcp: { project: null, endpoint: null, credentials: null } })
    expect(await createGcpCloud(settings, rimOf()).find(region, whose, signal)).toEqual([])
    expect(there.asked.map(({ url }) => url.split('?')[0])).toEqual([
      '/compute/v1/projects/of-the-environment/aggregated/instances',
    ])
    expect(new URL(there.asked[0]?.url ?? '', there.url).searchParams.get('filter')).toBe('labels.fleet=clavitor')
  })

  test.each([
    ['no project', { project: null, endpoint: 'http://127.0.0.1:9', credentials: null }, 'invalid'],
    ['an endpoint that is none', { project: 'noc', endpoint: 'file:///etc', credentials: null }, 'invalid'],
    [
      'credentials that are none',
      { project: 'noc', endpoint: null, credentials: async () => new Secret(planted) },
      'credentials',
    ],
    [
      'credentials without a key',
      {
        project: 'noc',
        endpoint: null,
        credentials: async () => new Secret(JSON.stringify({ type: 'service_account', private_key: planted })),
      },
      'credentials',
    ],
  ])('with %s is refused before anything is asked, and shows no secret', async (_, gcp, failure) => {
    const cloud = createGcpCloud(settingsFor('', { gcp }), rimOf())
    const error = await cloud.find(region, whose, signal).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ failure, effect: 'none' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(planted)
  })
})

test('a key that was deleted or replaced is told as that, not as a request that is wrong', () => {
  // As google-auth-library throws it, from its request for a token.
  const thrown = Object.assign(new Error('invalid_grant: Invalid JWT Signature.'), { status: 400, code: '400' })
  expect(failureOf(thrown, 'instances.insert', false)).toMatchObject({
    failure: 'credentials',
    effect: 'none',
    code: 'invalid_grant',
  })
})

describe('a failed answer', () => {
  test.each([
    [refusal(403, 'rateLimitExceeded'), 'throttled', 4],
    [refusal(403, 'quotaExceeded'), 'quota', 1],
    [refusal(403, 'forbidden', "Required 'compute.instances.list' permission"), 'rights', 1],
    [refusal(403, 'accessNotConfigured', 'Compute Engine API has not been used in project 1'), 'account', 1],
    [refusal(401, 'authError'), 'credentials', 1],
    [refusal(503, 'backendError'), 'unreachable', 4],
    [refusal(400, 'invalid'), 'invalid', 1],
    [{ status: 502, body: '<html>502</html>' }, 'unreachable', 4],
    [null, 'unreachable', 4],
  ])('%j is %s, after %d tries', async (answer, failure, tries) => {
    await using there = await scripted(() => answer)
    const cloud = createGcpCloud(settingsFor(there.url), rimOf())
    await expect(cloud.find(region, whose, signal)).rejects.toMatchObject({ failure, effect: 'none' })
    expect(there.asked).toHaveLength(tries)
  })

  test('to a creation is not sent again from below, unless it surely had no effect', async () => {
    const posts = async (answer: Parameters<typeof scripted>[0]) => {
      await using there = await scripted((asked, count) =>
        asked.method === 'POST' ? answer(asked, count) : refusal(404, 'notFound'),
      )
      const cloud = createGcpCloud(settingsFor(there.url), rimOf())
      const error = await cloud.launch(prepared, tags, token, signal).catch((caught: unknown) => caught)
      return [there.asked.filter(({ method }) => method === 'POST').length, error instanceof CloudError && error.effect]
    }
    expect(await posts(() => null)).toEqual([1, 'unknown'])
    expect(await posts(() => refusal(503, 'backendError'))).toEqual([1, 'unknown'])
    expect(await posts(() => ({ status: 502, body: '<html></html>' }))).toEqual([1, 'unknown'])
    expect(await posts(() => ({ status: 200, body: { name: ['x'], status: {} } }))).toEqual([1, 'unknown'])
    expect(await posts(() => refusal(429, 'rateLimitExceeded'))).toEqual([4, 'none'])
    expect(await posts(() => refusal(400, 'invalid'))).toEqual([1, 'none'])
  })
})

test.each([
  ['ZONE_RESOURCE_POOL_EXHAUSTED', 'capacity'],
  ['ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', 'capacity'],
  ['QUOTA_EXCEEDED', 'quota'],
  ['PERMISSIONS_ERROR', 'rights'],
  ['constructor', 'invalid'],
])('an operation that is DONE with %s made nothing: %s', async (code, failure) => {
  await using there = await scripted(({ method, url }) => {
    if (method === 'GET') return refusal(404, 'notFound')
    const running = { id: '123', name: 'operation-9', status: 'RUNNING' }
    if (!url.includes('/wait')) return { status: 200, body: running }
    const errors = [{ code, message: `no\u001b[31m room ${'x'.repeat(9_000)}` }]
    return { status: 200, body: { ...running, status: 'DONE', error: { errors } } }
  })
  const error = await createGcpCloud(settingsFor(there.url), rimOf())
    .launch(prepared, tags, token, signal)
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ failure, effect: 'none', code })
  expect(error instanceof Error && error.message.length).toBeLessThan(600)
  expect(error instanceof Error && error.message).not.toContain('\u001b')
  expect(there.asked.some(({ url }) => url.includes('/zones/us-central1-a/operations/operation-9/wait'))).toBe(true)
})

test('an operation that nobody could follow leaves the creation in doubt', async () => {
  await using there = await scripted(({ method, url }) => {
    if (method === 'GET') return refusal(404, 'notFound')
    return url.includes('/wait') ? null : { status: 200, body: { id: '1', name: 'operation-9', status: 'RUNNING' } }
  })
  await expect(
    createGcpCloud(settingsFor(there.url), rimOf()).launch(prepared, tags, token, signal),
  ).rejects.toMatchObject({ failure: 'unreachable', effect: 'unknown' })
})

test('a zone that could not be listed is unknown, and an empty one is empty', async () => {
  const warned = (code: string) => ({ items: { 'zones/us-central1-a': { warning: { code, message: 'x' } } } })
  await using empty = await scripted(() => ({ status: 200, body: warned('NO_RESULTS_ON_PAGE') }))
  expect(await createGcpCloud(settingsFor(empty.url), rimOf()).find(region, whose, signal)).toEqual([])
  await using lost = await scripted(() => ({ status: 200, body: warned('UNREACHABLE') }))
  await expect(createGcpCloud(settingsFor(lost.url), rimOf()).find(region, whose, signal)).rejects.toMatchObject({
    failure: 'unreachable',
  })
})

test('all pages are asked for', async () => {
  await using there = await scripted(({ url }) => ({
    status: 200,
    body: url.includes('aggregated/disks')
      ? {}
      : url.includes('pageToken=two')
        ? { items: { 'zones/us-central1-b': { instances: [{ ...instance, id: '2' }] } } }
        : { ...zoned, nextPageToken: 'two' },
  }))
  const found = await createGcpCloud(settingsFor(there.url), rimOf()).find(region, whose, signal)
  expect(found.map(({ id, zone }) => `${id} ${zone}`)).toEqual(['7776665554443332221 us-central1-a', '2 us-central1-b'])
})

describe('a hostile answer', () => {
  test.each<[string, unknown]>([
    ['other types', { items: { 'zones/us-central1-a': { instances: [{ ...instance, id: {}, status: [] }] } } }],
    ['no id', { items: { 'zones/us-central1-a': { instances: [{ ...instance, id: undefined }] } } }],
    ['a list', '[]'],
    ['null', 'null'],
    ['a string', '"yes"'],
    ['half an answer', '{"items":{'],
    ['HTML', '<html></html>'],
    ['nothing', ''],
    ['a page of 200 KB', `<html>${'x'.repeat(200_000)}</html>`],
  ])('%s is an error that says so, and never "nothing is there"', async (_, body) => {
    await using there = await scripted(() => ({ status: 200, body }))
    const error = await createGcpCloud(settingsFor(there.url), rimOf())
      .find(region, whose, signal)
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CloudError)
    expect(error).toMatchObject({ failure: 'unreachable', effect: 'none' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('Bearer')
  })

  test('with names from elsewhere is cleaned, and a prototype is a name like any other', async () => {
    const labels = '{"__proto__":"x","constructor":"y","fleet":"clavitor","node":"iowa"}'
    const text = JSON.stringify({ items: { 'zones/us-central1-a': { instances: [{ ...instance, labels: 0 }] } } })
    await using there = await scripted(({ url }) => ({
      status: 200,
      body: url.includes('aggregated/disks')
        ? {}
        : text.replace('"labels":0', `"labels":${labels}`).replace('RUNNING', '\\u001b[2JRUN'),
    }))
    const [found] = await createGcpCloud(settingsFor(there.url), rimOf()).find(region, whose, signal)
    expect(found?.tags).toEqual(whose)
    expect(found?.state).toBe('unknown')
    expect(Object.hasOwn(Object.prototype, 'fleet')).toBe(false)
  })
})

test('the catalogue is asked at the endpoint of Compute Engine, or at one of its own', async () => {
  await using there = await scripted(() => ({ status: 200, body: { skus: [] } }))
  await createGcpCloud(settingsFor(there.url), rimOf()).prices([region], ['e2-micro'], signal)
  const env = { CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBILLING: `${there.url}/billing/` }
  await createGcpCloud(settingsFor(there.url, { env }), rimOf()).prices([region], [], signal)
  expect(there.asked.map(({ url }) => url.split('?')[0])).toEqual([
    '/v1/services/6F81-5844-456A/skus',
    '/billing/v1/services/6F81-5844-456A/skus',
  ])
})

test('a type of whole cores is billed for what it shows, and old shared cores are not guessed at', () => {
  expect(powerOf('e2-standard-2', { guestCpus: 2, memoryMb: 8_192 })).toEqual({ cores: 2_000, memory: 8_000 })
  expect(powerOf('e2-micro', { guestCpus: 2, memoryMb: 1_024 })).toEqual({ cores: 250, memory: 1_000 })
  expect(powerOf('f1-micro', { guestCpus: 1, memoryMb: 614 })).toBeNull()
  expect(powerOf('constructor', null)).toBeNull()
})

test('what is aborted stops at once', async () => {
  await using there = await scripted(() => ({ status: 200, body: noInstances }))
  const stop = AbortSignal.abort(new Error('enough'))
  await expect(createGcpCloud(settingsFor(there.url), rimOf()).find(region, whose, stop)).rejects.toThrow('enough')
  expect(spec().provider).toBe('gcp')
})
