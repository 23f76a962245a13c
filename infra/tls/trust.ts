// Which certificate authorities are believed. Parsing a hundred root certificates takes ~10 ms, so that the context
// built from them is kept for as long as the list itself lives.
import { createSecureContext, getCACertificates, rootCertificates, type SecureContext } from 'node:tls'

/** A memo by identity of the list: it changes nothing but the time taken, and forgets with the list. */
const built = new WeakMap<readonly string[], SecureContext>()

/** The system's authorities and these; undefined (Node's own, shared) when there are none to add. */
export function trust(trustedCas: readonly string[]): SecureContext | undefined {
  if (trustedCas.length === 0) return undefined
  const known = built.get(trustedCas)
  if (known) return known
  const system = typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates
  const context = createSecureContext({ ca: [...system, ...trustedCas] })
  built.set(trustedCas, context)
  return context
}
