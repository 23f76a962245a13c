// Hosts out of an Ansible inventory, INI or YAML: names, ranges, groups and the connection variables. Groups become tags.
import { parse } from 'yaml'
import { type FoundHost, type FoundHosts, tagFrom } from './init.ts'

type Vars = Record<string, string>

interface Inventory {
  /** Own variables of each host, in order of appearance. */
  hosts: Map<string, Vars>
  groups: Map<string, Group>
}

interface Group {
  hosts: Set<string>
  children: Set<string>
  vars: Vars
}

/** Told apart by looks: a YAML inventory is a map of groups, an INI one has lines that are none. */
export function hostsFromAnsible(text: string): FoundHosts {
  const notes: string[] = []
  const inventory = looksLikeYaml(text) ? readYaml(text, notes) : readIni(text, notes)
  const hosts = [...inventory.hosts].flatMap(([name, own]): FoundHost[] => {
    const groups = groupsOf(name, inventory)
    const vars: Vars = { ...varsOf(groups, inventory), ...own }
    const host = hostFrom(name, vars, groups, notes)
    return host ? [host] : []
  })
  if (hosts.length === 0) notes.push('the inventory names no host')
  return { hosts, notes: [...new Set(notes)] }
}

function hostFrom(name: string, vars: Vars, groups: readonly string[], notes: string[]): FoundHost | null {
  const value = (...keys: string[]) => {
    const key = keys.find(known => vars[known] !== undefined)
    const text = key === undefined ? undefined : vars[key]
    if (key === undefined || text === undefined) return null
    if (!text.includes('{{')) return text
    notes.push(`${name}: ${key} was left out: it is a Jinja template`)
    return null
  }
  if (vars.ansible_connection === 'local') {
    notes.push(`${name} was left out: it is this machine (ansible_connection=local)`)
    return null
  }
  for (const secret of Object.keys(vars).filter(key => /pass(?:word)?$/.test(key))) {
    notes.push(`${name}: ${secret} was not taken over: secrets stand in no fleet file; give a reference under ssh`)
  }
  for (const key of ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args']) {
    if (vars[key] !== undefined)
      notes.push(`${name}: ${key} was not taken over: give a jump as ssh: { jump: USER@HOST:PORT }`)
  }
  const address = value('ansible_host', 'ansible_ssh_host')
  // A host whose address is computed would be looked for under its name, which may be another machine.
  if (address === null && (vars.ansible_host ?? vars.ansible_ssh_host) !== undefined) return null
  const port = Number(value('ansible_port', 'ansible_ssh_port') ?? Number.NaN)
  return {
    name,
    address,
    port: Number.isInteger(port) && port > 0 && port < 65536 ? port : null,
    user: value('ansible_user', 'ansible_ssh_user', 'ansible_remote_user'),
    identity: value('ansible_ssh_private_key_file', 'ansible_private_key_file'),
    jump: null,
    become: /^(?:yes|true|1|on)$/i.test(value('ansible_become', 'ansible_sudo') ?? ''),
    tags: groups.flatMap(group => (group === 'all' || group === 'ungrouped' ? [] : (tagFrom(group) ?? []))),
  }
}

/** All groups that a host is in, outermost first, so that what is nearer to the host wins. */
function groupsOf(host: string, { groups }: Inventory): string[] {
  const found = new Map<string, number>()
  const climb = (group: string, depth: number, way: readonly string[]) => {
    if (way.includes(group)) return
    found.set(group, Math.max(found.get(group) ?? 0, depth))
    for (const [parent, { children }] of groups) if (children.has(group)) climb(parent, depth + 1, [...way, group])
  }
  for (const [group, { hosts }] of groups) if (hosts.has(host)) climb(group, 1, [])
  if (groups.has('all')) found.set('all', Number.MAX_SAFE_INTEGER)
  return [...found].sort(([a, deep], [b, flat]) => flat - deep || (a < b ? -1 : 1)).map(([group]) => group)
}

function varsOf(groups: readonly string[], inventory: Inventory): Vars {
  return Object.assign({}, ...groups.map(group => inventory.groups.get(group)?.vars ?? {}))
}

function groupIn(inventory: Inventory, name: string): Group {
  const group = inventory.groups.get(name) ?? { hosts: new Set(), children: new Set(), vars: {} }
  inventory.groups.set(name, group)
  return group
}

function addHosts(inventory: Inventory, group: string, pattern: string, vars: Vars, notes: string[]): void {
  // `web:2222` gives the port with the name; a range has its colon inside brackets.
  const [, bare = pattern, port] = /^(.*[^\]:[]|.*\])(?::([0-9]+))$/.exec(pattern) ?? []
  for (const name of expandRange(bare, notes)) {
    groupIn(inventory, group).hosts.add(name)
    inventory.hosts.set(name, { ...inventory.hosts.get(name), ...(port ? { ansible_port: port } : {}), ...vars })
  }
}

const mostInRange = 10_000

/** `web[01:10].example` → ten names with their zeros; `[a:f]` and a step `[1:9:2]` too. */
export function expandRange(pattern: string, notes: string[] = []): string[] {
  const [, before = '', first = '', last = '', step = '1', after = ''] =
    /^(.*?)\[([0-9]+|[A-Za-z]):([0-9]+|[A-Za-z])(?::([0-9]+))?\](.*)$/.exec(pattern) ?? []
  if (first === '') return [pattern]
  const digits = /[0-9]/.test(first)
  const code = (text: string) => (digits ? Number(text) : (text.codePointAt(0) ?? 0))
  const [from, to, by] = [code(first), code(last), Math.max(1, Number(step))]
  const rests = expandRange(after, notes)
  // Counted before anything is made: two ranges in one pattern multiply.
  if (digits !== /[0-9]/.test(last) || to < from || ((to - from) / by) * rests.length > mostInRange) {
    notes.push(`${JSON.stringify(pattern)} was left out: it is no range of at most ${mostInRange} names`)
    return []
  }
  const names: string[] = []
  for (let at = from; at <= to && rests.length > 0; at += by) {
    const counted = digits
      ? String(at).padStart(first.startsWith('0') ? first.length : 0, '0')
      : String.fromCodePoint(at)
    for (const rest of rests) names.push(`${before}${counted}${rest}`)
  }
  return names
}

function looksLikeYaml(text: string): boolean {
  const line = text.split('\n').find(one => one.trim() !== '' && !/^\s*[#;]/.test(one)) ?? ''
  return line.trim() === '---' || /^["']?[\w.-]+["']?:\s*(?:#.*)?$/.test(line)
}

function readIni(text: string, notes: string[]): Inventory {
  const inventory: Inventory = { hosts: new Map(), groups: new Map() }
  let group = 'ungrouped'
  let section = 'hosts'
  for (const raw of text.split(/\r?\n/)) {
    const words = wordsOf(raw)
    const [first] = words
    if (first === undefined) continue
    const header = /^\[([^\]:]+)(?::(children|vars|hosts))?\]$/.exec(raw.replace(/\s[#;].*$/, '').trim())
    if (header) {
      group = header[1] ?? 'ungrouped'
      section = header[2] ?? 'hosts'
      groupIn(inventory, group)
    } else if (section === 'children') {
      groupIn(inventory, group).children.add(first)
    } else if (section === 'vars') {
      const [, key, value] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(raw) ?? []
      if (key !== undefined && value !== undefined) groupIn(inventory, group).vars[key] = unquoted(value)
    } else {
      const vars = words.slice(1).flatMap(word => {
        const at = word.indexOf('=')
        return at > 0 ? [[word.slice(0, at), word.slice(at + 1)] as const] : []
      })
      addHosts(inventory, group, first, Object.fromEntries(vars), notes)
    }
  }
  return inventory
}

/** Words of a line: quotes group, `#` and `;` before a word begin a comment. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  for (const [word] of line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)) {
    if (/^[#;]/.test(word)) break
    words.push(word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''))
  }
  return words
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value.replace(/\s+#.*$/, '')
}

function readYaml(text: string, notes: string[]): Inventory {
  const inventory: Inventory = { hosts: new Map(), groups: new Map() }
  let tree: unknown
  try {
    tree = parse(text, { logLevel: 'silent', maxAliasCount: 100 })
  } catch (error) {
    notes.push(`the inventory could not be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`)
    return inventory
  }
  const walk = (name: string, value: unknown, depth: number) => {
    if (depth > 40) return
    const group = groupIn(inventory, name)
    const parts = record(value)
    Object.assign(group.vars, varsIn(parts.vars))
    for (const [pattern, own] of Object.entries(record(parts.hosts))) {
      addHosts(inventory, name, pattern, varsIn(own), notes)
    }
    for (const [child, inner] of Object.entries(record(parts.children))) {
      group.children.add(child)
      walk(child, inner, depth + 1)
    }
  }
  for (const [name, value] of Object.entries(record(tree))) walk(name, value, 0)
  return inventory
}

function varsIn(value: unknown): Vars {
  return Object.fromEntries(
    Object.entries(record(value)).flatMap(([key, item]) =>
      ['string', 'number', 'boolean'].includes(typeof item) ? [[key, String(item)]] : [],
    ),
  )
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
