// A certificate authority of the sandbox's own. Node can check X.509 but not make it, and a newcomer's machine may
// have no openssl, so the few structures that are needed are encoded here (DER, ECDSA P-256 with SHA-256).
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

export interface KeyAndCertificate {
  /** PKCS#8 PEM. */
  key: string
  /** PEM. */
  certificate: string
  notAfter: number
}

export interface CertificateWish {
  commonName: string
  names: readonly string[]
  addresses: readonly string[]
  notBefore: number
  notAfter: number
}

const authorityName = 'Watchfloor Sandbox CA'

export function makeAuthority(now: number): KeyAndCertificate {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const notAfter = now + 3650 * 86_400_000
  const extensions = [
    extension('2.5.29.19', true, sequence(der(0x01, Buffer.from([0xff])))),
    extension('2.5.29.15', true, der(0x03, Buffer.from([0x01, 0x06]))),
    extension('2.5.29.14', false, der(0x04, keyIdentifier(createPublicKey(privateKey)))),
  ]
  const body = unsigned(
    authorityName,
    authorityName,
    now - 86_400_000,
    notAfter,
    createPublicKey(privateKey),
    extensions,
  )
  return { key: pkcs8(privateKey), certificate: signed(body, privateKey), notAfter }
}

/** A server certificate; a span that lies in the past makes an expired one. */
export function issueCertificate(authority: KeyAndCertificate, wish: CertificateWish): KeyAndCertificate {
  const signer = createPrivateKey(authority.key)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const alternatives = [
    ...wish.names.map(name => der(0x82, Buffer.from(name, 'ascii'))),
    ...wish.addresses.map(address => der(0x87, Buffer.from(address.split('.').map(Number)))),
  ]
  const extensions = [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, der(0x03, Buffer.from([0x07, 0x80]))),
    extension('2.5.29.37', false, sequence(objectId('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', false, sequence(...alternatives)),
    extension('2.5.29.14', false, der(0x04, keyIdentifier(publicKey))),
    extension('2.5.29.35', false, sequence(der(0x80, keyIdentifier(createPublicKey(signer))))),
  ]
  const body = unsigned(wish.commonName, authorityName, wish.notBefore, wish.notAfter, publicKey, extensions)
  return { key: pkcs8(privateKey), certificate: signed(body, signer), notAfter: wish.notAfter }
}

function unsigned(
  subject: string,
  issuer: string,
  notBefore: number,
  notAfter: number,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
): Buffer {
  const serial = randomBytes(16)
  // A positive INTEGER: the top bit must be clear, and the first byte not zero.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256(),
    nameOf(issuer),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
}

function signed(body: Buffer, signer: KeyObject): string {
  const signature = sign('sha256', body, signer)
  const bytes = sequence(body, ecdsaWithSha256(), der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
}

function ecdsaWithSha256(): Buffer {
  return sequence(objectId('1.2.840.10045.4.3.2'))
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId('2.5.4.3'), der(0x0c, Buffer.from(commonName, 'utf8')))))
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  // Years up to 2049 are UTCTime with two digits, later ones GeneralizedTime.
  return digits < '2050' ? der(0x17, Buffer.from(`${digits.slice(2)}Z`)) : der(0x18, Buffer.from(`${digits}Z`))
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : []
  return sequence(objectId(id), ...flag, der(0x04, value))
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const digits = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return der(0x06, Buffer.from(bytes))
}

function der(tag: number, value: Buffer): Buffer {
  const length = value.length
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value])
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), value])
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), value])
}
