// `watchfloor cost`: what is spent, what providers say of it, where the month will end, and by how much the ceiling is
// missed. The three figures stand beside each other and are never one.
import path from 'node:path'
import { BadInput, type Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine, PricedNode } from '../engine/engine.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { costCsv, costJson } from '../money/export.ts'
import { isMonthOver, missedByFullMonth } from '../money/selectors.ts'
import type { CostReport, PriceSource } from '../money/shapes.ts'
import { dayOf, isoOf, money, signedMoney } from './amounts.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { table } from './output.ts'
import { readFleet, withEngine } from './session.ts'
import type { CostAnswer } from './shapes-clouds.ts'

export const costCommand: CliCommand = {
  name: 'cost',
  summary: 'what a month costs: accrued, reported and projected, against the ceiling',
  options: [
    { flags: '--month <month>', description: 'another month than this one: 2026-11 (months are those of UTC)' },
    { flags: '--lines', description: 'every resource of every node, with its price, instead of one line a node' },
    { flags: '--csv', description: 'the lines as CSV' },
    { flags: '--what-if <file>', description: 'price another fleet file beside this one' },
  ],
  exits: '1 the ceiling is missed · 3 too little is known to say · 4 no engine',
  run: call => withEngine(call, engine => cost(call, engine)),
}

export async function cost(call: Call, engine: Engine): Promise<Exit> {
  const { console } = call.context
  const month = monthOf(text(call.options.month))
  const other = text(call.options.whatIf)
  if (call.options.csv && (other !== undefined || call.options.json)) {
    const message = `--csv does not go with ${other === undefined ? '--json' : '--what-if'}`
    throw new BadInput({ name: 'cost-two-forms', message, remedy: 'Ask for one form at a time.' })
  }
  if (other !== undefined && month !== null) {
    const message = '--what-if prices full months from now on: it goes with no --month'
    throw new BadInput({ name: 'cost-two-forms', message, remedy: 'Leave one of them out.' })
  }
  const whatIf =
    other === undefined
      ? null
      : { file: other, nodes: pricedNodes(await readFleet(path.resolve(call.context.around.cwd, other))) }
  const report = await engine.ask('cost', { month })
  const imagined = whatIf && (await engine.ask('whatIf', { nodes: whatIf.nodes }))
  if (call.options.csv) for (const line of costCsv(report).trimEnd().split('\n')) console.out(line)
  else if (call.options.json) {
    const document: CostAnswer = costJson(report)
    if (whatIf && imagined) document.what_if = { file: whatIf.file, ...costJson(imagined) }
    console.out(JSON.stringify(document))
  } else {
    const table = call.options.lines === true ? resourceTable : nodeTable
    for (const line of costLines(report, table)) console.out(forTerminal(line))
    if (whatIf && imagined) for (const line of whatIfLines(whatIf.file, imagined, table)) console.out(forTerminal(line))
  }
  // With another file, the question is what that one would cost.
  return exitOf(imagined ?? report)
}

function exitOf({ ceiling }: CostReport): Exit {
  switch (ceiling?.verdict) {
    case 'over':
      return 1
    case 'unknown':
      return 3
    default:
      return 0
  }
}

/** `2026-11`; null: this one. */
export function monthOf(words: string | undefined): string | null {
  if (words === undefined || /^[0-9]{4}-(?:0[1-9]|1[0-2])$/.test(words)) return words ?? null
  throw new BadInput({ name: 'bad-month', message: `"${words}" is no month`, remedy: 'Say YEAR-MONTH: 2026-11.' })
}

/** The nodes of a fleet as far as their price goes. */
function pricedNodes(fleet: Fleet): PricedNode[] {
  return [...fleet.nodes.values()].map(node => ({
    name: node.name,
    provider: node.provider,
    region: node.region,
    type: node.type,
    diskGb: node.diskGb ?? null,
    ipv4: node.ipv4 ?? true,
    lifecycle: node.lifecycle,
    cost: node.cost,
  }))
}

type Table = (report: CostReport) => string[]

function costLines(report: CostReport, tableOf: Table): string[] {
  const { month, at, unknown, differences, changes, hints, priceBook } = report
  return [
    `${month}, as of ${isoOf(at).slice(0, 16)}Z`,
    ...figures(report),
    ...verdict(report),
    ...section(`unknown, and in no figure: ${unknown.length}`, unknown.map(unknownLine)),
    ...section('per node', tableOf(report)),
    ...section(
      'accrued and reported differ',
      differences.map(
        one =>
          `${one.provider}: accrued ${money(one.accruedMicros, one.currency)}, reported ${money(one.reportedMicros, one.currency)}`,
      ),
    ),
    ...section(
      'since a week ago, per month',
      changes.map(one => `${signedMoney(one.monthlyMicros, one.currency)}  ${one.node ?? ''} ${one.what}`),
    ),
    ...section(
      'could be saved, per month',
      hints.map(one => `${money(one.monthlyMicros, one.currency)}  ${one.what}${ofNodes(one.nodes)}`),
    ),
    ...section('prices', sourceLines(priceBook.bySource)),
  ]
}

/** Where prices were read, a line each: a source says what it likes, commas too. */
export function sourceLines(sources: readonly PriceSource[]): string[] {
  const days = ({ oldestAt, newestAt }: PriceSource) => [...new Set([dayOf(oldestAt), dayOf(newestAt)])].join(' to ')
  const rows = sources.map(one => [days(one), String(one.prices), one.isEstimated ? 'ESTIMATE' : '', one.source])
  return rows.length === 0 ? [] : table([['of', 'prices', '', 'read at'], ...rows], [1])
}

/** All of a few; of many, some and how many there are. */
function ofNodes(nodes: readonly string[]): string {
  if (nodes.length === 0) return ''
  return nodes.length <= 4
    ? ` (${nodes.join(', ')})`
    : ` (${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more)`
}

function whatIfLines(file: string, report: CostReport, tableOf: Table): string[] {
  return [
    '',
    `what if ${file}:`,
    ...figures(report),
    ...verdict(report),
    ...section(`unknown, and in no figure: ${report.unknown.length}`, report.unknown.map(unknownLine)),
    ...section('per node', tableOf(report)),
  ]
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', heading, ...lines.map(line => `  ${line}`)]
}

function figures({ totals, converted }: CostReport): string[] {
  const rows = totals.map(one => [
    one.currency,
    money(one.accruedMicros, one.currency),
    one.reportedMicros === null
      ? 'nothing reported'
      : `${money(one.reportedMicros, one.currency)} (${dayOf(one.reportedAsOf)})`,
    money(one.projectionMicros, one.currency),
    // A month that is over has no other length than it had.
    one.monthlyMicros === null ? '' : money(one.monthlyMicros, one.currency),
  ])
  if (converted) {
    const { currency, monthlyMicros } = converted
    rows.push([
      `all in ${currency}`,
      money(converted.accruedMicros, currency),
      '',
      money(converted.projectionMicros, currency),
      monthlyMicros === null ? '' : money(monthlyMicros, currency),
    ])
  }
  if (rows.length === 0) return ['nothing that costs is known']
  const hasMonth = totals.some(one => one.monthlyMicros !== null)
  const rates = converted?.rates.map(({ from, rate, date }) => `1 ${from} = ${rate} ${converted.currency} of ${date}`)
  return [
    ...table([['', 'accrued', 'reported', 'projection', hasMonth ? 'full month' : ''], ...rows], [1, 3, 4]),
    ...(rates ? [`reckoned at ${rates.join(', ')}`] : []),
  ]
}

function verdict({ ceiling }: CostReport): string[] {
  if (!ceiling) return ['no ceiling: the fleet file has no budget']
  const { currency, micros, overMicros, warnMicros } = ceiling
  const whole = `ceiling ${money(micros, currency)}`
  const month = missedByFullMonth(ceiling)
  const fullMonth = month === null ? [] : [`a full month of what runs now misses it by ${money(month, currency)}`]
  switch (ceiling.verdict) {
    case 'over':
      return [`${whole}: MISSED${overMicros === null ? '' : ` by ${money(overMicros, currency)}`}`, ...fullMonth]
    case 'warn':
      return [
        `${whole}: kept, but past the warning at ${money(warnMicros, currency)}${room(overMicros, currency)}`,
        ...fullMonth,
      ]
    case 'within':
      return [`${whole}: kept${room(overMicros, currency)}`, ...fullMonth]
    case 'unknown':
      return [`${whole}: unknown, since not everything has a figure${room(overMicros, currency)}`, ...fullMonth]
  }
}

function room(overMicros: number | null, currency: string): string {
  return overMicros === null || overMicros > 0 ? '' : `, ${money(-overMicros, currency)} of room`
}

function unknownLine({ node, what, why }: CostReport['unknown'][number]): string {
  return `${node === null ? '' : `${node}: `}${what}: ${why}`
}

/** A row a node and currency: its three figures, and what is in them. */
function nodeTable({ lines, month, at }: CostReport): string[] {
  const isOver = isMonthOver(month, at)
  if (lines.length === 0) return []
  const groups = Map.groupBy(lines, line => JSON.stringify([nodeOf(line), line.currency]))
  const rows = [...groups.values()].flatMap(own => {
    const [first] = own
    if (!first) return []
    const running = own.filter(line => line.running)
    const ended = own.length - running.length
    return [
      [
        nodeOf(first),
        [...new Set(own.map(line => line.region))].join(' '),
        together(
          own.map(line => line.accruedMicros),
          first.currency,
        ),
        together(
          own.map(line => line.projectionMicros),
          first.currency,
        ),
        // What ended or is stopped is no part of the months to come.
        running.length === 0
          ? ''
          : together(
              running.map(line => line.monthlyMicros),
              first.currency,
            ),
        ended === 0 || isOver ? '' : running.length === 0 ? 'ended' : `${ended} ended`,
      ],
    ]
  })
  return table([['node', 'region', 'accrued', 'projection', isOver ? '' : 'full month', ''], ...rows], [2, 3, 4])
}

function nodeOf(line: CostReport['lines'][number]): string {
  return line.node ?? `(no node) ${line.provider}`
}

/** A sum of which a part has no figure says so, and is never taken for the whole. */
function together(amounts: readonly (number | null)[], currency: string): string {
  const known = amounts.filter(amount => amount !== null)
  if (known.length === 0) return money(null, currency)
  const sum = money(
    known.reduce((all, one) => all + one, 0),
    currency,
  )
  return known.length === amounts.length ? sum : `${sum} +?`
}

/** A row a resource, those of a node together; the node's name stands at the first. */
function resourceTable({ lines, month, at }: CostReport): string[] {
  const isOver = isMonthOver(month, at)
  if (lines.length === 0) return []
  const groups = Map.groupBy(lines, nodeOf)
  const rows = [...groups].flatMap(([node, own]) =>
    own.map((line, index) => [
      index === 0 ? node : '',
      index === 0 ? line.region : '',
      line.resource,
      line.quantity === 1 ? line.sku : `${line.sku} × ${line.quantity}`,
      line.hours === null ? '' : `${Math.round(line.hours)} h`,
      money(line.accruedMicros, line.currency),
      money(line.projectionMicros, line.currency),
      money(line.monthlyMicros, line.currency),
      // In a month that is over, what runs today is not told from what ended.
      line.running || isOver ? '' : 'ended',
    ]),
  )
  const head = ['node', 'region', 'what', '', 'billed', 'accrued', 'projection', 'full month', '']
  return table([head, ...rows], [4, 5, 6, 7])
}
