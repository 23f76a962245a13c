// A node about which everything is known that can be, for tests of its page.
import type { ExecRun } from '../../src/engine/exec/shapes.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'

export const name = nodeName(1)
export const boot = '0a1b2c3d-1111-2222-3333-444455556666'

export function run(more: Partial<ExecRun> = {}): ExecRun {
  const outcome = { node: name, outcome: 'failed', exit: 3, ms: 812, evidence: null, detail: null } as const
  const ran = { id: 'x1', by: 'johan', argv: ['systemctl', 'restart', 'clavitor.service'], nodes: [name] }
  return {
    ...ran,
    at: start - 600_000,
    deadlineMs: 1_000,
    outcomes: { [name]: outcome },
    endedAt: start - 599_000,
    ...more,
  }
}

export function eventful(): FakeEngine {
  const engine = fakeEngine(21)
  engine.sample(name, { probe: 'http', ok: false, ms: 40, detail: nodeText('503 in 40 ms, wanted 200') })
  engine.sample(name, {
    probe: 'units',
    ms: null,
    facts: { 'sshd.service': 'active (running)', 'clavitor.service': 'failed (exit 255)' },
  })
  engine.sample(name, {
    probe: 'journal',
    ms: null,
    values: { errors: 2 },
    facts: { lines: 'clavitor.service: cannot open the database\nkernel: Out of memory' },
  })
  engine.sample(name, { probe: 'boot', kind: 'boot', values: { uptime_s: 86_400 }, facts: { boot_id: boot } })
  const incident = engine.open({
    nodes: [name],
    title: `${name} is down: 503`,
    notes: [{ at: start - 60_000, by: 'ann', text: 'asked the provider' }],
  })
  const over = {
    ...incident,
    id: 'inc-over',
    title: `${name} was slow`,
    openedAt: start - 7_200_000,
    acknowledged: { at: start - 7_000_000, by: 'noc' },
    resolved: { at: start - 3_600_000, by: 'noc', how: 'moved it to another host' },
  }
  engine.setState(state => ({
    ...state,
    incidents: { ...state.incidents, closed: [over] },
    exec: { open: {}, closed: [run()] },
    watch: {
      ...state.watch,
      memory: { [name]: { boot: { boot_id: boot, before: 'ffff', noticed: String(start - 86_400_000) } } },
    },
  }))
  return engine
}
