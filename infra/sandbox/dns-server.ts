// The zone of the sandbox: A records of its nodes over UDP, nothing else. Any other name in the zone does not exist;
// names outside of it are refused.
import { createSocket, type Socket } from 'node:dgram'

export interface DnsServer {
  close(): Promise<void>
}

export interface DnsOptions {
  address: string
  port: number
  domain: string
  /** The address of a name without the domain; null if there is none. */
  lookUp(name: string): string | null
  isSilent(): boolean
}

export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const socket = createSocket('udp4')
  await bind(socket, options.address, options.port)
  socket.on('error', () => {})
  socket.on('message', (question, from) => {
    if (options.isSilent()) return
    const answer = answerTo(question, options)
    if (answer) socket.send(answer, from.port, from.address)
  })
  return { close: () => new Promise(resolve => socket.close(() => resolve())) }
}

export function bind(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

const typeA = 1
const nameError = 3
const refused = 5

function answerTo(question: Buffer, options: Pick<DnsOptions, 'domain' | 'lookUp'>): Buffer | null {
  if (question.length < 17 || (question.readUInt16BE(2) & 0x8000) !== 0 || question.readUInt16BE(4) !== 1) return null
  const labels: string[] = []
  let at = 12
  for (;;) {
    const length = question[at]
    if (length === undefined || length > 63) return null
    at++
    if (length === 0) break
    if (at + length > question.length) return null
    labels.push(question.toString('latin1', at, at + length).toLowerCase())
    at += length
  }
  if (at + 4 > question.length) return null
  const type = question.readUInt16BE(at)
  const asked = question.subarray(12, at + 4)
  const name = labels.join('.')
  const inZone = name === options.domain || name.endsWith(`.${options.domain}`)
  const address = inZone ? options.lookUp(name.slice(0, -options.domain.length - 1)) : null
  const code = inZone ? (address === null && name !== options.domain ? nameError : 0) : refused
  const header = Buffer.alloc(12)
  header.writeUInt16BE(question.readUInt16BE(0), 0)
  // A reply with authority; recursion is echoed when it was desired, and is not offered.
  header.writeUInt16BE(0x8400 | (question.readUInt16BE(2) & 0x0100) | code, 2)
  header.writeUInt16BE(1, 4)
  if (address === null || type !== typeA) return Buffer.concat([header, asked])
  header.writeUInt16BE(1, 6)
  const record = Buffer.from([0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 30, 0, 4, ...address.split('.').map(Number)])
  return Buffer.concat([header, asked, record])
}
