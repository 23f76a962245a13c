// From a node of the fleet to the one object that every connection uses: addresses, keys and jumps resolved.
// Secrets are resolved at first use and live in memory only.
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { SshError, type SshTarget } from '../../infra/ssh/ssh.ts'
import { type PlainTarget, type TargetContext, targetFor } from '../../infra/ssh/target-for.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { ResolveSecret, Secret, SecretRef } from '../../state/primitives/secret.ts'
import type { Fleet, FleetNode } from '../fleet/fleet.ts'
import type { Way } from '../watch/probe.ts'
import { type Clean, createClean } from './clean.ts'

export interface Targets {
  /** Rejects with SshError `refused` when the node has no such address or a key cannot be had. */
  of(node: FleetNode, via: Way): Promise<SshTarget>
  /** Resolves a reference once and remembers it for redaction. */
  secret(ref: SecretRef): Promise<Secret>
  /** Resolves it anew: what it points at may hold another secret by now. */
  secretAnew(ref: SecretRef): Promise<Secret>
  /** Knows every secret resolved so far. */
  clean: Clean
  /** Another fleet file runs: what was resolved for the last one is asked for again. */
  forget(): void
}

export function createTargets(options: {
  fleet(): Fleet
  resolve: ResolveSecret
  env: Readonly<Record<string, string | undefined>>
  homeDir: string
}): Targets {
  const known = new Map<string, Promise<Secret>>()
  const made = new Map<string, Promise<SshTarget>>()
  const resolved: Secret[] = []

  function secret(ref: SecretRef): Promise<Secret> {
    const id = `${ref.scheme}:${ref.reference}`
    const found = known.get(id)
    if (found) return found
    const asked = options.resolve(ref).then(value => {
      know(value)
      return value
    })
    // A reference that fails is tried again: the file may be there next time.
    asked.catch(() => {
      if (known.get(id) === asked) known.delete(id)
    })
    known.set(id, asked)
    return asked
  }

  function secretAnew(ref: SecretRef): Promise<Secret> {
    known.delete(`${ref.scheme}:${ref.reference}`)
    return secret(ref)
  }

  /** From here on it is taken out of all that is kept or told. A reload resolves the same ones again. */
  function know(value: Secret): void {
    if (!resolved.some(one => one.reveal() === value.reveal())) resolved.push(value)
  }

  /** Private keys may also come from the OpenSSH config, for the node or for a hop on the way to it. */
  function knowKeys(target: SshTarget): void {
    for (let hop: SshTarget | null = target; hop !== null; hop = hop.jump) {
      // The public half of a key that the agent holds is one line, and no secret.
      for (const { key } of hop.identities) if (key.reveal().trim().includes('\n')) know(key)
    }
  }

  function of(node: FleetNode, via: Way): Promise<SshTarget> {
    const id = `${via} ${node.name}`
    const found = made.get(id)
    if (found) return found
    const target = resolveNode(node, via, []).then(
      ready => {
        knowKeys(ready)
        return ready
      },
      error => {
        made.delete(id)
        throw error instanceof SshError ? error : refusal(node, error instanceof Error ? error.message : String(error))
      },
    )
    made.set(id, target)
    return target
  }

  async function resolveNode(node: FleetNode, via: Way, hops: readonly string[]): Promise<SshTarget> {
    const host = addressOf(node, via)
    if (host === null) throw refusal(node, `the fleet file gives it no ${via === 'any' ? '' : `${via} `}address`)
    const { ssh } = node
    const passphrase = ssh.passphrase ? await secret(ssh.passphrase) : null
    const identities = await Promise.all(
      ssh.identities.map(async ref => ({
        label: `${ref.scheme}:${ref.reference}`,
        key: await secret(ref),
        passphrase,
      })),
    )
    const become: SshTarget['become'] = ssh.become
      ? { method: 'sudo', password: ssh.become.password ? await secret(ssh.become.password) : null }
      : null
    const jump = ssh.jump === null ? null : await jumpOf(node, ssh.jump, identities, hops)
    const plain: PlainTarget = {
      node: node.name,
      host,
      port: ssh.port,
      user: ssh.user,
      identities,
      hostkeys: ssh.hostkeys,
      jump,
      become,
    }
    return targetFor(plain, await context())
  }

  async function jumpOf(
    node: FleetNode,
    jump: string,
    identities: SshTarget['identities'],
    hops: readonly string[],
  ): Promise<SshTarget> {
    if (hops.includes(jump)) throw refusal(node, `the jumps lead in a circle: ${[...hops, jump].join(' → ')}`)
    const other = options.fleet().nodes.get(jump)
    if (other) return resolveNode(other, 'any', [...hops, node.name])
    const hop = jumpHost(jump)
    if (!hop) throw refusal(node, `"${jump}" is no host to jump through`)
    const { host, port, user } = hop
    return targetFor(
      { node: host, host, port, user, identities, hostkeys: [], jump: null, become: null },
      await context(),
    )
  }

  async function context(): Promise<TargetContext> {
    const openSshConfig = await readFile(path.join(options.homeDir, '.ssh', 'config'), 'utf8').catch(() => null)
    const agent = options.env.SSH_AUTH_SOCK ?? null
    return { openSshConfig, home: options.homeDir, localUser: userInfo().username, agent }
  }

  return {
    of,
    secret,
    secretAnew,
    clean: createClean(() => resolved),
    forget() {
      known.clear()
      made.clear()
    },
  }
}

/** `[user@]host[:port]` as the fleet file writes a jump host that is no node; null when it is none. */
export function jumpHost(jump: string): { host: string; port: number | null; user: string | null } | null {
  const match = /^(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(jump)
  const host = match?.[2]?.replace(/^\[|\]$/g, '')
  if (!host) return null
  return { host, port: match?.[3] === undefined ? null : Number(match[3]), user: match?.[1] ?? null }
}

/** The way in: the mesh first, as SSH is closed in public on a finished node. */
export function addressOf(node: FleetNode, via: Way): string | null {
  const open = node.address ?? node.host
  if (via === 'mesh') return node.mesh
  return via === 'public' ? open : (node.mesh ?? open)
}

function refusal(node: FleetNode, why: string): SshError {
  return new SshError(node.name, 'refused', nodeText(why))
}
