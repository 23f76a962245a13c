import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact, redactor } from '../../state/redactor.ts'

const secret = 'hunter2/ö+"x" 9'
const utf8 = Buffer.from(secret, 'utf8')

const forms: [string, string][] = [
  ['itself', secret],
  ['in JSON', JSON.stringify({ password: secret })],
  ['as hex', utf8.toString('hex')],
  ['as capital hex', utf8.toString('hex').toUpperCase()],
  ['in a URL', `https://x/?p=${encodeURIComponent(secret)}&q=1`],
  ['in a URL with small digits', encodeURIComponent(secret).replace(/%../g, code => code.toLowerCase())],
  ['in a form', new URLSearchParams({ p: secret }).toString()],
  ['in base64', utf8.toString('base64')],
  ['in base64 for URLs', utf8.toString('base64url')],
  ['in base64 one byte later', Buffer.concat([Buffer.from(':'), utf8, Buffer.from('@')]).toString('base64')],
  ['in base64 two bytes later', Buffer.concat([Buffer.from('u:'), utf8, Buffer.from('@@')]).toString('base64')],
]

/** What an attacker would look for: the longest part of a form that depends on the secret alone. */
function leaks(text: string): boolean {
  const stable = [0, 1, 2].flatMap(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), utf8]).toString('base64')
    const own = encoded.slice(before === 0 ? 0 : before + 1, Math.floor(((before + utf8.length) * 8) / 6))
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hex = utf8.toString('hex')
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(secret),
    ...stable,
  ].some(form => text.toLowerCase().includes(form.toLowerCase()))
}

test('the search for leaks finds the planted secret', () => {
  for (const form of [
    'itself',
    'in JSON',
    'as hex',
    'in a URL',
    'in base64',
    'in base64 one byte later',
    'in base64 two bytes later',
  ]) {
    expect([form, leaks(`a${forms.find(([name]) => name === form)?.[1]}b`)]).toEqual([form, true])
  }
})

test.each(forms)('a secret %s is taken out, wherever a piece ends', (_how, printed) => {
  const text = Buffer.from(`before ${printed} after`, 'utf8')
  for (let cut = 0; cut <= text.length; cut++) {
    const stream = redactor([secret])
    const out = Buffer.concat([
      stream.push(text.subarray(0, cut)),
      stream.push(text.subarray(cut)),
      stream.end(),
    ]).toString('utf8')
    expect([cut, leaks(out)]).toEqual([cut, false])
    expect(out).toMatch(/^before .*\[secret\].* after$/s)
  }
})

test('what is no secret passes as it is, however it is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 20 })), (bytes, sizes) => {
      const stream = redactor(['correct horse battery'])
      const out: Uint8Array[] = []
      let at = 0
      for (const size of sizes) {
        out.push(stream.push(bytes.subarray(at, at + size)))
        at += size
      }
      out.push(stream.push(bytes.subarray(at)), stream.end())
      expect(Buffer.concat(out)).toEqual(Buffer.from(bytes))
    }),
  )
})

test('pieces give what the whole gives, also with secrets that overlap', () => {
  const secrets = ['abab', 'bab', 'babcc', 'aaa']
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      (text, size) => {
        const bytes = Buffer.from(text)
        const stream = redactor(secrets)
        const out: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += size) out.push(stream.push(bytes.subarray(at, at + size)))
        out.push(stream.end())
        const whole = Buffer.from(redact(secrets, bytes)).toString()
        expect(Buffer.concat(out).toString()).toBe(whole)
        for (const one of secrets) expect(whole.replaceAll('[secret]', '#').includes(one)).toBe(false)
      },
    ),
  )
})

test('of two secrets that overlap no piece is left', () => {
  expect(Buffer.from(redact(['abcdef', 'defghi'], Buffer.from('-abcdefghi-'))).toString()).toBe('-[secret]-')
})

test('a line of a private key is taken out also alone, and with the line ends of a terminal', () => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQC7\n-----END KEY-----\n'
  const printed = `${key.replaceAll('\n', '\r\n')}and EFAASCBKcwggSjAgEAAoIBAQC7 alone`
  const out = Buffer.from(redact([key], Buffer.from(printed))).toString()
  expect(out).not.toMatch(/MIIEvQ|EFAASC/)
  expect(out).toContain('alone')
})

test('a line of a private key is taken out also where a program escapes its slashes', () => {
  const line = 'MIIEvQIBADAN/gkqhkiG9w0BAQ'
  const key = `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----\n`
  const printed = `{"line":"${line.replaceAll('/', '\\/')}"} ${Buffer.from(key).toString('base64')}`
  expect(Buffer.from(redact([key], Buffer.from(printed))).toString()).toMatch(
    /^\{"line":"\[secret\]"\} \[secret\].{0,4}$/,
  )
})

test('three private keys and a thousand tokens are prepared without holding up the thread', () => {
  const keys = Array.from({ length: 3 }, () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  })
  const tokens = Array.from({ length: 1000 }, () => randomBytes(24).toString('base64url'))
  const line = Buffer.from(`{"msg":"${tokens[500]} and ${keys[1]?.split('\n')[3]}"}`)
  const started = performance.now()
  expect(Buffer.from(redact([...tokens, ...keys], line)).toString()).toBe('{"msg":"[secret] and [secret]"}')
  // Prepared as one regular expression it is several seconds.
  expect(performance.now() - started).toBeLessThan(1000)
})

test('without secrets nothing is held back', () => {
  expect(Buffer.from(redactor(['']).push(Buffer.from('text'))).toString()).toBe('text')
})
