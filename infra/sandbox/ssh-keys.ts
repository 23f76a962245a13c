// Keys of the sandbox's nodes and of its one client, in OpenSSH's format.
import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'

export interface SshKey {
  private: string
  public: string
}

/** ssh2 1.17 writes about one ed25519 key in 300 malformed (a leading zero is lost), so every key is read back first. */
export function makeSshKey(comment: string): SshKey {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    const secret = ssh2.utils.parseKey(key.private)
    const open = ssh2.utils.parseKey(key.public)
    if (secret instanceof Error || open instanceof Error) continue
    if (secret.getPublicSSH().equals(open.getPublicSSH())) return { private: key.private, public: key.public }
  }
}

/** `SHA256:…` of a private or public key, as ssh-keygen prints it. */
export function fingerprintOf(key: string): string {
  const parsed = ssh2.utils.parseKey(key)
  if (parsed instanceof Error) throw parsed
  return `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`
}

/** The public half of a private key, as OpenSSH writes it. */
export function publicHalfOf(key: string): string {
  const parsed = ssh2.utils.parseKey(key)
  if (parsed instanceof Error) throw parsed
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`
}

export function makeHostKey(): { key: string; fingerprint: string } {
  const key = makeSshKey('host').private
  return { key, fingerprint: fingerprintOf(key) }
}
