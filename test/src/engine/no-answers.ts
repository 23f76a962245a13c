// An engine that knows nothing yet: an honest empty answer to every question.
import type { Answerers } from '../../../src/engine/local.ts'

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
  logs: async ({ after }) => ({ lines: [], after, truncated: false, failed: null }),
}
