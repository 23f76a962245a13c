// What is being made, destroyed or adopted at providers right now, in words: on the page of money, of a plan, and on the
// tile of the node. Pure.
import type { Operation } from '../../src/machines/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import type { Line } from '../widgets/lines.ts'
import { age, exactAge } from '../widgets/measure.ts'
import { fitted, piece, type Row, wrap } from '../widgets/row.ts'

/** Those that are open, the oldest first; of these nodes, or of all. */
export function openOperations(
  { state, memo }: Snapshot,
  nodes: readonly string[] | null = null,
): readonly Operation[] {
  const all = memo('open operations', [state.machines.open], () =>
    Object.values(state.machines.open).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)),
  )
  return nodes === null ? all : all.filter(({ node }) => nodes.includes(node))
}

/** `launch: is there, waits for SSH`. */
export function operationWords(operation: Operation): string {
  switch (operation.kind) {
    case 'launch': {
      const again = operation.attempt > 1 ? `, try ${operation.attempt}` : ''
      if (operation.cancelled) return `launch: given up, is being undone${again}`
      return `launch: ${launching(operation.phase)}${again}`
    }
    case 'destroy':
      return `teardown: ${operation.phase === 'asked' ? 'asked for, until it is gone' : 'is being asked for'}`
    case 'adopt':
      return 'adoption: is being looked at'
  }
}

function launching(phase: Extract<Operation, { kind: 'launch' }>['phase']): string {
  switch (phase) {
    case 'wanted':
      return 'is being prepared'
    case 'settled':
      return 'is being asked for'
    case 'created':
      return 'is there, waits for SSH'
    case 'done':
    case 'failed':
    case 'cancelled':
      return phase
  }
}

/** On a tile, where there is little room. */
export function shortOperation(operation: Operation): string {
  const word = { launch: 'launching', destroy: 'going', adopt: 'adopting' }[operation.kind]
  return operation.trouble === null ? word : `${word}: ${operation.trouble.failure}`
}

/** A line each, and below it what goes wrong with it. */
export function operationLines(operations: readonly Operation[], snapshot: Snapshot, theme: Theme): Line[] {
  const { columns, now } = snapshot
  const wide = Math.min(24, Math.max(10, ...operations.map(({ node }) => node.length)) + 2)
  return operations.flatMap((operation): Line[] => {
    const { id, node, at, by, trouble } = operation
    const first: Line = {
      key: `op ${id}`,
      row: isHere => [
        piece('accent', isHere ? theme.glyphs.selectedBar : ' '),
        piece(trouble === null ? 'accent' : 'degraded', ` ${theme.glyphs.health.degraded} `),
        ...fitted([piece(isHere ? 'selected' : 'text', node)], wide),
        piece('text', operationWords(operation)),
        piece('dim', ` · for ${exactAge(now, at)} · ${by}`),
      ],
    }
    if (trouble === null) return [first]
    const words = `${trouble.message} (${age(now, trouble.at, 'just now')}${trouble.code === null ? '' : `, ${trouble.code}`})`
    const below = wrap(words, Math.max(10, columns - wide - 5), 2).map(
      (line): Row => [piece('text', ' '.repeat(wide + 4)), piece('degraded', line)],
    )
    return [first, ...below.map((row): Line => ({ key: null, row: () => row }))]
  })
}
