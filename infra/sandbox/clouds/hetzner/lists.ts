// Lists: narrowed by name and labels, a page at a time.
import type { CloudReply } from '../emulator.ts'
import type { Labels } from './kept.ts'
import { selects } from './labels.ts'
import { invalid, json } from './project.ts'

export function page(query: URLSearchParams, field: string, all: readonly unknown[]): CloudReply {
  const number = whole(query, 'page', 1, Number.MAX_SAFE_INTEGER)
  const size = whole(query, 'per_page', 25, 50)
  const last = Math.max(1, Math.ceil(all.length / size))
  return json(200, {
    [field]: all.slice((number - 1) * size, number * size),
    meta: {
      pagination: {
        page: number,
        per_page: size,
        previous_page: number > 1 ? number - 1 : null,
        next_page: number < last ? number + 1 : null,
        last_page: last,
        total_entries: all.length,
      },
    },
  })
}

function whole(query: URLSearchParams, name: string, usual: number, most: number): number {
  const given = query.get(name)
  if (given === null) return usual
  const number = Number(given)
  if (!Number.isInteger(number) || number < 1 || number > most) throw invalid(name, `must be between 1 and ${most}`)
  return number
}

export function narrowed<T extends { name: string; labels: Labels }>(query: URLSearchParams, all: readonly T[]): T[] {
  const name = query.get('name')
  const selected = selects(query.get('label_selector') ?? '')
  return all.filter(one => (name === null || one.name === name) && selected(one.labels))
}
