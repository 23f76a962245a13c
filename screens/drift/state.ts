// What is in the clouds other than in the fleet file and the records, as it was looked at last. Pure.
import type { DriftFinding, DriftReport } from '../../src/machines/shapes.ts'
import type { Room, Snapshot } from '../room/room.ts'
import { filterBy } from '../widgets/filter.ts'
import type { LinesState } from '../widgets/lines.ts'

export interface DriftState extends LinesState {
  filter: string
}

export interface DriftFound {
  report: DriftReport | null
  /** Since when all regions are being listed, ms; null: they are not. */
  lookingSince: number | null
  failed: string | null
}

export const nothingFound: DriftFound = { report: null, lookingSince: null, failed: null }

/** As it is told apart: two providers may use the same id. */
export function keyOf({ kind, provider, region, id }: DriftFinding): string {
  return `${kind} ${provider}/${region}/${id}`
}

export function shownFindings({ found, view, memo }: Snapshot): readonly DriftFinding[] {
  const { report } = found.drift
  const { filter } = view.screens.drift
  return memo('drift findings', [report, filter], () => {
    const fits = filterBy(filter)
    const all = report?.findings ?? []
    return filter === '' ? all : all.filter(one => fits({ text: textOf(one) }))
  })
}

function textOf(one: DriftFinding): string {
  return `${one.kind} ${one.id} ${one.node ?? ''} ${one.provider} ${one.region} ${one.what}`.toLowerCase()
}

/** Lists every region anew; it takes seconds, and nothing waits for it. */
export function lookAgain(room: Room): void {
  const { drift } = room.snapshot().found
  if (drift.lookingSince !== null) {
    room.say('every region is being listed already')
    return
  }
  room.find('drift', { ...drift, lookingSince: room.now() })
  room.engine.ask('drift', { fresh: true }).then(
    report => room.find('drift', { report, lookingSince: null, failed: null }),
    (error: unknown) => {
      const failed = error instanceof Error ? error.message : String(error)
      room.find('drift', { ...room.snapshot().found.drift, lookingSince: null, failed })
    },
  )
}
