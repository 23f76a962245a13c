// ajv says where a schema was not met; here that becomes a sentence about the operator's file.
import type { ErrorObject } from 'ajv'
import type { TSchema } from 'typebox'
import { checker } from '../../state/primitives/schema.ts'
import { nearest } from './nearest.ts'
import { type Complaint, mostComplaints, type Path } from './source.ts'

type Fragment = Readonly<Record<string, unknown>>

/** The first complaints about a value, up to `mostComplaints`. `at` is where the value stands in the file; `alsoKnown` are keys judged elsewhere. */
export function explain(
  schema: TSchema,
  value: unknown,
  at: Path = [],
  alsoKnown: readonly string[] = [],
): Complaint[] {
  const root = record(schema) ?? {}
  // ajv keeps what it compiled by the schema's identity: a second look at the same schema costs nothing.
  const errors = checker(schema).errors(value)
  const complaints: Complaint[] = []
  for (const error of withoutBranches(errors, value)) {
    const complaint = complaintOf(error, root, value, alsoKnown)
    if (complaint) complaints.push({ ...complaint, path: [...at, ...complaint.path] })
    if (complaints.length >= mostComplaints) break
  }
  return complaints
}

/**
 * A union that is not met makes ajv report every branch. If one branch at least takes this kind of value (a map where a
 * map is allowed), what is wrong inside that branch helps; otherwise only the union's own sentence does.
 */
function withoutBranches(errors: readonly ErrorObject[], value: unknown): ErrorObject[] {
  const dropped = new Set<ErrorObject>()
  for (const [index, union] of errors.entries()) {
    if (union.keyword !== 'anyOf') continue
    // ajv reports what its branches found directly before the union itself.
    let first = index
    while (first > 0 && isInside(errors[first - 1], union)) first -= 1
    const inside = errors.slice(first, index)
    const branchOf = (error: ErrorObject) => error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0] ?? ''
    const atUnion = inside.filter(error => error.instancePath === union.instancePath)
    const wrongKind = new Set(atUnion.filter(isAboutKind).map(branchOf))
    const open = new Set(inside.map(branchOf).filter(branch => !wrongKind.has(branch)))
    const found = valueAt(value, union.instancePath)
    const deep = typeof found === 'object' && found !== null && open.size === 1
    if (deep) dropped.add(union)
    for (const error of inside) if (!deep || !open.has(branchOf(error))) dropped.add(error)
  }
  return errors.filter(error => !dropped.has(error))
}

function isInside(error: ErrorObject | undefined, union: ErrorObject): boolean {
  if (!error?.schemaPath.startsWith(`${union.schemaPath}/`)) return false
  return error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`)
}

function isAboutKind(error: ErrorObject): boolean {
  return error.keyword === 'type' || error.keyword === 'const' || error.keyword === 'enum'
}

function complaintOf(
  error: ErrorObject,
  root: Fragment,
  value: unknown,
  alsoKnown: readonly string[],
): Complaint | null {
  const path = pathOf(value, error.instancePath)
  const schema = record(fragmentAt(root, error.schemaPath)) ?? {}
  const found = valueAt(value, error.instancePath)
  const params: Fragment = error.params
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty)
      if (path.length === 0 && alsoKnown.includes(key)) return null
      const nameIs = text(schema.nameIs)
      if (nameIs !== null) {
        return {
          path: [...path, key],
          key: true,
          message: `${quote(key)} is not ${nameIs}`,
          allowed: text(schema.nameAllowed),
        }
      }
      const known = [...Object.keys(record(schema.properties) ?? {}), ...(path.length === 0 ? alsoKnown : [])]
      return unknownKey([...path, key], key, known)
    }
    case 'required':
      return { path, message: `${quote(String(params.missingProperty))} is missing`, allowed: null }
    case 'uniqueItems': {
      const index = Number(params.i)
      const twice = Array.isArray(found) ? found[index] : null
      return { path: [...path, index], message: `${quote(twice)} stands twice in this list`, allowed: 'each once' }
    }
    default: {
      const is = text(schema.is) ?? kindOf(schema)
      const allowed = text(schema.allowed) ?? words(schema)?.join(', ') ?? limits(schema)
      if (schema.secret === true || text(schema.is) === 'a secret reference') {
        return { path, message: 'a secret must be a reference (what stands here is not shown)', allowed }
      }
      const near = typeof found === 'string' ? nearest(found, words(schema) ?? []) : null
      const named =
        is === 'an IP address'
          ? typeof found === 'string' && found.includes(':')
            ? 'an IPv6 address'
            : 'an IPv4 address'
          : is
      return { path, message: `${quote(found)} is not ${named}`, allowed, suggestion: near }
    }
  }
}

/** The complaint about a key that nobody knows. */
export function unknownKey(path: Path, key: string, known: readonly string[]): Complaint {
  const suggestion = nearest(key, known)
  return { path, key: true, message: `unknown key ${quote(key)}`, allowed: [...known].sort().join(', '), suggestion }
}

/** A value as it is shown in a message: short, and recognisable as text, number, list or map. */
export function quote(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return shown.length > 80 ? `${shown.slice(0, 78)}…"` : shown
}

function kindOf(schema: Fragment): string {
  if (words(schema)) return 'allowed here'
  if (typeof schema.format === 'string') return `in the form of a ${schema.format}`
  switch (schema.type) {
    case 'string':
      return 'text'
    case 'integer':
      return 'a whole number'
    case 'number':
      return 'a number'
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a map'
    default:
      return 'allowed here'
  }
}

function words(schema: Fragment): string[] | null {
  if (Array.isArray(schema.enum)) return schema.enum.map(String)
  if (schema.const !== undefined) return [String(schema.const)]
  if (!Array.isArray(schema.anyOf)) return null
  const all = schema.anyOf.map(branch => record(branch)?.const)
  return all.every(word => word !== undefined) ? all.map(String) : null
}

function limits(schema: Fragment): string | null {
  const { minimum, maximum, minItems } = schema
  if (typeof minimum === 'number' && typeof maximum === 'number') return `${minimum} to ${maximum}`
  if (typeof minimum === 'number') return `${minimum} or more`
  if (typeof maximum === 'number') return `at most ${maximum}`
  return typeof minItems === 'number' ? `at least ${minItems}` : null
}

/** The schema that an error's `schemaPath` (`#/properties/mesh/anyOf`) leads into, without the keyword at its end. */
function fragmentAt(root: Fragment, schemaPath: string): unknown {
  // Schema paths are percent-encoded (a pattern is a key of `patternProperties`), instance paths are not.
  const steps = pointer(schemaPath.replace(/^#/, '')).slice(0, -1).map(decodeURIComponent)
  return steps.reduce<unknown>((here, step) => member(here, step), root)
}

function valueAt(value: unknown, instancePath: string): unknown {
  return pointer(instancePath).reduce<unknown>((here, step) => member(here, step), value)
}

/** The same path with numbers where lists are counted: a node may be called `7`. */
function pathOf(value: unknown, instancePath: string): (string | number)[] {
  let here = value
  return pointer(instancePath).map(step => {
    const counted = Array.isArray(here)
    here = member(here, step)
    return counted ? Number(step) : step
  })
}

function member(here: unknown, step: string): unknown {
  if (Array.isArray(here)) return here[Number(step)]
  return isRecord(here) && Object.hasOwn(here, step) ? here[step] : undefined
}

/** `/nodes/paris/tags/0` → its steps; ajv escapes `/` and `~`. */
function pointer(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map(step => step.replace(/~1/g, '/').replace(/~0/g, '~'))
}

function isRecord(value: unknown): value is Fragment {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function record(value: unknown): Fragment | null {
  return isRecord(value) ? value : null
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
