// Asks a host for its key and adds a line to known_hosts the way OpenSSH does: one write in append mode, so that two
// writers never mix their lines and no lock is needed. A last line without its end is ended first, and a line that is
// there already is not repeated.
import { mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import type { Connection } from './connection.ts'
import { dial } from './dial.ts'
import type { HostKey } from './hostkey.ts'
import { entriesFor, formatKnownHost, judgeHostKey, parseKnownHosts } from './known-hosts.ts'
import type { RememberOptions, SshTarget } from './ssh.ts'
import type { Trust, TrustReader } from './trust.ts'

interface RememberRequest {
  ssh2: typeof import('ssh2')
  target: SshTarget
  /** The connection to the jump host; null: straight. */
  through: Connection | null
  trustReader: TrustReader
}

/** Nobody logs in: the host proves its key, and from then on it is known. */
export async function askAndRemember(
  { ssh2, target, through, trustReader }: RememberRequest,
  { expect, file, hashed = false }: RememberOptions,
  signal: AbortSignal,
): Promise<HostKey> {
  const trust = rememberTrust(await trustReader.read({ ...target, hostkeys: expect ? [expect] : [] }), expect)
  const { hostkey } = await dial({ ssh2, target, trust, attempts: [], through, keepaliveMs: 0, onlyKey: true }, signal)
  // Nobody waits for it any more, so nobody would know that it is trusted.
  if (!signal.aborted) await appendKnownHost(file, target.host, target.port, hostkey, hashed)
  return hostkey
}

/** An unknown key is what we came for; a changed or revoked one is refused all the same. */
function rememberTrust(trust: Trust, expect: string | null): Trust {
  if (expect !== null) return trust
  return {
    ...trust,
    judge(key) {
      const error = trust.judge(key)
      return error?.failure === 'hostkey-unknown' ? null : error
    },
  }
}

export async function appendKnownHost(
  file: string,
  host: string,
  port: number,
  key: HostKey,
  hashed: boolean,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'a+', 0o600)
  try {
    const text = await handle.readFile('utf8')
    const known = entriesFor(parseKnownHosts(text, file), host, port)
    if (judgeHostKey(known, key).verdict === 'known') return
    const start = text === '' || text.endsWith('\n') ? '' : '\n'
    await handle.write(start + formatKnownHost(host, port, key, hashed))
    await handle.sync()
  } finally {
    await handle.close()
  }
}
