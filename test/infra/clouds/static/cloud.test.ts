// Static hosts: nothing is bought, found or ended, and the refusal says what to do instead.
import { expect, test } from 'vitest'
import { CloudError } from '../../../../infra/clouds/error.ts'
import type { Prepared } from '../../../../infra/clouds/shapes.ts'
import { createStaticCloud } from '../../../../infra/clouds/static/cloud.ts'

const { signal } = new AbortController()
const tags = { fleet: 'clavitor', node: 'beast', op: 'op-1' }
const prepared: Prepared = {
  provider: 'static',
  region: 'home',
  zone: null,
  otherZones: [],
  request: {},
  summary: [],
  resources: [],
}

test('a static provider has no regions, offers, machines or prices', async () => {
  const cloud = createStaticCloud()
  expect(await cloud.regions(signal)).toEqual([])
  expect(await cloud.offers('home', null, signal)).toEqual([])
  expect(await cloud.find('home', tags, signal)).toEqual([])
  expect(await cloud.get('home', 'x', signal)).toBeNull()
  expect(await cloud.list('home', signal)).toEqual({ machines: [], loose: [] })
  expect(await cloud.prices(['home'], [], signal)).toEqual([])
  expect(await cloud.tidy('home', 'clavitor', signal)).toEqual([])
})

test('what it cannot do it refuses without effect, with a remedy', async () => {
  const cloud = createStaticCloud()
  const refusals = await Promise.all(
    [
      cloud.launch(prepared, tags, 'token', signal),
      cloud.destroy('home', ['x'], tags, signal),
      cloud.adopt('home', 'x', tags, signal),
      cloud.closeSsh('home', 'x', tags, signal),
    ].map(asked => asked.catch((error: unknown) => error)),
  )
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(CloudError)
    expect(refusal).toMatchObject({ failure: 'invalid', effect: 'none', remedy: expect.stringMatching(/\.$/) })
  }
})
