// Decides whether a host is the one we know: by pinned fingerprints if there are any, else by known_hosts. Every refusal
// says what was shown, what was expected, and what to do.
import { readFile, stat } from 'node:fs/promises'
import { nodeText } from '../../state/primitives/node-text.ts'
import { fingerprintOf, type HostKey } from './hostkey.ts'
import { describeKnown, entriesFor, judgeHostKey, type KnownHost, parseKnownHosts } from './known-hosts.ts'
import { SshError, type SshTarget } from './ssh.ts'

export interface Trust {
  /** Key types known for this host; they are asked for first. */
  types: readonly string[]
  /** Only fingerprints are known, so another key type of the same host may be the right one. */
  pinned: boolean
  /** Null: this key is trusted. */
  judge(key: HostKey): SshError | null
  /** Authorities that may vouch for this host by a certificate. */
  authorities: readonly KnownHost[]
}

export interface TrustReader {
  read(target: SshTarget): Promise<Trust>
}

/** Reads known_hosts files, again only when they have changed. */
export function createTrustReader(): TrustReader {
  const files = new Map<string, { stamp: string; entries: KnownHost[] }>()

  async function entriesOf(path: string): Promise<KnownHost[]> {
    const found = await stat(path).catch(() => null)
    if (!found) return []
    const stamp = `${found.ino}:${found.size}:${found.mtimeMs}`
    const cached = files.get(path)
    if (cached?.stamp === stamp) return cached.entries
    const entries = parseKnownHosts(await readFile(path, 'utf8'), path)
    files.set(path, { stamp, entries })
    return entries
  }

  return {
    async read(target) {
      if (target.hostkeys.length > 0) return trustPinned(target)
      const entries = (await Promise.all(target.knownHosts.map(entriesOf))).flat()
      return trustKnown(target, entriesFor(entries, target.host, target.port))
    },
  }
}

function trustPinned(target: SshTarget): Trust {
  const pins = new Set(target.hostkeys.map(pin => pin.replace(/=+$/, '')))
  return {
    types: [],
    pinned: true,
    authorities: [],
    judge(key) {
      const shown = fingerprintOf(key.blob)
      if (pins.has(shown)) return null
      return refuseChanged(
        target,
        key,
        `the fleet file pins ${[...pins].join(', ')}`,
        'change `hostkey` in the fleet file',
      )
    },
  }
}

function trustKnown(target: SshTarget, entries: readonly KnownHost[]): Trust {
  const isRevoked = (one: KnownHost) =>
    entries.some(other => other.marker === 'revoked' && other.key.blob.equals(one.key.blob))
  return {
    types: [...new Set(entries.filter(entry => entry.marker === null).map(entry => entry.key.type))],
    pinned: false,
    // A revoked key vouches for nobody: whoever took it could sign a certificate for every host.
    authorities: entries.filter(entry => entry.marker === 'cert-authority' && !isRevoked(entry)),
    judge(key) {
      const judged = judgeHostKey(entries, key)
      const shown = `${key.type} ${fingerprintOf(key.blob)}`
      switch (judged.verdict) {
        case 'known':
          return null
        case 'changed':
          return refuseChanged(
            target,
            key,
            `${judged.known.map(describeKnown).join(', ')} is known`,
            `remove the old line (\`ssh-keygen -R ${quoteName(target)}\`) and trust the new key`,
          )
        case 'revoked':
          return new SshError(
            target.node,
            'hostkey-changed',
            nodeText(
              `${target.host}:${target.port} shows ${shown}, which is marked revoked at ${judged.known.where}; nothing was sent`,
            ),
          )
        case 'unknown':
          return new SshError(
            target.node,
            'hostkey-unknown',
            nodeText(
              `${target.host}:${target.port} shows ${shown}, which nothing here knows; compare it with the host's console, ` +
                `then pin it as \`hostkey: "${fingerprintOf(key.blob)}"\` in the fleet file or add it to known_hosts`,
            ),
          )
      }
    },
  }
}

function refuseChanged(target: SshTarget, key: HostKey, expected: string, remedy: string): SshError {
  const shown = `${key.type} ${fingerprintOf(key.blob)}`
  return new SshError(
    target.node,
    'hostkey-changed',
    nodeText(
      `HOST KEY CHANGED: ${target.host}:${target.port} shows ${shown}, but ${expected}. Somebody may be between you and ` +
        `the host, or it was reinstalled; nothing was sent to it. If its console shows the new fingerprint, ${remedy}`,
    ),
  )
}

function quoteName(target: SshTarget): string {
  return target.port === 22 ? target.host : `'[${target.host}]:${target.port}'`
}
