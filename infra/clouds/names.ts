// Names that providers accept. A machine's name is the natural key where there is no idempotency token, so two nodes must
// never share one; what does not fit as it stands is shortened and carries a hash of what it stands for.
import { createHash } from 'node:crypto'

const longest = 63

/**
 * A host name of RFC 1123 in one label, that begins with a letter: `clavitor-virginia`. Node names with dashes in a fleet
 * with dashes could meet (`a-b` and `c`, `a` and `b-c`), so such a fleet's names carry a hash as well.
 */
export function machineName(fleet: string, node: string): string {
  const plain = `${fleet}-${node}`
  const fits = /^[a-z][a-z0-9]*$/.test(fleet) && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(node)
  return fits && plain.length <= longest ? plain : hashed(plain, [fleet, node])
}

/** Name of something that the whole fleet shares: `clavitor-install`. The same rules. */
export function fleetThingName(fleet: string, what: string): string {
  const plain = `${fleet}-${what}`
  return /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(plain) && plain.length <= longest ? plain : hashed(plain, [fleet, what])
}

function hashed(plain: string, of: readonly string[]): string {
  const hash = createHash('sha256').update(of.join('\0')).digest('hex').slice(0, 10)
  const readable = plain
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, longest - hash.length - 1)
    .replace(/-+$/, '')
  return `${readable === '' ? 'n' : readable}-${hash}`
}
