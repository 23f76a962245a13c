// How a command ended, in signs and words: on one node, and counted over all of a run. Pure.
import type { ExecEnding, ExecOutcome, ExecRun } from '../../src/engine/exec/shapes.ts'
import type { Glyphs, Token } from '../theme/tokens.ts'
import { type Piece, piece } from '../widgets/row.ts'

const endings: readonly ExecEnding[] = ['ok', 'failed', 'timeout', 'unreachable']

/** Unreachable is not failed: nothing ran there, and nobody knows more. */
const looks = {
  ok: { health: 'up', token: 'up' },
  failed: { health: 'down', token: 'down' },
  timeout: { health: 'degraded', token: 'degraded' },
  unreachable: { health: 'unknown', token: 'unknown' },
} as const satisfies Record<ExecEnding, { health: keyof Glyphs['health']; token: Token }>

export function endingPiece(ending: ExecEnding, glyphs: Glyphs): Piece {
  const { health, token } = looks[ending]
  return piece(token, glyphs.health[health])
}

export function tokenFor(ending: ExecEnding): Token {
  return looks[ending].token
}

/** `ok`, `failed with 3`, `did not end in time`, `unreachable`. */
export function endingWords({ outcome, exit }: Pick<ExecOutcome, 'outcome' | 'exit'>): string {
  switch (outcome) {
    case 'ok':
      return 'ok'
    case 'failed':
      return exit === null ? 'failed' : `failed, exit ${exit}`
    case 'timeout':
      return 'timeout'
    case 'unreachable':
      return 'unreachable'
  }
}

export function countsOf(run: ExecRun, outcomes: Readonly<Record<string, ExecOutcome>>): Record<ExecEnding, number> {
  if (run.counts) return run.counts
  const counts = { ok: 0, failed: 0, unreachable: 0, timeout: 0 }
  for (const { outcome } of Object.values(outcomes)) counts[outcome] += 1
  return counts
}

/** `● 18 ok  ✖ 2 failed`; what no node did is left out. */
export function countPieces(counts: Readonly<Record<ExecEnding, number>>, glyphs: Glyphs, withWords: boolean): Piece[] {
  return endings
    .filter(ending => counts[ending] > 0)
    .flatMap(ending => [
      endingPiece(ending, glyphs),
      piece('text', ` ${counts[ending]}`),
      piece('dim', withWords ? ` ${ending}  ` : '  '),
    ])
}

/** On how many nodes; of an old run only some are kept by name, but all are counted. */
export function nodeCount(run: ExecRun): number {
  if (!run.counts) return run.nodes.length
  return endings.reduce((sum, ending) => sum + (run.counts?.[ending] ?? 0), 0)
}
