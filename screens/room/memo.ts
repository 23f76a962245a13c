// What follows from a picture is computed once and not once a frame: at 1,000 nodes sorting alone would cost a key's time.

export type Memo = <T>(name: string, on: readonly unknown[], make: () => T) => T

/** Keeps the last value of each name for as long as everything it depends on is the same object. */
export function createMemo(): Memo {
  const kept = new Map<string, { on: readonly unknown[]; value: unknown }>()
  return <T>(name: string, on: readonly unknown[], make: () => T): T => {
    const known = kept.get(name)
    // A name is used in one place only, so that what lies under it is what was made there.
    if (known && known.on.length === on.length && known.on.every((one, at) => one === on[at])) return known.value as T
    const value = make()
    kept.set(name, { on, value })
    return value
  }
}
