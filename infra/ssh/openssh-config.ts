// What an operator's OpenSSH config says about a host, for the directives that we honour. Nothing in it ever runs:
// `ProxyCommand` and `Match exec` are refused where they would apply, since to leave them out would connect elsewhere
// than `ssh` does.
import { userInfo } from 'node:os'
import SSHConfig from 'ssh-config'
import { BadInput } from '../../state/primitives/errors.ts'
import { matchesPattern } from './known-hosts.ts'

export interface OpenSshSettings {
  /** The name or address to connect to. */
  host: string
  /** Null: the config says nothing. */
  port: number | null
  user: string | null
  /** Paths, `~` and tokens resolved. */
  identityFiles: string[]
  /** Null: the config says nothing, so OpenSSH's own places hold. */
  knownHosts: string[] | null
  /** Hosts to jump through, the nearest to us first; names that may stand in the config again. */
  jumps: JumpHost[]
  /** Directives that apply and that we do not follow, as written. */
  ignored: string[]
}

export interface JumpHost {
  host: string
  port: number | null
  user: string | null
}

export interface OpenSshContext {
  home: string
  /** The login name on HQ: OpenSSH's default user. Default: this process's. */
  localUser?: string
  /** The user that is going to be used, for `Match user` and `%r`. */
  user?: string
}

const followed = new Set(
  [
    'host match hostname user port identityfile proxyjump proxycommand userknownhostsfile'.split(' '),
    // These change nothing for us: we never prompt, never forward, use only what is given, and always check keys.
    'identitiesonly batchmode forwardagent forwardx11 stricthostkeychecking serveraliveinterval serveralivecountmax'.split(
      ' ',
    ),
    'addkeystoagent controlmaster controlpath controlpersist compression connecttimeout loglevel hashknownhosts'.split(
      ' ',
    ),
    'tcpkeepalive sendenv setenv requesttty visualhostkey updatehostkeys preferredauthentications'.split(' '),
  ].flat(),
)

/** Looks a name up in a config's text. Throws BadInput for what we refuse. */
export function applyOpenSshConfig(text: string, name: string, context: OpenSshContext): OpenSshSettings {
  const localUser = context.localUser ?? userInfo().username
  if (name.startsWith('-'))
    throw refused(name, `the host name begins with "-", which a program could take for an option`)
  const config = parseConfig(text)
  refuseMatchExec(config, name, context.user ?? localUser)
  const options = { ignoreCase: true, matchExec: false }
  const said = config.compute({ Host: name, ...(context.user === undefined ? {} : { User: context.user }) }, options)
  const command = lone(said.proxycommand)
  const jump = lone(said.proxyjump)
  if (command !== null && command.toLowerCase() !== 'none' && jump === null) {
    throw refused(name, '`ProxyCommand` would run a program of its own; use `ProxyJump`, or `jump:` in the fleet file')
  }
  const tokens = { h: name, d: context.home, u: localUser, r: context.user ?? lone(said.user) ?? localUser, n: name }
  const host = expand(lone(said.hostname) ?? name, tokens, name)
  const paths = { ...tokens, h: host }
  const toPath = (path: string) => expand(path.replace(/^~(?=\/|$)/, context.home), paths, name)
  return {
    host,
    port: readPort(lone(said.port), name),
    user: lone(said.user),
    identityFiles: many(said.identityfile)
      .filter(path => path.toLowerCase() !== 'none')
      .map(toPath),
    knownHosts: said.userknownhostsfile === undefined ? null : readFiles(said.userknownhostsfile).map(toPath),
    jumps: jump === null || jump.toLowerCase() === 'none' ? [] : jump.split(',').map(hop => readJump(hop.trim(), name)),
    ignored: Object.keys(said).filter(directive => !followed.has(directive)),
  }
}

/** The names that a config gives hosts, without patterns: what `init` can take over. */
export function hostsOfOpenSshConfig(text: string): string[] {
  const names = new Set<string>()
  for (const line of parseConfig(text)) {
    if (!('param' in line) || line.param.toLowerCase() !== 'host') continue
    const words = typeof line.value === 'string' ? line.value.split(/\s+/) : line.value.map(word => word.val)
    for (const word of words) if (word !== '' && !/[*?!]/.test(word)) names.add(word)
  }
  return [...names]
}

function parseConfig(text: string): SSHConfig {
  try {
    return SSHConfig.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BadInput({ name: 'openssh-config-broken', message: `the OpenSSH config cannot be read: ${why}`, cause })
  }
}

/** A `Match exec` whose other conditions hold, or cannot be judged here, is refused; one for other hosts is let be. */
function refuseMatchExec(config: SSHConfig, name: string, user: string): void {
  for (const line of config) {
    if (!('param' in line) || line.param.toLowerCase() !== 'match' || !('criteria' in line)) continue
    const criteria = new Map(Object.entries(line.criteria).map(([key, value]) => [key.toLowerCase(), words(value)]))
    if (!criteria.has('exec')) continue
    const hosts = criteria.get('host') ?? criteria.get('originalhost')
    const users = criteria.get('user')
    if (hosts && !matchesList(hosts, name)) continue
    if (users && !matchesList(users, user)) continue
    throw refused(name, '`Match exec` would run a program to decide; give the node its settings in the fleet file')
  }
}

function words(value: string | { val: string }[]): string {
  return typeof value === 'string' ? value : value.map(word => word.val).join(',')
}

function matchesList(list: string, text: string): boolean {
  let matched = false
  for (const pattern of list.split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, text)) continue
    if (negated) return false
    matched = true
  }
  return matched
}

/** `[user@]host[:port]`, `ssh://…` too; an IPv6 address in brackets. */
function readJump(hop: string, name: string): JumpHost {
  const bare = hop.replace(/^ssh:\/\//, '').replace(/\/$/, '')
  const found = /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d+))?$/.exec(bare)
  const host = found?.[2] ?? found?.[3]
  if (!found || host === undefined || host.startsWith('-')) throw refused(name, `\`ProxyJump ${hop}\` is no host`)
  return { host, port: readPort(found[4] ?? null, name), user: found[1] ?? null }
}

function readPort(port: string | null, name: string): number | null {
  if (port === null) return null
  const number = Number(port)
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535) throw refused(name, `"${port}" is no port`)
  return number
}

function readFiles(value: string | string[]): string[] {
  const files = typeof value === 'string' ? value.split(/\s+/) : value
  return files.filter(file => file !== '' && file.toLowerCase() !== 'none')
}

function lone(value: string | string[] | undefined): string | null {
  return (typeof value === 'string' ? value : value?.[0]) ?? null
}

function many(value: string | string[] | undefined): string[] {
  return typeof value === 'string' ? [value] : (value ?? [])
}

function expand(text: string, tokens: Readonly<Record<string, string>>, name: string): string {
  return text.replace(/%(.?)/g, (whole, token: string) => {
    if (token === '%') return '%'
    const value = tokens[token]
    if (value === undefined) throw refused(name, `the token \`${whole}\` is not known here`)
    return value
  })
}

function refused(name: string, why: string): BadInput {
  return new BadInput({
    name: 'openssh-config-refused',
    message: `the OpenSSH config for ${JSON.stringify(name)}: ${why}`,
  })
}
