// What Hetzner's error codes mean, and which of them are worth another try: the rules of hcloud-go, its own client.

import { CloudError, type CloudFailure } from '../error.ts'
import { field } from '../field.ts'
import { providerText } from '../provider-text.ts'

const byCode: Readonly<Record<string, CloudFailure>> = {
  unauthorized: 'credentials',
  forbidden: 'rights',
  token_readonly: 'rights',
  payment_required: 'account',
  not_found: 'not-found',
  invalid_input: 'invalid',
  json_error: 'invalid',
  unsupported_error: 'invalid',
  deprecated_api_endpoint: 'invalid',
  invalid_server_type: 'invalid',
  uniqueness_error: 'conflict',
  protected: 'conflict',
  resource_in_use: 'conflict',
  resource_limit_exceeded: 'quota',
  server_limit_exceeded: 'quota',
  resource_unavailable: 'capacity',
  placement_error: 'capacity',
  no_space_left_in_location: 'capacity',
  rate_limit_exceeded: 'throttled',
  locked: 'locked',
  // The thing changed while it was being changed: the same again, later.
  conflict: 'locked',
  bad_gateway: 'unreachable',
  timeout: 'unreachable',
  service_error: 'unreachable',
  server_error: 'unreachable',
  maintenance: 'unreachable',
  unavailable: 'unreachable',
}
const byStatus: Readonly<Record<number, CloudFailure>> = {
  401: 'credentials',
  402: 'account',
  403: 'rights',
  404: 'not-found',
  409: 'conflict',
  423: 'locked',
  429: 'throttled',
}
const remedies: Partial<Record<CloudFailure, string>> = {
  credentials: 'Make a new API token in the project at console.hetzner.com, and put it where the fleet file points.',
  rights: 'The API token must be one that may read and write.',
  quota: 'Ask for a higher limit under Limits in console.hetzner.com.',
  capacity: 'Choose another location or type: `watchfloor offers` shows what can be had.',
  account: 'Look at the account at accounts.hetzner.com.',
  throttled: 'Wait: the limit refills by one request a second.',
}

const retried = new Set(['conflict', 'rate_limit_exceeded', 'bad_gateway', 'timeout', '502', '504'])
/** A request that got no answer at all, as Node and axios call it. */
const noAnswer =
  /^(?:no-answer|ECONNABORTED|ETIMEDOUT|ECONNRESET|ECONNREFUSED|EPIPE|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ERR_NETWORK)$/

export function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof CloudError) || error.code === null) return false
  return retried.has(error.code) || noAnswer.test(error.code)
}

export function failureOf(answer: {
  where: string
  isRead: boolean
  status: number
  body: unknown
  headers: Readonly<Record<string, unknown>>
  token: string
}): CloudError {
  const { where, isRead, status, token } = answer
  const said = field(answer.body, 'error')
  const code = providerText(field(said, 'code'), { most: 60, without: [token] })
  const words = providerText(field(said, 'message'), { without: [token] })
  const isRefusal = status >= 400 && status < 500
  // Own keys only: a code named `constructor` is none of ours.
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined
  const failure = known ?? byStatus[status] ?? (isRefusal ? 'invalid' : 'unreachable')
  const remedy = remedies[failure]
  return new CloudError({
    failure,
    // A timeout that is told with 4xx may have happened all the same.
    effect: isRead || (isRefusal && failure !== 'unreachable') ? 'none' : 'unknown',
    message: `Hetzner answered ${where} with ${status}${code === '' ? ' and no error that can be read' : ` ${code}`}${words === '' ? '' : `: ${words}`}`,
    ...(remedy === undefined ? {} : { remedy }),
    code: code === '' ? String(status) : code,
    retryAfterMs: failure === 'throttled' ? retryAfterMs(answer.headers) : null,
  })
}

/** Of an action that was accepted and then failed. */
export function failureOfAction(command: string, error: { code: string; message: string } | null): CloudError {
  const code = providerText(error?.code, { most: 60 })
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined
  const failure = known ?? 'invalid'
  const remedy = remedies[failure]
  return new CloudError({
    failure,
    effect: 'unknown',
    message: `Hetzner's action ${providerText(command, { most: 60 })} failed${code === '' ? '' : ` with ${code}`}: ${providerText(error?.message)}`,
    ...(remedy === undefined ? {} : { remedy }),
    code: code === '' ? 'action_failed' : code,
  })
}

/** An answer of another form than the API has. */
export function unreadable(where: string, effect: 'none' | 'unknown'): CloudError {
  return new CloudError({
    failure: 'unreachable',
    effect,
    message: `Hetzner answered ${where} with something that cannot be read`,
    remedy: 'Look whether the endpoint is Hetzner’s API, and whether Watchfloor is of this year.',
    code: 'unreadable',
  })
}

function retryAfterMs(headers: Readonly<Record<string, unknown>>): number | null {
  const text = headers['retry-after']
  const seconds = typeof text === 'string' && /^[0-9]{1,4}$/.test(text) ? Number(text) : null
  return seconds === null ? null : Math.min(seconds, 60) * 1_000
}
