// What a host key is called and how it is compared. A key is its wire form: a length-prefixed type, then the rest.
import { createHash } from 'node:crypto'

export interface HostKey {
  /** As on the wire and in known_hosts: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  type: string
  blob: Buffer
}

/** Reads the type out of a key's wire form; null when it is none. */
export function readHostKey(blob: Buffer): HostKey | null {
  if (blob.length < 8) return null
  const length = blob.readUInt32BE(0)
  if (length === 0 || length > 64 || 4 + length > blob.length) return null
  return { type: blob.toString('latin1', 4, 4 + length), blob }
}

/** `SHA256:…` without padding, as every OpenSSH tool prints it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

// Preferred first. ssh-rsa with SHA-1 is never offered.
export const hostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const
export type HostKeyAlgorithm = (typeof hostKeyAlgorithms)[number]

/** The signature algorithms that prove possession of a key of this type. */
function typeOfAlgorithm(algorithm: HostKeyAlgorithm): string {
  return algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm
}

/**
 * What to offer a host: algorithms of the key types known for it come first, so that a host with several keys shows
 * one that we know. Types in `tried` were shown already and did not match.
 */
export function offerAlgorithms(known: readonly string[], tried: readonly string[] = []): HostKeyAlgorithm[] {
  const left = hostKeyAlgorithms.filter(algorithm => !tried.includes(typeOfAlgorithm(algorithm)))
  const isKnown = (algorithm: HostKeyAlgorithm) => known.includes(typeOfAlgorithm(algorithm))
  return [...left.filter(isKnown), ...left.filter(algorithm => !isKnown(algorithm))]
}
