// One line of a journal with everything that is known of it, to be read at leisure. Pure.

import { forScreen, forTerminal, linesForTerminal, nodeText } from '../../state/primitives/node-text.ts'
import type { LogLine } from './journal.ts'
import { broken, withoutTabs } from './line.ts'
import { priorities } from './setting.ts'

const label = 10

export function wholeLine(line: LogLine, columns: number): readonly string[] {
  const { priority } = line
  const fields = [
    ['written', new Date(line.at).toISOString()],
    ['priority', priority === null ? 'none is known' : `${priorities[priority] ?? ''} (${priority})`],
    ['unit', line.unit ?? 'none is known'],
    ['source', line.source],
    ['boot', line.boot ?? 'none is known'],
    ['cursor', line.cursor],
  ] as const
  const width = Math.max(20, columns - 2)
  const hanging = ([name, value]: readonly [string, string]) =>
    broken(forScreen(value), width - label, Number.POSITIVE_INFINITY).map(
      (part, at) => `${(at === 0 ? name : '').padEnd(label)}${part}`,
    )
  const text = linesForTerminal(nodeText(withoutTabs(line.text), Number.POSITIVE_INFINITY))
  const message = text.flatMap(part => broken(forScreen(part), width, Number.POSITIVE_INFINITY))
  return [...fields.flatMap(hanging), '', ...message.map(part => forTerminal(part))]
}
