import { expect, test } from 'vitest'
import type { LiveProbe } from '../../../src/engine/engine.ts'
import { applyLive, leadingProbes, leads } from '../../../src/engine/live.ts'
import { createPast } from '../../../src/engine/past.ts'
import type { Fleet, ProbeInstance } from '../../../src/fleet/fleet.ts'
import type { SlotState } from '../../../state/history/history.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { hour, midnight, minute, openHome, second } from '../../state/history/home.ts'
import { fleet, node } from '../fleet/sample.ts'

const everyMs = 30 * second

function probe(of: string, id: string): ProbeInstance {
  const [kind = ''] = id.split(':')
  return { id, node: of, kind, target: '', everyMs, timeoutMs: 5000, failures: 1, severity: null, options: {} }
}

function fleetOf(names: readonly string[], probes: readonly string[] = ['http', 'ping:mesh', 'units']): Fleet {
  const all = names.flatMap(name => probes.map(id => probe(name, id)))
  return fleet(
    names.map(name => node(name)),
    { probes: all },
  )
}

function sample(of: string, id: string, at: number, ms: number | null): LiveProbe {
  const [kind = ''] = id.split(':')
  return { node: of, probe: id, kind, at, ok: ms !== null, ms, detail: nodeText(''), target: '', everyMs }
}

/** Paris is watched for 40 minutes: up, then down. The n-th look takes n ms, every tenth does not answer. */
async function watchedHome() {
  const home = await openHome()
  const taken: LiveProbe[] = []
  home.tell('paris', 'up')
  for (let look = 0; look < 80; look++) {
    if (look === 60) home.tell('paris', 'down')
    const at = home.clock.now()
    const both = [sample('paris', 'ping:mesh', at, look % 10 === 9 ? null : look), sample('paris', 'http', at, 999)]
    home.history.append(both)
    taken.push(...both)
    await home.watch(everyMs)
  }
  return { ...home, taken }
}

const memories = ['from memory', 'from the disk'] as const

test.each(memories)(
  'the fleet at a moment: its health, and what its leading probe measured up to then, %s',
  async where => {
    const { history, taken, clock } = await watchedHome()
    const known = fleetOf(['paris', 'lyon'])
    const since = where === 'from memory' ? 0 : midnight + 100 * hour
    const past = createPast({ fleet: () => known, history, since, now: clock.now })
    if (where === 'from memory') past.note(taken)
    const at = midnight + 20 * minute + 1
    const answer = await past.ask({ at, nodes: ['paris', 'atlantis'] })
    expect(answer).toEqual({
      at,
      health: { paris: 'up', lyon: 'none' },
      readings: {
        paris: { ms: 40, spark: Array.from({ length: 32 }, (_, index) => (index % 10 === 0 ? null : index + 9)) },
      },
      oldest: midnight,
    })
    expect((await past.ask({ at: midnight + 35 * minute, nodes: [] })).health.paris).toBe('down')
  },
)

test.each(memories)('a reading that is too old by then is none, and no answer is null, %s', async where => {
  const { history, taken, clock } = await watchedHome()
  const known = fleetOf(['paris'])
  const past = createPast({
    fleet: () => known,
    history,
    since: where === 'from memory' ? 0 : Number.MAX_VALUE,
    now: clock.now,
  })
  if (where === 'from memory') past.note(taken)
  const read = async (at: number) => (await past.ask({ at, nodes: ['paris'] })).readings.paris
  const last = midnight + 79 * everyMs
  expect(await read(last)).toMatchObject({ ms: null })
  expect((await read(last - everyMs))?.ms).toBe(78)
  expect((await read(last - everyMs + 44 * second))?.ms).toBeNull()
  expect(await read(last + 4 * minute)).toMatchObject({ ms: null })
  expect(await read(midnight - 1)).toEqual({ ms: null, spark: [] })
})

test('nothing is kept yet: there is no oldest slot', async () => {
  const { history, clock } = await openHome()
  const past = createPast({ fleet: () => fleetOf([]), history, since: 0, now: clock.now })
  expect((await past.ask({ at: midnight, nodes: [] })).oldest).toBeNull()
})

test('the oldest slot is the first that was watched, not the begin of its day', async () => {
  const home = await openHome({ start: midnight + 5 * hour })
  home.tell('paris', 'up')
  await home.watch(2 * minute)
  expect(home.history.oldestSlot()).toBe(midnight + 5 * hour)
  await home.watch(24 * hour, 30 * second)
  expect(home.history.oldestSlot()).toBe(midnight + 5 * hour)
})

test.each([
  [['http', 'ping:mesh', 'ping:public', 'ssh']],
  [['ping:public', 'http', 'ssh']],
  [['ssh', 'http', 'http#2']],
  [['units', 'load']],
  [['ssh:mesh', 'units']],
])('of %j the past shows the probes that the live sparks show', ids => {
  const probes = ids.map(id => sample('paris', id, 0, 1))
  let live = { probes: {}, sparks: {}, fleet: {}, engine: {} } as Parameters<typeof applyLive>[0]
  live = applyLive(live, { kind: 'live', samples: probes, exec: [] })
  const own = live.probes.paris ?? {}
  const shown = probes.filter(one => leads(own, one)).map(one => one.probe)
  expect(leadingProbes(probes, one => one.probe).map(one => one.probe)).toEqual(shown)
})

test('who rewinds through an hour that is over reads it from the disk once', async () => {
  const { history, clock, watch } = await watchedHome()
  await watch(2 * hour, 30 * second)
  let read = 0
  const counting: Parameters<typeof createPast>[0]['history'] = {
    slots: (...asked) => history.slots(...asked),
    oldestSlot: () => history.oldestSlot(),
    rows(query) {
      read += 1
      return history.rows(query)
    },
  }
  const past = createPast({
    fleet: () => fleetOf(['paris']),
    history: counting,
    since: Number.MAX_VALUE,
    now: clock.now,
  })
  const sparks = []
  for (let back = 35; back >= 33; back--) {
    const answer = await past.ask({ at: midnight + back * minute, nodes: ['paris'] })
    sparks.push(answer.readings.paris?.ms)
  }
  expect(sparks).toEqual([70, 68, 66])
  expect(read).toBe(1)
})

test('a thousand nodes, sixty of them with their readings, take no more than a few frames', async () => {
  const home = await openHome()
  const names = Array.from({ length: 1000 }, (_, index) => `node-${index}`)
  const known = fleetOf(names)
  const past = createPast({ fleet: () => known, history: home.history, since: midnight, now: home.clock.now })
  const states: SlotState[] = ['up', 'degraded', 'down']
  for (const [index, name] of names.entries()) home.tell(name, states[index % 3] ?? 'up')
  for (let look = 0; look < 240; look++) {
    const samples = names.map(name => sample(name, 'ping:mesh', home.clock.now(), look))
    past.note(samples)
    if (look % 60 === 0) home.history.append(samples)
    await home.watch(everyMs, everyMs / 4)
  }
  const times: number[] = []
  for (let turn = 0; turn < 20; turn++) {
    const began = performance.now()
    const answer = await past.ask({ at: midnight + 80 * minute + turn * minute, nodes: names.slice(turn, turn + 60) })
    times.push(performance.now() - began)
    expect(Object.keys(answer.health)).toHaveLength(1000)
    expect(answer.readings[`node-${turn}`]?.spark).toHaveLength(32)
  }
  const sorted = times.sort((a, b) => a - b)
  console.log(`past: median ${sorted[10]?.toFixed(1)} ms, slowest ${sorted.at(-1)?.toFixed(1)} ms`)
  expect(sorted[10]).toBeLessThan(50)
}, 60_000)
