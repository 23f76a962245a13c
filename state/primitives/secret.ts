// Secrets are references until the moment of use, and what a reference resolves to can be neither printed nor stored.

/** `env:NAME`, `file:PATH`, `vault:PATH#KEY` or `exec:COMMAND`, as written in the fleet file. */
export interface SecretRef {
  scheme: 'env' | 'file' | 'vault' | 'exec'
  reference: string
}

const redacted = '[secret]'

/** A resolved secret. Only `reveal` gives the bytes; every way of printing or serialising it gives `[secret]`. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return redacted
  }
  toJSON(): string {
    return redacted
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted
  }
}

/** Resolves a reference; throws BadInput that names the reference, never the value. */
export type ResolveSecret = (ref: SecretRef) => Promise<Secret>
