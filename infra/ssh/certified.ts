// A host that no key is known of, but that an authority vouches for: its certificate is asked for and read, and the key
// that it names is trusted for this one connection.
import { askForCertificate, type HostCertificate, readCertificate } from './certificate.ts'
import type { Connection } from './connection.ts'
import { openSocket } from './dial.ts'
import type { ConnectReport, SshTarget } from './ssh.ts'
import type { Trust } from './trust.ts'

interface CertificateRequest {
  ssh2: typeof import('ssh2')
  target: SshTarget
  trust: Trust
  /** The connection to the jump host; null: straight. */
  through: Connection | null
}

/** Only where an authority may vouch for the host and no key of it is known: it costs a connection of its own. */
export async function findCertificate(
  { ssh2, target, trust, through }: CertificateRequest,
  nowMs: number,
  signal: AbortSignal,
): Promise<HostCertificate | null> {
  if (trust.authorities.length === 0 || trust.types.length > 0) return null
  const blob = await askForCertificate(await openSocket(target, through, signal), signal)
  return blob === null ? null : readCertificate(ssh2, blob, target.host, trust.authorities, nowMs)
}

/** The key that a certificate names is trusted, and asked for first. A revoked one is not. */
export function trustCertified(trust: Trust, certificate: HostCertificate): Trust {
  return {
    ...trust,
    types: [certificate.key.type],
    judge(key) {
      const error = trust.judge(key)
      return error?.failure === 'hostkey-unknown' && key.blob.equals(certificate.key.blob) ? null : error
    },
  }
}

export function reportCertificate(certificate: HostCertificate | null): ConnectReport['hostCertificate'] {
  return certificate && { keyId: certificate.keyId, validBefore: certificate.validBefore }
}
