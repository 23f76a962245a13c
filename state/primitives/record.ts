// Records keyed by names from outside: `constructor` is a name like any other and must not find what JavaScript put there.

/** The record's own entry, or undefined; never an inherited one. */
export function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
