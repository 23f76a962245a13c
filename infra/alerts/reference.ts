// What may be told of an alert target. Whoever knows the topic of an ntfy server or the path of a webhook can read or
// write there, so that journal, outbox and screens name a target by kind, host and a mark that only tells it from others.
import { createHash } from 'node:crypto'

const form = /^[a-z][a-z0-9+-]*(?:@[^\s#/@]+)?#[0-9a-f]{8}$/

/** `ntfy:https://ntfy.sh/topic` → `ntfy@ntfy.sh#1a2b3c4d`. A reference stays as it is; what has no host is named by its kind. */
export function targetReference(to: string): string {
  if (form.test(to)) return to
  const colon = Math.max(0, to.indexOf(':'))
  const kind = /^[a-z][a-z0-9+-]*$/.test(to.slice(0, colon)) ? to.slice(0, colon) : 'unknown'
  const host = URL.parse(to.slice(colon + 1))?.host ?? ''
  const mark = createHash('sha256').update(to).digest('hex').slice(0, 8)
  return `${kind}${host === '' ? '' : `@${host}`}#${mark}`
}
