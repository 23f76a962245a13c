// `watchfloor offers`: which machines can be had where, at which price, before anything is planned on them.
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import type { OfferRow } from '../money/shapes.ts'
import { dayOf, isoOrNull, money, price } from './amounts.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { table } from './output.ts'
import { withEngine } from './session.ts'
import type { OffersDocument } from './shapes-clouds.ts'

export const offersCommand: CliCommand = {
  name: 'offers',
  summary: 'what can be had where, with price, latency from HQ and what is out of stock',
  options: [
    { flags: '--provider <provider>', description: 'only there', choices: ['aws', 'gcp', 'hetzner'] },
    { flags: '--region <region>', description: 'only there (default: wherever the fleet has or plans a node)' },
    { flags: '--type <type>', description: 'only this one: t4g.nano, cx23, e2-micro' },
  ],
  exits: '3 a region could not be asked · 4 no engine',
  run: call => withEngine(call, engine => offers(call, engine)),
}

export async function offers(call: Call, engine: Engine): Promise<Exit> {
  const { console, options } = { ...call, console: call.context.console }
  const question = {
    provider: text(options.provider) ?? null,
    region: text(options.region) ?? null,
    type: text(options.type) ?? null,
  }
  const { rows, unknown } = await engine.ask('offers', question)
  if (options.json) {
    const document: OffersDocument = { offers: rows.map(documentOf), unknown }
    console.out(JSON.stringify(document))
  } else {
    const head = ['provider', 'region', 'type', 'arch', 'vCPU', 'memory', 'an hour', 'a month', 'priced', 'latency', '']
    const shown = rows.map(rowOf)
    if (shown.length > 0) for (const line of table([head, ...shown], [4, 5, 6, 7, 9])) console.out(forTerminal(line))
    else console.out('nothing is offered')
    for (const one of unknown) console.out(forTerminal(`UNKNOWN ${one.provider} ${one.region}: ${one.why}`))
  }
  return unknown.length > 0 ? 3 : 0
}

function rowOf(one: OfferRow): string[] {
  const stock = one.available === false ? 'out of stock' : one.available === null ? 'stock unknown' : ''
  return [
    one.provider,
    one.region,
    one.type,
    one.arch,
    String(one.vcpus),
    `${one.memoryMib} MiB`,
    one.hourlyNanos === null ? 'unknown' : price(one.hourlyNanos),
    one.currency === null ? 'unknown' : money(one.monthlyMicros, one.currency),
    one.pricedAt === null ? '' : dayOf(one.pricedAt),
    one.latencyMs === null ? '' : `${Math.round(one.latencyMs)} ms`,
    [stock, one.note ?? ''].filter(words => words !== '').join('; '),
  ]
}

function documentOf(one: OfferRow): OffersDocument['offers'][number] {
  return {
    provider: one.provider,
    region: one.region,
    type: one.type,
    arch: one.arch,
    vcpus: one.vcpus,
    memory_mib: one.memoryMib,
    available: one.available,
    note: one.note,
    currency: one.currency,
    hourly_nanos: one.hourlyNanos,
    monthly_micros: one.monthlyMicros,
    priced_at: isoOrNull(one.pricedAt),
    latency_ms: one.latencyMs,
  }
}
