// Adds a line to known_hosts the way OpenSSH does: one write in append mode, so that two writers never mix their lines
// and no lock is needed. A last line without its end is ended first, and a line that is there already is not repeated.
import { mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import type { HostKey } from './hostkey.ts'
import { entriesFor, formatKnownHost, judgeHostKey, parseKnownHosts } from './known-hosts.ts'

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
