// A whole region, provider or mesh going down at once is one thing that happened, not many.

export interface Group {
  /** Also the incident's subject: `region eu-west-1`, `provider aws`, `mesh wg0`. */
  key: string
  nodes: readonly string[]
}

export interface GroupFall {
  key: string
  title: string
  /** Members that are down together. */
  nodes: string[]
}

export const groupWindowMs = 60_000
const smallest = 3
const share = 0.3
/** A node that falls this long after its group did is still part of it. */
const latecomerMs = 600_000

export interface Fallen {
  node: string
  /** When it went down, ms; any clock, the same as `now`. */
  at: number
}

/**
 * Pure. `fallen`: every node that is down now. `open`: groups that already have an open incident, and since when.
 * The group that explains most of what fell wins; of equals the smallest, since it says more.
 */
export function judgeGroups(
  groups: readonly Group[],
  fallen: readonly Fallen[],
  open: ReadonlyMap<string, { openedAt: number; nodes: readonly string[] }>,
  now: number,
): GroupFall[] {
  const found: GroupFall[] = []
  const free = new Map(fallen.map(one => [one.node, one.at]))
  for (const { nodes } of open.values()) for (const node of nodes) free.delete(node)

  for (const group of groups) {
    const known = open.get(group.key)
    if (!known) continue
    const late = group.nodes.filter(node => {
      const at = free.get(node)
      return at !== undefined && at >= known.openedAt - groupWindowMs && at <= known.openedAt + latecomerMs
    })
    if (late.length === 0) continue
    found.push({ key: group.key, title: titleOf(group, known.nodes.length + late.length), nodes: late })
    for (const node of late) free.delete(node)
  }

  for (;;) {
    let best: { group: Group; down: string[] } | null = null
    for (const group of groups) {
      if (open.has(group.key)) continue
      const down = group.nodes.filter(node => (free.get(node) ?? Number.NEGATIVE_INFINITY) > now - groupWindowMs)
      if (down.length < smallest || down.length <= group.nodes.length * share) continue
      const isBetter =
        best === null ||
        down.length > best.down.length ||
        (down.length === best.down.length && group.nodes.length < best.group.nodes.length)
      if (isBetter) best = { group, down }
    }
    if (best === null) return found
    found.push({ key: best.group.key, title: titleOf(best.group, best.down.length), nodes: best.down })
    for (const node of best.down) free.delete(node)
  }
}

function titleOf(group: Group, down: number): string {
  return `${down} of ${group.nodes.length} nodes of ${group.key} went down together`
}
