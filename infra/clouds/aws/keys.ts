// The public key that a machine begins with. EC2 takes one, and of two kinds.
import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto'
import type { Static } from 'typebox'
import { CloudError } from '../error.ts'
import { type PublicKey, parsePublicKey } from '../public-keys.ts'
import type { OwnerTags } from '../shapes.ts'
import type { Region } from './ask.ts'
import { codeOf } from './errors.ts'
import { keyName } from './names.ts'
import { keyPairs } from './replies.ts'

/** The first of a kind that EC2 takes; null: there are no keys at all. */
export function keyFor(sshKeys: readonly string[]): PublicKey | null {
  if (sshKeys.length === 0) return null
  for (const line of sshKeys) {
    const key = parsePublicKey(line)
    if (key?.type === 'ssh-ed25519' || key?.type === 'ssh-rsa') return key
  }
  throw new CloudError({
    failure: 'invalid',
    effect: 'none',
    message: 'AWS takes no SSH key but of the kinds ssh-ed25519 and ssh-rsa, and none of those given is one',
    remedy: 'Make one (ssh-keygen -t ed25519) and name it in the fleet file.',
    code: 'InvalidKey.Format',
  })
}

/** Imports it unless it is there; its name. */
export async function ensureKey(region: Region, key: PublicKey, tags: OwnerTags): Promise<string> {
  const name = keyName(tags.fleet, key)
  if (await isThere(region, name, key)) return name
  try {
    await region.ask('ImportKeyPair', ({ sdk, client, options }) =>
      client.send(
        new sdk.ImportKeyPairCommand({
          KeyName: name,
          PublicKeyMaterial: Buffer.from(key.line, 'utf8'),
          TagSpecifications: [
            {
              ResourceType: 'key-pair',
              Tags: [
                { Key: 'fleet', Value: tags.fleet },
                { Key: 'op', Value: tags.op },
              ],
            },
          ],
        }),
        options,
      ),
    )
  } catch (error) {
    // Another creator was faster: what is there now is judged as if it had been there before.
    if (codeOf(error) !== 'InvalidKeyPair.Duplicate') throw error
    await isThere(region, name, key)
  }
  return name
}

async function isThere(region: Region, name: string, key: PublicKey): Promise<boolean> {
  const { KeyPairs: told }: { KeyPairs?: unknown } = await region.ask('DescribeKeyPairs', ({ sdk, client, options }) =>
    client.send(
      new sdk.DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: [name] }], IncludePublicKey: true }),
      options,
    ),
  )
  if (!keyPairs.is(told)) throw region.unreadable('DescribeKeyPairs', 'it is no list of key pairs')
  const found = told.find(({ KeyName }) => KeyName === name)
  if (!found) return false
  if (!holds(found, key)) {
    throw new CloudError({
      failure: 'conflict',
      effect: 'none',
      message: `AWS key pair ${name} in ${region.name} holds another key than its name says`,
      remedy: `Find out who put it there; then delete it: aws ec2 delete-key-pair --key-name ${name} --region ${region.name}`,
      code: 'InvalidKeyPair.Duplicate',
    })
  }
  return true
}

/** The key itself tells, where it is shown; else its fingerprint, which not every server takes in the same way. */
function holds({ PublicKey: told, KeyFingerprint }: Static<typeof keyPairs.schema>[number], key: PublicKey): boolean {
  const [, shown] = told?.trim().split(/\s+/) ?? []
  if (shown) return Buffer.from(shown, 'base64').equals(Buffer.from(key.base64, 'base64'))
  return !KeyFingerprint || fingerprintsOf(key).has(bare(KeyFingerprint))
}

/**
 * As EC2 shows an imported key: MD5 of the DER form for RSA, SHA-256 of OpenSSH's for Ed25519; others show that of
 * OpenSSH for both, or SHA-256 of the DER form, in hexadecimal.
 */
export function fingerprintsOf({ type, base64, md5, sha256 }: PublicKey): Set<string> {
  const blob = Buffer.from(base64, 'base64')
  const der = type === 'ssh-rsa' ? rsaDer(blob) : ed25519Der(blob)
  const ofDer = der === null ? [] : ['md5', 'sha256'].map(hash => createHash(hash).update(der).digest('hex'))
  return new Set([sha256, md5, ...ofDer].map(bare))
}

function bare(fingerprint: string): string {
  const text = fingerprint.replace(/^SHA256:/, '').replace(/=+$/, '')
  return /^(?:[0-9A-Fa-f]{2}:?){16}$|^(?:[0-9A-Fa-f]{2}:?){32}$/.test(text)
    ? text.replaceAll(':', '').toLowerCase()
    : text
}

function rsaDer(blob: Uint8Array): Uint8Array | null {
  const [, exponent, modulus] = fieldsOf(Buffer.from(blob))
  return exponent && modulus ? derOf({ kty: 'RSA', e: unsigned(exponent), n: unsigned(modulus) }) : null
}

function ed25519Der(blob: Uint8Array): Uint8Array | null {
  const [, x] = fieldsOf(Buffer.from(blob))
  return x ? derOf({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') }) : null
}

function derOf(key: JsonWebKey): Uint8Array | null {
  try {
    return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'der' })
  } catch {
    return null
  }
}

/** The wire form of OpenSSH: fields, each behind its length. */
function fieldsOf(blob: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 0; at + 4 <= blob.length; ) {
    const length = blob.readUInt32BE(at)
    if (at + 4 + length > blob.length) break
    fields.push(blob.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return fields
}

function unsigned(number: Buffer): string {
  return (number[0] === 0 ? number.subarray(1) : number).toString('base64url')
}
