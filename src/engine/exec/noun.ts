// Who ran what where, and how it ended. The outputs themselves are evidence.
import { type Static, Type } from 'typebox'
import { BadInput, Refused } from '../../../state/primitives/errors.ts'
import { own } from '../../../state/primitives/record.ts'
import type { FleetState } from '../fleet-state.ts'
import type { DecideContext, Noun } from '../noun.ts'
import { closing } from './closed.ts'
import { type ExecOutcome, type ExecRun, type ExecSlice, execEnding } from './shapes.ts'

const outcome = Type.Object({
  node: Type.String(),
  outcome: execEnding,
  exit: Type.Union([Type.Integer(), Type.Null()]),
  ms: Type.Number(),
  evidence: Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()]),
  detail: Type.Union([Type.String({ maxLength: 4_000 }), Type.Null()]),
})

const start = Type.Object({
  type: Type.Literal('exec.start'),
  /** Chosen by the client, so that a repeated request is the same run. */
  id: Type.String({ pattern: '^exec-[a-z0-9-]{1,64}$' }),
  nodes: Type.Array(Type.String(), { minItems: 1 }),
  argv: Type.Array(Type.String({ maxLength: 32_768 }), { minItems: 1 }),
  deadlineMs: Type.Integer({ minimum: 1 }),
})
const end = Type.Object({
  type: Type.Literal('exec.end'),
  id: Type.String(),
  /** Outcomes since the start, all at once: an exec is over when the last node is. */
  outcomes: Type.Array(outcome),
})
const started = Type.Object({
  type: Type.Literal('exec.started'),
  id: Type.String(),
  nodes: Type.Array(Type.String()),
  argv: Type.Array(Type.String()),
  deadlineMs: Type.Integer(),
})
const ended = Type.Object({ type: Type.Literal('exec.ended'), id: Type.String(), outcomes: Type.Array(outcome) })

export type ExecCommand = Static<typeof start> | Static<typeof end>
export type ExecEvent = Static<typeof started> | Static<typeof ended>

export const execNoun: Noun<ExecSlice, ExecCommand, ExecEvent> = {
  name: 'exec',
  commands: { 'exec.start': start, 'exec.end': end },
  events: { 'exec.started': started, 'exec.ended': ended },
  initial: { open: {}, closed: [] },
  decide: decideExec,
  reduce: reduceExec,
  pending: state => Object.keys(state.exec.open).map(id => ({ id, kind: 'exec.run' })),
}

function decideExec(state: FleetState, command: ExecCommand, context: DecideContext): ExecEvent[] {
  switch (command.type) {
    case 'exec.start': {
      if (isKnown(state.exec, command.id)) return []
      for (const word of command.argv) {
        if (word.includes('\0')) throw new BadInput({ name: 'exec-nul', message: 'a command word contains a NUL byte' })
      }
      const { id, nodes, argv, deadlineMs } = command
      return [{ type: 'exec.started', id, nodes, argv, deadlineMs }]
    }
    case 'exec.end':
      // How something ended is seen by the engine, not claimed by a person.
      if (context.by !== 'engine')
        throw new Refused({ name: 'engine-only', message: 'only the engine says how an exec ended' })
      return own(state.exec.open, command.id)
        ? [{ type: 'exec.ended', id: command.id, outcomes: command.outcomes }]
        : []
  }
}

function isKnown(slice: ExecSlice, id: string): boolean {
  return own(slice.open, id) !== undefined || slice.closed.some(run => run.id === id)
}

function reduceExec(slice: ExecSlice, event: ExecEvent, commit: { at: number; by: string }): ExecSlice {
  switch (event.type) {
    case 'exec.started': {
      const run: ExecRun = {
        id: event.id,
        by: commit.by,
        at: commit.at,
        argv: event.argv,
        nodes: event.nodes,
        deadlineMs: event.deadlineMs,
        outcomes: {},
        endedAt: null,
      }
      return { ...slice, open: { ...slice.open, [event.id]: run } }
    }
    case 'exec.ended': {
      const run = own(slice.open, event.id)
      if (!run) return slice
      const { [event.id]: _ended, ...open } = slice.open
      const outcomes: Record<string, ExecOutcome> = Object.fromEntries(event.outcomes.map(one => [one.node, one]))
      return { open, closed: closing(slice.closed, { ...run, outcomes, endedAt: commit.at }) }
    }
  }
}
