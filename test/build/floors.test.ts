import { expect, test } from 'vitest'
import { judge } from '../../build/floors.ts'

test.each([
  ['state/journal/a.ts', "import x from '../../infra/ssh/ssh.ts'", 1],
  ['infra/ssh/a.ts', "import type { X } from '../../src/fleet/fleet.ts'", 1],
  ['src/watch/a.ts', "import { X } from '../../screens/app.tsx'", 1],
  ['src/watch/a.ts', "const x = await import('../../screens/app.tsx')", 1],
  ['screens/overview/view.tsx', "import { X } from '../../src/engine/local.ts'", 1],
  ['screens/overview/view.tsx', "import { X } from '../../infra/ssh/pool.ts'", 1],
  ['screens/overview/view.tsx', "import type { Engine } from '../../src/engine/engine.ts'", 0],
  ['src/cli/a.ts', "import { X } from '../main.ts'", 1],
  ['src/main.ts', "import { X } from '../screens/app.tsx'", 0],
  ['src/watch/a.ts', "import { X } from '../../infra/ssh/pool.ts'", 0],
])('%s with %s has %i findings', (file, text, count) => {
  expect(judge(file, text)).toHaveLength(count)
})
