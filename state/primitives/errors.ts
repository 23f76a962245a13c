// Every failure says what happened, where, and what to do next; its kind decides the exit code of a command.

export type Exit = 0 | 1 | 2 | 3 | 4 | 5 | 70

export interface Explanation {
  /** A permanent name from the catalogue, e.g. `journal-damaged`. */
  name: string
  /** What happened and where, one sentence. */
  message: string
  /** What to do next, one sentence. */
  remedy?: string
  cause?: unknown
}

/** Base of all errors that an operator may read. Subclasses fix the exit code. */
export abstract class WatchfloorError extends Error {
  abstract readonly exit: Exit
  readonly remedy: string | null

  constructor(explanation: Explanation) {
    super(explanation.message, explanation.cause === undefined ? undefined : { cause: explanation.cause })
    this.name = explanation.name
    this.remedy = explanation.remedy ?? null
  }
}

/** The operator's input is wrong: nothing was done. */
export class BadInput extends WatchfloorError {
  readonly exit = 2
}

/** The answer is bad: something is down, failed or damaged. */
export class BadAnswer extends WatchfloorError {
  readonly exit = 1
}

/** Not yet: pending or inconclusive. */
export class NotYet extends WatchfloorError {
  readonly exit = 3
}

/** No engine, or the target cannot be reached. */
export class Unreachable extends WatchfloorError {
  readonly exit = 4
}

/** A guard refused. */
export class Refused extends WatchfloorError {
  readonly exit = 5
}

/** Our bug. */
export class Bug extends WatchfloorError {
  readonly exit = 70
}
