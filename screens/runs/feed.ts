// What state does not have of runs: how they end node by node while others still run, and the first line of what each node
// on the screen printed.
import type { ExecOutcome } from '../../src/engine/exec/shapes.ts'
import { linesForTerminal, nodeText } from '../../state/primitives/node-text.ts'
import { bodyHeightOf } from '../room/notices.ts'
import type { Room, Snapshot } from '../room/room.ts'
import { createTheme } from '../theme/tokens.ts'
import { seenOf } from '../widgets/lines.ts'
import { outcomesOf, shownRun } from './state.ts'
import { runPageLines } from './view.ts'

/** A command that ends on a thousand nodes at once is shown in a few pictures. */
const gatherMs = 100
/** Of an output only its beginning is looked at for a first line. */
const looked = 2_000
const mostLines = 5_000

const plain = createTheme('none', 'ascii')

export function feedRuns(room: Room): () => void {
  const gathered = new Map<string, Map<string, ExecOutcome>>()
  let timer: NodeJS.Timeout | null = null
  let isAsking = false

  const unheard = room.engine.subscribe(change => {
    if (change.kind !== 'live' || change.exec.length === 0) return
    for (const { exec, ...outcome } of change.exec) {
      const nodes = gathered.get(exec) ?? new Map<string, ExecOutcome>()
      gathered.set(exec, nodes.set(outcome.node, outcome))
    }
    timer ??= setTimeout(() => {
      timer = null
      take()
    }, gatherMs)
  })

  /** Into the picture; of runs that are over state knows more. */
  function take(): void {
    const { state, found, frozenAt } = room.snapshot()
    if (frozenAt !== null || gathered.size === 0) return
    // A first outcome may come before the run itself does: it is kept until that run is over.
    const isOver = (id: string) => state.exec.closed.some(run => run.id === id)
    const outcomes = Object.fromEntries(Object.entries(found.run.outcomes).filter(([id]) => !isOver(id)))
    for (const [id, nodes] of gathered) {
      if (!isOver(id)) outcomes[id] = { ...outcomes[id], ...Object.fromEntries(nodes) }
    }
    gathered.clear()
    room.find('run', { ...found.run, outcomes })
  }

  function look(): void {
    const snapshot = room.snapshot()
    if (snapshot.frozenAt !== null || !snapshot.link.up) return
    if (gathered.size > 0 && timer === null) take()
    const evidence = isAsking ? null : wanted(room.snapshot())
    if (evidence === null) return
    isAsking = true
    room.engine
      .ask('output', { evidence })
      .then(
        output => keep(evidence, output === null ? null : firstLine(output)),
        // Not now (a lost link): the line stays empty, `enter` asks again.
        () => keep(evidence, ''),
      )
      .finally(() => {
        isAsking = false
        look()
      })
  }

  function keep(evidence: string, line: string | null): void {
    const { run } = room.snapshot().found
    const known = Object.entries(run.firstLines).slice(-mostLines)
    room.find('run', { ...run, firstLines: Object.fromEntries([...known, [evidence, line]]) })
  }

  const unsubscribe = room.subscribe(look)
  look()
  return () => {
    unsubscribe()
    unheard()
    if (timer) clearTimeout(timer)
  }
}

/** Output of a node on the screen that is not known yet. */
function wanted(snapshot: Snapshot): string | null {
  const run = shownRun(snapshot)
  if (!run) return null
  const outcomes = outcomesOf(run, snapshot)
  const lines = runPageLines(snapshot, plain)
  const { from, to } = seenOf(lines, snapshot.view.screens.run, bodyHeightOf(snapshot))
  for (const { key } of lines.slice(from, to)) {
    const evidence = key === null ? null : outcomes[key]?.evidence
    if (evidence && !Object.hasOwn(snapshot.found.run.firstLines, evidence)) return evidence
  }
  return null
}

function firstLine({ stdout, stderr }: { stdout: string; stderr: string }): string {
  const lines = (text: string) => linesForTerminal(nodeText(text, looked)).filter(line => line.trim() !== '')
  return lines(stdout)[0] ?? lines(stderr)[0] ?? ''
}
