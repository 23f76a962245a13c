// Reads OpenSSH's known_hosts and judges a host's key by it, with OpenSSH's own rules: hashed names, `[host]:port`,
// wildcards and negation, markers; the first words of a verdict decide whether a connection goes on.
import { createHmac, randomBytes } from 'node:crypto'
import { fingerprintOf, type HostKey } from './hostkey.ts'

export interface KnownHost {
  marker: 'cert-authority' | 'revoked' | null
  /** The host field as written: patterns, or one hashed name. */
  hosts: string
  key: HostKey
  /** For messages: `path:line`. */
  where: string
}

export type KeyVerdict =
  | { verdict: 'known' }
  | { verdict: 'unknown'; authorities: KnownHost[] }
  | { verdict: 'changed'; known: KnownHost[] }
  | { verdict: 'revoked'; known: KnownHost }

/** Reads a file's text. Lines that OpenSSH would not read are skipped, as it does. */
export function parseKnownHosts(text: string, path: string): KnownHost[] {
  const entries: KnownHost[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/[ \t]+/)
    const first = words[0] ?? ''
    if (first === '' || first.startsWith('#')) continue
    const marker = first === '@cert-authority' ? 'cert-authority' : first === '@revoked' ? 'revoked' : null
    if (marker !== null) words.shift()
    else if (first.startsWith('@')) continue
    const [hosts, type, encoded] = words
    if (hosts === undefined || type === undefined || encoded === undefined) continue
    const blob = Buffer.from(encoded, 'base64')
    if (blob.length < 4 + type.length || blob.readUInt32BE(0) !== type.length) continue
    if (blob.toString('latin1', 4, 4 + type.length) !== type) continue
    entries.push({ marker, hosts, key: { type, blob }, where: `${path}:${index + 1}` })
  }
  return entries
}

/** The name under which OpenSSH files a host: lower case, `[host]:port` unless the port is 22. */
export function knownName(host: string, port: number): string {
  const lower = host.toLowerCase()
  return port === 22 ? lower : `[${lower}]:${port}`
}

/** Does the host field of an entry speak of this name? */
export function matchesHosts(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) {
    const [, , salt, hash] = hosts.split('|')
    if (salt === undefined || hash === undefined) return false
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
  }
  let matched = false
  for (const pattern of hosts.split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue
    if (negated) return false
    matched = true
  }
  return matched
}

/** OpenSSH's glob: `*` and `?` only, without regard to case; linear in time whatever the pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase()
  const given = text.toLowerCase()
  let at = 0
  let star = -1
  let retry = 0
  let position = 0
  while (position < given.length) {
    if (wanted[at] === '*') {
      star = at++
      retry = position
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[position])) {
      at++
      position++
    } else if (star >= 0) {
      at = star + 1
      position = ++retry
    } else return false
  }
  while (wanted[at] === '*') at++
  return at === wanted.length
}

/** Entries that speak of a host. Like OpenSSH, a host on another port falls back to what is known without the port. */
export function entriesFor(entries: readonly KnownHost[], host: string, port: number): KnownHost[] {
  const exact = entries.filter(entry => matchesHosts(entry.hosts, knownName(host, port)))
  if (port === 22 || exact.some(entry => entry.marker === null)) return exact
  return [...exact, ...entries.filter(entry => matchesHosts(entry.hosts, knownName(host, 22)))]
}

/** Judges a key that a host has shown. `entries` are those of `entriesFor`. */
export function judgeHostKey(entries: readonly KnownHost[], key: HostKey): KeyVerdict {
  const same = entries.filter(entry => entry.key.blob.equals(key.blob))
  const revoked = same.find(entry => entry.marker === 'revoked')
  if (revoked) return { verdict: 'revoked', known: revoked }
  if (same.some(entry => entry.marker === null)) return { verdict: 'known' }
  const known = entries.filter(entry => entry.marker === null)
  if (known.length > 0) return { verdict: 'changed', known }
  return { verdict: 'unknown', authorities: entries.filter(entry => entry.marker === 'cert-authority') }
}

/** One line for a host and its key, hashed as `HashKnownHosts yes` would. */
export function formatKnownHost(host: string, port: number, key: HostKey, hashed: boolean): string {
  const name = knownName(host, port)
  if (/[\s,*?!|]/.test(name) || name.startsWith('@') || name.startsWith('#'))
    throw new Error('no host name can be written so')
  return `${hashed ? hashName(name) : name} ${key.type} ${key.blob.toString('base64')}\n`
}

function hashName(name: string): string {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

/** `ssh-ed25519 SHA256:… (~/.ssh/known_hosts:3)`, for messages. */
export function describeKnown(entry: KnownHost): string {
  return `${entry.key.type} ${fingerprintOf(entry.key.blob)} (${entry.where})`
}
