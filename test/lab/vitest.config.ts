import path from 'node:path'
import { defineConfig } from 'vitest/config'

const reports = process.env.WATCHFLOOR_REPORTS

// Machines: one file at a time, since the lab's names and addresses exist once. Started by `run.ts`.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.lab.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 480_000,
    teardownTimeout: 30_000,
    reporters: reports ? ['default', 'json'] : ['default'],
    ...(reports ? { outputFile: { json: path.join(reports, 'lab.json') } } : {}),
  },
})
