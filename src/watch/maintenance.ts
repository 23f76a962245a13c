// Which nodes are in maintenance now, and why: windows in the state, by their selectors.
import type { MaintenanceWindow } from '../incidents/shapes.ts'

export interface Maintenance {
  /** The reason why a node is in maintenance; undefined if it is not. */
  reason(node: string): string | undefined
  /** Looks at the windows again; gives the nodes for which something changed. */
  notice(windows: readonly MaintenanceWindow[], wall: number): string[]
}

export function createMaintenance(selected: (selector: string) => readonly string[]): Maintenance {
  let reasons = new Map<string, string>()

  return {
    reason: node => reasons.get(node),
    notice(windows, wall) {
      const open = windows.filter(one => one.from <= wall && wall < one.until)
      if (open.length === 0 && reasons.size === 0) return []
      const before = reasons
      reasons = new Map(open.flatMap(one => selected(one.selector).map(name => [name, one.reason] as const)))
      return [...new Set([...before.keys(), ...reasons.keys()])].filter(name => before.get(name) !== reasons.get(name))
    },
  }
}
