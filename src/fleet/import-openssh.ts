// Hosts out of an OpenSSH client configuration. Only read: `Match exec`, `ProxyCommand`, `Include` and host name
// canonicalisation would run or open something, so they are named in the notes and not followed.
import SSHConfig, { glob } from 'ssh-config'
import type { FoundHost, FoundHosts } from './init.ts'

type Line = SSHConfig[number]
type Settings = Map<string, string[]>

export function hostsFromOpenSsh(text: string): FoundHosts {
  const notes: string[] = []
  let config: SSHConfig
  try {
    config = SSHConfig.parse(text)
  } catch (error) {
    return {
      hosts: [],
      notes: [`the OpenSSH configuration could not be read: ${error instanceof Error ? error.message : String(error)}`],
    }
  }
  const aliases = new Set<string>()
  for (const line of config) {
    const name = keyOf(line)
    if (name === 'match')
      notes.push(`\`Match ${valuesOf(line).join(' ')}\` was left out: only Host blocks are taken over`)
    if (name === 'include')
      notes.push(`\`Include ${valuesOf(line).join(' ')}\` was not followed: name that file itself`)
    if (name !== 'host') continue
    for (const alias of valuesOf(line)) if (!/[*?!]/.test(alias)) aliases.add(alias)
  }
  const hosts = [...aliases].flatMap((alias): FoundHost[] => {
    const settings = settingsOf(config, alias)
    const first = (key: string) => settings.get(key)?.[0] ?? null
    const proxy = settings.get('proxycommand')?.join(' ') ?? null
    if (proxy !== null && proxy.toLowerCase() !== 'none') {
      notes.push(`${alias} was left out: ProxyCommand runs a program; use ssh: { jump: … } where a jump is enough`)
      return []
    }
    const address = (first('hostname') ?? alias).replaceAll('%h', alias).replaceAll('%%', '%')
    const port = Number(first('port') ?? 22)
    return [
      {
        name: alias,
        address,
        port: Number.isInteger(port) && port > 0 && port < 65536 ? port : null,
        user: first('user'),
        identity: identityOf(alias, first('identityfile'), notes),
        jump: jumpOf(alias, first('proxyjump'), notes),
        become: false,
        tags: [],
      },
    ]
  })
  if (hosts.length === 0) notes.push('the OpenSSH configuration names no host (Host blocks with wildcards name none)')
  return { hosts, notes }
}

/** As OpenSSH reads it: the first value wins, from the top, over all Host blocks that fit. */
function settingsOf(config: SSHConfig, alias: string): Settings {
  const settings: Settings = new Map()
  const take = (line: Line) => {
    const key = keyOf(line)
    if (key !== null && !settings.has(key)) settings.set(key, valuesOf(line))
  }
  for (const line of config) {
    const key = keyOf(line)
    if (key === 'match') continue
    if (key !== 'host') take(line)
    else if ('config' in line && glob(valuesOf(line), alias)) for (const inner of line.config) take(inner)
  }
  return settings
}

function keyOf(line: Line): string | null {
  return 'param' in line ? line.param.toLowerCase() : null
}

function valuesOf(line: Line): string[] {
  if (!('param' in line)) return []
  return typeof line.value === 'string' ? [line.value] : line.value.map(({ val }) => val)
}

function identityOf(alias: string, path: string | null, notes: string[]): string | null {
  if (path === null || path.toLowerCase() === 'none') return null
  const expanded = path.replaceAll('%d', '~').replaceAll('%%', '%')
  if (!/%[a-zA-Z]/.test(expanded) && !expanded.includes('$')) return expanded
  notes.push(`${alias}: the key ${JSON.stringify(path)} was left out: it differs by host or user`)
  return null
}

function jumpOf(alias: string, jump: string | null, notes: string[]): string | null {
  if (jump === null || jump.toLowerCase() === 'none') return null
  const hops = jump.split(',')
  // OpenSSH goes through the hops in order; the last one is what this host is reached from.
  if (hops.length > 1)
    notes.push(`${alias}: of the jumps ${jump} only the last was taken over; give it a jump of its own`)
  return (hops.at(-1) ?? jump).trim()
}
