import { afterEach, expect, test } from 'vitest'
import {
  answer,
  failureOf,
  html,
  instance,
  noSignal,
  type Reply,
  refusal,
  type Scripted,
  scripted,
  spec,
  tags,
  token,
} from './scripted.ts'

let world: Scripted
afterEach(() => world.close())

const prepared = async () => {
  world = await scripted()
  return world.cloud.prepare(spec(), tags, null, noSignal)
}
const launchedWith = async (reply: Reply) => {
  const request = await prepared()
  world.script.RunInstances = () => reply
  world.asked.length = 0
  return failureOf(world.cloud.launch(request, tags, token, noSignal))
}

test.each([
  ['InsufficientInstanceCapacity', 500, 'capacity', 'none'],
  ['InsufficientFreeAddressesInSubnet', 400, 'capacity', 'none'],
  ['Unsupported', 400, 'capacity', 'none'],
  ['VcpuLimitExceeded', 400, 'quota', 'none'],
  ['InstanceLimitExceeded', 400, 'quota', 'none'],
  ['RequestLimitExceeded', 503, 'throttled', 'none'],
  ['UnauthorizedOperation', 403, 'rights', 'none'],
  ['AuthFailure', 401, 'credentials', 'none'],
  ['SignatureDoesNotMatch', 403, 'credentials', 'none'],
  ['RequestExpired', 400, 'credentials', 'none'],
  ['PendingVerification', 400, 'account', 'none'],
  ['OptInRequired', 401, 'account', 'none'],
  ['InvalidGroup.NotFound', 400, 'not-found', 'none'],
  ['InvalidAMIID.NotFound', 400, 'not-found', 'none'],
  ['IdempotentParameterMismatch', 400, 'conflict', 'none'],
  ['IdempotentInstanceTerminated', 400, 'conflict', 'none'],
  ['InvalidParameterValue', 400, 'invalid', 'none'],
  ['InternalError', 500, 'unreachable', 'unknown'],
  ['Unavailable', 503, 'unreachable', 'unknown'],
  ['NobodyKnowsThis', 500, 'unreachable', 'unknown'],
  ['constructor', 400, 'invalid', 'none'],
])('%s (HTTP %i) of a launch is %s, its effect %s, and it is sent once', async (code, status, failure, effect) => {
  const error = await launchedWith(refusal(code, status))
  expect(error).toMatchObject({ failure, effect, code, exit: 4 })
  expect(world.of('RunInstances')).toHaveLength(1)
})

test.each([
  ['an HTML page', html],
  [
    'an HTML page with status 200',
    { status: 200, type: 'text/html', body: '<html><p>Sign in to the network</p></html>' },
  ],
  ['a torn answer', { body: '<RunInstancesResponse><instancesSet><item>' }],
  ['a forbidden page of a proxy', { status: 403, type: 'text/html', body: '<html><p>no</p></html>' }],
  ['a hung up connection', 'drop'],
  ['an answer without a machine', answer('RunInstances', { instancesSet: [] })],
  ['a time that is none', answer('RunInstances', { instancesSet: [{ instanceId: 'i-1', launchTime: 'soon' }] })],
  ['text where a list is due', { body: '<RunInstancesResponse><instancesSet>x</instancesSet></RunInstancesResponse>' }],
  ['a machine without an id', answer('RunInstances', { instancesSet: [{ imageId: 'ami-1' }] })],
] as [string, Reply][])('after %s nobody knows whether there is a machine', async (_what, reply) => {
  expect(await launchedWith(reply)).toMatchObject({ failure: 'unreachable', effect: 'unknown' })
  expect(world.of('RunInstances')).toHaveLength(1)
})

test('a launch that is cut off may have taken effect', async () => {
  const request = await prepared()
  const stop = new AbortController()
  world.script.RunInstances = () => {
    stop.abort(new Error('enough'))
    return 'drop'
  }
  expect(await failureOf(world.cloud.launch(request, tags, token, stop.signal))).toMatchObject({ effect: 'unknown' })
})

test('a launch that was stopped before it was sent throws what stopped it', async () => {
  const request = await prepared()
  await expect(world.cloud.launch(request, tags, token, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
    'enough',
  )
})

test.each(['terminated', 'shutting-down'])('a token whose machine is %s needs a new token', async name => {
  const dead = instance('i-1', { instanceState: { name } })
  const error = await launchedWith(answer('RunInstances', { instancesSet: [dead] }))
  expect(error).toMatchObject({ failure: 'conflict', effect: 'none', code: 'IdempotentInstanceTerminated' })
  expect(error.message).toContain('i-1')
  expect(error.remedy).toContain('new token')
})

test('a request of the journal that is not one of ours is not sent', async () => {
  const request = await prepared()
  world.asked.length = 0
  for (const wrong of [
    null,
    {},
    { ...Object(request.request), UserData: 'x' },
    { ...Object(request.request), MaxCount: 20 },
  ]) {
    const error = await failureOf(world.cloud.launch({ ...request, request: wrong }, tags, token, noSignal))
    expect(error).toMatchObject({ failure: 'invalid', effect: 'none' })
  }
  expect(world.of('RunInstances')).toEqual([])
  expect(await failureOf(world.cloud.launch(request, tags, 'x'.repeat(65), noSignal))).toMatchObject({
    failure: 'invalid',
  })
})

test('an error shows neither credentials nor what a terminal would act on, and is short', async () => {
  const message = `key wJalrXUtnFEMI-planted of AKIDEXAMPLE \u009b31m Encoded authorization failure message: ${'x'.repeat(5000)}`
  const error = await launchedWith(refusal('UnauthorizedOperation', 403, message))
  const everything = JSON.stringify([error.message, error.remedy, error.stack, error.cause, error.code])
  expect(everything).toContain('[secret]')
  expect(everything).not.toMatch(/planted|AKIDEXAMPLE|\u009b|xxxxx/)
  expect(error.message.length).toBeLessThan(500)
})

test('a huge message is cut', async () => {
  const error = await launchedWith(refusal('InvalidParameterValue', 400, 'y'.repeat(200_000)))
  expect(error.message.length).toBeLessThan(500)
})
