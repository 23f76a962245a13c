// Commands in, durable state out. Commands that arrive while the disk is busy are decided one after the other against
// the state they will find, written together, and acknowledged together: nobody sees a state that could still be lost.

import type { TSchema } from 'typebox'
import type { Draft, Journal } from '../../state/journal/journal.ts'
import { BadInput, Bug, Refused, WatchfloorError } from '../../state/primitives/errors.ts'
import { type Check, checker } from '../../state/primitives/schema.ts'
import type { Receipt } from './engine.ts'
import type { FleetState } from './fleet-state.ts'
import type { DecideContext } from './noun.ts'
import { type AnyCommand, type AnyEvent, commandSchema, decide, reduceAll } from './nouns.ts'

export interface Actor {
  by: string
  roles: readonly string[]
}

export interface Committed {
  seq: number
  at: number
  by: string
  events: readonly AnyEvent[]
  before: FleetState
  after: FleetState
}

interface Waiting {
  command: AnyCommand
  actor: Actor
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}

/** Below what the journal refuses: one command that is too large must not end the engine for all. */
const largestDraftBytes = 3 * 1024 * 1024
/** How many commands share one fsync at most. */
const largestGroup = 256

export interface Committer {
  state(): FleetState
  seq(): number
  do(command: AnyCommand, actor: Actor): Promise<Receipt>
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>
  /** Runs `work` while no command is decided; it may append to the journal and gives the new head's seq. */
  between(work: (seq: number, state: FleetState) => Promise<number>): Promise<void>
}

export function createCommitter(options: {
  journal: Journal
  state: FleetState
  now(): number
  newId(prefix: string): string
  /** Why nothing may be changed now, or null. Outcomes of what already runs are let through by the caller. */
  /** `state`: as the commands before this one will have made it. */
  guard(command: AnyCommand, actor: Actor, state: FleetState): string | null
  onCommitted(commits: readonly Committed[]): void
  /** The journal refused a write: nothing acknowledged is lost, but the engine cannot go on. */
  onBroken(error: unknown): void
}): Committer {
  const { journal } = options
  const checks = new Map<string, Check<TSchema>>()
  let durable = options.state
  let seq = journal.head().seq
  let queue: Waiting[] = []
  let busy: Promise<void> | null = null

  function submit(command: AnyCommand, actor: Actor): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      queue.push({ command, actor, resolve, reject })
      begin()
    })
  }

  function begin(): void {
    busy ??= drain().finally(() => {
      busy = null
      // Between the last look and this line somebody may have asked again.
      if (queue.length > 0) begin()
    })
  }

  async function idle(): Promise<void> {
    while (busy) await busy
  }

  async function between(work: (seq: number, state: FleetState) => Promise<number>): Promise<void> {
    // Checked and taken in one turn: no command slips in between.
    while (busy) await busy
    const done = work(seq, durable).then(next => {
      seq = next
    })
    busy = done
      .catch(() => {})
      .finally(() => {
        busy = null
        if (queue.length > 0) begin()
      })
    await done
  }

  async function drain(): Promise<void> {
    // A turn of the loop lets commands of the same moment share the write.
    await Promise.resolve()
    while (queue.length > 0) {
      const group = queue.slice(0, largestGroup)
      queue = queue.slice(largestGroup)
      await commitGroup(group)
    }
  }

  async function commitGroup(group: readonly Waiting[], isOutcome = false): Promise<void> {
    const ready: { waiting: Waiting; draft: Draft; ids: string[]; after: FleetState; events: AnyEvent[] }[] = []
    // Nothing to do, as it seems: but what it was decided against may still be lost.
    const unchanged: { waiting: Waiting; ids: string[]; behind: number }[] = []
    let ahead = durable
    for (const waiting of group) {
      try {
        const decided = decideOne(ahead, waiting)
        if (decided.events.length === 0) {
          unchanged.push({ waiting, ids: decided.ids, behind: ready.length })
          continue
        }
        ahead = fold(ahead, decided.draft, decided.events, seq + ready.length + 1)
        ready.push({ waiting, ...decided, after: ahead })
      } catch (error) {
        waiting.reject(error)
      }
    }
    if (ready.length === 0) {
      for (const { waiting, ids } of unchanged) waiting.resolve({ seq, ids })
      return
    }
    try {
      await journal.append(
        seq,
        ready.map(one => one.draft),
        { outcome: isOutcome },
      )
    } catch (error) {
      const { saved, lost } = isOutcome || !isFull(error) ? { saved: [], lost: ready } : sorted(ready)
      for (const one of lost) one.waiting.reject(error)
      for (const { waiting, ids, behind } of unchanged) {
        if (behind > 0) waiting.reject(error)
        else waiting.resolve({ seq, ids })
      }
      if (!(error instanceof Refused)) options.onBroken(error)
      // The disk is full: how things ended is still written, into the room that was kept for it.
      if (saved.length > 0) await commitGroup(saved, true)
      return
    }
    const committed: Committed[] = []
    for (const one of ready) {
      seq += 1
      committed.push({ seq, at: one.draft.at, by: one.draft.by, events: one.events, before: durable, after: one.after })
      durable = one.after
    }
    options.onCommitted(committed)
    for (const { waiting, ids } of unchanged) waiting.resolve({ seq, ids })
    for (const [index, one] of ready.entries()) {
      one.waiting.resolve({ seq: committed[index]?.seq ?? seq, ids: one.ids })
    }
  }

  function decideOne(ahead: FleetState, { command, actor }: Waiting) {
    const schema = commandSchema(command.type)
    if (!schema) throw new BadInput({ name: 'unknown-command', message: `there is no command ${command.type}` })
    let check = checks.get(command.type)
    if (!check) {
      check = checker(schema)
      checks.set(command.type, check)
    }
    const wrong = check.errors(command)
    if (wrong.length > 0) {
      const what = wrong.map(error => `${error.instancePath || '/'} ${error.message ?? ''}`).join('; ')
      throw new BadInput({ name: 'bad-command', message: `${command.type}: ${what}` })
    }
    const refused = options.guard(command, actor, ahead)
    if (refused) throw new Refused({ name: 'refused', message: refused })
    const ids: string[] = []
    const context: DecideContext = {
      now: options.now(),
      by: actor.by,
      roles: actor.roles,
      id(prefix) {
        const id = options.newId(prefix)
        ids.push(id)
        return id
      },
    }
    // As they will be read back: what JSON cannot say must not be in the state either.
    const events: AnyEvent[] = JSON.parse(JSON.stringify(decide(ahead, command, context)))
    const draft: Draft = {
      at: context.now,
      by: actor.by,
      cmd: { id: options.newId('cmd'), type: command.type },
      events,
    }
    if (Buffer.byteLength(JSON.stringify(draft)) > largestDraftBytes) {
      throw new BadInput({
        name: 'command-too-large',
        message: `${command.type} would make a commit of more than ${largestDraftBytes / 1024 / 1024} MB`,
        remedy: 'Say it in smaller pieces.',
      })
    }
    return { draft, events, ids }
  }

  return {
    state: () => durable,
    seq: () => seq,
    do: submit,
    idle,
    between,
  }
}

/** Commands that tell how something that already runs has ended. */
const outcomes: ReadonlySet<AnyCommand['type']> = new Set([
  'exec.end',
  'alerts.delivered',
  'alerts.failed',
  'machines.created',
  'machines.trouble',
  'machines.reachable',
  'machines.asked',
  'machines.destroyed',
  'machines.adopted',
  'money.answer',
])

function sorted(ready: readonly { waiting: Waiting }[]): { saved: Waiting[]; lost: { waiting: Waiting }[] } {
  const isOutcome = (one: { waiting: Waiting }) => outcomes.has(one.waiting.command.type)
  return { saved: ready.filter(isOutcome).map(one => one.waiting), lost: ready.filter(one => !isOutcome(one)) }
}

function isFull(error: unknown): boolean {
  return error instanceof Refused && error.name === 'disk-full'
}

function fold(state: FleetState, draft: Draft, events: readonly AnyEvent[], seq: number): FleetState {
  try {
    return reduceAll(state, events, { seq, at: draft.at, by: draft.by })
  } catch (cause) {
    if (cause instanceof WatchfloorError) throw cause
    throw new Bug({ name: 'reducer-threw', message: `a reducer threw on the events of ${draft.cmd.type}`, cause })
  }
}
