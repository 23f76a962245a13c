// How a script leaves the place where it is: `exit` and `return`, `break` and `continue`.

export class Exit extends Error {
  readonly status: number
  readonly from: 'shell' | 'function'
  constructor(status: number, from: 'shell' | 'function') {
    super('exit')
    this.status = status
    this.from = from
  }
}

export class LoopJump extends Error {
  readonly kind: 'break' | 'continue'
  constructor(kind: 'break' | 'continue') {
    super(kind)
    this.kind = kind
  }
}
