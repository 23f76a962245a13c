// Takes what is wrong out of a file, so that the rest can be judged in the same go. Never used to run a fleet.
import { explain } from './explain.ts'
import { FleetFile } from './schema.ts'
import type { Complaint, Path } from './source.ts'

/** A copy of `value` without the places complained about; keeps at it while taking one thing out uncovers another. */
export function prune(value: unknown, complaints: readonly Complaint[]): unknown {
  let rest = structuredClone(value)
  let wrong = complaints
  for (let round = 0; wrong.length > 0 && round < 12; round++) {
    for (const { path } of [...wrong].sort((a, b) => compare(b.path, a.path))) rest = without(rest, path)
    if (typeof rest === 'object' && rest !== null && !('fleet' in rest)) rest = { ...rest, fleet: 'unnamed' }
    wrong = explain(FleetFile, rest)
  }
  return rest
}

/** Later entries of a list go first, so that the earlier ones keep their place. */
function compare(a: Path, b: Path): number {
  for (const [index, step] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    if (step === other) continue
    return typeof step === 'number' && typeof other === 'number' ? step - other : String(step) < String(other) ? -1 : 1
  }
  return a.length - b.length
}

/** Stands where an entry was, so that the later entries of the list keep the number that errors name them by. Likewise a
 *  mesh keeps some kind, so that its hub and range are still judged. */
const placeholders: Readonly<Record<string, unknown>> = {
  probes: { kind: '?', on: '*' },
  alerts: { to: 'none:none', from: 'SEV1' },
}

function without(value: unknown, path: Path, list?: string): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (Array.isArray(value)) {
    const index = Number(name)
    if (rest.length > 0) return value.map((item, at) => (at === index ? without(item, rest) : item))
    const stand = list === undefined ? undefined : placeholders[list]
    return stand === undefined ? value.filter((_, at) => at !== index) : value.with(index, stand)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (key !== String(name)) return [[key, item]]
      if (rest.length > 0) return [[key, without(item, rest, key)]]
      return list === 'mesh' && key === 'kind' ? [[key, 'wireguard']] : []
    }),
  )
}
