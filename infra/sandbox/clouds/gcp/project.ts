// The project that every handler works on, and the form of what it answers.
import type { CloudReply } from '../emulator.ts'
import type { TakenFault } from '../faults.ts'
import type { CloudLedger } from '../ledger.ts'
import type { CloudWorld } from '../world.ts'
import type { Kept, Labels } from './kept.ts'

export interface Project {
  readonly state: Kept
  readonly world: CloudWorld
  readonly ledger: CloudLedger
  /** How long an operation takes, ms. */
  readonly pace: number
  now(): number
  /** Resolves when the clock has gone on by that much. */
  wait(ms: number): Promise<void>
  random(): number
  nextId(): string
}

export interface Call {
  /** What stands in the path for `{project}`, `{zone}`, `{name}` … */
  at: Readonly<Record<string, string>>
  query: URLSearchParams
  body: unknown
  fault: TakenFault | null
}

export type Handler = (project: Project, call: Call) => CloudReply | Promise<CloudReply>

/** The API's answer to a request that it does not carry out. */
export class Refusal extends Error {
  readonly code: number
  readonly reason: string
  readonly more: Readonly<Record<string, unknown>>

  constructor(code: number, reason: string, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.reason = reason
    this.more = more
  }
}

export const notFound = (path: string) => new Refusal(404, 'notFound', `The resource '${path}' was not found`)
export const exists = (path: string) => new Refusal(409, 'alreadyExists', `The resource '${path}' already exists`)
export const invalid = (field: string, why: string) =>
  new Refusal(400, 'invalid', `Invalid value for field '${field}': ${why}`)

export const json = (body: unknown, status = 200): CloudReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(body),
})

export function refusal({ code, reason, message, more }: Refusal): CloudReply {
  return json({ error: { code, message, errors: [{ message, domain: 'global', reason }], ...more } }, code)
}

const site = 'https://www.googleapis.com/compute/v1'
/** Of `projects/…`. */
export const link = (path: string) => `${site}/${path}`
/** The last word of a link or a path. */
export const last = (path: string) => path.split('/').at(-1) ?? path
export const stamp = (at: number) => new Date(at).toISOString().replace('Z', '+00:00')
export const regionOf = (zone: string) => zone.replace(/-[a-z]$/, '')

const nameForm = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
export function checkName(field: string, name: string): string {
  if (!nameForm.test(name)) throw invalid(field, `'${name}'. Must be a match of regex '${nameForm.source}'`)
  return name
}

const labelKey = /^\p{Ll}[\p{Ll}\p{N}_-]{0,62}$/u
const labelValue = /^[\p{Ll}\p{N}_-]{0,63}$/u
/** Lower case only: a fleet's or a node's name may have to be written differently. */
export function checkLabels(field: string, labels: Labels): Labels {
  for (const [key, value] of Object.entries(labels)) {
    if (!labelKey.test(key)) throw invalid(field, `'${key}'. Label keys are of the form '${labelKey.source}'`)
    if (!labelValue.test(value)) throw invalid(field, `'${value}'. Label values are of the form '${labelValue.source}'`)
  }
  return labels
}

export function note(
  { ledger }: Project,
  what: 'created' | 'deleted',
  thing: { kind: string; id: string; region: string; tags: Labels; token?: string | null },
): void {
  ledger.add({ token: null, ...thing, what, provider: 'gcp' })
}
