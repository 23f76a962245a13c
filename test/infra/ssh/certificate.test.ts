// Asking a host for its certificate: whatever it sends, it is answered once and given up soon.
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { askForCertificate } from '../../../infra/ssh/certificate.ts'
import { deadlineMs, tcp } from './pool-room.ts'

const greeting = Buffer.from('SSH-2.0-hostile\r\n')
/** A packet whose payload is this message number and these bytes. */
function packet(message: number, content = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt32BE(content.length + 2, 0)
  head[5] = message
  return Buffer.concat([head, content])
}
const exchangeInit = packet(20)
const ignored = packet(2)
const shown = packet(31, Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from('blob')]))

/** What a host that sends this at once is answered with, and what is taken for its certificate. */
async function ask(sends: Buffer): Promise<{ blob: Buffer | null; answers: number }> {
  let heard = Buffer.alloc(0)
  let ended: (() => void) | null = null
  const end = new Promise<void>(resolve => {
    ended = resolve
  })
  const far = await tcp((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.on('data', piece => {
      heard = Buffer.concat([heard, piece])
    })
    socket.on('close', () => ended?.())
    socket.write(sends)
  })
  const blob = await askForCertificate(connect(far.port, '127.0.0.1'), AbortSignal.timeout(deadlineMs))
  await end
  return { blob, answers: countAnswers(heard) }
}

/** Packets of message 30 (a public key of ours) after the greeting. */
function countAnswers(heard: Buffer): number {
  let rest = heard.subarray(heard.indexOf('\n') + 1)
  let answers = 0
  while (rest.length > 5) {
    if (rest[5] === 30) answers++
    rest = rest.subarray(4 + rest.readUInt32BE(0))
  }
  return answers
}

test('a host that shows its certificate is understood', async () => {
  const { blob } = await ask(Buffer.concat([greeting, exchangeInit, ignored, shown]))
  expect(blob?.toString()).toBe('blob')
})

test('a flood of first packets is answered with one key, not with a key each', async () => {
  const { answers, blob } = await ask(
    Buffer.concat([greeting, ...Array.from({ length: 40 }, () => exchangeInit), shown]),
  )
  expect(blob?.toString()).toBe('blob')
  expect(answers).toBeLessThanOrEqual(1)
})

test.each([
  [
    'more packets than any handshake has',
    Buffer.concat([greeting, ...Array.from({ length: 100 }, () => ignored), shown]),
  ],
  ['more lines than any greeting has', Buffer.concat([Buffer.alloc(70_000, 'line\n'), greeting, exchangeInit, shown])],
])('a host that sends %s is given up', async (_what, sends) => {
  expect(await ask(sends)).toMatchObject({ blob: null })
})
