// What probes need from the world around them, from the fleet file: names, trusted authorities, programs.
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import type { Fleet } from '../fleet/fleet.ts'

export interface ProbeSurroundings {
  resolver: Resolver
  /** The same array for as long as the fleet runs: trust built from it is kept by its identity. */
  trustedCas: readonly string[]
  /** What could not be had, for people. */
  troubles: readonly string[]
}

export async function surroundingsOf(fleet: Fleet): Promise<ProbeSurroundings> {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 })
  if (fleet.engine.dns.length > 0) resolver.setServers(fleet.engine.dns)
  const trustedCas: string[] = []
  const troubles: string[] = []
  for (const file of fleet.engine.trust) {
    try {
      trustedCas.push(await readFile(file, 'utf8'))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      troubles.push(`certificates that ${file} vouches for are not trusted: it cannot be read (${why})`)
    }
  }
  return { resolver, trustedCas, troubles }
}
