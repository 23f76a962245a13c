// Filters of lists: `labels.fleet=x`, `(status = RUNNING) AND (labels.node != "a")`, `name eq web-.*`, `labels.op:*`.
import { Refusal } from './project.ts'

type Test = (item: unknown) => boolean

const comparison = /^([\w.-]+)\s*(!=|=|:|\beq\b|\bne\b)\s*("[^"]*"|\S+)$/

export function filterOf(text: string | null): Test {
  if (!text) return () => true
  const tests = split(text).map(part => {
    const [, field = '', how = '', raw = ''] = comparison.exec(part) ?? []
    if (!field)
      throw new Refusal(400, 'invalid', `Invalid value for field 'filter': '${text}'. Invalid list filter expression.`)
    return one(field, how, raw.replace(/^"(.*)"$/, '$1'))
  })
  return item => tests.every(test => test(item))
}

/** Parts that all have to hold: joined by AND, or each in brackets of its own. */
function split(text: string): string[] {
  return text
    .split(/\s+AND\s+|(?<=\))\s*(?=\()/)
    .map(part =>
      part
        .trim()
        .replace(/^\((.*)\)$/, '$1')
        .trim(),
    )
    .filter(Boolean)
}

function one(field: string, how: string, value: string): Test {
  const is = (item: unknown) => valueAt(item, field.split('.'))
  switch (how) {
    case '=':
      return item => is(item) === value
    case '!=':
      return item => is(item) !== value
    case ':':
      return item => {
        const found = is(item)
        return found !== null && (value === '*' || found.includes(value))
      }
    default: {
      const form = pattern(value)
      return item => form.test(is(item) ?? '') === (how === 'eq')
    }
  }
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`)
  } catch {
    throw new Refusal(400, 'invalid', `Invalid value for field 'filter': '${text}'. Invalid regular expression.`)
  }
}

function valueAt(item: unknown, [key, ...rest]: readonly string[]): string | null {
  if (key === undefined) return typeof item === 'object' || item === undefined ? null : String(item)
  if (typeof item !== 'object' || item === null) return null
  return valueAt(Object.entries(item).find(([name]) => name === key)?.[1], rest)
}
