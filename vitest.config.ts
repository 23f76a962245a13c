import path from 'node:path'
import { defineConfig } from 'vitest/config'

const reports = process.env.WATCHFLOOR_REPORTS

// `npm test` runs everything that needs neither root nor a network; machines are the lab's (`npm run lab`).
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/lab/**', 'node_modules/**'],
    globalSetup: ['test/setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    reporters: reports ? ['default', 'json'] : ['default'],
    ...(reports ? { outputFile: { json: path.join(reports, 'test.json') } } : {}),
  },
})
