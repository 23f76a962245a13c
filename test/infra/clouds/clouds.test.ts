// The registry: every provider has its adapter, and an SDK is loaded at the first call of its own adapter alone.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createCloud } from '../../../infra/clouds/clouds.ts'
import { providerName } from '../../../infra/clouds/shapes.ts'
import { settingsFor } from './settings.ts'

test.each(providerName.enum)('%s has an adapter of its name', async provider => {
  expect((await createCloud(provider, settingsFor('http://127.0.0.1:9'))).provider).toBe(provider)
})

test('making the adapter of every provider loads no SDK', () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      load(url, context, next) {
        const sdk = /node_modules\\/((?:@aws-sdk|@google-cloud|@smithy)\\/[^/]+|google-gax|google-auth-library|hcloud-js|axios)\\//.exec(url)
        if (sdk) loaded.add(sdk[1])
        return next(url, context)
      },
    })
    const { createCloud } = await import('./infra/clouds/clouds.ts')
    const settings = {
      env: {},
      aws: { profile: null, endpoint: 'http://127.0.0.1:9' },
      gcp: { project: 'noc', endpoint: 'http://127.0.0.1:9', credentials: null },
      hetzner: { endpoint: 'http://127.0.0.1:9', token: null },
      now: () => 0,
    }
    const clouds = {}
    for (const name of ['aws', 'gcp', 'hetzner', 'static']) clouds[name] = await createCloud(name, settings)
    const before = [...loaded]
    // The proof that the look works: one call, and its SDK alone is there.
    process.env.HCLOUD_TOKEN = 'x'
    const hetzner = await createCloud('hetzner', { ...settings, env: { HCLOUD_TOKEN: 'x' } })
    await hetzner.regions(AbortSignal.timeout(50)).catch(() => {})
    console.log(JSON.stringify({ before, after: [...loaded].sort() }))
  `
  const root = path.resolve(import.meta.dirname, '../../..')
  const run = spawnSync(process.execPath, ['--input-type=module', '--no-warnings', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  expect(JSON.parse(run.stdout)).toEqual({ before: [], after: ['axios', 'hcloud-js'] })
})
