// How we prove who we are. With identities given, only those are tried, in their order (as OpenSSH's IdentitiesOnly);
// without, every key of the agent. Nothing prompts, no password is ever tried, agents are never forwarded.
import { createHash } from 'node:crypto'
import type { AnyAuthMethod, BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2'
import { nodeText } from '../../state/primitives/node-text.ts'
import { SshError, type SshTarget } from './ssh.ts'

type Ssh2 = typeof import('ssh2')

export interface LoginAttempt {
  /** As reported: `publickey ed25519`, `agent`. */
  method: string
  auth: AnyAuthMethod
}

/** Opens identities once: the key derivation of a passphrase takes a good part of a second in JavaScript. */
export interface KeyRing {
  attempts(target: SshTarget): LoginAttempt[]
}

export function createKeyRing(ssh2: Ssh2): KeyRing {
  const opened = new Map<string, ParsedKey | string>()

  function open(key: string, passphrase: string | null): ParsedKey | string {
    const id = createHash('sha256')
      .update(JSON.stringify([key, passphrase]))
      .digest('base64')
    const known = opened.get(id)
    if (known !== undefined) return known
    const parsed = parse(ssh2, key, passphrase)
    opened.set(id, parsed)
    return parsed
  }

  return {
    attempts(target) {
      const attempts: LoginAttempt[] = []
      const refusals: string[] = []
      for (const identity of target.identities) {
        const key = open(identity.key.reveal(), identity.passphrase?.reveal() ?? null)
        if (typeof key === 'string') {
          refusals.push(`${identity.label}: ${key}`)
        } else if (key.isPrivateKey()) {
          const auth = { type: 'publickey' as const, username: target.user, key }
          attempts.push({ method: `publickey ${shortType(key.type)}`, auth })
        } else if (target.agent !== null) {
          const agent = onlyKey(ssh2, ssh2.createAgent(target.agent), key)
          attempts.push({ method: 'agent', auth: { type: 'agent', username: target.user, agent } })
        } else {
          refusals.push(`${identity.label}: it is a public key, and there is no agent that may hold its private half`)
        }
      }
      if (target.identities.length === 0 && target.agent !== null) {
        attempts.push({ method: 'agent', auth: { type: 'agent', username: target.user, agent: target.agent } })
      }
      if (attempts.length > 0) return attempts
      const why =
        refusals.length > 0 ? refusals.join('; ') : 'there is neither an identity nor an agent (SSH_AUTH_SOCK)'
      throw new SshError(target.node, 'auth', nodeText(`no key to log in with: ${why}`))
    },
  }
}

/** The opened key, or why it cannot be opened, in words that hold nothing of the key. */
function parse(ssh2: Ssh2, key: string, passphrase: string | null): ParsedKey | string {
  const parsed: ParsedKey | Error | ParsedKey[] = ssh2.utils.parseKey(key, passphrase ?? undefined)
  const first = Array.isArray(parsed) ? parsed[0] : parsed
  if (first === undefined) return 'it holds no key'
  if (!(first instanceof Error)) return first
  if (/no passphrase/i.test(first.message)) return 'it is locked and no passphrase was given'
  if (/passphrase|decrypt|integrity|bad decrypt/i.test(first.message)) return 'the passphrase does not open it'
  return 'it is no private key that can be read (OpenSSH and PEM forms can)'
}

/** `ed25519`, `rsa`, `ecdsa`: what people call a key's type. */
function shortType(type: string): string {
  return type.replace(/^ssh-/, '').replace(/^ecdsa-.*/, 'ecdsa')
}

/** An agent that shows one of its keys only, for an identity of which we hold the public half. */
function onlyKey(ssh2: Ssh2, agent: BaseAgent, wanted: ParsedKey): BaseAgent {
  const blob = wanted.getPublicSSH()
  class OneKeyAgent extends ssh2.BaseAgent {
    getIdentities(done: IdentityCallback): void {
      agent.getIdentities((error, keys) => done(error, keys?.filter(isWanted)))
    }
    sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
      if (typeof options === 'function') agent.sign(key, data, options)
      else agent.sign(key, data, options, done)
    }
  }
  const isWanted = (entry: unknown): boolean => {
    if (typeof entry !== 'object' || entry === null || !('getPublicSSH' in entry)) return false
    const { getPublicSSH } = entry
    if (typeof getPublicSSH !== 'function') return false
    const shown: unknown = getPublicSSH.call(entry)
    return Buffer.isBuffer(shown) && shown.equals(blob)
  }
  return new OneKeyAgent()
}
