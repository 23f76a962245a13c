// Lists of one scope, and of all scopes at once, a page at a time.
import type { CloudReply } from '../emulator.ts'
import { filterOf } from './filter.ts'
import { type Call, invalid, json, link } from './project.ts'

interface Page<T> {
  items: T[]
  next: string | null
}

function pageOf<T>(query: URLSearchParams, all: readonly T[]): Page<T> {
  const size = Number(query.get('maxResults') ?? 500)
  if (!Number.isInteger(size) || size < 0 || size > 500) throw invalid('maxResults', `'${size}'. Must be in [0, 500]`)
  const token = query.get('pageToken') ?? ''
  const from = token === '' ? 0 : Number(Buffer.from(token, 'base64url').toString())
  if (!Number.isInteger(from)) throw invalid('pageToken', `'${token}'.`)
  const found = all.filter(filterOf(query.get('filter')))
  const to = from + (size === 0 ? 500 : size)
  return {
    items: found.slice(from, to),
    next: to < found.length ? Buffer.from(String(to)).toString('base64url') : null,
  }
}

export function list({ query, at }: Call, kind: string, path: string, all: readonly unknown[]): CloudReply {
  const { items, next } = pageOf(query, all)
  return json({
    kind: `compute#${kind}`,
    id: `projects/${at.project}/${path}`,
    ...(items.length > 0 ? { items } : {}),
    ...(next === null ? {} : { nextPageToken: next }),
    selfLink: link(`projects/${at.project}/${path}`),
  })
}

/** `scopes`: all there are (`zones/…`); those without anything carry a warning instead, as the API does. */
export function aggregated<T>(
  { query, at }: Call,
  field: string,
  kind: string,
  scopes: readonly string[],
  all: readonly { scope: string; item: T }[],
): CloudReply {
  const matches = filterOf(query.get('filter'))
  const unfiltered = new URLSearchParams(query)
  unfiltered.delete('filter')
  const { items, next } = pageOf(
    unfiltered,
    all.filter(({ item }) => matches(item)),
  )
  return json({
    kind: `compute#${kind}`,
    id: `projects/${at.project}/aggregated/${field}`,
    items: Object.fromEntries(
      scopes.map(scope => {
        const there = items.filter(one => one.scope === scope).map(({ item }) => item)
        return [scope, there.length > 0 ? { [field]: there } : emptyScope(scope)]
      }),
    ),
    ...(next === null ? {} : { nextPageToken: next }),
    selfLink: link(`projects/${at.project}/aggregated/${field}`),
  })
}

const emptyScope = (scope: string) => ({
  warning: {
    code: 'NO_RESULTS_ON_PAGE',
    message: `There are no results for scope '${scope}' on this page.`,
    data: [{ key: 'scope', value: scope }],
  },
})
