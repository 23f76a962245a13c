// What targets are made of is known as secret from then on, wherever it came from.
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createTargets } from '../../../src/engine/targets.ts'
import { Secret } from '../../../state/primitives/secret.ts'
import { fleet, node } from '../watch/probes/world.ts'

const home = mkdtempSync(path.join(tmpdir(), 'targets-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const newKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const own = newKey()
const hop = newKey()
const half = `ssh-ed25519 ${Buffer.alloc(51, 7).toString('base64')} operator@hq`
mkdirSync(path.join(home, '.ssh'))
for (const [name, text] of Object.entries({
  own,
  hop,
  half,
  config:
    'Host paris\n  IdentityFile ~/.ssh/own\n  ProxyJump gate\nHost gate\n  IdentityFile ~/.ssh/hop\nHost lyon\n  IdentityFile ~/.ssh/half\n',
}))
  writeFileSync(path.join(home, '.ssh', name), text)

function targets() {
  const nodes = ['paris', 'lyon'].map(name => node(name, { address: null, host: name }))
  const made = createTargets({
    fleet: () => fleet(nodes),
    resolve: async () => new Secret('unused'),
    env: {},
    homeDir: home,
  })
  return { ...made, nodes }
}

test('a private key that the OpenSSH config names, for a node or its jump host, is taken out of what is told', async () => {
  const { nodes, of, clean } = targets()
  const [paris] = nodes
  if (!paris) throw new Error('no node')
  const line = (key: string) => key.split('\n')[4] ?? ''
  const said = `debug: ${line(own)} and ${line(hop)}`
  expect(clean.text(said)).toBe(said)
  await of(paris, 'any')
  expect(clean.text(said)).toBe('debug: [secret] and [secret]')
})

test('the public half of a key is no secret', async () => {
  const { nodes, of, clean } = targets()
  const lyon = nodes[1]
  if (!lyon) throw new Error('no node')
  const target = await of(lyon, 'any')
  expect(target.identities).toHaveLength(1)
  expect(clean.text(half)).toBe(half)
})
