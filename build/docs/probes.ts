// docs/probes.md: the options and defaults of every probe kind, from the schemas that judge a fleet file.
import type { TSchema } from 'typebox'
import type { ProbeKind } from '../../src/watch/probe.ts'
import { formatDuration } from '../../state/primitives/duration.ts'
import { code, page, table } from './page.ts'

const effects: Readonly<Record<ProbeKind['effect'], string>> = {
  down: 'makes its node down',
  degraded: 'makes its node degraded',
  none: 'does not change its node',
}
const places: Readonly<Record<ProbeKind['from'], string>> = {
  hq: 'looks from HQ',
  host: 'looks on the node over SSH, in one trip with the other host probes of the node',
  push: 'is told by the node',
}

export function probesPage(kinds: ReadonlyMap<string, ProbeKind>): string {
  const all = [...kinds.values()]
  return page('Probe kinds', '`src/watch/probes`', [
    "A probe is a line under `probes:` in the fleet file: `{ kind, on, … }`. `on` is a selector. Every kind takes `every`, `timeout`, `failures` (how often in a row it must fail before the node follows) and `severity` (its own, instead of the fleet's rules). How findings become health is in the [operator guide](operator-guide.md#health-and-severity).",
    table(
      ['Kind', 'From', 'A failure', 'every', 'timeout', 'failures'],
      all.map(kind => [
        `[${kind.kind}](#${kind.kind})`,
        kind.from === 'hq' ? 'HQ' : kind.from === 'host' ? 'the node' : 'push',
        effects[kind.effect],
        formatDuration(kind.defaults.everyMs),
        formatDuration(kind.defaults.timeoutMs),
        String(kind.defaults.failures),
      ]),
    ),
    'A timeout is never longer than its interval: where `every` is shorter than the default timeout, the interval is the timeout.',
    ...all.flatMap(section),
  ])
}

function section(kind: ProbeKind): string[] {
  const rows = optionRows(kind.options, '')
  const root =
    kind.from === 'host' && kind.needsRoot ? ' It needs root on the node: log in as root or set `become`.' : ''
  return [
    `## ${kind.kind}`,
    `It ${places[kind.from]}; a failure ${effects[kind.effect]}.${root}`,
    rows.length === 0 ? 'No options of its own.' : table(['Option', 'Takes', 'Meaning'], rows),
  ]
}

type Fragment = Readonly<Record<string, unknown>>

/** One row an option; a group of options is followed by its members. */
function optionRows(schema: TSchema, before: string): string[][] {
  const fragment = asFragment(schema)
  const required = Array.isArray(fragment.required) ? fragment.required : []
  return Object.entries(asFragment(fragment.properties)).flatMap(([name, option]) => {
    const inner = asFragment(option)
    const full = `${before}${name}`
    const must = required.includes(name) ? ' (required)' : ''
    const said = typeof inner.description === 'string' ? inner.description : ''
    const own = [`${code(full)}${must}`, takes(inner), said]
    return [own, ...(inner.properties ? optionRows(inner as TSchema, `${full}.`) : [])]
  })
}

/** What may stand there, in words. */
function takes(schema: Fragment): string {
  if (Array.isArray(schema.anyOf)) {
    const branches = schema.anyOf.map(asFragment)
    const words = branches.map(branch => branch.const)
    if (words.every(word => word !== undefined)) return words.map(word => code(String(word))).join(', ')
    return [...new Set(branches.map(takes))].join(' or ')
  }
  if (schema.const !== undefined) return code(String(schema.const))
  if (typeof schema.pattern === 'string') {
    if (/ms\|s\|m\|h\|d\|w/.test(schema.pattern)) return 'a duration'
    if (/^\^\\d\{1,3\}.*%\$$/.test(schema.pattern)) return 'a percentage'
    if (schema.pattern.includes('[<>]')) return 'a limit: `90%`, `">80"`, `"<14"`'
  }
  switch (schema.type) {
    case 'integer':
      return typeof schema.maximum === 'number'
        ? `a number from ${schema.minimum ?? 0} to ${schema.maximum}`
        : 'a whole number'
    case 'number':
      return 'a number'
    case 'boolean':
      return '`true` or `false`'
    case 'array':
      return `a list of ${plural(takes(asFragment(schema.items)))}`
    case 'object':
      return schema.properties ? 'a map' : 'a map by name'
    default:
      return schema.format === 'regex' ? 'a regular expression' : 'text'
  }
}

function plural(words: string): string {
  if (words === 'text') return 'texts'
  const bare = words.replace(/^an? /, '')
  return bare === words ? words : `${bare}s`
}

function asFragment(value: unknown): Fragment {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
