// Credentials that are rotated while the engine runs.
import { expect, test } from 'vitest'
import type { Cloud, DestroyOutcome } from '../../../infra/clouds/cloud.ts'
import { CloudError } from '../../../infra/clouds/error.ts'
import { createStaticCloud } from '../../../infra/clouds/static/cloud.ts'
import { createCloudRoom } from '../../../src/engine/cloud-room.ts'
import { initialState } from '../../../src/engine/nouns.ts'
import { createTargets } from '../../../src/engine/targets.ts'
import { Secret, type SecretRef } from '../../../state/primitives/secret.ts'
import { fleet } from '../watch/probes/world.ts'

const signal = new AbortController().signal
const whose = { fleet: 'noc', node: 'paris' }
const token: SecretRef = { scheme: 'file', reference: '/run/token' }
const refusal = (effect: 'none' | 'unknown' = 'none') =>
  new CloudError({ failure: 'credentials', effect, message: 'unauthorized' })

/** `file`: what the reference holds; `accepted`: what the provider takes. An adapter keeps the token that it began with. */
function room(options: { hasReference?: boolean; effect?: 'none' | 'unknown' } = {}) {
  const world = { file: 'old', accepted: 'old', now: 0, resolved: 0, made: 0, asked: 0 }
  const known = { ...fleet([]), ...(options.hasReference === false ? {} : { clouds: { hetzner: { token } } }) }
  const targets = createTargets({
    fleet: () => known,
    resolve: async () => {
      world.resolved += 1
      return new Secret(world.file)
    },
    env: {},
    homeDir: '/nowhere',
  })
  const made = createCloudRoom({
    fleet: () => known,
    state: () => initialState,
    secret: targets.secret,
    secretAnew: targets.secretAnew,
    env: {},
    now: () => world.now,
    async load(_provider, { hetzner }): Promise<Cloud> {
      world.made += 1
      const its = hetzner.token ? (await hetzner.token()).reveal() : world.file
      const isAccepted = () => {
        world.asked += 1
        return its === world.accepted
      }
      return {
        ...createStaticCloud(),
        async find() {
          if (isAccepted()) return []
          throw refusal(options.effect)
        },
        async destroy(_region, ids): Promise<DestroyOutcome[]> {
          const good = isAccepted()
          return ids.map(id => (good ? { id, outcome: 'asked' } : { id, outcome: 'failed', error: refusal() }))
        },
      }
    },
  })
  const rotate = () => {
    world.file = 'new'
    world.accepted = 'new'
  }
  return { world, rotate, cloud: () => made.cloud('hetzner'), clean: targets.clean }
}

test('a rotated token is picked up by who is refused, also by twenty at once, and is secret from then on', async () => {
  const { world, rotate, cloud, clean } = room()
  const held = await cloud()
  expect(await held.find('fsn1', whose, signal)).toEqual([])
  rotate()
  const found = await Promise.all(Array.from({ length: 20 }, () => held.find('fsn1', whose, signal)))
  expect(found).toHaveLength(20)
  expect([world.made, world.resolved]).toEqual([2, 2])
  expect(await (await cloud()).find('fsn1', whose, signal)).toEqual([])
  expect(clean.text('it is new')).toBe('it is [secret]')
})

test('machines that were not ended for want of credentials are ended with the new ones', async () => {
  const { rotate, cloud } = room()
  const held = await cloud()
  rotate()
  expect(await held.destroy('fsn1', ['1'], whose, signal)).toEqual([{ id: '1', outcome: 'asked' }])
})

test('credentials that are still the same are not tried again', async () => {
  const { world, cloud } = room()
  const held = await cloud()
  world.accepted = 'another'
  await expect(held.find('fsn1', whose, signal)).rejects.toMatchObject({ failure: 'credentials' })
  expect([world.made, world.asked]).toEqual([1, 1])
})

test('what may have been done is not done again, but whoever asks next has the new credentials', async () => {
  const { world, rotate, cloud } = room({ effect: 'unknown' })
  const held = await cloud()
  rotate()
  await expect(held.find('fsn1', whose, signal)).rejects.toMatchObject({ effect: 'unknown' })
  expect(world.asked).toBe(1)
  expect(await held.find('fsn1', whose, signal)).toEqual([])
})

test('what comes by the usual means of an SDK is read anew, but not over and over', async () => {
  const { world, rotate, cloud } = room({ hasReference: false })
  const held = await cloud()
  rotate()
  await expect(held.find('fsn1', whose, signal)).rejects.toMatchObject({ failure: 'credentials' })
  world.now = 60_000
  expect(await held.find('fsn1', whose, signal)).toEqual([])
  expect(world.made).toBe(2)
})
