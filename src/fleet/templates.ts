// `{name}`, `{host}`, `{mesh}` … in the fleet file, filled in for each node. `{NAME}` is the name as part of an
// environment variable. Doubled braces stand for themselves; braces around anything but a word are left alone (JSON, regex).

/** What a template may name, and what it is for one node; null: this node has none. */
export type TemplateFields = Readonly<Record<string, string | null>>

export interface TemplateTrouble {
  field: string
  why: 'unknown' | 'missing'
}

const braces = /\{\{|\}\}|\{([A-Za-z][A-Za-z0-9_-]*)\}/g

/** Fills one text. Unknown and missing fields are reported, and left as they stand. */
function fillTemplate(text: string, fields: TemplateFields): { text: string; troubles: TemplateTrouble[] } {
  if (!text.includes('{') && !text.includes('}')) return { text, troubles: [] }
  const troubles: TemplateTrouble[] = []
  const filled = text.replace(braces, (whole, field: string | undefined) => {
    if (field === undefined) return whole.slice(1)
    if (!Object.hasOwn(fields, field)) {
      troubles.push({ field, why: 'unknown' })
      return whole
    }
    const value = fields[field]
    if (value === null || value === undefined) {
      troubles.push({ field, why: 'missing' })
      return whole
    }
    return value
  })
  return { text: filled, troubles }
}

/** Fills every text inside a value, however deep. `path` of a trouble leads to the text. */
export function fillDeep(
  value: unknown,
  fields: TemplateFields,
): { value: unknown; troubles: (TemplateTrouble & { path: (string | number)[] })[] } {
  const troubles: (TemplateTrouble & { path: (string | number)[] })[] = []
  const fill = (part: unknown, path: (string | number)[]): unknown => {
    if (typeof part === 'string') {
      const filled = fillTemplate(part, fields)
      troubles.push(...filled.troubles.map(trouble => ({ ...trouble, path })))
      return filled.text
    }
    if (Array.isArray(part)) return part.map((item, index) => fill(item, [...path, index]))
    if (typeof part === 'object' && part !== null) {
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, fill(item, [...path, key])]))
    }
    return part
  }
  return { value: fill(value, []), troubles }
}

/** `n-california.1` → `N_CALIFORNIA_1`. */
export function upperSnake(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()
}
