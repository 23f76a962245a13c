// Servers that speak EC2 and are not Amazon's: what they were seen to answer, in our own words.
import { afterEach, expect, test } from 'vitest'
import {
  type Asked,
  answer,
  ed25519,
  failureOf,
  image,
  noSignal,
  refusal,
  type Script,
  type Scripted,
  scripted,
  spec,
  tags,
} from './scripted.ts'

let world: Scripted
afterEach(() => world.close())

const prepare = async (change: Script, of: Parameters<typeof spec>[0] = {}) => {
  world = await scripted(change)
  return world.cloud.prepare(spec(of), tags, null, noSignal)
}

const holding = (...images: readonly [owner: string, name: RegExp][]): Script => ({
  DescribeImages: ({ form }) => {
    const [owner, name] = [form.get('Owner.1'), form.get('Filter.1.Value.1') ?? '']
    const isThere = images.some(([of, like]) => of === owner && like.test(name))
    return answer('DescribeImages', { imagesSet: isThere ? [image('ami-its', '2026-04-27')] : [] })
  },
})

test.each([
  ['Amazon Linux 2023', 'amazon', /^al2023-ami-2023\*-arm64$/],
  ['Amazon Linux 2', 'amazon', /^amzn2-ami-hvm-\*-arm64-\*$/],
  ['Ubuntu', '099720109477', /^ubuntu\/images\/hvm-ssd\*-arm64-server-\*$/],
])('a region without NixOS and Debian gives %s, and the plan says why', async (_, owner, name) => {
  const prepared = await prepare(holding([owner, name]))
  expect(prepared.request).toMatchObject({ ImageId: 'ami-its' })
  expect(prepared.summary.join('\n')).toMatch(/image ami-its \(.*\): neither NixOS nor Debian is there/)
})

test('Debian comes before them', async () => {
  const prepared = await prepare(holding(['amazon', /./], ['136693071363', /^debian-12-amd64-/]), { type: 't3.nano' })
  expect(prepared.summary.join('\n')).not.toContain('neither')
})

test('a region without any of them says where an image is named', async () => {
  expect(await failureOf(prepare(holding()))).toMatchObject({
    failure: 'not-found',
    effect: 'none',
    remedy: expect.stringContaining('image: ami-'),
  })
  expect(world.of('CreateSecurityGroup')).toEqual([])
})

const rsa =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDjhFN7B0UOwQl7cksdAxIwkAIGUpuoS3MfydiG9PfX+STiTZDaEG8RM36MlSrHczsLwU0io3MJ2ToYjpVuXneunsw9Hn7L4hBv1du/KM+B2GEb3DXIMADO1n+sbVlFvqeF3lO6DuYJpTUW8rvWebS9Qkkvo70NBVVXK8IY3h/Czw== a'
/** Of the DER form, taken with openssl: SHA-256 in pairs, and MD5. */
const keys: readonly [kind: string, key: string, fingerprint: string][] = [
  [
    'SHA-256 of the DER form of an Ed25519 key',
    ed25519,
    '72:47:f2:d7:a1:7d:18:e3:2b:a4:39:73:33:d0:9d:e7:b6:37:ce:30:c1:3a:15:02:af:e7:53:b1:3b:1a:79:b2',
  ],
  [
    'SHA-256 of the DER form of an RSA key',
    rsa,
    'e5:e1:88:5a:43:17:d7:65:ad:41:80:d5:db:ac:11:08:28:1a:4f:3b:ad:d1:61:d7:53:48:1c:8d:7b:c5:4a:3f',
  ],
  ['MD5 of the DER form of an RSA key', rsa, '23:18:d6:78:8f:6f:89:e2:0a:c7:76:02:5a:bc:a1:6e'],
]
const keyPair = (fields: object) => (asked: Asked) =>
  answer('DescribeKeyPairs', { keySet: [{ keyName: asked.form.get('Filter.1.Value.1') ?? '', ...fields }] })

test.each(keys)('a key that is told by the %s is known again', async (_, key, keyFingerprint) => {
  await prepare({ DescribeKeyPairs: keyPair({ keyFingerprint }) }, { sshKeys: [key] })
  expect(world.of('ImportKeyPair')).toEqual([])
  await world.close()
  const other = keyFingerprint.replace(/^../, keyFingerprint.startsWith('00') ? '01' : '00')
  const failure = failureOf(prepare({ DescribeKeyPairs: keyPair({ keyFingerprint: other }) }, { sshKeys: [key] }))
  expect(await failure).toMatchObject({ failure: 'conflict' })
})

test('a key that is shown itself is judged by that, whatever its fingerprint is', async () => {
  const [kind, blob] = ed25519.split(' ')
  const shown = { keyFingerprint: '1f:51:ae', publicKey: `${kind} ${blob} imported` }
  await prepare({ DescribeKeyPairs: keyPair(shown) })
  expect(world.of('DescribeKeyPairs')[0]?.form.get('IncludePublicKey')).toBe('true')
  expect(world.of('ImportKeyPair')).toEqual([])
  await world.close()
  const foreign = { publicKey: `${kind} ${blob?.slice(0, -2)}AA` }
  expect(await failureOf(prepare({ DescribeKeyPairs: keyPair(foreign) }))).toMatchObject({ failure: 'conflict' })
})

test('a disk smaller than the image says is left to the server, which may refuse it', async () => {
  const large = { DescribeImages: () => answer('DescribeImages', { imagesSet: [image('ami-big', '2026-04-27', 15)] }) }
  const prepared = await prepare(large, { diskGb: 8 })
  expect(prepared.request).toMatchObject({ BlockDeviceMappings: [{ Ebs: { VolumeSize: 8 } }] })
  expect(prepared.summary.join('\n')).toContain('the image says that it needs 15 GB')
  await world.close()
  const insisting = { ...large, RunInstances: () => refusal('InvalidBlockDeviceMapping') }
  const refused = await failureOf(prepare(insisting, { diskGb: 8 }))
  expect(refused).toMatchObject({ failure: 'invalid', effect: 'none', remedy: expect.stringContaining('disk: 15GB') })
})
