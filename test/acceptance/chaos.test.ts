// Every kind of chaos, once, on a living fleet: the engine's picture and `check` must show it on the right node, by the
// right probe, within two intervals of that probe, and heal must bring it back. Kinds run together on nodes of their
// own, spread so that no three of one area are down at once: that would rightly be one incident of the area.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chaosKinds } from '../../infra/sandbox/chaos.ts'
import type { CheckDocument, StatusDocument } from '../../src/cli/shapes.ts'
import type { EngineClient } from '../../src/engine/client.ts'
import type { Health } from '../../src/watch/shapes.ts'
import { holdsWithin, openControlRoom, report, secondsSince } from './control-room.ts'

interface Expected {
  kind: string
  node: string
  health: Health
  /** Probes that show it, by id: they fail or warn. */
  probes: readonly string[]
  /** What one of them says. */
  says: RegExp
  /** Before anybody can see anything. */
  awayS?: number
}

const single: readonly Expected[] = [
  {
    kind: 'stop-service',
    node: 'paris',
    health: 'down',
    probes: ['units', 'http'],
    says: /clavitor\.service is failed/,
  },
  {
    kind: 'drop-node',
    node: 'virginia',
    health: 'down',
    probes: ['ping:mesh', 'ssh:public', 'http'],
    says: /no answer/,
  },
  { kind: 'drop-mesh', node: 'montreal', health: 'down', probes: ['ping:mesh'], says: /no answer/ },
  { kind: 'expire-certificate', node: 'saopaulo', health: 'down', probes: ['tls', 'http'], says: /expired/ },
  { kind: 'change-hostkey', node: 'uae', health: 'down', probes: ['ssh:public'], says: /HOST KEY CHANGED/ },
  { kind: 'reboot', node: 'london', health: 'degraded', probes: ['boot'], says: /rebooted unexpectedly/, awayS: 8 },
  {
    kind: 'slow-link',
    node: 'frankfurt',
    health: 'degraded',
    probes: ['ping:mesh'],
    says: /answers in [\d.]+ ms, slower than 550 ms/,
  },
  { kind: 'errors', node: 'telaviv', health: 'degraded', probes: ['journal'], says: /new errors? from clavitor/ },
  { kind: 'open-port', node: 'capetown', health: 'degraded', probes: ['port-closed:8022'], says: /answers/ },
  { kind: 'full-disk', node: 'zurich', health: 'degraded', probes: ['load'], says: /disk 100%/ },
]
/** Of the many at once; see below. */
const together = ['lose-region', 'blind-hq']
const area = ['jakarta', 'hongkong', 'malaysia', 'mumbai', 'seoul', 'singapore', 'sydney'].sort()

const room = openControlRoom()
let engine: EngineClient
/** Every node that was ever anything but up, by the engine's own events. */
const troubled = new Set<string>()

const healthOf = (node: string) => engine.state().watch.nodes[node]
const looksOf = (node: string) => engine.live().probes[node] ?? {}
const isBad = (look: { ok: boolean | null; warn?: boolean } | undefined) =>
  look !== undefined && (look.ok === false || (look.ok === true && look.warn === true))
const allUp = () => Object.keys(engine.live().fleet.nodes).every(name => healthOf(name)?.health === 'up')
const openIncidents = () => Object.values(engine.state().incidents.open)

async function chaos(...words: string[]): Promise<void> {
  const ran = await room.run(['sandbox', 'chaos', ...words])
  if (ran.exit !== 0) throw new Error(`${ran.stdout}${ran.stderr}`)
}

function everyMs(node: string, probe: string): number {
  const every = looksOf(node)[probe]?.everyMs
  if (every === undefined) throw new Error(`${node} has no ${probe}`)
  return every
}

/** What `check` says of a node now, and what the expected probes say in it. */
async function look(one: Expected): Promise<{ health: Health | undefined; details: string }> {
  const kinds = one.probes.map(probe => probe.split(':')[0])
  const { nodes } = await room.json<CheckDocument>(['check', one.node])
  const said = nodes[0]?.probes.filter(probe => kinds.includes(probe.kind)) ?? []
  return { health: nodes[0]?.health, details: said.map(probe => probe.detail).join('; ') }
}

beforeAll(async () => {
  await room.run([])
  engine = await room.sit()
  const looked = () => single.every(({ node, probes }) => probes.every(probe => looksOf(node)[probe] !== undefined))
  expect(await holdsWithin(engine, 20_000, () => allUp() && looked())).toBe(true)
  engine.subscribe(() => {
    for (const [name, one] of Object.entries(engine.state().watch.nodes)) if (one.health !== 'up') troubled.add(name)
  })
}, 60_000)
afterAll(() => room.close())

test('there is an expectation for every kind of chaos', () => {
  expect([...single.map(one => one.kind), ...together].sort()).toEqual(chaosKinds.map(one => one.kind).sort())
})

describe('ten kinds at once on ten nodes', () => {
  test('each is seen by its probe, on its node, within two intervals, and by `check`', {
    timeout: 120_000,
  }, async () => {
    const found = await Promise.all(
      single.map(async one => {
        // The slowest of its probes decides; a look that runs into its deadline takes some seconds more.
        const slowestMs = Math.max(...one.probes.map(probe => everyMs(one.node, probe)))
        await chaos(one.kind, one.node)
        const started = performance.now()
        const seen = () =>
          healthOf(one.node)?.health === one.health && one.probes.every(probe => isBad(looksOf(one.node)[probe]))
        const inTime = await holdsWithin(engine, 2 * slowestMs + (one.awayS ?? 0) * 1000 + 6000, seen)
        const seconds = secondsSince(started)
        // What was seen, before looks on demand see it again: an error in a journal is told once.
        const details = one.probes.map(probe => looksOf(one.node)[probe]?.detail ?? '').join('; ')
        const status = await room.json<StatusDocument>(['status'])
        const shown = status.nodes.find(node => node.name === one.node)?.health
        const incident = status.incidents.find(each => each.scope === 'node' && each.subject === one.node)
        report(
          `${one.kind.padEnd(20)} status after ${String(seconds).padStart(5)} s (${slowestMs / 1000} s interval): ${incident?.title ?? 'no incident'}`,
        )
        // What a node logs every five seconds is not there in every second.
        const began = performance.now()
        let check = await look(one)
        while (check.health !== one.health && performance.now() < began + 2 * slowestMs) check = await look(one)
        report(`${one.kind.padEnd(20)} check after ${secondsSince(began)} s: ${check.health}`)
        return { kind: one.kind, inTime, shown, details, incidents: incident?.nodes, check }
      }),
    )
    expect(found.map(({ kind, inTime, shown, incidents }) => ({ kind, inTime, shown, incidents }))).toEqual(
      single.map(({ kind, health, node }) => ({ kind, inTime: true, shown: health, incidents: [node] })),
    )
    expect(found.map(({ kind, check }) => ({ kind, health: check.health }))).toEqual(
      single.map(({ kind, health }) => ({ kind, health })),
    )
    for (const [at, one] of single.entries()) {
      expect(found[at]?.details).toMatch(one.says)
      expect(found[at]?.check.details).toMatch(one.says)
    }
  })

  test('nobody else was touched', () => {
    expect([...troubled].sort()).toEqual(single.map(one => one.node).sort())
    expect(openIncidents().every(incident => incident.scope === 'node')).toBe(true)
  })

  test('heal brings one kind back, then all of them', { timeout: 120_000 }, async () => {
    const started = performance.now()
    await chaos('heal', 'drop-node', 'virginia')
    await chaos('heal')
    const away = new Map(single.map(one => [one.node, one.kind]))
    await holdsWithin(engine, 75_000, () => {
      for (const [node, kind] of away) {
        if (healthOf(node)?.health !== 'up') continue
        away.delete(node)
        report(`${kind.padEnd(20)} healed after ${secondsSince(started)} s`)
      }
      return away.size === 0
    })
    for (const node of away.keys()) {
      const bad = Object.values(looksOf(node)).filter(isBad)
      report(
        `${node} is not back: ${healthOf(node)?.reason}; now ${bad.map(look => look.detail).join('; ') || 'all well'}`,
      )
    }
    expect([...away.values()]).toEqual([])
    expect(openIncidents()).toEqual([])
  })
})

test('a lost region is one incident with its nodes inside', { timeout: 90_000 }, async () => {
  await chaos('lose-region', 'sydney')
  const started = performance.now()
  const inside = () => {
    const [incident, ...others] = openIncidents()
    return others.length === 0 && incident?.scope === 'group' && [...incident.nodes].sort().join() === area.join()
  }
  expect(
    await holdsWithin(engine, 26_000, () => inside() && area.every(name => healthOf(name)?.health === 'down')),
  ).toBe(true)
  report(`${'lose-region'.padEnd(20)} status after ${secondsSince(started)} s: ${openIncidents()[0]?.title}`)
  const checked = performance.now()
  const document = await room.json<CheckDocument>(['check', 'region=ap-*'])
  report(`${'lose-region'.padEnd(20)} check after ${secondsSince(checked)} s`)
  expect(document.nodes.map(node => node.health)).toEqual(area.map(() => 'down'))
  expect(performance.now() - checked).toBeLessThan(10_000)
  const status = await room.json<StatusDocument>(['status'])
  expect(status.incidents.map(incident => [incident.scope, incident.subject, [...incident.nodes].sort()])).toEqual([
    ['group', 'region ap-*', area],
  ])
})

test('blind headquarters: every node unknown, one more incident, and all is well afterwards', {
  timeout: 120_000,
}, async () => {
  const before = new Set(openIncidents().map(incident => incident.id))
  await chaos('blind-hq')
  const started = performance.now()
  const isBlind = () => engine.state().watch.blind !== null
  expect(await holdsWithin(engine, 26_000, isBlind)).toBe(true)
  report(`${'blind-hq'.padEnd(20)} status after ${secondsSince(started)} s: ${engine.state().watch.blind?.why}`)
  const status = await room.json<StatusDocument>(['status'])
  expect(new Set(status.nodes.map(node => node.health))).toEqual(new Set(['unknown']))
  expect(status.incidents.filter(incident => !before.has(incident.id)).map(incident => incident.scope)).toEqual(['hq'])

  const checked = performance.now()
  const document = await room.json<CheckDocument>(['check'])
  report(`${'blind-hq'.padEnd(20)} check after ${secondsSince(checked)} s`)
  const looks = document.nodes.filter(node => node.name !== 'zurich').flatMap(node => node.probes)
  // A closed port is what a silent machine looks like as well, and a push may have come just before.
  const silent = ['heartbeat', 'port-closed']
  expect(looks.filter(look => look.ok === true && !silent.includes(look.kind))).toEqual([])

  await chaos('heal')
  const healed = performance.now()
  const back = await holdsWithin(engine, 75_000, () => allUp() && openIncidents().length === 0)
  report(`${'blind-hq, lose-region'.padEnd(20)} healed after ${secondsSince(healed)} s`)
  expect(back).toBe(true)
  const opened = engine
    .state()
    .incidents.closed.filter(incident => incident.openedAt > Date.now() - 1000 * secondsSince(started))
  expect(opened.map(incident => incident.scope)).toEqual(['hq'])
})
