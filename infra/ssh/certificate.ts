// Host certificates. ssh2 cannot negotiate them, so a host's certificate is asked for beforehand, as ssh-keyscan does:
// a key exchange that stops once the host has shown it. That needs no proof of its own: the certificate is public and
// signed by its authority, it names the host's plain key, and the real handshake then demands proof of that key.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { type HostKey, hostKeyAlgorithms } from './hostkey.ts'
import { type KnownHost, matchesPattern } from './known-hosts.ts'

type Ssh2 = typeof import('ssh2')

export interface HostCertificate {
  keyId: string
  /** Ms since the epoch; null: for ever. */
  validBefore: number | null
  /** The plain key that it vouches for. */
  key: HostKey
}

const suffix = '-cert-v01@openssh.com'
const mostBytes = 65_536
/** An honest host needs three; what a host may send before it is asked anything must not make us work. */
const mostPackets = 64

/** The blob of the certificate that a host shows; null when it has none or speaks otherwise. Ends the socket. */
export function askForCertificate(socket: Duplex, signal: AbortSignal): Promise<Buffer | null> {
  return new Promise(resolve => {
    let received = Buffer.alloc(0)
    let greeted = false
    let bytes = 0
    let packets = 0
    let answered = false
    const end = (blob: Buffer | null) => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      resolve(blob)
    }
    const abort = () => end(null)
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', abort)
    socket.on('close', abort)
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      bytes += piece.length
      if (bytes > mostBytes) return end(null)
      for (;;) {
        if (!greeted) {
          const at = received.indexOf('\n')
          if (at < 0) return
          greeted = received.subarray(0, at).toString('latin1').startsWith('SSH-2.0-')
          received = received.subarray(at + 1)
          continue
        }
        if (received.length < 4 || received.length < 4 + received.readUInt32BE(0)) return
        if (++packets > mostPackets) return end(null)
        const length = received.readUInt32BE(0)
        const padding = received[4] ?? 0
        const payload = received.subarray(5, 4 + length - padding)
        received = received.subarray(4 + length)
        if (payload[0] === 20 && !answered) {
          answered = true
          socket.write(packet(Buffer.concat([Buffer.from([30]), string(newPublicKey())])))
        } else if (payload[0] === 31) return end(new Reader(payload.subarray(1)).string())
        else if (payload[0] === 1) return end(null)
      }
    })
    socket.write('SSH-2.0-watchfloor\r\n')
    socket.write(packet(keyExchangeInit()))
  })
}

/** What a certificate says, if one of these authorities signed it for this host and it is valid now. */
export function readCertificate(
  ssh2: Ssh2,
  blob: Buffer,
  host: string,
  authorities: readonly KnownHost[],
  nowMs: number,
): HostCertificate | null {
  const reader = new Reader(blob)
  const certType = reader.string()?.toString('latin1') ?? ''
  if (!certType.endsWith(suffix)) return null
  const type = certType.slice(0, -suffix.length)
  reader.string()
  const fields = Array.from({ length: type === 'ssh-ed25519' ? 1 : 2 }, () => reader.string() ?? Buffer.alloc(0))
  reader.number64()
  const isHost = reader.number32() === 2
  const keyId = reader.string()?.toString('utf8') ?? ''
  const principals = reader.string() ?? Buffer.alloc(0)
  const after = reader.number64()
  const before = reader.number64()
  const critical = reader.string()
  reader.string()
  reader.string()
  const authority = reader.string()
  const signed = blob.subarray(0, reader.at)
  const signature = reader.string()
  if (!isHost || !authority || !signature || critical === null || critical.length > 0) return null
  const now = BigInt(Math.floor(nowMs / 1000))
  if (now < after || now >= before) return null
  if (!namesOf(principals).some(name => matchesPattern(name, host))) return null
  if (!authorities.some(one => one.key.blob.equals(authority)) || !isSignedBy(ssh2, authority, signed, signature))
    return null
  return {
    keyId,
    validBefore: before > 8_640_000_000_000n ? null : Number(before) * 1000,
    key: { type, blob: Buffer.concat([string(Buffer.from(type)), ...fields.map(string)]) },
  }
}

function isSignedBy(ssh2: Ssh2, authority: Buffer, signed: Buffer, signature: Buffer): boolean {
  const reader = new Reader(signature)
  const algorithm = reader.string()?.toString('latin1')
  const raw = reader.string()
  const type = new Reader(authority).string()?.toString('latin1')
  // Only authorities whose signatures need no conversion: Ed25519, and RSA with SHA-2.
  const isSound =
    (type === 'ssh-ed25519' && algorithm === type) || (type === 'ssh-rsa' && algorithm?.startsWith('rsa-sha2-'))
  if (!raw || !isSound) return false
  const key = ssh2.utils.parseKey(`${type} ${authority.toString('base64')}`)
  if (key instanceof Error) return false
  const hash = algorithm === 'rsa-sha2-512' ? 'sha512' : algorithm === 'rsa-sha2-256' ? 'sha256' : undefined
  return key.verify(signed, raw, hash) === true
}

/** A host certificate without principals is for no host: OpenSSH would take it for all, which no fleet should want. */
function namesOf(principals: Buffer): string[] {
  const reader = new Reader(principals)
  const names: string[] = []
  for (let name = reader.string(); name !== null; name = reader.string()) names.push(name.toString('utf8'))
  return names
}

function keyExchangeInit(): Buffer {
  const lists = [
    'curve25519-sha256,curve25519-sha256@libssh.org',
    hostKeyAlgorithms.map(type => type + suffix).join(','),
    ...Array.from({ length: 2 }, () => 'aes128-gcm@openssh.com,aes128-ctr'),
    ...Array.from({ length: 2 }, () => 'hmac-sha2-256'),
    ...Array.from({ length: 2 }, () => 'none'),
    '',
    '',
  ]
  return Buffer.concat([
    Buffer.from([20]),
    randomBytes(16),
    ...lists.map(list => string(Buffer.from(list))),
    Buffer.alloc(5),
  ])
}

function newPublicKey(): Buffer {
  return generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
}

function packet(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + (8 - ((payload.length + 5) % 8) < 4 ? 8 : 0)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + padding + 1, 0)
  head[4] = padding
  return Buffer.concat([head, payload, Buffer.alloc(padding)])
}

function string(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length, 0)
  return Buffer.concat([length, bytes])
}

/** Reads SSH's wire types; past the end it gives nulls and zeros, which no check above accepts. */
class Reader {
  at = 0
  private readonly bytes: Buffer
  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
  string(): Buffer | null {
    if (this.at + 4 > this.bytes.length) return null
    const length = this.bytes.readUInt32BE(this.at)
    if (this.at + 4 + length > this.bytes.length) return null
    this.at += 4 + length
    return this.bytes.subarray(this.at - length, this.at)
  }
  number32(): number {
    if (this.at + 4 > this.bytes.length) return 0
    this.at += 4
    return this.bytes.readUInt32BE(this.at - 4)
  }
  number64(): bigint {
    if (this.at + 8 > this.bytes.length) return 0n
    this.at += 8
    return this.bytes.readBigUInt64BE(this.at - 8)
  }
}
