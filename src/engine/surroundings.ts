// What probes need from the world around them, from the fleet file: names, trusted authorities, programs.
import { Resolver } from 'node:dns/promises'
import path from 'node:path'
import type { Fleet } from '../fleet/fleet.ts'
import { readFleetFile } from '../fleet/watch-file.ts'

export interface ProbeSurroundings {
  resolver: Resolver
  /** The same array for as long as the fleet runs: trust built from it is kept by its identity. */
  trustedCas: readonly string[]
  /** What could not be had, for people. */
  troubles: readonly string[]
}

/** A relative path begins at the fleet file's folder. What vouches for others must be as safe as the fleet file itself. */
export async function surroundingsOf(fleet: Fleet, uid = process.getuid?.() ?? 0): Promise<ProbeSurroundings> {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 })
  if (fleet.engine.dns.length > 0) resolver.setServers(fleet.engine.dns)
  const trustedCas: string[] = []
  const troubles: string[] = []
  for (const file of fleet.engine.trust) {
    const seen = await readFleetFile(path.resolve(path.dirname(fleet.source.path), file), uid)
    if (seen.kind === 'text') trustedCas.push(Buffer.from(seen.bytes).toString('utf8'))
    else troubles.push(`certificates that ${file} vouches for are not trusted: ${seen.why}`)
  }
  return { resolver, trustedCas, troubles }
}
