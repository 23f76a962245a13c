// Promise: never two machines for one node, never one that nobody knows of. Twenty nodes are provisioned and torn down
// by the product's own adapters in emulated clouds that fail at random, while the engine dies at random: before an intent,
// after it, while a call is in flight, after its effect, after its outcome. The clouds' own ledger is the judge.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MachineSpec } from '../../infra/clouds/shapes.ts'
import { faultKinds } from '../../infra/sandbox/clouds/faults.ts'
import { plannedNodes } from '../../infra/sandbox/plan.ts'
import { judge, thingsOf } from './clouds/judge.ts'
import { fleet, openRoom, type Room } from './clouds/room.ts'
import { chanceOf, deathsOf, type KillPlace, points } from './clouds/weather.ts'

const rounds = Math.round(20 * Number(process.env.WATCHFLOOR_GAUNTLET ?? '1'))
/** To play some rounds again, or to play many in pieces. */
const first = Number(process.env.WATCHFLOOR_ROUND ?? '1')
const patience = 60_000 + rounds * 10_000

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl noc@hq'
const regional: MachineSpec = {
  provider: 'aws',
  region: 'eu-west-3',
  type: 't4g.nano',
  arch: 'arm64',
  image: null,
  diskGb: null,
  ipv4: true,
  sshKeys: [publicKey],
  meshPort: 51_820,
  sshOpen: true,
}
const elsewhere: Readonly<Record<string, Partial<MachineSpec>>> = {
  paris: { provider: 'hetzner', region: 'fsn1', type: 'cx23', arch: null },
  frankfurt: { provider: 'hetzner', region: 'nbg1', type: 'cx23', arch: null },
  stockholm: { provider: 'hetzner', region: 'hel1', type: 'cx23', arch: null },
  virginia: { provider: 'gcp', region: 'us-east1', type: 'e2-micro', arch: null },
  london: { provider: 'gcp', region: 'europe-west1', type: 'e2-micro', arch: null },
  singapore: { provider: 'gcp', region: 'asia-southeast1', type: 'e2-micro', arch: null },
}

/** Of the SDKs, which wait a little before they ask again: real time, in which nothing else would happen. */
const shortened = { most: 5_000, by: 50 }
const realTimeout = globalThis.setTimeout
beforeAll(() => {
  globalThis.setTimeout = Object.assign(
    (fire: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
      realTimeout(fire, ms < shortened.most ? ms / shortened.by : ms, ...given),
    realTimeout,
  )
})
afterAll(() => {
  globalThis.setTimeout = realTimeout
})

interface Tally {
  launched: number
  destroyed: number
  killed: Map<string, number>
  faults: Map<string, number>
  ends: Map<string, number>
}

const regions = plannedNodes.flatMap(({ name, region }) => (region === null ? [] : [{ name, region }]))
const names = regions.map(({ name }) => name)

function nodesOf(seed: number): { node: string; spec: MachineSpec }[] {
  return regions.map(({ name, region }) => ({
    node: name,
    spec: { ...regional, region, ...(seed % 5 === 0 ? elsewhere[name] : {}) },
  }))
}

async function play(seed: number, tally: Tally): Promise<void> {
  const room = await openRoom({ seed, nodes: names, census: seed % 4 === 0 })
  try {
    await provisionAll(room, seed)
    expect({ seed, wrong: wrongIn(room) }).toEqual({ seed, wrong: [] })
    for (const op of room.state().machines.closed)
      add(tally.ends, `${op.kind} ${op.phase} ${op.trouble?.failure ?? ''}`)

    room.diesAt(deathsOf(seed, 'destroy'))
    for (const node of names) await room.ask(teardown(node, 'down'))
    await room.until()
    expect({ seed, wrong: wrongIn(room) }).toEqual({ seed, wrong: [] })
    for (const op of room.state().machines.closed)
      if (op.kind === 'destroy')
        add(tally.ends, `${op.kind} ${op.phase} ${op.phase === 'failed' ? op.trouble?.failure : ''}`)

    // What could not be torn down, for a reason that was named, goes in good weather.
    room.weather.clears()
    room.diesAt(new Map())
    for (const node of Object.keys(room.state().machines.machines)) await room.ask(teardown(node, 'last'))
    await room.until()
    const things = thingsOf(room.ledger.lines(), fleet)
    const left = things.filter(thing => thing.kind === 'instance' && thing.to === null).map(({ id }) => id)
    const costs = Object.values(room.state().money.lifetimes).filter(one => one.to === null)
    expect({ seed, left, costs: costs.map(({ id }) => id), wrong: wrongIn(room) }).toEqual({
      seed,
      left: [],
      costs: [],
      wrong: [],
    })

    const machines = things.filter(({ kind }) => kind === 'instance')
    tally.launched += machines.length
    tally.destroyed += machines.filter(({ to }) => to !== null).length
    for (const [place, count] of room.killed()) add(tally.killed, place, count)
    for (const [kind, count] of room.weather.taken()) add(tally.faults, kind, count)
  } finally {
    await room.close()
  }
}

async function provisionAll(room: Room, seed: number): Promise<void> {
  const chance = chanceOf(seed, 'regret')
  room.diesAt(deathsOf(seed, 'launch'))
  await room.ask({ type: 'machines.provision', id: 'batch-up', overBudget: false, nodes: nodesOf(seed) })
  // In some rounds a few are not wanted any more while they are being made.
  if (seed % 3 === 0) {
    const moment = room.clock.mono() + 40_000 * chance('moment')
    room.clock.after(40_000, () => {})
    await room.until(() => room.clock.mono() >= moment)
    for (const node of names.filter(name => chance(name) < 0.2)) await room.ask(teardown(node, 'regret'))
  }
  await room.until()
}

function teardown(node: string, why: string) {
  return { type: 'machines.teardown' as const, id: `batch-${why}-${node}`, nodes: [node] }
}

function wrongIn(room: Room): string[] {
  return [...judge(room.ledger.lines(), room.state(), fleet, names), ...room.bugs()]
}

function add(counts: Map<string, number>, what: string, more = 1): void {
  const name = what.trim()
  counts.set(name, (counts.get(name) ?? 0) + more)
}

test(`${rounds} rounds of 20 nodes in emulated clouds, with faults and deaths: never two machines for a node, none untracked, every end named`, {
  timeout: patience,
}, async () => {
  const began = performance.now()
  const tally: Tally = { launched: 0, destroyed: 0, killed: new Map(), faults: new Map(), ends: new Map() }
  for (let seed = first; seed < first + rounds; seed += 1) {
    await play(seed, tally)
  }
  report(tally, began)
  expect(tally.destroyed).toBe(tally.launched)
  // Weather in which nothing fails and nobody dies proves nothing.
  const places: KillPlace[] = points.flatMap(point => [`launch: ${point}`, `destroy: ${point}`] as const)
  if (rounds >= 20) {
    expect(places.filter(place => !tally.killed.has(place))).toEqual([])
    const kinds = Object.keys(faultKinds)
    expect(kinds.filter(kind => !tally.faults.has(kind))).toEqual([])
  }
})

function report(tally: Tally, began: number): void {
  const told = (counts: ReadonlyMap<string, number>) =>
    [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')
  process.stdout.write(
    `${rounds} rounds in ${((performance.now() - began) / 1_000).toFixed(1)} s: ${tally.launched} machines made, ${tally.destroyed} ended\n` +
      `deaths: ${told(tally.killed)}\nfaults: ${told(tally.faults)}\nends: ${told(tally.ends)}\n`,
  )
}
