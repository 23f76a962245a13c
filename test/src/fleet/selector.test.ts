import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { directoryOf, type Selectable } from '../../../src/fleet/selector.ts'

const node = (name: string, more: Partial<Selectable> = {}): Selectable => ({
  ...{ name, provider: 'aws', region: null, city: null, type: null, arch: null, tags: [], host: null },
  ...{ lifecycle: 'live', isHq: false },
  ...more,
})

const fleet = directoryOf(
  [
    node('zurich', { provider: 'static', isHq: true }),
    node('virginia', { region: 'us-east-1', tags: ['pilot', 'america'] }),
    node('paris', { region: 'eu-west-3', tags: ['europe'] }),
    node('milan', { region: 'eu-south-1', tags: ['europe', 'pilot'] }),
  ],
  Object.entries({ first: '@pilot', rest: '*,!first', a: 'b', b: 'a' }),
)

test.each([
  ['virginia', ['virginia']],
  ['@pilot', ['virginia', 'milan']],
  ['region=eu-*', ['paris', 'milan']],
  ['region=*-1', ['virginia', 'milan']],
  ['region=e*-*-1', ['milan']],
  ['provider=aws', ['virginia', 'paris', 'milan']],
  ['*', ['zurich', 'virginia', 'paris', 'milan']],
  ['*,!@hq', ['virginia', 'paris', 'milan']],
  ['!@pilot', ['zurich', 'paris']],
  ['milan, virginia ,milan', ['virginia', 'milan']],
  ['first', ['virginia', 'milan']],
  ['rest', ['zurich', 'paris']],
  ['*i*', ['zurich', 'virginia', 'paris', 'milan']],
  ['tag=europe,@hq', ['zurich', 'paris', 'milan']],
])('%s selects in the order of the file', (text, nodes) => {
  expect(fleet.select(text)).toEqual({ ok: true, nodes })
})

test.each([
  ['virginnia', 'there is no node or batch "virginnia"', 'virginia'],
  ['@pilto', 'no node has the tag @pilto', '@pilot'],
  ['region=eu-west-2', 'no node has region=eu-west-2', 'region=eu-west-3'],
  ['regoin=eu-*', '"regoin" is nothing that nodes are selected by', 'region'],
  ['milan,nowhere', 'there is no node or batch "nowhere"', null],
  ['region=ap-*', 'no node has region=ap-*', null],
  ['', 'the selector is empty', null],
  ['milan,', 'a term is empty', null],
  ['milan,!milan', 'the selector leaves no node', null],
  ['a', 'the batch a → b → a goes in a circle', null],
])('%j is an error that says so', (text, message, near) => {
  expect(fleet.select(text)).toMatchObject({ ok: false, message, suggestions: near === null ? [] : [near] })
})

test('a pattern of many stars is no way to make HQ think for ever', () => {
  const long = directoryOf([node('a'.repeat(60))])
  const before = performance.now()
  expect(long.select(`${'*a'.repeat(200)}*b`).ok).toBe(false)
  expect(performance.now() - before).toBeLessThan(200)
})

test('selecting among 10,000 nodes costs milliseconds once they are indexed', () => {
  const many = directoryOf(
    Array.from({ length: 10_000 }, (_, i) => node(`n${i}`, { region: `r-${i % 50}`, tags: [`t${i % 10}`] })),
  )
  const before = performance.now()
  for (let round = 0; round < 50; round++) expect(many.select('n77,@t3,region=r-1*')).toMatchObject({ ok: true })
  expect((performance.now() - before) / 50).toBeLessThan(50)
})
