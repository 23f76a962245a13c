// A secret could not be had: which one, why, and what to do; never what it is.
import { BadInput } from '../../state/primitives/errors.ts'
import { formatSecretRef, type SecretRef } from '../../state/primitives/secret.ts'

/** The one form of every failure here. */
export function secretTrouble(ref: SecretRef, what: string, remedy: string): BadInput {
  return new BadInput({ name: 'secret-unavailable', message: `${formatSecretRef(ref)} ${what}`, remedy })
}
