// `watchfloor prices show|refresh`: how old the prices are that everything is reckoned with, and how to have newer ones.
import { randomBytes } from 'node:crypto'
import type { Price, ProviderName } from '../../infra/clouds/shapes.ts'
import { BadInput, type Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import { bookOf, bySource, priceKey } from '../money/book.ts'
import { bySourceJson } from '../money/export.ts'
import { dayOf, isoOf, price } from './amounts.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { sourceLines } from './cost.ts'
import { table } from './output.ts'
import { providerAnswer } from './requests.ts'
import { withEngine } from './session.ts'
import type { PricesDocument } from './shapes-clouds.ts'

const pricesShow: CliCommand = {
  name: 'prices show',
  summary: 'every price that is reckoned with, where it was read, and of when it is',
  exits: '4 no engine',
  run: call => withEngine(call, engine => showPrices(call, engine)),
}

const pricesRefresh: CliCommand = {
  name: 'prices refresh',
  summary: 'read prices anew at the providers; running machines cost the new ones from then on',
  options: [
    {
      flags: '--provider <provider>',
      description: 'only there (default: every provider of the fleet)',
      choices: ['aws', 'gcp', 'hetzner'],
    },
  ],
  exits: '1 a price could not be read · 3 no answer yet · 4 no engine · 5 refused',
  run: call => withEngine(call, engine => refreshPrices(call, engine)),
}

export const pricesCommands: readonly CliCommand[] = [pricesShow, pricesRefresh]

export async function showPrices(call: Call, engine: Engine): Promise<Exit> {
  await tell(call, engine)
  return 0
}

export async function refreshPrices(call: Call, engine: Engine): Promise<Exit> {
  const id = `prices-${randomBytes(8).toString('hex')}`
  const provider = providerOf(text(call.options.provider))
  await engine.do({ type: 'money.refresh-prices', id, provider })
  const { changed, trouble } = await providerAnswer(engine, id)
  await tell(call, engine, { changed, trouble })
  return trouble === null ? 0 : 1
}

export function providerOf(words: string | undefined): ProviderName | null {
  switch (words) {
    case undefined:
      return null
    case 'aws':
    case 'gcp':
    case 'hetzner':
    case 'static':
      return words
    default:
      throw new BadInput({
        name: 'bad-provider',
        message: `"${words}" is no provider`,
        remedy: 'Say aws, gcp or hetzner.',
      })
  }
}

/** The whole book: what this home read at providers, and what came with the program for everything else. */
async function tell(call: Call, engine: Engine, refresh?: PricesDocument['refresh']): Promise<void> {
  const { console, options } = { ...call, console: call.context.console }
  const { money } = engine.state()
  const book = bookOf(money)
  const prices = [...book.all()].sort((a, b) => priceKey(a).localeCompare(priceKey(b)))
  const isCarried = (one: Price) => !Object.hasOwn(money.prices, priceKey(one))
  const sources = bySource(prices)
  if (options.json) {
    const document: PricesDocument = {
      book: {
        oldest_at: isoOf(book.oldestAt),
        newest_at: isoOf(book.newestAt),
        sources: book.sources,
        by_source: sources.map(bySourceJson),
      },
      prices: prices.map(one => ({ ...documentOf(one), carried: isCarried(one) })),
    }
    console.out(JSON.stringify(refresh ? { ...document, refresh } : document))
    return
  }
  const head = ['provider', 'region', 'what', '', 'an hour', 'a month', '', 'of', 'source']
  const rows = prices.map(one => [
    one.provider,
    one.region,
    one.kind,
    one.sku,
    one.hourlyNanos === null ? '' : price(one.hourlyNanos),
    one.monthlyNanos === null ? '' : price(one.monthlyNanos),
    one.currency,
    dayOf(one.at),
    one.source,
  ])
  for (const line of [...table([head, ...rows], [4, 5]), '', ...sourceLines(sources)]) console.out(forTerminal(line))
  const carried = prices.filter(isCarried).length
  console.out(
    `${prices.length - carried} read at providers by this home, ${carried} come with the program; \`watchfloor prices refresh\` reads anew`,
  )
  if (refresh) {
    console.out(`${refresh.changed} ${refresh.changed === 1 ? 'figure is' : 'figures are'} other than before`)
    if (refresh.trouble !== null) console.err(forTerminal(`watchfloor: not all could be read: ${refresh.trouble}`))
  }
}

function documentOf(one: Price): Omit<PricesDocument['prices'][number], 'carried'> {
  const { provider, region, kind, sku, currency, source } = one
  return {
    provider,
    region,
    resource: kind,
    sku,
    currency,
    hourly_nanos: one.hourlyNanos,
    monthly_nanos: one.monthlyNanos,
    source,
    at: isoOf(one.at),
  }
}
