// Why a provider did not do what it was asked, in classes that are acted on. The provider's own words are hostile text:
// shortened and cleaned by who throws.
import { WatchfloorError } from '../../state/primitives/errors.ts'

/** What to do about it differs, so the class does. */
export type CloudFailure =
  /** No room for this type there: another zone, with a new token. */
  | 'capacity'
  /** A limit of the account: a person must raise it. */
  | 'quota'
  /** Asked too often: the same again, later. */
  | 'throttled'
  /** The credentials are good but may not do this. */
  | 'rights'
  /** The credentials are not accepted, or there are none. */
  | 'credentials'
  /** The region is not enabled for the account. */
  | 'region-off'
  /** The account is not ready (pending verification, billing). */
  | 'account'
  /** Not there, or not yet. */
  | 'not-found'
  /** A name or token is taken by something else, or a thing is busy. */
  | 'conflict'
  /** Busy with something of ours: the same again, later. */
  | 'locked'
  /** The request is wrong: sending it again is no use. */
  | 'invalid'
  /** No answer, or one that cannot be read (timeout, HTML, 5xx). */
  | 'unreachable'

export class CloudError extends WatchfloorError {
  readonly exit = 4
  readonly failure: CloudFailure
  /** `none`: the provider has surely not done it. `unknown`: it may have. */
  readonly effect: 'none' | 'unknown'
  /** The provider's own code, for search: `InsufficientInstanceCapacity`. */
  readonly code: string | null
  readonly retryAfterMs: number | null

  constructor(what: {
    failure: CloudFailure
    effect: 'none' | 'unknown'
    message: string
    remedy?: string
    code?: string | null
    retryAfterMs?: number | null
    cause?: unknown
  }) {
    super({
      name: `cloud-${what.failure}`,
      message: what.message,
      ...(what.remedy === undefined ? {} : { remedy: what.remedy }),
      ...(what.cause === undefined ? {} : { cause: what.cause }),
    })
    this.failure = what.failure
    this.effect = what.effect
    this.code = what.code ?? null
    this.retryAfterMs = what.retryAfterMs ?? null
  }
}

/** The same again may do. */
export function isPassing(error: CloudError): boolean {
  return error.failure === 'throttled' || error.failure === 'locked' || error.failure === 'unreachable'
}
