// Servers that answer as Hetzner's API is described and are not Hetzner: what an imitation made from the published
// description was seen to answer, in our own words.
import { expect, test } from 'vitest'
import { createHetznerCloud } from '../../../../infra/clouds/hetzner/cloud.ts'
import { rimOf, scripted, settingsFor } from '../settings.ts'
import { signal } from './room.ts'

const place = (id: number, name: string) => ({ id, name })
const pages = (page: number, next: number | null) => ({ pagination: { page, next_page: next } })
const regionsOf = async (url: string) =>
  (await createHetznerCloud(settingsFor(url), rimOf()).regions(signal)).map(({ region }) => region)

test('a server that knows no pages, and says that more follow, is asked twice and told once', async () => {
  await using there = await scripted(() => ({
    status: 200,
    body: { locations: [place(1, 'fsn1'), place(2, 'nbg1')], meta: pages(3, 4) },
  }))
  expect(await regionsOf(there.url)).toEqual(['fsn1', 'nbg1'])
  expect(there.asked).toHaveLength(2)
})

test('what moves to the next page while it is being listed is told once', async () => {
  await using there = await scripted((_, count) => ({
    status: 200,
    body:
      count === 1
        ? { locations: [place(1, 'fsn1'), place(2, 'nbg1')], meta: pages(1, 2) }
        : { locations: [place(2, 'nbg1'), place(3, 'hel1')], meta: pages(2, null) },
  }))
  expect(await regionsOf(there.url)).toEqual(['fsn1', 'nbg1', 'hel1'])
})

test('pages that go back and bring something new each time are refused: what is left out is not known', async () => {
  await using there = await scripted((_, count) => ({
    status: 200,
    body: { locations: [place(count, `at${count}`)], meta: pages(1, 1) },
  }))
  await expect(regionsOf(there.url)).rejects.toMatchObject({ failure: 'unreachable', effect: 'none' })
})

test('an id may be negative, a state unknown, and what may be missing is missing', async () => {
  const server = {
    id: -42,
    name: 'wiki',
    status: 'hibernating',
    created: '2016-01-30T23:55:00Z',
    server_type: { name: 'cx23' },
    public_net: {},
    volumes: [-9_007_199_254_740_991],
  }
  await using there = await scripted(({ url }) => {
    if (url.startsWith('/volumes')) return { status: 200, body: { volumes: [] } }
    return { status: 200, body: url.startsWith('/servers/-42') ? { server } : { servers: [server] } }
  })
  const cloud = createHetznerCloud(settingsFor(there.url), rimOf())
  expect(await cloud.get('fsn1', '-42', signal)).toMatchObject({
    id: '-42',
    state: 'unknown',
    arch: null,
    image: null,
    addresses: { ipv4: null, ipv6: null, private: null },
    resources: [{ kind: 'instance', sku: 'cx23' }],
  })
  const asked = there.asked.length
  expect(await cloud.get('fsn1', '-42/../../x', signal)).toBeNull()
  expect(there.asked).toHaveLength(asked)
})
