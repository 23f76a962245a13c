// The fleet file that waits for a yes: `F` shows all that it changes and takes it, `:fleet-file` only shows.
import type { FileChange } from '../../src/fleet/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Acting, Look } from './action.ts'

const accept: Acting = {
  id: 'accept',
  keys: ['F'],
  title: 'accept the fleet file that waits, after all that it changes',
  short: null,
  danger: 'changes',
  when: ({ state }) => state.fleet.proposed !== null,
  form: {
    // The file that was read is the one that is accepted, and no later one.
    subject: ({ state }) => state.fleet.proposed?.sha256 ?? null,
    title: () => 'accept the fleet file',
    fields: [],
    describe: () => [],
    confirm(sha256, _, { state }) {
      const { proposed } = state.fleet
      const isIt = proposed?.sha256 === sha256
      return {
        question: isIt ? `Accept this fleet file? ${several(proposed.changes.length)}` : 'Accept this fleet file?',
        nodes: [],
        command: isIt ? proposed.changes.flatMap(changeLines) : ['this file does not wait any more: cancel'],
        yes: 'Accept it',
      }
    },
    async submit({ engine }, sha256) {
      await engine.do({ type: 'fleet.accept', sha256 })
      return 'the fleet file is accepted and runs'
    },
  },
}

const show: Look = {
  id: 'fleet-file',
  keys: [],
  title: 'what is wrong with the fleet file, or what a changed one changes',
  short: null,
  danger: 'looks',
  when: () => true,
  run({ room }) {
    const snapshot = room.snapshot()
    const dialog = { kind: 'text' as const, title: 'the fleet file', lines: fileLines(snapshot), scroll: 0 }
    room.change({ dialogs: [...snapshot.view.dialogs, dialog] })
  },
}

export const fleetFileActions: readonly (Acting | Look)[] = [accept, show]

function fileLines({ state }: Snapshot): string[] {
  const { accepted, proposed, refused } = state.fleet
  const lines = accepted
    ? [`what runs: accepted by ${accepted.by} at ${when(accepted.at)}`, `  sha256 ${accepted.sha256}`]
    : ['no fleet file is accepted yet']
  if (refused) {
    lines.push('', `refused at ${when(refused.at)}, what ran goes on:`, ...refused.errors.map(error => `  ${error}`))
  }
  if (proposed) {
    lines.push('', `waits for a yes since ${when(proposed.at)}, ${several(proposed.changes.length)}:`)
    lines.push(...proposed.changes.flatMap(changeLines).map(line => `  ${line}`), `  sha256 ${proposed.sha256}`)
  }
  return refused || proposed ? lines : [...lines, '', 'nothing waits and nothing is refused']
}

function changeLines({ path, from, to, guarded, kind }: FileChange): string[] {
  const what = kind === 'added' ? `${to ?? ''} (new)` : `${from ?? 'nothing'} → ${to ?? 'nothing'}`
  return [`${path}: ${what}`, ...(guarded === null ? [] : [`    needs a yes: ${guarded}`])]
}

function several(changes: number): string {
  return `${changes} ${changes === 1 ? 'change' : 'changes'}`
}

function when(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
