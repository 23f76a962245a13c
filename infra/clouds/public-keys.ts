// Public keys as OpenSSH writes them, and the fingerprints that providers know them by.
import { createHash } from 'node:crypto'

export interface PublicKey {
  /** `ssh-ed25519` */
  type: string
  /** The key itself, base64. */
  base64: string
  /** `ssh-ed25519 AAAA…`, without the comment. */
  line: string
  /** `b7:2f:…`, as Hetzner shows it. */
  md5: string
  /** `SHA256:…`, as OpenSSH shows it. */
  sha256: string
}

/** null: it is no public key. */
export function parsePublicKey(text: string): PublicKey | null {
  const [type = '', base64 = ''] = text.trim().split(/[ \t]+/)
  if (/[\r\n]/.test(text.trim()) || !/^[a-z0-9@.-]{1,100}$/.test(type)) return null
  return publicKeyOf(type, base64)
}

/** As a guest's agent or a console shows it: kind and key apart. The key itself says its kind, and must say the same. */
export function publicKeyOf(type: string, base64: string): PublicKey | null {
  if (!/^[A-Za-z0-9+/]{16,8000}={0,2}$/.test(base64)) return null
  const blob = Buffer.from(base64, 'base64')
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0
  if (blob.toString('latin1', 4, 4 + length) !== type) return null
  return {
    type,
    base64,
    line: `${type} ${base64}`,
    md5: createHash('md5')
      .update(blob)
      .digest('hex')
      .replace(/..(?=.)/g, '$&:'),
    sha256: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  }
}
