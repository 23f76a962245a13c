// Secrets are references until the moment of use, and what a reference resolves to can be neither printed nor stored.
import Type from 'typebox'

const schemes = ['env', 'file', 'vault', 'exec'] as const

/** `env:NAME`, `file:PATH`, `vault:PATH#KEY` or `exec:COMMAND`, as written in the fleet file. */
export interface SecretRef {
  scheme: (typeof schemes)[number]
  /** What stands after the scheme and its colon: `NAME`, `PATH`, `PATH#KEY`, `COMMAND`. */
  reference: string
}

const pattern = '^(?:env:[A-Za-z_{][A-Za-z0-9_{}]*|file:.+|vault:[^#]+#[^#]+|exec:.+)$'

/** What a reference may look like, for error messages. */
export const secretForms =
  'env:NAME, file:PATH, vault:PATH#KEY or exec:COMMAND; the secret itself must not stand in the file'

/** Schema of a secret in a file: always a reference, never the thing itself. `secret` keeps its value out of errors. */
export const SecretText = Type.String({
  pattern,
  is: 'a secret reference',
  allowed: secretForms,
  secret: true,
})

/** Reads a reference; null when it is none. */
export function parseSecretRef(text: string): SecretRef | null {
  if (!new RegExp(pattern).test(text)) return null
  const scheme = schemes.find(known => text.startsWith(`${known}:`))
  return scheme ? { scheme, reference: text.slice(scheme.length + 1) } : null
}

export function formatSecretRef(ref: SecretRef): string {
  return `${ref.scheme}:${ref.reference}`
}

const redacted = '[secret]'

/** A resolved secret. Only `reveal` gives the bytes; every way of printing or serialising it gives `[secret]` or nothing. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
    Object.freeze(this)
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
  [Symbol.toPrimitive](): string {
    return redacted
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted
  }
}

/** Resolves a reference; throws BadInput that names the reference, never the value. */
export type ResolveSecret = (ref: SecretRef) => Promise<Secret>
