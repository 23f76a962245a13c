// `watchfloor init`: the text of a first fleet file, from nothing or from hosts that another tool already knows. Pure:
// texts in, text out. What could not be taken over is said in notes, never dropped in silence.
import { hostPattern, loginPattern } from './schema.ts'

/** One host as another tool describes it. */
export interface FoundHost {
  name: string
  /** Host name or address; null: the name itself is what resolves. */
  address: string | null
  port: number | null
  user: string | null
  /** Path of a private key. */
  identity: string | null
  /** Name of another found host, or `user@host:port`. */
  jump: string | null
  become: boolean
  tags: readonly string[]
}

export interface FoundHosts {
  hosts: FoundHost[]
  /** One sentence for each thing that was left out, and why. */
  notes: string[]
}

export interface FirstFile {
  text: string
  notes: string[]
}

export interface FirstFileOptions {
  /** Name of the fleet. */
  fleet: string
  /** IANA name, usually that of the machine. */
  timezone: string
  /** Name that HQ shall have; usually the host name of this machine. */
  hq: string
  /** Where the hosts came from, for the comment: `~/.ssh/config`. */
  from?: string
}

/** The first file. Without hosts it holds one example node, planned, so that nothing alerts. */
export function firstFleetFile(options: FirstFileOptions, found: FoundHosts = { hosts: [], notes: [] }): FirstFile {
  const notes = [...found.notes]
  const taken = new Set<string>()
  const hq = nameFrom(options.hq, taken) ?? 'hq'
  taken.add(hq.toLowerCase())
  const named = new Map<string, string>()
  const kept = found.hosts.flatMap(host => {
    const name = nameFrom(host.name, taken)
    const address = host.address ?? host.name
    if (name === null || !new RegExp(hostPattern).test(address) || /[{}]/.test(address)) {
      notes.push(
        `${JSON.stringify(host.name)} was left out: ${name === null ? 'its name is taken or empty' : 'its address is no host'}`,
      )
      return []
    }
    if (name !== host.name) notes.push(`${JSON.stringify(host.name)} is called ${name}`)
    if (host.user !== null && !new RegExp(loginPattern).test(host.user)) {
      notes.push(`${name}: the login ${JSON.stringify(host.user)} was left out: it is no login name`)
    }
    taken.add(name.toLowerCase())
    named.set(host.name, name)
    return [{ ...host, name, address }]
  })
  const lines = kept.map(host => nodeLine(host, jumpOf(host, named, notes)))
  const fleet = nameFrom(options.fleet, new Set()) ?? 'fleet'
  const origin =
    options.from && kept.length > 0 ? ` Its hosts were taken from ${options.from.replace(/[^\x20-\x7e]/g, '?')}.` : ''
  const text = `# The fleet that Watchfloor watches.${origin}
# \`watchfloor validate\` checks this file and runs nothing; a running engine picks changes up by itself, and asks you
# before it follows one that runs a program on HQ, trusts another host key or connects somewhere else.
fleet: ${fleet}
timezone: ${quoted(options.timezone)}

# The machine that Watchfloor runs on. \`*\` means it too; \`*,!@hq\` means all others.
hq: { name: ${quoted(hq)}, provider: static, address: 127.0.0.1 }

# Secrets never stand in this file, only where they are: env:NAME, file:PATH, vault:PATH#KEY or exec:COMMAND.
# defaults: { ssh: { user: root, identity: "file:~/.ssh/id_ed25519" } }

# A node with an address is live and alerts. Host keys must be in known_hosts, or pinned: ssh: { hostkey: "SHA256:…" }.
nodes:
${lines.length > 0 ? lines.join('\n') : '  example: { lifecycle: planned, address: 192.0.2.10, tags: [pilot] }'}

# What is looked at, where (NAME, @TAG, region=eu-*, provider=aws; comma = or), how often.
probes:
  - { kind: ping, on: "*,!@hq", every: 30s }
  - { kind: ssh, on: "*,!@hq", every: 60s }
  - { kind: boot, on: "*,!@hq", every: 60s }
  - { kind: load, on: "*,!@hq", every: 60s }
  # - { kind: units, on: "@web", units: [sshd.service, nginx.service], every: 60s }
  # - { kind: http, on: "@web", url: "https://{host}/", expect: { status: 200 }, every: 60s }
  # - { kind: tls, on: "@web", endpoint: "{host}:443", warn: 25%, fail: 10%, every: 6h }

# When trouble becomes which severity, and who is told.
severity: { SEV2: { missed: 2 }, SEV1: { down: 5m } }
# alerts: [{ to: "ntfy:https://ntfy.example/my-topic", from: SEV2 }]

# What HQ looks at to know that it can see at all: if this fails, nodes are unknown, not down.
engine: { canaries: [gateway] }
`
  return { text, notes }
}

function jumpOf(host: FoundHost, named: ReadonlyMap<string, string>, notes: string[]): string | null {
  if (host.jump === null) return null
  const other = named.get(host.jump)
  if (other !== undefined && other !== host.name) return other
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*@(?!-)[A-Za-z0-9_.-]+(?::[0-9]{1,5})?$/.test(host.jump)) return host.jump
  notes.push(
    `${host.name}: the jump through ${JSON.stringify(host.jump)} was left out; write ssh: { jump: USER@HOST:PORT }`,
  )
  return null
}

function nodeLine(host: FoundHost & { address: string }, jump: string | null): string {
  const ssh = [
    host.user === null || !new RegExp(loginPattern).test(host.user) ? null : `user: ${quoted(host.user)}`,
    host.port === null || host.port === 22 ? null : `port: ${host.port}`,
    host.identity === null ? null : `identity: ${JSON.stringify(`file:${host.identity.replace(/([{}])/g, '$1$1')}`)}`,
    jump === null ? null : `jump: ${quoted(jump)}`,
    host.become ? 'become: sudo' : null,
  ].filter(part => part !== null)
  const parts = [
    `address: ${quoted(host.address)}`,
    host.tags.length > 0 ? `tags: [${host.tags.map(quoted).join(', ')}]` : null,
    ssh.length > 0 ? `ssh: { ${ssh.join(', ')} }` : null,
  ].filter(part => part !== null)
  return `  ${quoted(host.name)}: { ${parts.join(', ')} }`
}

/** A free node name made from any text, or null. */
function nameFrom(text: string, taken: ReadonlySet<string>): string | null {
  const name = text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return name === '' || taken.has(name.toLowerCase()) ? null : name
}

/** A tag made from any text, or null. */
export function tagFrom(text: string): string | null {
  return nameFrom(text, new Set())
}

/** Plain where YAML reads it back as the same text, else in double quotes. */
function quoted(text: string): string {
  const plain = /^[A-Za-z][A-Za-z0-9._/-]*$|^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/.test(text)
  return plain && !/^(?:null|true|false|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text)
}
