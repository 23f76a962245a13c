// From a reference in the fleet file to the secret itself, at the moment of use. Errors name the reference and the way
// out; they never carry a value, nor what a program or a server said instead of one.
import { homedir } from 'node:os'
import path from 'node:path'
import { type ResolveSecret, Secret, type SecretRef } from '../../state/primitives/secret.ts'
import { readSecretFile } from './file.ts'
import { readProgram } from './program.ts'
import { secretTrouble } from './trouble.ts'
import { readVault } from './vault.ts'

export interface SecretPlaces {
  env: Readonly<Record<string, string | undefined>>
  /** Where relative `file:` paths begin: the folder of the fleet file. */
  baseDir: string
  /** Whose files may hold secrets, beside root's: the engine's own uid. */
  uid: number
  /** For `~`. Default: the process's own. */
  homeDir?: string
  /** For `exec:` and `vault:`. Default 10 s. */
  deadlineMs?: number
}

/** Makes the one resolver that everything with a secret is given. */
export function secretResolver(places: SecretPlaces): ResolveSecret {
  const deadlineMs = places.deadlineMs ?? 10_000
  const resolve = async (ref: SecretRef): Promise<string> => {
    switch (ref.scheme) {
      case 'env': {
        const value = places.env[ref.reference]
        if (value === undefined || value === '') {
          throw secretTrouble(
            ref,
            'is not set in the environment of this process',
            'Set it, e.g. in the unit’s EnvironmentFile.',
          )
        }
        return value
      }
      case 'file':
        return readSecretFile(ref, secretPath(ref.reference, places), places.uid)
      case 'exec':
        return readProgram(ref, places.env, places.baseDir, deadlineMs)
      case 'vault':
        return readVault(ref, places.env, deadlineMs)
    }
  }
  return async ref => new Secret(await resolve(ref))
}

/** Where the file of a `file:` reference lies. */
export function secretPath(reference: string, { baseDir, homeDir }: Pick<SecretPlaces, 'baseDir' | 'homeDir'>): string {
  if (reference === '~' || reference.startsWith('~/')) return path.join(homeDir ?? homedir(), reference.slice(1))
  return path.resolve(baseDir, reference)
}
