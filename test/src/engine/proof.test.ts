// Who may in: what the passwd database says, how long it is believed, and a name that nobody may have.
import { expect, test } from 'vitest'
import { createIdentify } from '../../../src/engine/proof.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { fleetOf } from '../watch/watcher-room.ts'

function fleetWith(...logins: string[]): Fleet {
  const people = new Map(logins.map(login => [login, { login, roles: ['operator' as const] }]))
  return fleetOf([], [], { people })
}

const minutes = (count: number) => count * 60_000

function asked(answers: (string | null | Error)[]) {
  const clock = new VirtualClock(0)
  const uids: number[] = []
  const identify = createIdentify({
    ownUid: 990,
    fleet: () => fleetWith('noc', 'engine', '1001'),
    clock,
    async loginOf(uid) {
      uids.push(uid)
      const answer = answers.shift() ?? null
      if (answer instanceof Error) throw answer
      return answer
    },
  })
  return { clock, uids, identify }
}

test('a hiccup of the passwd database locks nobody out for longer than it lasts', async () => {
  const { identify } = asked([new Error('timed out'), 'noc'])
  expect(await identify(1_000)).toBeNull()
  expect(await identify(1_000)).toEqual({ by: 'noc', roles: ['operator'] })
})

test('a login is believed for five minutes, and for longer only while nobody can be asked', async () => {
  const { identify, uids, clock } = asked(['noc', new Error('timed out'), 'other'])
  await identify(1_000)
  clock.advance(minutes(4))
  await identify(1_000)
  expect(uids).toEqual([1_000])
  clock.advance(minutes(2))
  expect(await identify(1_000)).toMatchObject({ by: 'noc' })
  expect(await identify(1_000)).toBeNull()
})

test('a login called engine is let in by nobody, not even by the fleet file', async () => {
  expect(await asked(['engine']).identify(1_000)).toBeNull()
  expect(await asked(['engine']).identify(990)).toBeNull()
})

test('a uid without a login has its number for a name', async () => {
  expect(await asked([null]).identify(1_001)).toEqual({ by: '1001', roles: ['operator'] })
})

test('the real database knows root, and a uid that nobody has', async () => {
  const identify = createIdentify({ ownUid: 4_294_000_000, fleet: () => fleetWith() })
  expect(await identify(0)).toEqual({ by: 'root', roles: ['owner', 'operator'] })
  expect(await identify(4_294_000_000)).toEqual({ by: '4294000000', roles: ['owner', 'operator'] })
})
