// Asks what the month costs: once the room stands, then every minute and when machines or money change, since the header of
// every screen shows it. Uptimes and other months are asked for only while the page is open.
import type { CostReport } from '../../src/money/shapes.ts'
import type { UptimeRow } from '../../state/history/history.ts'
import type { Room } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { type Uptimes, uptimeWindows, windowMs } from './state.ts'

/** The first picture does not wait for it, nor does what it needs from the engine. */
const firstMs = 200
const everyMs = 60_000
/** Several changes of one moment are asked about once. */
const gatherMs = 1_000
const uptimeEveryMs = 120_000
const againMs = 10_000

export function feedMoney(room: Room, now: () => number): () => void {
  let isOver = false
  let isReady = false
  const asking = { cost: false, uptime: false }
  let costDueAt = 0
  let uptimeDueAt = 0
  let otherDueAt = 0
  let timer: NodeJS.Timeout | null = null

  function wake(ms: number): void {
    if (timer) clearTimeout(timer)
    timer = setTimeout(() => {
      timer = null
      isReady = true
      look()
      if (timer === null && !isOver) wake(everyMs)
    }, ms)
  }

  function look(): void {
    const snapshot = room.snapshot()
    const isOpen = placeOf(snapshot.view).screen === 'money'
    if (isOver || snapshot.frozenAt !== null || !snapshot.link.up || !(isReady || isOpen)) return
    if (!asking.cost && now() >= costDueAt) void askCost(null)
    if (!isOpen) return
    const { month } = snapshot.view.screens.money
    const { current, other } = snapshot.found.money
    const isOther = month !== null && month !== current?.month && month !== other?.month
    if (!asking.cost && isOther && now() >= otherDueAt) void askCost(month)
    if (!asking.uptime && now() >= uptimeDueAt) void askUptime()
  }

  async function askCost(month: string | null): Promise<void> {
    asking.cost = true
    if (month === null) costDueAt = now() + everyMs
    try {
      const report = await room.engine.ask('cost', { month })
      if (!isOver) keep(month, report)
    } catch (error) {
      if (isOver) return
      if (month === null) costDueAt = now() + againMs
      else otherDueAt = now() + againMs
      room.find('money', {
        ...room.snapshot().found.money,
        failed: error instanceof Error ? error.message : String(error),
      })
    } finally {
      asking.cost = false
    }
    look()
  }

  function keep(month: string | null, report: CostReport): void {
    const { money } = room.snapshot().found
    room.find(
      'money',
      month === null ? { ...money, current: report, failed: null } : { ...money, other: report, failed: null },
    )
  }

  async function askUptime(): Promise<void> {
    asking.uptime = true
    uptimeDueAt = now() + uptimeEveryMs
    try {
      const to = now()
      const [day, week, month] = await Promise.all(
        uptimeWindows.map(window => room.engine.ask('uptime', { from: to - windowMs[window], to })),
      )
      const uptime: Uptimes = { '24 h': byName(day), '7 d': byName(week), '30 d': byName(month) }
      if (!isOver) room.find('money', { ...room.snapshot().found.money, uptime })
    } catch {
      // No history right now: what was known stays, and it is asked again at its pace.
    } finally {
      asking.uptime = false
    }
  }

  const unheard = room.engine.subscribe(change => {
    if (change.kind === 'fleet' || (change.kind === 'events' && change.events.some(({ type }) => isAboutMoney(type)))) {
      costDueAt = 0
      if (isReady) wake(gatherMs)
    }
  })
  const unsubscribe = room.subscribe(look)
  wake(firstMs)
  return () => {
    isOver = true
    unheard()
    unsubscribe()
    if (timer) clearTimeout(timer)
  }
}

function isAboutMoney(type: string): boolean {
  return type.startsWith('money.') || type.startsWith('machines.')
}

function byName(rows: readonly UptimeRow[] | undefined): Readonly<Record<string, UptimeRow>> {
  return Object.fromEntries((rows ?? []).map(row => [row.name, row]))
}
