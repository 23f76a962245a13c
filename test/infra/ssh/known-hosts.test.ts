import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { offerAlgorithms, readHostKey } from '../../../infra/ssh/hostkey.ts'
import {
  entriesFor,
  formatKnownHost,
  judgeHostKey,
  knownName,
  matchesHosts,
  parseKnownHosts,
} from '../../../infra/ssh/known-hosts.ts'
import { appendKnownHost } from '../../../infra/ssh/remember.ts'
import { newKey } from './server.ts'

const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined
const first = newKey()
const second = newKey()
const ecdsa = newKey('ecdsa')

function keyOf(pair: { publicText: string }) {
  const key = readHostKey(Buffer.from(pair.publicText.split(' ')[1] ?? '', 'base64'))
  if (!key) throw new Error('no key')
  return key
}

function judge(text: string, host: string, port: number, pair: { publicText: string }) {
  return judgeHostKey(entriesFor(parseKnownHosts(text, 'known_hosts'), host, port), keyOf(pair)).verdict
}

const line = (hosts: string, pair: { publicText: string }) =>
  `${hosts} ${pair.publicText.split(' ').slice(0, 2).join(' ')}\n`

describe('a host field speaks of a name', () => {
  test.each([
    ['paris', 'paris', 22, true],
    ['Paris', 'pARIS', 22, true],
    ['paris,10.0.0.1', '10.0.0.1', 22, true],
    ['paris', 'paris', 2222, false],
    ['[paris]:2222', 'paris', 2222, true],
    ['*.example.com', 'a.b.example.com', 22, true],
    ['*.example.com,!b.example.com', 'b.example.com', 22, false],
    ['!b.example.com,*.example.com', 'b.example.com', 22, false],
    ['h?st', 'host', 22, true],
    ['h?st', 'hst', 22, false],
    ['[*]:2222', 'paris', 2222, true],
    ['*', 'anything', 22, true],
    ['|1|broken', 'paris', 22, false],
    ['2001:db8::1', '2001:db8::1', 22, true],
  ])('%s and %s:%i', (hosts, host, port, expected) => {
    expect(matchesHosts(hosts, knownName(host, port))).toBe(expected)
  })

  test('a pattern full of stars is judged at once', () => {
    expect(matchesHosts(`${'*a'.repeat(2000)}b`, 'a'.repeat(3000))).toBe(false)
  })
})

describe('a key that a host shows', () => {
  test.each([
    ['known', line('paris', first), first],
    ['known', `${line('paris', second)}${line('paris', first)}`, first],
    ['changed', line('paris', second), first],
    ['changed', line('paris', ecdsa), first],
    ['unknown', line('london', first), first],
    ['unknown', '', first],
    ['unknown', `@cert-authority ${line('paris', first)}`, first],
    ['revoked', `@revoked ${line('*', first)}`, first],
    ['revoked', `${line('paris', first)}@revoked ${line('paris', first)}`, first],
    ['known', `# a comment\n\nnot a line\nparis ssh-ed25519 AAAA\n${line('paris', first)}`, first],
    ['unknown', `@what ${line('paris', first)}`, first],
  ])('is %s', (verdict, text, pair) => {
    expect(judge(text, 'paris', 22, pair)).toBe(verdict)
  })

  test('on another port falls back to the name without the port, as OpenSSH does', () => {
    expect(judge(line('paris', first), 'paris', 2222, first)).toBe('known')
    expect(judge(line('paris', first), 'paris', 2222, second)).toBe('changed')
    expect(judge(line('[paris]:2222', second) + line('paris', first), 'paris', 2222, first)).toBe('changed')
  })

  test('is asked for in a type that is known, so that a host with several keys is not called changed', () => {
    expect(offerAlgorithms(['ssh-rsa'])).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
      'ecdsa-sha2-nistp521',
    ])
    expect(offerAlgorithms([], ['ssh-ed25519'])).not.toContain('ssh-ed25519')
  })
})

describe.skipIf(!hasKeygen)(
  `with OpenSSH's own ssh-keygen${hasKeygen ? '' : ' (skipped: ssh-keygen is not installed)'}`,
  () => {
    let folder = ''
    let file = ''
    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'known-hosts-'))
      file = path.join(folder, 'known_hosts')
    })
    afterEach(() => rmSync(folder, { recursive: true, force: true }))

    test('names that it hashed are found', () => {
      writeFileSync(file, line('paris', first) + line('[london]:2222', second))
      execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
      const text = readFileSync(file, 'utf8')
      expect(text).not.toContain('paris')
      expect(judge(text, 'paris', 22, first)).toBe('known')
      expect(judge(text, 'london', 2222, second)).toBe('known')
      expect(judge(text, 'london', 22, second)).toBe('unknown')
    })

    test.each([
      ['paris.example', 22, false],
      ['paris.example', 2222, false],
      ['paris.example', 2222, true],
      ['10.0.0.7', 22, true],
      ['2001:db8::7', 22, false],
    ])('it finds what we wrote for %s:%i (hashed: %s)', async (host, port, hashed) => {
      await appendKnownHost(file, host, port, keyOf(first), hashed)
      const found = execFileSync('ssh-keygen', ['-F', knownName(host, port), '-f', file], { encoding: 'utf8' })
      expect(found).toContain(first.publicText.split(' ')[1])
      expect(judge(readFileSync(file, 'utf8'), host, port, first)).toBe('known')
    })

    test('fingerprints are those that it prints', async () => {
      await appendKnownHost(file, 'paris', 22, keyOf(first), false)
      expect(execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' })).toContain(first.fingerprint)
    })

    test('a new file is private, an unfinished last line is ended first, and no line is written twice', async () => {
      await appendKnownHost(file, 'paris', 22, keyOf(first), false)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      writeFileSync(file, line('london', second).trimEnd())
      await appendKnownHost(file, 'paris', 22, keyOf(first), false)
      await appendKnownHost(file, 'paris', 22, keyOf(first), true)
      expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2)
      expect(judge(readFileSync(file, 'utf8'), 'london', 22, second)).toBe('known')
    })

    test('many writers at once lose no line', async () => {
      await Promise.all(
        Array.from({ length: 40 }, (_, index) => appendKnownHost(file, `node-${index}`, 22, keyOf(first), false)),
      )
      const entries = parseKnownHosts(readFileSync(file, 'utf8'), file)
      expect(new Set(entries.map(entry => entry.hosts)).size).toBe(40)
    })
  },
)

test('a name that could smuggle in a second host is not written', () => {
  for (const host of ['a b', 'a,b', '*', '@revoked', 'a\nb', '|1|x|y']) {
    expect(() => formatKnownHost(host, 22, keyOf(first), false)).toThrow('no host name')
  }
})
