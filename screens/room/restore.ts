// Reads what was kept of a view, field by field: what is not what it should be is as it is at first. A saved view that does
// not resolve any more must never keep the room from opening.

const longest = 2_000

export function record(kept: unknown): Readonly<Record<string, unknown>> {
  return typeof kept === 'object' && kept !== null ? { ...kept } : {}
}

export function text<Otherwise extends string | null>(kept: unknown, otherwise: Otherwise): string | Otherwise {
  return typeof kept === 'string' && kept.length <= longest ? kept : otherwise
}

export function boolean(kept: unknown, otherwise: boolean): boolean {
  return typeof kept === 'boolean' ? kept : otherwise
}

export function oneOf<Value extends string, Otherwise extends Value | null>(
  values: readonly Value[],
  kept: unknown,
  otherwise: Otherwise,
): Value | Otherwise {
  return values.find(value => value === kept) ?? otherwise
}

/** The strings among what was kept; at most `most` of them. */
export function texts(kept: unknown, most = 1_000): readonly string[] {
  if (!Array.isArray(kept)) return []
  return kept.filter((one): one is string => typeof one === 'string' && one.length <= longest).slice(0, most)
}
