import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { fleetJsonSchema } from '../../../src/fleet/json-schema.ts'
import { probeKinds } from '../../../src/watch/probes/index.ts'

const published = path.join(import.meta.dirname, '../../../docs/schema/fleet.schema.json')

test('the published schema is what the program judges by (UPDATE_FIXTURES=1 writes it anew)', () => {
  const now = `${JSON.stringify(fleetJsonSchema(probeKinds), null, 2)}\n`
  if (process.env.UPDATE_FIXTURES === '1') writeFileSync(published, now)
  expect(readFileSync(published, 'utf8')).toBe(now)
})

test('the published schema keeps to plain JSON Schema, and holds each probe kind with its own options', () => {
  const text = JSON.stringify(fleetJsonSchema(probeKinds))
  expect(text).not.toMatch(/"(?:is|allowed|secret|names|nameIs)":/)
  for (const kind of probeKinds.keys()) expect(text).toContain(`"const":"${kind}"`)
})

test('an editor that follows the schema takes the documented example and refuses a mistyped key', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const judge = ajv.compile(fleetJsonSchema(probeKinds))
  const example = parse(readFileSync(path.join(import.meta.dirname, 'fixtures/clavitor.yaml'), 'utf8'))
  const withoutFakes = { ...example, probes: example.probes.slice(0, 2) }
  expect(judge(withoutFakes), JSON.stringify(judge.errors)).toBe(true)
  expect(judge({ ...withoutFakes, enviroment: 'x' })).toBe(false)
  expect(judge({ ...withoutFakes, probes: [{ kind: 'ping', on: '*', evry: '30s' }] })).toBe(false)
})
