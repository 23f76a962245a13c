// `watchfloor exec SELECTOR -- CMD…`: one command on many nodes, through the engine, which goes on if the link drops.
import { randomBytes } from 'node:crypto'
import { parseDuration } from '../../state/primitives/duration.ts'
import { BadInput, type Exit, Unreachable } from '../../state/primitives/errors.ts'
import { forTerminal, linesForTerminal, nodeText } from '../../state/primitives/node-text.ts'
import type { Engine, ExecProgress } from '../engine/engine.ts'
import { selectFrom } from '../engine/select-nodes.ts'
import { type CliCommand, text } from './command.ts'
import { type Console, worstExit } from './output.ts'
import { withEngine } from './session.ts'
import type { ExecLine } from './shapes.ts'

export const execCommand: CliCommand = {
  name: 'exec',
  summary: 'run a command on nodes and show how it ended on each',
  args: '<selector> [command...]',
  options: [{ flags: '--deadline <span>', description: 'longest time on one node', default: '60s' }],
  exits: '1 it failed somewhere · 4 a node could not be reached · 5 refused',
  run(call) {
    const [selector = '', ...argv] = call.args
    const deadlineMs = parseDuration(text(call.options.deadline) ?? '60s')
    if (deadlineMs === null || deadlineMs < 1)
      throw new BadInput({
        name: 'bad-deadline',
        message: `"${call.options.deadline}" is no duration`,
        remedy: 'Say 30s or 5m.',
      })
    if (argv.length === 0)
      throw new BadInput({
        name: 'no-command',
        message: 'there is no command to run',
        remedy: 'watchfloor exec SELECTOR -- CMD …',
      })
    return withEngine(
      call,
      async engine => {
        const { nodes: known, batches } = engine.live().fleet
        const nodes = selectFrom(Object.values(known), Object.entries(batches), selector)
        const outcomes = await runOn(engine, { nodes, argv, deadlineMs }, async outcome => {
          const output = outcome.evidence
            ? await engine.ask('output', { evidence: outcome.evidence }).catch(() => null)
            : null
          print(outcome, output, call.options.json === true, call.context.console)
        })
        return worstExit(outcomes.map(exitOf))
      },
      { heal: true },
    )
  },
}

function exitOf(outcome: ExecProgress): Exit {
  switch (outcome.outcome) {
    case 'ok':
      return 0
    case 'failed':
    case 'timeout':
      return 1
    case 'unreachable':
      return 4
  }
}

async function runOn(
  engine: Engine,
  request: { nodes: string[]; argv: string[]; deadlineMs: number },
  onOutcome: (outcome: ExecProgress) => Promise<void>,
): Promise<ExecProgress[]> {
  const id = `exec-${randomBytes(8).toString('hex')}`
  const seen = new Map<string, ExecProgress>()
  const shown: Promise<void>[] = []
  const finished = Promise.withResolvers<void>()
  let patience: NodeJS.Timeout | null = null
  const take = (outcome: ExecProgress) => {
    if (seen.has(outcome.node)) return
    seen.set(outcome.node, outcome)
    shown.push(onOutcome(outcome))
  }
  const unsubscribe = engine.subscribe(change => {
    if (change.kind === 'live') for (const outcome of change.exec) if (outcome.exec === id) take(outcome)
    if (change.kind === 'link') follow(change.up)
    if (change.kind !== 'live') finishIfClosed()
  })
  // Live changes may be skipped while the link heals; the closed run in state has every outcome.
  function finishIfClosed(): void {
    const run = engine.state().exec.closed.find(one => one.id === id)
    if (!run) return
    for (const outcome of Object.values(run.outcomes)) take({ exec: id, ...outcome })
    finished.resolve()
  }
  // The engine goes on without us: the link is given time to heal, then the operator is told where to look.
  function follow(isUp: boolean): void {
    if (isUp && patience) clearTimeout(patience)
    if (isUp) patience = null
    else patience ??= setTimeout(() => finished.reject(linkGone(id)), patienceMs)
  }
  try {
    await engine.do({ type: 'exec.start', id, ...request })
    finishIfClosed()
    await finished.promise
    await Promise.all(shown)
    return [...seen.values()]
  } finally {
    if (patience) clearTimeout(patience)
    unsubscribe()
  }
}

/** How long a lost link may take to heal before `exec` gives up waiting for its answer. */
const patienceMs = 30_000

function linkGone(id: string): Unreachable {
  return new Unreachable({
    name: 'link-lost',
    message: 'the link to the engine is lost and does not heal; what was started goes on without us',
    remedy: `How it ends will stand in \`watchfloor journal show\` under ${id}.`,
  })
}

function print(
  outcome: ExecProgress,
  output: { stdout: string; stderr: string } | null,
  json: boolean,
  to: Console,
): void {
  const { node, exit, ms } = outcome
  const { stdout, stderr } = output ?? { stdout: '', stderr: '' }
  if (json) {
    const line: ExecLine = { node, outcome: outcome.outcome, exit, ms: Math.round(ms), stdout, stderr }
    to.out(JSON.stringify(line))
    return
  }
  for (const line of linesForTerminal(nodeText(stdout, Number.MAX_SAFE_INTEGER))) to.out(`${node}: ${line}`)
  for (const line of linesForTerminal(nodeText(stderr, Number.MAX_SAFE_INTEGER))) to.err(`${node}: ${line}`)
  if (outcome.outcome !== 'ok') {
    const how = outcome.outcome === 'failed' ? `failed with exit code ${exit ?? 'none'}` : outcome.outcome
    to.err(
      `${node}: ${how}${outcome.detail ? ` (${forTerminal(nodeText(outcome.detail))})` : ''} after ${Math.round(ms)} ms`,
    )
  }
}
