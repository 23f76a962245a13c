// What Google's errors mean. Those of its client carry a gRPC `code` (5: not found) and the status of HTTP beside it; the
// API's own word for it (`rateLimitExceeded`) is in the body, and of a failed operation in the operation.
import { CloudError, type CloudFailure } from '../error.ts'
import { field } from '../field.ts'
import { providerText } from '../provider-text.ts'

const byReason: Readonly<Record<string, CloudFailure>> = {
  // Of answers.
  rateLimitExceeded: 'throttled',
  userRateLimitExceeded: 'throttled',
  concurrentLimitExceeded: 'throttled',
  quotaExceeded: 'quota',
  dailyLimitExceeded: 'quota',
  limitExceeded: 'quota',
  alreadyExists: 'conflict',
  notFound: 'not-found',
  resourceNotReady: 'locked',
  operationInProgress: 'locked',
  resourceInUseByAnotherResource: 'conflict',
  conditionNotMet: 'locked',
  authError: 'credentials',
  required: 'invalid',
  invalid: 'invalid',
  forbidden: 'rights',
  accessNotConfigured: 'account',
  BILLING_DISABLED: 'account',
  SERVICE_DISABLED: 'account',
  backendError: 'unreachable',
  internalError: 'unreachable',
  // Of operations.
  ZONE_RESOURCE_POOL_EXHAUSTED: 'capacity',
  ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS: 'capacity',
  RESOURCE_POOL_EXHAUSTED: 'capacity',
  STOCKOUT: 'capacity',
  QUOTA_EXCEEDED: 'quota',
  RATE_LIMIT_EXCEEDED: 'throttled',
  RESOURCE_ALREADY_EXISTS: 'conflict',
  RESOURCE_NOT_FOUND: 'not-found',
  RESOURCE_NOT_READY: 'locked',
  RESOURCE_IN_USE_BY_ANOTHER_RESOURCE: 'conflict',
  PERMISSIONS_ERROR: 'rights',
  BILLING_NOT_ENABLED: 'account',
  // Google's own trouble; asked again with its token, it says the same again.
  INTERNAL_ERROR: 'conflict',
}
const byStatus: Readonly<Record<number, CloudFailure>> = {
  400: 'invalid',
  401: 'credentials',
  403: 'rights',
  404: 'not-found',
  409: 'conflict',
  412: 'locked',
  413: 'invalid',
  429: 'throttled',
}
/** gRPC codes, where there is no status of HTTP. */
const byRpc: Readonly<Record<number, CloudFailure>> = {
  3: 'invalid',
  5: 'not-found',
  6: 'conflict',
  7: 'rights',
  8: 'throttled',
  9: 'locked',
  10: 'conflict',
  16: 'credentials',
}
const remedies: Partial<Record<CloudFailure, string>> = {
  credentials: 'Make a new key for the service account, or log in anew.',
  rights: 'The service account needs the role Compute Admin in the project.',
  quota: 'Ask for a higher quota under IAM & Admin, Quotas.',
  capacity: 'Choose another zone, region or type.',
  account: 'Enable billing and the Compute Engine API for the project.',
  throttled: 'Wait a minute.',
}

/** What the server of tokens says of a key that was deleted or a login that ended; it does so with status 400. */
const noGrant = /\b(?:invalid_grant|invalid_client|unauthorized_client|deleted_client|invalid_rapt)\b/

/** Of whatever Google's client or its transport threw. It is not kept as a cause: it holds the request with its token. */
export function failureOf(error: unknown, where: string, isRead: boolean): CloudError {
  if (error instanceof CloudError) return error
  const status = numberOf(field(error, 'httpStatusCode') ?? field(error, 'status'))
  const rpc = numberOf(field(error, 'code'))
  const reason = reasonOf(error)
  const words = providerText(error instanceof Error ? error.message : '', {}).replace(/https?:\/\/\S+/g, 'the endpoint')
  if (noGrant.test(words)) {
    return new CloudError({
      failure: 'credentials',
      // Without a token nothing was asked of Compute Engine.
      effect: 'none',
      message: `Google did not accept the credentials for ${where}: ${words}`,
      remedy: remedies.credentials ?? '',
      code: noGrant.exec(words)?.[0] ?? null,
    })
  }
  const known = Object.hasOwn(byReason, reason) ? byReason[reason] : undefined
  // What the transport could not read or send has no status; its code is a guess of the client's.
  const isAnswer = status !== null
  const guessed = isAnswer ? byStatus[status] : rpc !== null && rpc !== 14 ? byRpc[rpc] : undefined
  const isRefusal = isAnswer && status >= 400 && status < 500
  const failure = known ?? byWords(status, words) ?? guessed ?? (isRefusal ? 'invalid' : 'unreachable')
  const remedy = remedies[failure]
  return new CloudError({
    failure,
    effect: isRead || (isRefusal && failure !== 'unreachable') ? 'none' : 'unknown',
    message: isAnswer
      ? `Compute Engine answered ${where} with ${status}${reason === '' ? '' : ` ${reason}`}${words === '' ? '' : `: ${words}`}`
      : `Compute Engine did not answer ${where}${words === '' ? '' : `: ${words}`}`,
    ...(remedy === undefined ? {} : { remedy }),
    code: reason === '' ? (isAnswer ? String(status) : 'no-answer') : reason,
  })
}

/** Of an operation that is DONE and failed. Nothing came of it. */
export function failureOfOperation(where: string, errors: readonly { code?: string; message?: string }[]): CloudError {
  const [first] = errors
  const code = providerText(first?.code, { most: 60 })
  const failure = (Object.hasOwn(byReason, code) ? byReason[code] : undefined) ?? 'invalid'
  const remedy = remedies[failure]
  return new CloudError({
    failure,
    effect: 'none',
    message: `Compute Engine began ${where}, and it failed with ${code === '' ? 'no reason' : code}: ${providerText(first?.message)}`,
    ...(remedy === undefined ? {} : { remedy }),
    code: code === '' ? 'operation-failed' : code,
  })
}

export function unreadable(where: string, effect: 'none' | 'unknown'): CloudError {
  return new CloudError({
    failure: 'unreachable',
    effect,
    message: `Compute Engine answered ${where} with something that cannot be read`,
    remedy: 'Look whether the endpoint is Compute Engine’s.',
    code: 'unreadable',
  })
}

export function isNotFound(error: unknown): boolean {
  return error instanceof CloudError && error.failure === 'not-found'
}

/** A 403 is a throttle, a quota, an account or a right, and the client drops the word that says which. */
function byWords(status: number | null, words: string): CloudFailure | undefined {
  if (status !== 403 && status !== 429) return undefined
  if (/quota metric|rate limit|per minute/i.test(words)) return 'throttled'
  if (/^quota|quota '|exceeded/i.test(words)) return 'quota'
  return /billing|has not been used|is disabled/i.test(words) ? 'account' : undefined
}

/** The client keeps the body under a symbol of its own; a refusal of rights comes with the transport's error as cause. */
function reasonOf(error: unknown): string {
  const own = field(error, 'reason')
  if (typeof own === 'string' && own !== '') return providerText(own, { most: 60 })
  if (typeof error !== 'object' || error === null) return ''
  const bodies: unknown[] = [
    ...Object.getOwnPropertySymbols(error).map(symbol => Reflect.get(error, symbol)),
    field(field(field(error, 'cause'), 'response'), 'data'),
    field(field(error, 'response'), 'data'),
  ]
  for (const body of bodies) {
    const errors = field(field(typeof body === 'string' ? parsed(body) : body, 'error'), 'errors')
    const reason = Array.isArray(errors) ? field(errors[0], 'reason') : undefined
    if (typeof reason === 'string' && reason !== '') return providerText(reason, { most: 60 })
  }
  return ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null
}
