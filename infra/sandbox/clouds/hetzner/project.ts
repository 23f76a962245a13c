// The project that every handler works on: its state, its clock, its ids, and the ledger that judges.
import type { CloudReply } from '../emulator.ts'
import type { TakenFault } from '../faults.ts'
import type { CloudLedger } from '../ledger.ts'
import type { CloudWorld } from '../world.ts'
import type { Kept, Labels } from './kept.ts'

export interface Project {
  readonly state: Kept
  readonly world: CloudWorld
  readonly ledger: CloudLedger
  /** How long an action takes, ms. */
  readonly pace: number
  /** How many servers it may have. */
  readonly serverLimit: number
  now(): number
  random(): number
  nextId(): number
}

export interface Call {
  method: string
  /** The numbers in the path, in order. */
  ids: readonly number[]
  query: URLSearchParams
  body: unknown
  fault: TakenFault | null
}

export type Handler = (project: Project, call: Call) => CloudReply

/** The API's answer to a request that it does not carry out. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly details: Readonly<Record<string, unknown>> | null

  constructor(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> | null = null) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }
}

export const notFound = (what: string, id: number) => new Refusal(404, 'not_found', `${what} with ID '${id}' not found`)

export function invalid(field: string, message: string): Refusal {
  return new Refusal(422, 'invalid_input', `invalid input in field '${field}'`, {
    fields: [{ name: field, messages: [message] }],
  })
}

export function json(status: number, body: unknown): CloudReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

export const nothing: CloudReply = { status: 204, body: '' }

export function refusal({ status, code, message, details }: Refusal): CloudReply {
  return json(status, { error: { code, message, details } })
}

export function find<T extends { id: number }>(what: string, all: readonly T[], id: number | undefined): T {
  const found = all.find(one => one.id === id)
  if (!found) throw notFound(what, id ?? 0)
  return found
}

/** The one of that id or name, as requests name images, types and keys. */
export function findBy<T extends { id: number; name: string }>(all: readonly T[], wanted: string | number): T | null {
  return all.find(one => one.name === wanted || String(one.id) === String(wanted)) ?? null
}

export const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')

export function note(
  { ledger }: Project,
  what: 'created' | 'deleted',
  thing: { kind: string; id: number; region: string; tags: Labels },
): void {
  ledger.add({ what, provider: 'hetzner', token: null, ...thing, id: String(thing.id) })
}
