// The fleet file of the lab: three ways to log in (root, sudo without and with a password), every probe kind that a
// plain Debian machine can answer, intervals short enough that a test need not wait long.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { alertPort, heartbeatPort, mesh, wire } from './place.ts'

interface Known {
  machines: readonly Machine[]
  hostkeys: Readonly<Record<string, string>>
  identityFile: string
  authorityFile: string
}

const ways = [
  'user: root',
  'user: noc, become: { method: sudo }',
  'user: guard, become: { method: sudo, password: "env:GUARD_PASSWORD" }',
]

export function writeFleetFile(directory: string, known: Known): string {
  const nodes = known.machines.map(
    (machine, index) =>
      `  ${machine.name}: { address: ${machine.address}, mesh: ${machine.mesh}, ` +
      `ssh: { ${ways[index % ways.length]}, hostkey: "${known.hostkeys[machine.name]}" } }`,
  )
  const text = `# Written by the lab; its machines live as long as the test run.
fleet: lab
timezone: Europe/Zurich
hq: { name: hq, provider: static, address: 127.0.0.1, mesh: ${mesh.hq} }
mesh: { kind: wireguard, interface: wg0, cidr: ${mesh.cidr}, hub: hq, port: ${mesh.port}, keepalive: 5s }
defaults: { provider: static, ssh: { identity: "file:${known.identityFile}" } }
nodes:
${nodes.join('\n')}
probes:
  - { kind: ping,      on: "!hq", every: 2s }
  - { kind: ssh,       on: "!hq", every: 5s }
  - { kind: http,      on: "!hq", url: "https://{address}/", expect: { status: 200 }, every: 5s }
  - { kind: tls,       on: "!hq", endpoint: "{address}:443", warn: 25%, fail: 10%, every: 5s }
  - { kind: units,     on: "!hq", units: [ssh.service, clavitor.service], every: 5s }
  - { kind: journal,   on: "!hq", every: 5s }
  - { kind: boot,      on: "!hq", every: 5s }
  - { kind: load,      on: "!hq", every: 5s }
  - { kind: wireguard, on: "!hq", every: 5s }
  - { kind: heartbeat, on: "!hq", every: 5s, token: "env:PUSH_{NAME}" }
severity: { SEV2: { missed: 2 }, SEV1: { down: 5m } }
alerts: [{ to: "ntfy:http://127.0.0.1:${alertPort}/lab", from: SEV2 }]
engine:
  listen: { heartbeats: "${mesh.hq}:${heartbeatPort}" }
  canaries: ["gateway", "${wire.anchor}"]
  trust: ["${known.authorityFile}"]
`
  const path = join(directory, 'fleet.yaml')
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
