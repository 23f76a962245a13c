import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { splitArgv } from '../../../infra/secrets/program.ts'
import { secretResolver } from '../../../infra/secrets/resolve.ts'
import { apiUrl } from '../../../infra/secrets/vault.ts'
import { parseSecretRef } from '../../../state/primitives/secret.ts'

const planted = 'hunter2-planted'
const uid = process.getuid?.() ?? 0
let dir = ''
let server: Server
let address = ''
const asked: { url: string; token: string }[] = []

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'watchfloor-secrets-'))
  server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', token: String(request.headers['x-vault-token']) })
    if (request.url === '/v1/secret/data/fleet') {
      response.end(JSON.stringify({ data: { data: { sudo: planted, list: [planted], empty: '' }, metadata: {} } }))
    } else if (request.url === '/v1/secret/data/away') {
      response.writeHead(302, { location: `${address}/v1/secret/data/fleet` }).end()
    } else if (request.url === '/v1/secret/data/slow') {
      response.writeHead(200).write(planted)
    } else if (request.url === '/v1/secret/data/huge') {
      response.end('x'.repeat(3_000_000))
    } else response.writeHead(request.url?.includes('denied') ? 403 : 404).end(JSON.stringify({ errors: [planted] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  address = `http://127.0.0.1:${bound.port}`
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  rmSync(dir, { recursive: true })
})

function resolve(text: string, env: Record<string, string> = {}) {
  const ref = parseSecretRef(text)
  if (!ref) throw new Error(`no reference: ${text}`)
  const vault = { VAULT_ADDR: address, VAULT_TOKEN: `${planted}-token`, PATH: process.env.PATH }
  const places = { env: { ...vault, ...env }, baseDir: dir, homeDir: dir, uid, deadlineMs: 500 }
  return secretResolver(places)(ref)
}

function put(name: string, text: string, mode = 0o600): string {
  writeFileSync(path.join(dir, name), text)
  chmodSync(path.join(dir, name), mode)
  return name
}

test('a variable of the environment gives its value', async () => {
  expect((await resolve('env:SUDO', { SUDO: planted })).reveal()).toBe(planted)
})

describe('file:', () => {
  test.each(['key', './key', '~/key'])(
    '%s is found beside the fleet file or at home, without its last line break',
    async name => {
      put('key', `${planted}\n`)
      expect((await resolve(`file:${name}`)).reveal()).toBe(planted)
    },
  )

  test('a key keeps its inner line breaks', async () => {
    put('pem', 'a\nb\n')
    expect((await resolve('file:pem')).reveal()).toBe('a\nb')
  })

  test.each([
    ['read by the group', 0o640],
    ['read by everybody', 0o604],
    ['written by everybody', 0o602],
  ])('a file that can be %s is refused', async (_how, mode) => {
    put('open', planted, mode)
    await expect(resolve('file:open')).rejects.toThrow(/file:open can be read or changed by others \(mode 0/)
  })

  test.runIf(uid === 0)('a file of another user is refused', async () => {
    put('foreign', planted)
    chownSync(path.join(dir, 'foreign'), 65_534, 65_534)
    await expect(resolve('file:foreign')).rejects.toThrow('belongs to uid 65534')
  })

  test('a folder, an empty file and a missing one are refused', async () => {
    mkdirSync(path.join(dir, 'folder'))
    put('empty', '\n')
    await expect(resolve('file:folder')).rejects.toThrow('is not a plain file')
    await expect(resolve('file:empty')).rejects.toThrow('is empty')
    await expect(resolve('file:gone')).rejects.toThrow('cannot be opened (ENOENT)')
  })
})

describe('exec:', () => {
  test('a program prints the secret', async () => {
    expect((await resolve(`exec:printf %s ${planted}`)).reveal()).toBe(planted)
  })

  test('no shell reads the command', async () => {
    expect((await resolve('exec:printf %s "$HOME;id|cat" ')).reveal()).toBe('$HOME;id|cat')
  })

  test('a program that asks finds nobody there', async () => {
    await expect(resolve('exec:cat')).rejects.toThrow('printed nothing')
  })

  test.each([
    ['exec:sleep 30', 'did not answer within 0.5 s'],
    ['exec:false', 'ended with status 1'],
    ['exec:no-such-program-here', 'is not there'],
    ['exec:head -c 999999 /dev/zero', 'printed more than a secret has'],
    ['exec:echo "open', 'is no command'],
  ])('%s: %s', async (text, message) => {
    await expect(resolve(text)).rejects.toThrow(message)
  })

  test.each([
    ['pass show "my key"', ['pass', 'show', 'my key']],
    ['a \'b\\c\' d\\ e ""', ['a', 'b\\c', 'd e', '']],
    ['  a  ', ['a']],
    ['a "b', null],
  ])('%j is split into words', (command, words) => {
    expect(splitArgv(command)).toEqual(words)
  })
})

describe('vault:', () => {
  test.each(['vault:secret/data/fleet#sudo', 'vault:secret/fleet#sudo'])(
    '%s reads version 2 of the key-value engine',
    async text => {
      asked.length = 0
      expect((await resolve(text)).reveal()).toBe(planted)
      expect(asked).toEqual([{ url: '/v1/secret/data/fleet', token: `${planted}-token` }])
    },
  )

  test.each([
    ['vault:secret/gone#sudo', /not in Vault \(404\)/],
    ['vault:secret/denied#sudo', /refused by Vault \(403\)/],
    ['vault:secret/fleet#Sudo', /no text under the key Sudo/],
    ['vault:secret/fleet#list', /no text under the key list/],
    ['vault:secret/fleet#constructor', /no text under the key/],
    ['vault:secret/away#sudo', /had no answer/],
    ['vault:secret/slow#sudo', /had no answer from 127.0.0.1:[0-9]+ within 0.5 s/],
    ['vault:secret/huge#sudo', /had no answer/],
    ['vault:secret/../sys#sudo', /no usable address/],
  ])('%s: %s', async (text, message) => {
    await expect(resolve(text)).rejects.toThrow(message)
  })

  test('without address or token nothing is asked', async () => {
    asked.length = 0
    await expect(resolve('vault:secret/fleet#sudo', { VAULT_TOKEN: '' })).rejects.toThrow('VAULT_ADDR and VAULT_TOKEN')
    expect(asked).toEqual([])
  })

  test.each([
    ['https://vault.example:8200', 'https://vault.example:8200/v1/secret/data/a%20b'],
    ['http://127.0.0.1:8200', 'http://127.0.0.1:8200/v1/secret/data/a%20b'],
    ['http://vault.example:8200', null],
    ['ftp://127.0.0.1', null],
    ['vault.example', null],
  ])('a token goes to %s only where nobody listens', (base, url) => {
    expect(apiUrl(base, 'secret/a b')?.href ?? null).toBe(url)
  })
})

test('no failure carries a secret, nor what a program or server said instead of one', async () => {
  put('leaky', planted, 0o644)
  // A cause or a property would be printed too: everything is searched.
  const { inspect } = await import('node:util')
  const failures = [
    () => resolve('file:leaky'),
    () => resolve(`exec:sh -c "echo $PLANTED; echo $PLANTED >&2; exit 3"`, { PLANTED: planted }),
    () => resolve('vault:secret/denied#sudo'),
    () => resolve('vault:secret/fleet#Sudo'),
  ]
  for (const failure of failures) {
    const error = await failure().then(
      () => null,
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ name: 'secret-unavailable', exit: 2 })
    expect(inspect(error, { showHidden: true, depth: 20 })).not.toContain(planted)
  }
  // Proves that the search finds what is there.
  expect(inspect(new Error(planted), { showHidden: true })).toContain(planted)
})
