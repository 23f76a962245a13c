// Takes what is wrong out of a file, so that the rest can be judged in the same go. Never used to run a fleet.
import { explain } from './explain.ts'
import { FleetFile } from './schema.ts'
import type { Complaint, Path } from './source.ts'

/** A copy of `value` without the places complained about; keeps at it while taking one thing out uncovers another. */
export function prune(value: unknown, complaints: readonly Complaint[]): unknown {
  const rest = structuredClone(value)
  let wrong = complaints
  for (let round = 0; wrong.length > 0 && round < 12; round++) {
    for (const { path } of [...wrong].sort((a, b) => compare(b.path, a.path))) takeOut(rest, path)
    if (isHolder(rest) && !('fleet' in rest)) rest.fleet = 'unnamed'
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
const placeholders: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  probes: { kind: '?', on: '*' },
  alerts: { to: 'none:none', from: 'SEV1' },
}

/** In place: a file can have a mistake in each of thousands of nodes. */
function takeOut(value: unknown, path: Path): void {
  const [last = '', list = ''] = [...path].reverse()
  let holder: unknown = value
  for (const step of path.slice(0, -1)) holder = isHolder(holder) ? holder[String(step)] : undefined
  if (Array.isArray(holder)) {
    const stand = path.length === 2 ? placeholders[String(path[0])] : undefined
    if (stand === undefined) holder.splice(Number(last), 1)
    else holder[Number(last)] = { ...stand }
  } else if (isHolder(holder)) {
    if (path.length === 2 && list === 'mesh' && last === 'kind') holder.kind = 'wireguard'
    else delete holder[String(last)]
  }
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
