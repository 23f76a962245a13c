// Key pairs that were imported, with fingerprints as EC2 counts them: SHA-256 of an Ed25519 key, MD5 of an RSA key.
import { createHash, createPublicKey } from 'node:crypto'
import { AwsProblem } from '../problem.ts'
import { applyFilters, filterParameters, tagParameters, tagsFor } from '../query.ts'
import { tagSet, xmlTime } from '../xml.ts'
import { type Ec2Actions, refuseDryRun, seenFrom } from './action.ts'

export const keys: Ec2Actions = {
  ImportKeyPair: {
    parameters: [...tagParameters, 'KeyName', 'PublicKeyMaterial'],
    answer(call) {
      const { account, region, parameters, now } = call
      const name = parameters.must('KeyName')
      const publicKey = Buffer.from(parameters.must('PublicKeyMaterial'), 'base64').toString('utf8').trim()
      const { type, fingerprint } = readKey(publicKey)
      if (account.state.keys.some(key => key.region === region.name && key.name === name)) {
        throw new AwsProblem('InvalidKeyPair.Duplicate', `The keypair '${name}' already exists.`)
      }
      refuseDryRun(call)
      const tags = tagsFor(parameters, 'key-pair')
      const id = account.newId('key')
      const key = {
        id,
        region: region.name,
        name,
        type,
        fingerprint,
        publicKey,
        tags,
        createdAt: now,
        seenFrom: seenFrom(call),
      }
      account.state.keys.push(key)
      account.note('created', { region: region.name, kind: 'key', id, tags })
      return { keyName: name, keyFingerprint: fingerprint, keyPairId: id, tagSet: tagSet(tags) }
    },
  },
  DescribeKeyPairs: {
    parameters: [...filterParameters, 'KeyName.#', 'KeyPairId.#', 'IncludePublicKey'],
    answer({ account, region, parameters, now }) {
      const names = parameters.list('KeyName')
      const ids = parameters.list('KeyPairId')
      const all = account.state.keys.filter(key => key.region === region.name && key.seenFrom <= now)
      const missing = names.find(name => !all.some(key => key.name === name))
      if (missing) throw new AwsProblem('InvalidKeyPair.NotFound', `The key pair '${missing}' does not exist`)
      const absent = ids.find(id => !all.some(key => key.id === id))
      if (absent) throw new AwsProblem('InvalidKeyPair.NotFound', `The key pair ID '${absent}' does not exist`)
      const asked = all.filter(({ id, name }) => {
        return (names.length === 0 || names.includes(name)) && (ids.length === 0 || ids.includes(id))
      })
      const found = applyFilters(asked, parameters, {
        'key-name': ({ name }) => [name],
        'key-pair-id': ({ id }) => [id],
        fingerprint: ({ fingerprint }) => [fingerprint],
      })
      return {
        keySet: found.map(({ id, name, type, fingerprint, publicKey, tags, createdAt }) => ({
          keyPairId: id,
          keyName: name,
          keyType: type,
          keyFingerprint: fingerprint,
          publicKey: parameters.flag('IncludePublicKey') ? publicKey : null,
          createTime: xmlTime(createdAt),
          tagSet: tagSet(tags),
        })),
      }
    },
  },
  DeleteKeyPair: {
    parameters: ['KeyName', 'KeyPairId'],
    answer(call) {
      const { account, region, parameters } = call
      const id = parameters.text('KeyPairId')
      const name = id === null ? parameters.must('KeyName') : null
      const key = account.state.keys.find(
        other => other.region === region.name && (id === null ? other.name === name : other.id === id),
      )
      refuseDryRun(call)
      // Of one that is not there it says that it did it.
      if (!key) return { return: true }
      account.state.keys = account.state.keys.filter(other => other !== key)
      account.note('deleted', { region: region.name, kind: 'key', id: key.id, tags: key.tags })
      return { return: true, keyPairId: key.id }
    },
  },
}

function readKey(line: string): { type: string; fingerprint: string } {
  const [type, base64 = ''] = line.split(/\s+/)
  const blob = Buffer.from(base64, 'base64')
  if (type === 'ssh-ed25519')
    return { type: 'ed25519', fingerprint: createHash('sha256').update(blob).digest('base64') }
  if (type !== 'ssh-rsa') throw new AwsProblem('InvalidKey.Format', 'Key is not in valid OpenSSH public key format')
  const [, exponent, modulus] = fieldsOf(blob)
  if (!exponent || !modulus) throw new AwsProblem('InvalidKey.Format', 'Key is not in valid OpenSSH public key format')
  const jwk = { kty: 'RSA', e: exponent.toString('base64url'), n: modulus.toString('base64url') }
  const der = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
  const md5 = createHash('md5').update(der).digest('hex')
  return { type: 'rsa', fingerprint: md5.match(/../g)?.join(':') ?? '' }
}

/** Fields of an SSH key blob, each behind its length; numbers without the leading zero. */
function fieldsOf(blob: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 0; at + 4 <= blob.length; ) {
    const length = blob.readUInt32BE(at)
    const field = blob.subarray(at + 4, at + 4 + length)
    fields.push(field[0] === 0 ? field.subarray(1) : field)
    at += 4 + length
  }
  return fields
}
