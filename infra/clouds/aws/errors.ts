// What EC2 and its kin say when they refuse, as a class that is acted on, with what a person can do about it.
// Sources: the EC2 API's error codes; Karpenter's list of those that mean "no room here".
import { forTerminal, nodeText } from '../../../state/primitives/node-text.ts'
import { own } from '../../../state/primitives/record.ts'
import { CloudError, type CloudFailure } from '../error.ts'

export interface Where {
  action: string
  region: string
  /** It makes something that costs: without a clear answer, it may have. */
  creates: boolean
  /** Never to be seen in a message. */
  secrets: readonly string[]
}

interface Kind {
  failure: CloudFailure
  remedy?: string
}

const capacity: Kind = { failure: 'capacity', remedy: 'Try another zone, another type or another region.' }
const quota: Kind = {
  failure: 'quota',
  remedy: 'Ask AWS to raise the limit (Service Quotas, in this region), or use another region.',
}
const throttled: Kind = { failure: 'throttled', remedy: 'It is asked again later; nothing has to be done.' }
const rights: Kind = { failure: 'rights', remedy: 'Give the IAM user or role of these credentials this permission.' }
const credentials: Kind = {
  failure: 'credentials',
  remedy: 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in again (aws sso login).',
}
const clock: Kind = {
  failure: 'credentials',
  remedy: 'Set the clock of this machine: AWS refuses requests signed at another time.',
}
const account: Kind = {
  failure: 'account',
  remedy: 'Sign in to the AWS console: the account waits for verification, a payment method or a subscription.',
}
const missing: Kind = { failure: 'not-found', remedy: 'Just after it was made this is usual: look again in a minute.' }
const conflict: Kind = { failure: 'conflict' }
const locked: Kind = { failure: 'locked', remedy: 'It is busy: try the same again in a minute.' }
const unanswered: Kind = {
  failure: 'unreachable',
  remedy: 'Look at the AWS health page and at the network of this machine; it can be tried again.',
}
const invalid: Kind = { failure: 'invalid' }

const kinds: Readonly<Record<string, Kind>> = {
  InsufficientInstanceCapacity: capacity,
  InsufficientHostCapacity: capacity,
  InsufficientCapacity: capacity,
  InsufficientReservedInstanceCapacity: capacity,
  InsufficientFreeAddressesInSubnet: capacity,
  Unsupported: capacity,
  UnfulfillableCapacity: capacity,
  VcpuLimitExceeded: quota,
  InstanceLimitExceeded: quota,
  ResourceCountExceeded: quota,
  VolumeLimitExceeded: quota,
  AddressLimitExceeded: quota,
  SecurityGroupLimitExceeded: quota,
  RulesPerSecurityGroupLimitExceeded: quota,
  SecurityGroupsPerInterfaceLimitExceeded: quota,
  NetworkInterfaceLimitExceeded: quota,
  PrivateIpAddressLimitExceeded: quota,
  TagLimitExceeded: quota,
  LimitExceededException: quota,
  RequestLimitExceeded: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  TooManyRequestsException: throttled,
  EC2ThrottledException: throttled,
  RequestThrottled: throttled,
  RequestThrottledException: throttled,
  SlowDown: throttled,
  UnauthorizedOperation: rights,
  AccessDenied: rights,
  AccessDeniedException: rights,
  UnauthorizedException: rights,
  AuthFailure: credentials,
  InvalidClientTokenId: credentials,
  UnrecognizedClientException: credentials,
  UnrecognizedClient: credentials,
  SignatureDoesNotMatch: credentials,
  InvalidSignatureException: credentials,
  IncompleteSignature: credentials,
  MissingAuthenticationToken: credentials,
  MissingAuthenticationTokenException: credentials,
  ExpiredToken: credentials,
  ExpiredTokenException: credentials,
  RequestExpired: clock,
  RequestTimeTooSkewed: clock,
  RequestInTheFuture: clock,
  OptInRequired: account,
  PendingVerification: account,
  Blocked: account,
  AccountDisabled: account,
  SubscriptionRequiredException: account,
  InvalidGroupId: missing,
  'InvalidGroup.Duplicate': conflict,
  'InvalidPermission.Duplicate': conflict,
  'InvalidKeyPair.Duplicate': conflict,
  IdempotentParameterMismatch: {
    failure: 'conflict',
    remedy: 'This token was used with another request: find what it made by its tags, and launch with a new token.',
  },
  IdempotentInstanceTerminated: {
    failure: 'conflict',
    remedy: 'The machine of this token has ended: a new attempt needs a new token.',
  },
  DependencyViolation: { failure: 'conflict', remedy: 'Something uses it still: end that first.' },
  'InvalidGroup.InUse': { failure: 'conflict', remedy: 'Something uses it still: end that first.' },
  ResourceAlreadyExists: conflict,
  ConcurrentTagAccess: locked,
  IncorrectState: locked,
  IncorrectInstanceState: locked,
  InternalError: unanswered,
  InternalFailure: unanswered,
  InternalServerError: unanswered,
  InternalErrorException: unanswered,
  InternalServerException: unanswered,
  ServiceUnavailable: unanswered,
  ServiceUnavailableException: unanswered,
  Unavailable: unanswered,
  RequestTimeout: unanswered,
  VPCIdNotSpecified: {
    failure: 'invalid',
    remedy: 'The region has no default network: make one (aws ec2 create-default-vpc).',
  },
  DefaultVpcDoesNotExist: {
    failure: 'invalid',
    remedy: 'The region has no default network: make one (aws ec2 create-default-vpc).',
  },
  InvalidBlockDeviceMapping: {
    failure: 'invalid',
    remedy: 'Give the node as large a disk as its image needs (disk: 15GB), or another image.',
  },
  OperationNotPermitted: {
    failure: 'conflict',
    remedy: 'Termination protection is on: switch it off in the AWS console if this machine is to end.',
  },
}

/** What a server says that has no such action: AWS has them all, others may not. */
const unsupported = new Set([
  'InvalidAction',
  'UnknownAction',
  'NotImplemented',
  'NotImplementedError',
  'UnsupportedOperation',
  'UnknownOperation',
  'UnknownOperationException',
  'ActionNotFound',
])

/** The server has no such action. Answers without a code that say so: 404, 405, 501. */
export function isUnsupported(error: unknown): boolean {
  return (
    error instanceof CloudError && error.code !== null && (unsupported.has(error.code) || error.code === noSuchAction)
  )
}

/** As `isUnsupported`, or it gave no answer that can be read: enough to go on without what is only good to know. */
export function isSilent(error: unknown): boolean {
  return isUnsupported(error) || (error instanceof CloudError && error.failure === 'unreachable')
}

export function codeOf(error: unknown): string | null {
  return error instanceof CloudError ? error.code : null
}

const noSuchAction = 'HTTP 404'

/** Of an SDK's error. Nothing of it is kept as `cause`: it carries the request, signed. */
export function cloudErrorOf(thrown: unknown, where: Where): CloudError {
  if (thrown instanceof CloudError) return thrown
  const { code, status, text, name, isUnsent } = read(thrown)
  const at = `${where.action} in ${where.region}`
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    const message = `AWS ${at}: no credentials were found (${say(text, where)})`
    return new CloudError({ failure: 'credentials', effect: 'none', message, remedy: remedyOf(credentials) })
  }
  if (code === null) {
    if (status === 404 || status === 405 || status === 501) {
      const message = `AWS ${at}: the server answers ${status}: it has no such action`
      return new CloudError({ failure: 'invalid', effect: 'none', message, code: noSuchAction })
    }
    const what = status === null ? `no answer (${say(text, where)})` : `an answer that cannot be read (HTTP ${status})`
    return new CloudError({
      failure: 'unreachable',
      effect: where.creates && !isUnsent ? 'unknown' : 'none',
      message: `AWS ${at}: ${what}`,
      remedy: remedyOf(unanswered),
    })
  }
  const kind = kindOf(code, status)
  return new CloudError({
    failure: kind.failure,
    effect: where.creates && kind.failure === 'unreachable' ? 'unknown' : 'none',
    message: `AWS ${at}: ${say(code, where)}: ${say(text, where)}`,
    code: say(code, where),
    ...(kind.remedy === undefined ? {} : { remedy: kind.remedy }),
  })
}

/** An answer that is none: a page of a proxy that reads as an empty list, or fields of the wrong kind. */
export function unreadable(where: Where, what: string): CloudError {
  return new CloudError({
    failure: 'unreachable',
    effect: where.creates ? 'unknown' : 'none',
    message: `AWS ${where.action} in ${where.region}: the answer cannot be read: ${what}`,
    remedy: 'Look whether something between this machine and AWS answers in its place.',
  })
}

function kindOf(code: string, status: number | null): Kind {
  const known = own(kinds, code)
  if (known) return known
  if (unsupported.has(code)) return invalid
  if (code.endsWith('.NotFound')) return missing
  if (code.endsWith('LimitExceeded')) return quota
  if (code.startsWith('Insufficient')) return capacity
  return status !== null && status >= 500 ? unanswered : invalid
}

function remedyOf(kind: Kind): string {
  return kind.remedy ?? ''
}

/** Errors of a connection that never came about: nothing was sent. */
const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'])

interface Said {
  code: string | null
  status: number | null
  text: string
  name: string
  isUnsent: boolean
}

function read(thrown: unknown): Said {
  if (!(thrown instanceof Error)) return { code: null, status: null, text: 'unknown', name: '', isUnsent: false }
  const { name, message } = thrown
  const status = statusOf(thrown)
  // EC2 says `Code`; the others' name is it. Where the answer was no XML or JSON, the SDK has a name of its own.
  const said = 'Code' in thrown && typeof thrown.Code === 'string' ? thrown.Code : null
  const isOurs = '$fault' in thrown && !/^(?:Unknown|UnknownError|Error|EC2ServiceException)$/.test(name)
  const code = said || (isOurs && status !== null ? name : null)
  // The SDK adds advice for developers on further lines.
  const isUnsent = status === null && 'code' in thrown && typeof thrown.code === 'string' && unsent.has(thrown.code)
  return { code, status, text: message.split('\n', 1)[0] ?? '', name, isUnsent }
}

function statusOf(thrown: Error): number | null {
  const metadata = '$metadata' in thrown ? thrown.$metadata : null
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null
}

function say(text: string, where: Where): string {
  // "Encoded authorization failure message: …" is a kilobyte that only STS can read.
  const bare = text.replace(/Encoded authorization failure message:.*/s, '')
  const hidden = where.secrets.reduce(
    (so, secret) => (secret.length > 3 ? so.replaceAll(secret, '[secret]') : so),
    bare,
  )
  return forTerminal(nodeText(hidden, 300)).trim() || 'nothing said'
}
