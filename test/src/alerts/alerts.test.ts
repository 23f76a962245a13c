// The outbox: tried again on a schedule, given up in sight of everybody, never too fast for its target, never twice.
import { createServer } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { targetReference } from '../../../infra/alerts/reference.ts'
import { createDelivery } from '../../../src/alerts/deliver.ts'
import { type AlertsCommand, alertsNoun } from '../../../src/alerts/noun.ts'
import { alertsFrom } from '../../../src/alerts/queue.ts'
import type { Alert } from '../../../src/alerts/shapes.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import type { Incident } from '../../../src/incidents/shapes.ts'
import { systemClock, VirtualClock } from '../../../state/primitives/clock.ts'
import { emptyState, foldAll } from '../watch/watcher-room.ts'

const alertOf = (id: string, more: Partial<Alert> = {}): Alert => ({
  id,
  incident: `inc-${id}`,
  to: 'ntfy@ntfy.example#00000000',
  severity: 'SEV2',
  what: 'opened',
  title: 't',
  text: 'x',
  queuedAt: 0,
  attempts: 0,
  nextAt: 0,
  ...more,
})
const withAlerts = (...alerts: Alert[]) =>
  foldAll(
    emptyState,
    alerts.map(alert => ({ type: 'alerts.queued' as const, alert })),
    0,
  )

let ids = 0

function decide(
  state: FleetState,
  command: AlertsCommand,
  now: number,
  by = 'engine',
  roles: string[] = [],
): FleetState {
  const context = { now, by, roles, id: (prefix: string) => `${prefix}-${++ids}` }
  return foldAll(state, alertsNoun.decide(state, command, context), now, by)
}
const failed = (id: string, attempt: number, more = {}): AlertsCommand => ({
  type: 'alerts.failed',
  id,
  attempt,
  why: 'answered 500',
  ...more,
})

describe('the outbox', () => {
  test('a failed alert is tried again after 5, 15, 30, 60 s, 2, 5 and then every 15 minutes, for a day', () => {
    let state = withAlerts(alertOf('a'))
    const waits: number[] = []
    let now = 0
    for (let attempt = 0; state.alerts.outbox.a; attempt += 1) {
      state = decide(state, failed('a', attempt), now)
      const nextAt = state.alerts.outbox.a?.nextAt
      if (nextAt === undefined) break
      waits.push((nextAt - now) / 1_000)
      now = nextAt
    }
    expect(waits.slice(0, 8)).toEqual([5, 15, 30, 60, 120, 300, 900, 900])
    expect(Math.round(now / 3_600_000)).toBe(23)
    expect(state.alerts.done[0]).toMatchObject({ delivered: false, why: 'given up after 100 attempts: answered 500' })
  })

  test('an HQ that hears the right time a year late gives up nothing', () => {
    const year = 365 * 24 * 3_600_000
    const state = decide(withAlerts(alertOf('a')), failed('a', 0), year)
    expect(state.alerts.outbox.a).toMatchObject({ attempts: 1, nextAt: year + 5_000 })
  })

  test('after a clock was set back what was queued first still leaves first', () => {
    const state = withAlerts(
      alertOf('a', { queuedAt: 9_000 }),
      alertOf('b', { incident: 'inc-a', what: 'resolved', queuedAt: 1_000 }),
    )
    expect(alertsNoun.pending?.(state).map(effect => effect.id)).toEqual(['a:0'])
  })

  test('what the target asks for counts, up to an hour', () => {
    expect(decide(withAlerts(alertOf('a')), failed('a', 0, { retryAfterMs: 40_000 }), 0).alerts.outbox.a?.nextAt).toBe(
      40_000,
    )
    expect(decide(withAlerts(alertOf('a')), failed('a', 0, { retryAfterMs: 9e9 }), 0).alerts.outbox.a?.nextAt).toBe(
      3_600_000,
    )
  })

  test('one attempt that is told of twice counts once', () => {
    const once = decide(withAlerts(alertOf('a')), failed('a', 0), 0)
    expect(decide(once, failed('a', 0), 1)).toEqual(once)
  })

  test('a delivered one is done', () => {
    const state = decide(withAlerts(alertOf('a')), { type: 'alerts.delivered', id: 'a', attempt: 0 }, 5)
    expect([state.alerts.outbox, state.alerts.done]).toEqual([
      {},
      [expect.objectContaining({ id: 'a', at: 5, delivered: true, why: null })],
    ])
  })

  test('only the engine says how one ended', () => {
    expect(() =>
      decide(withAlerts(alertOf('a')), { type: 'alerts.delivered', id: 'a', attempt: 0 }, 5, 'noc', ['owner']),
    ).toThrow('only the engine')
  })

  test('each attempt is an effect of its own; of one incident and target only the oldest is pending', () => {
    const state = withAlerts(
      alertOf('a', { attempts: 3 }),
      alertOf('b', { incident: 'inc-a', what: 'resolved', queuedAt: 9 }),
      alertOf('c'),
    )
    expect(alertsNoun.pending?.(state).map(effect => effect.id)).toEqual(['a:3', 'c:0'])
  })

  test('a test alert goes to every target named, for those who may', () => {
    const command: AlertsCommand = { type: 'alerts.test', to: ['ntfy:https://a/b', 'webhook:https://c/d'] }
    expect(Object.keys(decide(emptyState, command, 7, 'noc', ['operator']).alerts.outbox)).toHaveLength(2)
    expect(() => decide(emptyState, command, 7, 'noc', [])).toThrow('neither operator nor owner')
  })
})

const incident: Incident = {
  id: 'inc-a',
  scope: 'node',
  subject: 'paris',
  nodes: ['paris'],
  severity: 'SEV2',
  title: 'paris is down',
  openedAt: 0,
  acknowledged: null,
  resolved: null,
  notes: [],
}

describe('the end of an incident', () => {
  const opened = foldAll(withAlerts(alertOf('a')), [{ type: 'incidents.opened', incident }], 0)
  const resolved = { type: 'incidents.resolved' as const, id: 'inc-a', how: 'recovered' }
  const end = (state: FleetState) => {
    const rules = { targets: [], muted: [], holdMs: 0 }
    const alerts = alertsFrom(state, [resolved], rules, { now: 9, id: prefix => `${prefix}-${++ids}` })
    return foldAll(state, [resolved, ...alerts], 9)
  }
  const whats = (state: FleetState) => Object.values(state.alerts.outbox).map(one => `${one.what} ${one.to}`)

  test('is told to whoever was told of it, however many alerts came between', () => {
    let state = decide(opened, { type: 'alerts.delivered', id: 'a', attempt: 0 }, 1)
    for (let count = 0; count < 300; count++) {
      const queued = { type: 'alerts.queued' as const, alert: alertOf(`n${count}`) }
      state = foldAll(state, [queued, { type: 'alerts.delivered', id: `n${count}` }], 2)
    }
    expect(state.alerts.done.some(one => one.id === 'a')).toBe(false)
    const ended = end(state)
    expect(whats(ended)).toEqual(['resolved ntfy@ntfy.example#00000000'])
    expect(Object.keys(ended.alerts.told ?? {})).not.toContain('inc-a')
  })

  test('leaves nothing behind when the first alert still arrives after it', () => {
    const ended = end(decide(opened, failed('a', 0), 1))
    expect(whats(ended)).toEqual(['opened ntfy@ntfy.example#00000000', 'resolved ntfy@ntfy.example#00000000'])
    let state = ended
    for (const id of Object.keys(ended.alerts.outbox)) state = foldAll(state, [{ type: 'alerts.delivered', id }], 10)
    expect(state.alerts).toMatchObject({ outbox: {}, told: {} })
  })

  test('is told to nobody when nobody was told', () => {
    expect(whats(end(opened))).toEqual([])
  })
})

test('no event and no state holds the address of a target, whose topic or path is a secret', () => {
  const to = 'ntfy:https://ntfy.example/secret-topic'
  const context = { now: 0, id: (prefix: string) => `${prefix}-1` }
  const rules = { targets: [{ to, from: 'SEV3' as const }], muted: [], holdMs: 0 }
  const opened = alertsFrom(emptyState, [{ type: 'incidents.opened', incident }], rules, context)
  const tested = decide(emptyState, { type: 'alerts.test', to: [to] }, 0, 'noc', ['operator'])
  const kept = JSON.stringify([opened, tested.alerts])
  expect(kept).not.toContain('secret-topic')
  expect(kept.split(targetReference(to))).toHaveLength(3)
  expect(targetReference(to)).toMatch(/^ntfy@ntfy\.example#[0-9a-f]{8}$/)
})

describe('delivery', () => {
  let close: (() => Promise<void>) | null = null
  afterEach(async () => {
    await close?.()
    close = null
  })

  async function room(status: number, clock = systemClock) {
    const titles: string[] = []
    const server = createServer((request, response) => {
      titles.push(String(request.headers.title))
      request.resume()
      response.writeHead(status).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    close = () => new Promise(resolve => server.close(() => resolve()))
    const address = server.address()
    const to = `ntfy:http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}/topic`
    const box = { state: emptyState, commands: [] as AlertsCommand[], targets: [to, 'pager:12345'] }
    const deliver = createDelivery({
      clock,
      fleetName: () => 'clavitor',
      outbox: () => box.state.alerts.outbox,
      targets: () => box.targets,
      do: async command => {
        box.commands.push(command)
        box.state = decide(box.state, command, clock.now())
      },
    })
    const run = (signal = new AbortController().signal) =>
      Promise.all((alertsNoun.pending?.(box.state) ?? []).map(effect => deliver(effect, signal)))
    return { to: targetReference(to), address: to, box, run, titles }
  }

  test('a delivered alert leaves the outbox', async () => {
    const { to, box, run, titles } = await room(200)
    box.state = withAlerts(alertOf('a', { to }))
    await run()
    expect([titles, box.state.alerts.outbox]).toEqual([['clavitor: t'], {}])
  })

  test('a refused one stays, with the next attempt set', async () => {
    const { to, box, run } = await room(500)
    box.state = withAlerts(alertOf('a', { to, queuedAt: Date.now() }))
    await run()
    expect(box.state.alerts.outbox.a?.attempts).toBe(1)
    expect(box.commands[0]).toMatchObject({ type: 'alerts.failed', why: expect.stringContaining('answered 500') })
  })

  test('one that waits for its moment and is withdrawn meanwhile is not sent', async () => {
    const clock = new VirtualClock(0)
    const { to, box, run, titles } = await room(200, clock)
    box.state = withAlerts(alertOf('a', { to, nextAt: 30_000 }))
    const running = run()
    box.state = emptyState
    clock.advance(30_000)
    await running
    expect([titles, box.commands]).toEqual([[], []])
  })

  test('ntfy gets sixty at once and then one every five seconds', async () => {
    const clock = new VirtualClock(0)
    const { to, box, run, titles } = await room(200, clock)
    box.state = withAlerts(...Array.from({ length: 63 }, (_, index) => alertOf(`a${index}`, { to })))
    const running = run()
    await expect.poll(() => titles.length).toBe(60)
    for (const expected of [61, 62, 63]) {
      clock.advance(4_999)
      await new Promise(resolve => setImmediate(resolve))
      expect(titles.length).toBe(expected - 1)
      clock.advance(1)
      await expect.poll(() => titles.length).toBe(expected)
    }
    await running
    expect(box.state.alerts.outbox).toEqual({})
  })

  test('after a clock was set back by a day an alert leaves within the hour', async () => {
    const clock = new VirtualClock(0)
    const { to, box, run, titles } = await room(200, clock)
    box.state = withAlerts(alertOf('a', { to, nextAt: 24 * 3_600_000 }))
    const running = run()
    clock.advance(3_600_000)
    await running
    expect(titles).toHaveLength(1)
  })

  test('a stopping engine leaves what waits in the outbox', async () => {
    const { to, box, run } = await room(200, new VirtualClock(0))
    box.state = withAlerts(alertOf('a', { to, nextAt: 30_000 }))
    const stop = new AbortController()
    const running = run(stop.signal)
    stop.abort()
    await running
    expect([Object.keys(box.state.alerts.outbox), box.commands]).toEqual([['a'], []])
  })

  test('an alert that waits for a target which the fleet file no longer names is given up and sent nowhere', async () => {
    const { to, box, run, titles } = await room(200)
    box.state = withAlerts(alertOf('a', { to }))
    box.targets = []
    await run()
    expect([titles, box.state.alerts.outbox]).toEqual([[], {}])
    expect(box.state.alerts.done[0]).toMatchObject({ to, why: 'given up: the fleet file does not name it any more' })
  })

  test('an alert that an older version queued with its address arrives, if the fleet file still names it', async () => {
    const { address, box, run, titles } = await room(200)
    box.state = withAlerts(alertOf('a', { to: address }))
    await run()
    expect([titles, box.state.alerts.outbox]).toEqual([['clavitor: t'], {}])
  })

  test('a target that no kind knows fails in words', async () => {
    const { box, run } = await room(200)
    box.state = withAlerts(alertOf('a', { to: targetReference('pager:12345') }))
    await run()
    expect(box.commands[0]).toMatchObject({ type: 'alerts.failed', why: 'alert targets are ntfy, webhook' })
  })
})
