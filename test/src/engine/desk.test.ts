// Offers of many regions.
import { expect, test } from 'vitest'
import { createStaticCloud } from '../../../infra/clouds/static/cloud.ts'
import { createDesk } from '../../../src/engine/desk.ts'
import { initialState } from '../../../src/engine/nouns.ts'
import { fleet } from '../watch/probes/world.ts'

test('a region that does not answer keeps nobody from being asked, and is unknown', async () => {
  const asked: string[] = []
  const giveUp = new AbortController()
  const cloud = {
    ...createStaticCloud(),
    async offers(region: string, _types: readonly string[] | null, signal: AbortSignal) {
      asked.push(region)
      if (region !== 'dead') return []
      return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('no answer'))))
    },
  }
  const desk = createDesk({
    fleet: () => fleet([]),
    state: () => initialState,
    clouds: {
      cloud: async () => cloud,
      providers: () => ['aws'],
      regionsOf: () => ['dead', 'eu-west-3'],
      typesOf: () => [],
      forget: () => {},
    },
    census: { look: async () => [], lastAt: () => null },
    publicKeys: async () => [],
    latencyOf: () => null,
    now: () => 0,
  })
  const offers = desk.offers({ provider: null, region: null, type: null }, giveUp.signal)
  await expect.poll(() => asked).toEqual(['dead', 'eu-west-3'])
  giveUp.abort()
  expect((await offers).unknown).toEqual([{ provider: 'aws', region: 'dead', why: 'no answer' }])
})
