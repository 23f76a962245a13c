// The same corpus on what screens ask the engine for: lines of a node's journal, commits, runs and what they printed,
// incidents with their notes, and in every dialog.
import headless from '@xterm/headless'
import { describe, expect, test } from 'vitest'
import { startFeeds } from '../../screens/room/feeds.ts'
import { paint, pictureRows } from '../../screens/room/picture.ts'
import type { ScreenId } from '../../screens/screens.ts'
import { createTheme } from '../../screens/theme/tokens.ts'
import { widthOf } from '../../screens/widgets/row.ts'
import type { ExecRun } from '../../src/engine/exec/shapes.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { hostile, isHarmlessOnTerminal } from './hostile.ts'
import { type Operator, operate } from './show.ts'

const corpus = Object.entries(hostile)
const theme = createTheme('256', 'unicode')
const size = { columns: 100, rows: 30 }
const node = nodeName(1)
const evidence = 'e'.repeat(64)

/** An engine whose node, people and runs have nothing else to say. */
function saying(text: string): FakeEngine {
  const engine = fakeEngine(3)
  const said = text === '' ? ' ' : text
  engine.log(node, { text: said, unit: said, source: said, priority: 3 })
  engine.log(node, { text: `after ${said}`, unit: null, source: 'sshd', boot: 'b2' })
  engine.open({
    id: 'inc-hostile',
    nodes: [node],
    title: said,
    acknowledged: { at: start, by: said },
    notes: [{ at: start, by: said, text: said }],
  })
  const run: ExecRun = {
    id: 'exec-hostile',
    by: said,
    at: start,
    argv: [said, said],
    nodes: [node],
    deadlineMs: 60_000,
    outcomes: { [node]: { node, outcome: 'failed', exit: 1, ms: 5, evidence, detail: said } },
    endedAt: start,
    counts: { ok: 0, failed: 1, unreachable: 0, timeout: 0 },
  }
  engine.outputs[evidence] = { stdout: said, stderr: said }
  engine.setState(state => ({
    ...state,
    exec: { open: {}, closed: [run] },
    incidents: {
      ...state.incidents,
      silences: [{ id: 'sil', selector: said, until: start + 1e6, by: said, reason: said }],
    },
  }))
  const clouds = engine.clouds
  engine.clouds = {
    cost: month => {
      const report = clouds.cost(month)
      const lines = report.lines.map(line => ({ ...line, node, resource: said, sku: said, region: said, source: said }))
      return {
        ...report,
        lines,
        unknown: [{ node: said, what: said, why: said }],
        changes: [{ what: said, node: said, currency: 'USD', monthlyMicros: 1_000_000 }],
        hints: [{ what: said, nodes: [said, said], currency: 'USD', monthlyMicros: 1_000_000 }],
        differences: [{ provider: said, currency: 'USD', accruedMicros: 1_000_000, reportedMicros: 9_000_000 }],
        priceBook: { ...report.priceBook, sources: [said] },
      }
    },
    drift: async fresh => {
      const report = await clouds.drift(fresh)
      return {
        ...report,
        regions: [{ provider: said, region: said, listed: false, why: said, at: null }],
        findings: report.findings.map(one => ({
          ...one,
          id: said,
          node: said,
          region: said,
          what: said,
          remedy: said,
        })),
      }
    },
    offers: () => {
      const report = clouds.offers()
      const rows = report.rows.map(row => ({ ...row, region: said, type: said, note: said }))
      return { rows, unknown: [{ provider: said, region: said, why: said }] }
    },
    plan: nodes => {
      const plan = clouds.plan(nodes)
      return {
        ...plan,
        nodes: plan.nodes.map(one => ({ ...one, node: said, spec: { ...one.spec, region: said, type: said } })),
        refused: [{ node: said, why: said, remedy: said }],
        warnings: [said],
      }
    },
  }
  engine.commit({
    by: said,
    cmd: { id: said, type: said },
    events: [
      { type: said, text: said, [said]: said },
      { type: 'incidents.noted', id: said, text: said },
      { type: 'exec.started', id: said, nodes: [said], argv: [said, said], deadlineMs: 1 },
    ],
  })
  return engine
}

/** Without the dialog that was open. */
function afresh({ room }: Operator, screen: ScreenId, subject?: string): void {
  room.change({ dialogs: [] })
  room.open(screen, subject)
}

/** Where all of it is shown, each as keys from where the one before ended. */
const walks: readonly (readonly [string, (operator: Operator) => void])[] = [
  ['journal of a node', ({ room }) => room.open('logs', node)],
  ['wrapped', operator => operator.type('w')],
  ['a line whole', operator => operator.type('\r')],
  ['its end', operator => operator.type('G')],
  ['incidents', operator => afresh(operator, 'incidents')],
  ['an incident', ({ room }) => room.open('incident', 'inc-hostile')],
  ['a note on it', operator => operator.type('N')],
  ['journal', operator => afresh(operator, 'journal')],
  ['a commit', operator => operator.type('\r')],
  ['runs', ({ room }) => room.open('runs')],
  ['a run', ({ room }) => room.open('run', 'exec-hostile')],
  ['what it printed', operator => operator.type('\r')],
  ['money', operator => afresh(operator, 'money')],
  ['its lines', operator => operator.type('x')],
  ['what is said of it', operator => operator.type('Gkk')],
  ['drift', operator => afresh(operator, 'drift')],
  ['a finding', operator => operator.type('\r')],
  [
    'owning it',
    operator => {
      afresh(operator, 'drift')
      operator.type('jO')
    },
  ],
  ['offers', operator => afresh(operator, 'offers')],
  ['an offer', operator => operator.type('\r')],
  ['a plan', operator => afresh(operator, 'provisioning', node)],
  ['a launch', operator => operator.type('Lover\r')],
  ['the node', operator => afresh(operator, 'node', node)],
  ['its end', operator => operator.type('G')],
]

async function settled(): Promise<void> {
  // Answers of the engine in memory come in a few turns of the loop, without a timer.
  for (let turn = 0; turn < 8; turn++) await new Promise<void>(resolve => setImmediate(resolve))
}

describe('asked of the engine', () => {
  test.each(corpus)('%s: is drawn harmless and in its place everywhere', async (_name, text) => {
    const operator = operate(saying(text), size, () => start)
    const stop = startFeeds(operator.room, () => start)
    const terminal = new headless.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true })
    const write = (bytes: string) => new Promise<void>(resolve => terminal.write(bytes, resolve))
    for (const [where, go] of walks) {
      go(operator)
      await settled()
      const rows = pictureRows(operator.room.snapshot(), theme)
      expect(rows, where).toHaveLength(size.rows)
      for (const row of rows) {
        expect(widthOf(row), where).toBe(size.columns)
        expect(isHarmlessOnTerminal(row.map(piece => piece.text).join('')), where).toBe(true)
      }
      await write(`\u001b[2J\u001b[H${paint(rows, theme).join('\r\n')}`)
      const meant = rows.map(row =>
        row
          .map(piece => piece.text)
          .join('')
          .trimEnd(),
      )
      const drawn = meant.map((_, row) => terminal.buffer.active.getLine(row)?.translateToString(true).trimEnd() ?? '')
      expect(drawn, where).toEqual(meant)
    }
    stop()
    operator.close()
  })

  test('the walk shows what was said: a plain word is on every one of its screens', async () => {
    const operator = operate(saying('zqx'), size, () => start)
    const stop = startFeeds(operator.room, () => start)
    for (const [where, go] of walks) {
      go(operator)
      await settled()
      expect(operator.text(), where).toContain('zqx')
    }
    stop()
    operator.close()
  })
})
