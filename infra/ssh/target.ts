// What makes two targets the same connection, and what no target may be.
import { createHash } from 'node:crypto'
import { nodeText } from '../../state/primitives/node-text.ts'
import { SshError, type SshTarget } from './ssh.ts'

const mostHops = 8

/** Everything that a connection depends on, along all hops, as one key. Secrets enter as part of a hash only. */
export function chainKey(target: SshTarget): string {
  const hash = createHash('sha256')
  for (let hop: SshTarget | null = target; hop !== null; hop = hop.jump) {
    hash.update(
      JSON.stringify([
        hop.node,
        hop.host,
        hop.port,
        hop.user,
        hop.identities.map(identity => [identity.key.reveal(), identity.passphrase?.reveal() ?? null]),
        hop.agent,
        hop.hostkeys,
        hop.knownHosts,
      ]),
    )
  }
  return hash.digest('base64')
}

/** The nodes of a chain, the target first. */
export function nodesOf(target: SshTarget): string[] {
  const nodes: string[] = []
  for (let hop: SshTarget | null = target; hop !== null; hop = hop.jump) nodes.push(hop.node)
  return nodes
}

/** Refuses what could be taken for an option or breaks a line, on every hop. */
export function checkTarget(target: SshTarget): void {
  let hops = 0
  for (let hop: SshTarget | null = target; hop !== null; hop = hop.jump) {
    const wrong = wrongWith(hop)
    if (wrong !== null) throw new SshError(target.node, 'refused', nodeText(wrong))
    if (++hops > mostHops)
      throw new SshError(
        target.node,
        'refused',
        nodeText(`more than ${mostHops} hops: do jump hosts point at each other?`),
      )
  }
}

/** Why this can be no way to a host; null: it can. */
export function wrongWith(hop: Pick<SshTarget, 'host' | 'user' | 'port'>): string | null {
  if (hop.host === '') return 'it has no host to connect to'
  if (hop.host.startsWith('-')) return 'its host begins with `-`, which another program could take for an option'
  if (/[\s\u0000-\u001f\u007f/@]/.test(hop.host)) return 'its host contains characters that no host name has'
  if (hop.user === '') return 'it has no user to log in as'
  if (hop.user.startsWith('-') || /[\s\u0000-\u001f\u007f]/.test(hop.user)) return 'its user is no login name'
  if (!Number.isInteger(hop.port) || hop.port < 1 || hop.port > 65_535) return `${hop.port} is no port`
  return null
}
