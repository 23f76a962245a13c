// What the engine answers of plans: only what the noun would take.
import { expect, test } from 'vitest'
import { createDesk } from '../../../src/engine/desk.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { probeKinds } from '../../../src/watch/probes/index.ts'
import { Folded } from '../machines/folded.ts'

const text = `fleet: harbour
defaults: { provider: aws, region: eu-central-1, type: t4g.nano }
nodes: { paris: {}, oslo: {}, lyon: {} }
`

test('a node that is being launched or has a machine is not planned again, and not counted twice', async () => {
  const loaded = loadFleet({ path: 'fleet.yaml', text }, { kinds: probeKinds })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors))
  const room = new Folded()
  room.wanted('oslo')
  const { op, machine } = room.launched('lyon')
  room.engine({ type: 'machines.reachable', op, machine })
  const none = () => Promise.reject(new Error('no provider is asked for a plan'))
  const desk = createDesk({
    fleet: () => loaded.fleet,
    state: () => room.state,
    clouds: { cloud: none, providers: () => ['aws'], regionsOf: () => [], typesOf: () => [], forget: () => {} },
    census: { look: none, lastAt: () => null },
    publicKeys: async () => ['ssh-ed25519 AAAA'],
    latencyOf: () => null,
    now: () => room.now,
  })
  const plan = await desk.plan({ nodes: ['paris', 'oslo', 'lyon'] }, new AbortController().signal)
  expect(plan.nodes.map(({ node }) => node)).toEqual(['paris'])
  expect(plan.refused.map(({ node, why }) => [node, why])).toEqual([
    ['oslo', 'something is under way for it already'],
    ['lyon', `it has a machine already: ${machine.id}`],
  ])
})
