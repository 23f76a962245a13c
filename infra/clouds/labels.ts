// Owner tags as labels, where a label takes fewer characters than a tag. What fits stays readable; what does not is
// written so that it can be read back: the provider's labels are the only record of whose a machine is.
import { createHash } from 'node:crypto'
import type { OwnerTags } from './shapes.ts'

/** What a provider takes as the value of a label. Both take at most 63 characters. */
export interface LabelRules {
  /** Values that stand as they are. */
  plain: RegExp
  /** One character that may stand inside an escaped value; never `_`, which escapes. */
  keeps: RegExp
}

/** Letters, digits, `-`, `_` and `.`, a letter or digit at both ends. */
export const hetznerLabels: LabelRules = {
  plain: /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/,
  keeps: /[a-zA-Z0-9]/,
}
/** Lower-case letters, digits, `-` and `_`. */
export const googleLabels: LabelRules = { plain: /^[a-z0-9_-]{1,63}$/, keeps: /[a-z0-9]/ }

const ownKeys = ['fleet', 'node', 'op'] as const
const longest = 63
/** Of a value whose text is in `KEY-1`, `KEY-2` …, since it is too long for one. */
const hashMark = 'h_'
const escapeMark = 'x_'
const pieceLength = 60

/** `fleet`, `node`, `op`, and continuations where a value is too long. */
export function labelsOf(tags: Partial<OwnerTags>, rules: LabelRules): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const key of ownKeys) {
    const text = tags[key]
    if (text === undefined || text === '') continue
    const value = labelValue(text, rules)
    labels[key] = value
    if (!value.startsWith(hashMark)) continue
    const whole = escaped(text, rules)
    for (let at = 0; at < whole.length; at += pieceLength) {
      // Enclosed, since a piece may begin or end with what a value may not.
      labels[`${key}-${at / pieceLength + 1}`] = `x${whole.slice(at, at + pieceLength)}x`
    }
  }
  return labels
}

/** The value that `fleet`, `node` or `op` has for this text: to look for. */
export function labelValue(text: string, rules: LabelRules): string {
  if (rules.plain.test(text) && !text.startsWith(escapeMark) && !text.startsWith(hashMark)) return text
  const value = `${escapeMark}${escaped(text, rules)}`
  return value.length <= longest ? value : hashMark + hashOf(text)
}

/** Reads them back; labels that somebody else put there are taken as they stand. */
export function tagsOf(labels: Readonly<Record<string, string>> | null | undefined): {
  fleet?: string
  node?: string
  op?: string
} {
  const tags: { fleet?: string; node?: string; op?: string } = {}
  for (const key of ownKeys) {
    const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined
    if (labels && value !== undefined && value !== '') tags[key] = textOf(labels, key, value)
  }
  return tags
}

/** Whether a thing with these labels is this fleet's and node's (and operation's). */
export function carries(labels: Readonly<Record<string, string>> | null | undefined, wanted: Partial<OwnerTags>) {
  const tags = tagsOf(labels)
  return ownKeys.every(key => wanted[key] === undefined || tags[key] === wanted[key])
}

function textOf(labels: Readonly<Record<string, string>>, key: string, value: string): string {
  if (value.startsWith(escapeMark)) {
    const body = value.slice(escapeMark.length)
    // Ours has something escaped in it, else it would stand as it is.
    return body.includes('_') ? (unescaped(body) ?? value) : value
  }
  if (!value.startsWith(hashMark)) return value
  let whole = ''
  for (let piece = 1; Object.hasOwn(labels, `${key}-${piece}`); piece++) {
    whole += (labels[`${key}-${piece}`] ?? '').slice(1, -1)
  }
  const text = unescaped(whole)
  return text !== null && hashMark + hashOf(text) === value ? text : value
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40)
}

/** Every byte of a character that does not stand as it is: `_` and two digits. */
function escaped(text: string, { keeps }: LabelRules): string {
  return Array.from(text, character =>
    keeps.test(character)
      ? character
      : Array.from(Buffer.from(character, 'utf8'), byte => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  ).join('')
}

function unescaped(text: string): string | null {
  if (!/^(?:[a-zA-Z0-9]|_[0-9a-f]{2})*$/.test(text)) return null
  const bytes = text.replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
