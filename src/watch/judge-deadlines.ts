// Which node must be judged again, and when: a heap, so that a second in which nothing falls due costs nothing
// whatever the size of the fleet.

export interface Deadlines {
  /** The node is looked at again at `at` at the latest. An earlier deadline stays; a later one is reached from there. */
  set(key: string, at: number): void
  /** Takes all keys whose deadline is not after `now`. */
  due(now: number): string[]
  size(): number
}

export function createDeadlines(): Deadlines {
  const heap: { key: string; at: number }[] = []
  const earliest = new Map<string, number>()

  function set(key: string, at: number): void {
    const known = earliest.get(key)
    if (known !== undefined && known <= at) return
    earliest.set(key, at)
    heap.push({ key, at })
    rise(heap.length - 1)
  }

  function due(now: number): string[] {
    const keys: string[] = []
    for (;;) {
      const top = heap[0]
      if (!top || top.at > now) return keys
      const last = heap.pop()
      if (last && heap.length > 0) {
        heap[0] = last
        sink(0)
      }
      // An entry that an earlier one replaced is stale.
      if (earliest.get(top.key) !== top.at) continue
      earliest.delete(top.key)
      keys.push(top.key)
    }
  }

  function rise(from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!swapIfLater(parent, index)) return
      index = parent
    }
  }

  function sink(from: number): void {
    let index = from
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      let child = left
      const [leftOne, rightOne] = [heap[left], heap[right]]
      if (!leftOne) return
      if (rightOne && rightOne.at < leftOne.at) child = right
      if (!swapIfLater(index, child)) return
      index = child
    }
  }

  function swapIfLater(upper: number, lower: number): boolean {
    const [a, b] = [heap[upper], heap[lower]]
    if (!a || !b || a.at <= b.at) return false
    heap[upper] = b
    heap[lower] = a
    return true
  }

  return { set, due, size: () => earliest.size }
}
