// A plan of what provisioning would create: for which nodes, and what the engine says of them. Pure.
import type { ProvisionPlan } from '../../src/machines/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'

export interface PlanFound {
  /** Makes one asking: what is agreed to is this answer and no later one. */
  id: string
  /** As in the place: the nodes it is about. */
  subject: string
  plan: ProvisionPlan | null
  failed: string | null
  at: number
}

/** Names have no blanks, so that a place can name several. */
export function subjectOf(nodes: readonly string[]): string {
  return nodes.join(' ')
}

export function plannedNodes({ view }: Pick<Snapshot, 'view'>): readonly string[] {
  const { screen, subject } = placeOf(view)
  return screen === 'provisioning' && subject !== null ? subject.split(' ').filter(Boolean) : []
}

/** The answer to what is on the screen; null: there is none yet. */
export function shownPlan({ view, found }: Pick<Snapshot, 'view' | 'found'>): PlanFound | null {
  const { subject } = placeOf(view)
  return found.provisioning?.subject === subject ? found.provisioning : null
}
