import { execFile } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createAwsClients, endpointOf, patient, staticCredentials } from '../../../../infra/clouds/aws/clients.ts'
import { fingerprintsOf, keyFor } from '../../../../infra/clouds/aws/keys.ts'
import { groupName, installGroupName, keyName } from '../../../../infra/clouds/aws/names.ts'
import type { CloudSettings } from '../../../../infra/clouds/settings.ts'

const settings = (env: Record<string, string>, aws: Partial<CloudSettings['aws']> = {}): CloudSettings => ({
  env,
  aws: { profile: null, endpoint: null, keys: null, ...aws },
  gcp: { project: null, endpoint: null, credentials: null },
  hetzner: { endpoint: null, token: null },
  now: () => 0,
})

test('importing and making the adapter loads no SDK, and the first question loads that of EC2 alone', async () => {
  const adapter = path.resolve(import.meta.dirname, '../../../../infra/clouds/aws/cloud.ts')
  const program = `
    import { createRequire, registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({ load(url, context, next) {
      const found = /node_modules\\/(@aws-sdk\\/client-[a-z0-9-]+|@smithy\\/[a-z-]+)/.exec(url)
      if (found) loaded.add(found[1])
      return next(url, context)
    } })
    const { createAwsCloud } = await import(${JSON.stringify(adapter)})
    const cloud = createAwsCloud({
      env: { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
      aws: { profile: null, endpoint: null, keys: null },
      now: () => 0,
    })
    const before = [...loaded]
    await cloud.regions(new AbortController().signal).catch(() => {})
    const after = [...loaded].filter(name => name.startsWith('@aws-sdk/client-'))
    console.log(JSON.stringify({ before, after }))
  `
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--no-warnings', '--input-type=module', '-e', program])
  expect(JSON.parse(stdout)).toEqual({ before: [], after: ['@aws-sdk/client-ec2'] })
})

test('all regions share one connection pool and one walk for credentials, and each has one client', async () => {
  const clients = createAwsClients(settings({ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }))
  const [first, second, again] = await Promise.all([
    clients.ec2('us-east-1', false),
    clients.ec2('eu-north-1', false),
    clients.ec2('us-east-1', false),
  ])
  const [account, prices, costs] = await Promise.all([
    clients.account('us-east-1'),
    clients.pricing('us-east-1'),
    clients.costExplorer(),
  ])
  const pool = first.client.config.requestHandler
  for (const { client } of [second, account, prices, costs]) expect(client.config.requestHandler).toBe(pool)
  expect(again.client).toBe(first.client)
  expect(second.client).not.toBe(first.client)
  expect(await second.client.config.region()).toBe('eu-north-1')
})

test('what is repeated by the caller is not repeated by the SDK', async () => {
  const clients = createAwsClients(settings({ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }))
  expect(await (await clients.ec2('us-east-1', true)).client.config.maxAttempts()).toBe(1)
  expect(await (await clients.ec2('us-east-1', false)).client.config.maxAttempts()).toBe(3)
  expect(await (await clients.costExplorer()).client.config.maxAttempts()).toBe(1)
})

test.each([
  [{ AWS_ENDPOINT_URL: 'http://all' }, null, 'http://all'],
  [{ AWS_ENDPOINT_URL: 'http://all', AWS_ENDPOINT_URL_EC2: 'http://ec2' }, null, 'http://ec2'],
  [{ AWS_ENDPOINT_URL: 'http://all', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, null, undefined],
  [{ AWS_ENDPOINT_URL_EC2: 'http://ec2' }, 'http://fleet', 'http://fleet'],
  [{}, null, undefined],
])('the endpoint of EC2 with %j and %s in the fleet file is %s', (env, endpoint, expected) => {
  expect(endpointOf('EC2', settings(env, { endpoint })).endpoint).toBe(expected)
})

test('credentials of the environment are used only if they are whole', () => {
  expect(staticCredentials({ AWS_ACCESS_KEY_ID: 'A' })).toBeNull()
  expect(staticCredentials({ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B', AWS_SESSION_TOKEN: 'C' })).toEqual({
    accessKeyId: 'A',
    secretAccessKey: 'B',
    sessionToken: 'C',
  })
})

test('a chain that found nothing is not walked again for half a minute, nor twice at once', async () => {
  let [walks, time] = [0, 0]
  const find = patient(
    async () => {
      walks += 1
      throw new Error('none')
    },
    () => time,
  )
  await Promise.allSettled([find(), find(), find()])
  await expect(find()).rejects.toThrow('none')
  expect(walks).toBe(1)
  time = 30_000
  await expect(find()).rejects.toThrow('none')
  expect(walks).toBe(2)
})

test('the fingerprint of an RSA key is that of its DER form, as EC2 shows imported keys', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes])
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.from(n, 'base64url')])
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), field(Buffer.from(e, 'base64url')), field(modulus)])
  const key = keyFor([`ssh-rsa ${blob.toString('base64')} me@laptop`])
  const der = publicKey.export({ format: 'der', type: 'spki' })
  expect(key && fingerprintsOf(key)).toContain(createHash('md5').update(der).digest('hex'))
})

test('names follow from fleet and key, and no two fleets share one', () => {
  expect(groupName('noc')).toBe('watchfloor-noc-web')
  // A fleet named so must not serve from the group that opens SSH for another.
  expect(groupName('noc-install')).not.toBe(installGroupName('noc'))
  expect(groupName('a b')).not.toBe(groupName('a-b'))
  expect(groupName('ü'.repeat(300)).length).toBeLessThan(200)
  expect(keyName('noc', { sha256: 'SHA256:AAAA' })).not.toBe(keyName('noc', { sha256: 'SHA256:AAAB' }))
})
