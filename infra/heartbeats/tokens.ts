// Which node does a token belong to? Only hashes are kept. They are found by their first bytes, which tell nothing about
// a token (who could steer them could break SHA-256), and compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../state/primitives/secret.ts'

export interface TokenBook {
  /** The node, and a name of the token that is none of its bytes; null: unknown. */
  nodeOf(token: string): { node: string; key: string } | null
}

export function tokenBook(tokens: ReadonlyMap<string, readonly Secret[]>): TokenBook {
  const shelves = new Map<number, { node: string; hash: Buffer }[]>()
  for (const [node, secrets] of tokens) {
    for (const secret of secrets) {
      // An empty secret would let everybody in who sends nothing.
      if (secret.reveal() === '') continue
      const hash = hashOf(secret.reveal())
      const shelf = hash.readUInt32BE(0)
      shelves.set(shelf, [...(shelves.get(shelf) ?? []), { node, hash }])
    }
  }
  return {
    nodeOf(token) {
      const hash = hashOf(token)
      for (const one of shelves.get(hash.readUInt32BE(0)) ?? []) {
        if (timingSafeEqual(one.hash, hash)) return { node: one.node, key: hash.toString('base64url') }
      }
      return null
    },
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
