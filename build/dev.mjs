// One verb a line. Runs on the pinned Node, in the root of the checkout, with node_modules/.bin on PATH.
import { spawnSync } from 'node:child_process'

const steps = {
  build: [['node', 'build/bundle.mjs']],
  test: [['vitest', 'run']],
  check: [
    ['tsc', '--noEmit', '-p', '.'],
    ['biome', 'check', '--error-on-warnings', '.'],
    ['node', 'build/floors.ts'],
    ['knip'],
    ['node', 'build/docs.ts', '--check'],
  ],
  format: [['biome', 'check', '--write', '.']],
  docs: [['node', 'build/docs.ts']],
  pictures: [
    ['node', 'build/bundle.mjs'],
    ['node', 'build/screenshots.ts'],
  ],
  bench: [
    ['node', 'build/bundle.mjs'],
    ['node', 'test/bench/run.ts'],
  ],
  gauntlet: [['vitest', 'run']],
  lab: [
    ['node', 'build/bundle.mjs'],
    ['node', 'test/lab/run.ts'],
  ],
}

const [verb, ...rest] = process.argv.slice(2)
const chosen = steps[verb]
if (!chosen) {
  process.stderr.write(`watchfloor: one of ${Object.keys(steps).join(', ')}\n`)
  process.exit(2)
}
const environment = verb === 'gauntlet' ? { WATCHFLOOR_GAUNTLET: '10', ...process.env } : process.env
let worst = 0
for (const [index, [program, ...args]] of chosen.entries()) {
  const last = index === chosen.length - 1
  const done = spawnSync(program, last && verb !== 'check' ? [...args, ...rest] : args, {
    stdio: 'inherit',
    env: environment,
  })
  if (done.status !== 0) {
    process.stderr.write(`${verb}: ${program} ${args.join(' ')} ended with ${done.status ?? done.signal}\n`)
    worst = 1
    if (verb !== 'check') break
  }
}
process.exit(worst)
