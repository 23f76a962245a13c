// The JSON services (Account, Cost Explorer, Pricing): bodies are judged, refusals say their class in `__type`.
import type { CloudReply, CloudRequest } from '../emulator.ts'
import type { TakenFault } from '../faults.ts'
import type { Account } from './account.ts'
import { AwsProblem } from './problem.ts'

export interface JsonCall {
  account: Account
  body: Readonly<Record<string, unknown>>
  now: number
}
interface JsonAction {
  /** Members that the request may have. */
  members: readonly string[]
  answer(call: JsonCall): unknown
}

export interface JsonService {
  actions: Readonly<Record<string, JsonAction>>
  /** Its name for too many requests. */
  throttled: { code: string; status: number }
  contentType: string
}

export function answerJson(
  { actions, throttled, contentType }: JsonService,
  account: Account,
  {
    action,
    request,
    fault,
    requestId,
  }: { action: string; request: CloudRequest; fault: TakenFault | null; requestId: string },
): CloudReply {
  const headers = { 'content-type': contentType, 'x-amzn-requestid': requestId }
  try {
    if (fault) refuseBy(fault.kind, action, throttled)
    const known = actions[action]
    if (!known) throw new AwsProblem('UnknownOperationException', `There is no operation ${action}`)
    const body = bodyOf(request.body)
    const unknown = Object.keys(body).find(member => !known.members.includes(member))
    if (unknown) throw new AwsProblem('SerializationException', `Unexpected field ${unknown}`)
    const answer = known.answer({ account, body, now: account.clock.now() })
    if (fault?.kind === 'error-after-effect') throw new AwsProblem('InternalServerException', 'Internal error', 500)
    return { status: 200, headers, body: answer === null ? '' : JSON.stringify(answer) }
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error
    return jsonRefusal(error, headers)
  }
}

export function jsonRefusal(
  { code, message, status }: AwsProblem,
  headers: Readonly<Record<string, string>>,
): CloudReply {
  return { status, headers: { ...headers, 'x-amzn-errortype': code }, body: JSON.stringify({ __type: code, message }) }
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  let body: unknown
  try {
    body = text === '' ? {} : JSON.parse(text)
  } catch {
    throw new AwsProblem('SerializationException', 'The body is not JSON')
  }
  if (!isObject(body)) throw new AwsProblem('SerializationException', 'The body is not an object')
  return body
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textIn(body: Readonly<Record<string, unknown>>, member: string): string {
  const value = body[member]
  if (typeof value !== 'string' || value === '') throw new AwsProblem('ValidationException', `${member} is missing`)
  return value
}

function refuseBy(kind: TakenFault['kind'], action: string, throttled: JsonService['throttled']): void {
  switch (kind) {
    case 'throttle':
      throw new AwsProblem(throttled.code, 'Rate exceeded', throttled.status)
    case 'rights':
    case 'account':
      throw new AwsProblem('AccessDeniedException', `User is not authorized to perform: ${action}`)
    case 'capacity':
    case 'quota':
      throw new AwsProblem('LimitExceededException', 'A limit of the account is reached')
    case 'server-error':
      throw new AwsProblem('InternalServerException', 'Internal error', 500)
    default:
  }
}
