// `file:PATH`: read from one open descriptor, so that what was checked is what is read.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { SecretRef } from '../../state/primitives/secret.ts'
import { secretTrouble } from './trouble.ts'

const largestBytes = 256 * 1024

/** The file's text without its last line break. Refuses what others may read or may have put there. */
export async function readSecretFile(ref: SecretRef, path: string, uid: number): Promise<string> {
  // Not blocking: a FIFO in the file's place must not hang the engine.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(
    (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      throw secretTrouble(ref, `cannot be opened (${code})`, 'Check the path and who may read it.')
    },
  )
  try {
    const found = await file.stat()
    if (!found.isFile()) throw secretTrouble(ref, 'is not a plain file', 'Name a file.')
    if (found.uid !== uid && found.uid !== 0) {
      throw secretTrouble(ref, `belongs to uid ${found.uid}`, `It must belong to root or to uid ${uid}: chown it.`)
    }
    if ((found.mode & 0o077) !== 0) {
      const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
      throw secretTrouble(ref, `can be read or changed by others (mode ${mode})`, 'chmod 600 it.')
    }
    if (found.size > largestBytes) throw secretTrouble(ref, `has ${found.size} bytes`, 'A secret is smaller than that.')
    const text = (await file.readFile('utf8')).replace(/\r?\n$/, '')
    if (text === '') throw secretTrouble(ref, 'is empty', 'Write the secret into it.')
    return text
  } finally {
    await file.close()
  }
}
