// Below the table of money: what changed, what could be saved, where figures differ, what is not known, where prices are
// from, and what was asked of providers. Pure.
import type { CostReport } from '../../src/money/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { ago, exactAge } from '../widgets/measure.ts'
import { type Piece, piece, type Row } from '../widgets/row.ts'
import { amountOf, changeOf } from './amounts.ts'

/** Something said below the table; the cursor can stand on it, `enter` reads it whole. */
export interface Note {
  key: string
  row: Row
  whole: readonly string[]
}

export interface Part {
  title: string
  notes: readonly Note[]
}

export function partsOf(report: CostReport, snapshot: Snapshot, theme: Theme): Part[] {
  return [
    part('since last week', changes(report)),
    part('what could be saved', hints(report)),
    part('accrued and reported differ', differences(report)),
    part('unknown', unknowns(report, theme)),
    part('prices', prices(report, snapshot)),
  ].filter(({ notes }) => notes.length > 0)
}

interface Draft {
  figure: string
  token?: Token
  words: string
  more?: readonly string[]
}

function part(title: string, drafts: readonly Draft[]): Part {
  const wide = Math.max(0, ...drafts.map(({ figure }) => figure.length))
  const notes = drafts.map(({ figure, token = 'text', words, more = [] }, at): Note => {
    const figures: Piece[] = wide === 0 ? [] : [piece(token, figure.padStart(wide)), piece('text', '  ')]
    return {
      key: `note ${title} ${at}`,
      row: [...figures, piece('text', words)],
      whole: [[figure, words].filter(Boolean).join('  '), ...more],
    }
  })
  return { title, notes }
}

function changes(report: CostReport): Draft[] {
  return report.changes.map(({ what, node, currency, monthlyMicros }) => ({
    figure: `${changeOf(monthlyMicros, currency)} a month`,
    token: monthlyMicros > 0 ? 'text' : 'ok',
    words: node === null ? what : `${node}: ${what}`,
  }))
}

function hints(report: CostReport): Draft[] {
  return report.hints.map(({ what, nodes, currency, monthlyMicros }) => ({
    figure: `${amountOf(monthlyMicros, currency)} a month`,
    words: nodes.length === 0 ? what : `${what} · ${nodes.length === 1 ? nodes[0] : `${nodes.length} nodes`}`,
    more: nodes.length > 1 ? ['', ...nodes] : [],
  }))
}

function differences(report: CostReport): Draft[] {
  return report.differences.map(({ provider, currency, accruedMicros, reportedMicros }) => {
    const by = amountOf(Math.abs(reportedMicros - accruedMicros), currency)
    const how = reportedMicros > accruedMicros ? 'more than we know of' : 'less than we reckon'
    return {
      figure: by,
      token: 'degraded',
      words: `${provider} says ${how}: reported ${amountOf(reportedMicros, currency)}, accrued ${amountOf(accruedMicros, currency)}`,
    }
  })
}

function unknowns(report: CostReport, theme: Theme): Draft[] {
  return report.unknown.map(({ node, what, why }) => ({
    figure: theme.glyphs.health.unknown,
    token: 'unknown',
    words: `${node === null ? '' : `${node}: `}${what}: ${why}`,
  }))
}

/** Prices are as old as their day. */
function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function prices({ priceBook }: CostReport, { now, state }: Snapshot): Draft[] {
  const book: Draft[] =
    priceBook.bySource.length === 0
      ? [{ figure: '', words: 'none are known' }]
      : priceBook.bySource.map(one => {
          const days = [...new Set([day(one.oldestAt), day(one.newestAt)])].join(' to ')
          const estimate = one.isEstimated ? 'ESTIMATE · ' : ''
          return { figure: '', words: `${days} · ${estimate}${one.source} · ${one.prices}` }
        })
  const open = Object.values(state.money.open).map((one): Draft => {
    const what = one.kind === 'prices' ? 'reading prices anew' : 'asking the billing'
    return {
      figure: '',
      words: `${what}${one.provider === null ? '' : ` of ${one.provider}`} for ${exactAge(now, one.at)} …`,
    }
  })
  const last = state.money.closed
    .slice(-3)
    .reverse()
    .map((one): Draft => {
      const whose = one.provider === null ? 'all providers' : one.provider
      const what = one.kind === 'prices' ? `prices of ${whose}` : `billing of ${whose}`
      const how =
        one.trouble ??
        (one.changed === 1 ? '1 figure is other than before' : `${one.changed} figures are other than before`)
      return {
        figure: '',
        words: `${what}, asked ${ago(now, one.endedAt)}: ${how}`,
      }
    })
  return [...open, ...last, ...book, { figure: '', words: 'all of it as a file: watchfloor cost --csv, or --json' }]
}
