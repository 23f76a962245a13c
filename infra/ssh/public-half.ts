// The public half of a private key, as OpenSSH writes it: what a new machine is told to let in.

import { BadInput } from '../../state/primitives/errors.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { Secret } from '../../state/primitives/secret.ts'

/** `label`: how the key is called in the fleet file, for errors; nothing of the key is in them. */
export async function publicHalf(label: string, key: Secret, passphrase: Secret | null): Promise<string> {
  const { default: ssh2 } = await import('ssh2')
  const parsed = ssh2.utils.parseKey(key.reveal(), passphrase?.reveal())
  const first = Array.isArray(parsed) ? parsed[0] : parsed
  if (first === undefined || first instanceof Error) {
    throw new BadInput({
      name: 'key-unreadable',
      message: `${nodeText(label)} is no private key that can be read`,
      remedy: 'Name an OpenSSH or PEM key, with ssh.passphrase if it has one.',
    })
  }
  return `${first.type} ${first.getPublicSSH().toString('base64')}`
}
