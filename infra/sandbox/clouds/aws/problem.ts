// A refusal in AWS' own words. Each service writes it in its own form.

export class AwsProblem extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** Said of bad credentials, and of a region that is not enabled. */
export const credentialsRefused = 'AWS was not able to validate the provided access credentials'

export const internalError = (): AwsProblem => new AwsProblem('InternalError', 'An internal error has occurred', 500)
