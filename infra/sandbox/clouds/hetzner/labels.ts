// Labels: which are allowed, and the selectors that lists are narrowed with.
import type { Labels } from './kept.ts'
import { invalid } from './project.ts'

const key = /^([a-z0-9A-Z]([a-z0-9A-Z._-]{0,253}[a-z0-9A-Z])?\/)?[a-z0-9A-Z]([a-z0-9A-Z._-]{0,61}[a-z0-9A-Z])?$/
const value = /^(|[a-z0-9A-Z]|[a-z0-9A-Z][a-z0-9A-Z._-]{0,61}[a-z0-9A-Z])$/

export function checkLabels(labels: Labels): Labels {
  for (const [name, is] of Object.entries(labels)) {
    if (!key.test(name) || !value.test(is)) throw invalid('labels', `invalid label '${name}'`)
  }
  return labels
}

type Test = (labels: Labels) => boolean

/** `a==b`, `a=b`, `a!=b`, `a`, `!a`, `a in (b,c)`, `a notin (b,c)`, all of which have to hold. */
export function selects(selector: string): Test {
  const tests = selector
    .split(/,(?![^(]*\))/)
    .map(part => part.trim())
    .filter(Boolean)
    .map(one)
  return labels => tests.every(test => test(labels))
}

function one(part: string): Test {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part)
  if (set) {
    const [, name = '', how, list = ''] = set
    const values = list.split(',').map(each => each.trim())
    return labels => values.includes(labels[name] ?? '\0') === (how === 'in')
  }
  const compared = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(part)
  if (compared) {
    const [, name = '', how, is = ''] = compared
    return labels => (labels[name] === is) === (how !== '!=')
  }
  const [, not, name = ''] = /^(!?)([^\s=!()]+)$/.exec(part) ?? []
  if (!key.test(name)) throw invalid('label_selector', 'invalid label selector')
  return labels => name in labels === (not === '')
}
