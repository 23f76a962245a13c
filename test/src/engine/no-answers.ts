// An engine that knows nothing yet: an honest empty answer to every question.
import type { Answerers } from '../../../src/engine/local.ts'

import type { CostReport } from '../../../src/money/shapes.ts'

const emptyCost: CostReport = {
  month: '2026-11',
  at: 0,
  totals: [],
  converted: null,
  ceiling: null,
  unknown: [],
  lines: [],
  reported: [],
  differences: [],
  changes: [],
  hints: [],
  priceBook: { oldestAt: 0, newestAt: 0, sources: [], bySource: [] },
}

export const noAnswers: Answerers = {
  uptime: async () => [],
  slots: async () => ({}),
  series: async () => [],
  rows: async () => [],
  journal: async () => [],
  journalBack: async () => ({ commits: [], before: null }),
  check: async () => [],
  output: async () => null,
  login: async ({ node }) => ({ argv: ['ssh', '--', node], knownHosts: [], where: node }),
  past: async ({ at }) => ({ at, health: {}, readings: {}, oldest: null }),
  cost: async () => emptyCost,
  whatIf: async () => emptyCost,
  drift: async () => ({ at: null, regions: [], findings: [] }),
  offers: async () => ({ rows: [], unknown: [] }),
  plan: async () => ({ nodes: [], refused: [], monthly: [], projection: null, verdict: 'no-budget', warnings: [] }),
  logs: async ({ after }) => ({ lines: [], after, truncated: false, failed: null }),
}
