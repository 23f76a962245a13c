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
  /** Smaller groups that turned out to be part of this one. */
  absorbs: string[]
}

const groupWindowMs = 60_000
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
  const fellAt = new Map(fallen.map(one => [one.node, one.at]))
  const taken = new Set([...open.values()].flatMap(one => one.nodes))
  // A group that fell within the last minute may be the beginning of something wider.
  const young = new Map([...open].filter(([, one]) => one.openedAt > now - groupWindowMs))

  for (const group of groups) {
    const known = open.get(group.key)
    if (!known) continue
    const late = group.nodes.filter(node => {
      const at = fellAt.get(node)
      if (at === undefined || taken.has(node)) return false
      return at >= known.openedAt - groupWindowMs && at <= known.openedAt + latecomerMs
    })
    if (late.length === 0) continue
    found.push({ key: group.key, title: titleOf(group, known.nodes.length + late.length), nodes: late, absorbs: [] })
    for (const node of late) taken.add(node)
  }

  for (;;) {
    let best: { group: Group; down: string[]; absorbs: string[] } | null = null
    for (const group of groups) {
      if (open.has(group.key) || found.some(one => one.key === group.key)) continue
      const members = new Set(group.nodes)
      const absorbs = [...young].filter(([, one]) => one.nodes.every(node => members.has(node))).map(([key]) => key)
      const inside = new Set(absorbs.flatMap(key => young.get(key)?.nodes ?? []))
      const down = group.nodes.filter(node => {
        const at = fellAt.get(node)
        return at !== undefined && (inside.has(node) || (!taken.has(node) && at > now - groupWindowMs))
      })
      const news = down.filter(node => !inside.has(node)).length
      if (news === 0 || down.length < smallest || down.length <= group.nodes.length * share) continue
      const isBetter =
        best === null ||
        down.length > best.down.length ||
        (down.length === best.down.length && group.nodes.length < best.group.nodes.length)
      if (isBetter) best = { group, down, absorbs }
    }
    if (best === null) return found
    const { group, down, absorbs } = best
    found.push({ key: group.key, title: titleOf(group, down.length), nodes: down, absorbs })
    for (const node of down) taken.add(node)
    for (const key of absorbs) young.delete(key)
  }
}

function titleOf(group: Group, down: number): string {
  return `${down} of ${group.nodes.length} nodes of ${group.key} went down together`
}
