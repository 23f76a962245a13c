// Money: what is spent on what since when, at which price, and what providers say of it.
import Type, { type Static } from 'typebox'
import { type Price, price, providerName } from '../../infra/clouds/shapes.ts'
import { BadInput, Refused } from '../../state/primitives/errors.ts'
import { own } from '../../state/primitives/record.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext, Effect, Noun } from '../engine/noun.ts'
import { mayOperate } from '../incidents/noun.ts'
import { bookOf, priceKey, sameFigure } from './book.ts'
import { reduceMoney, reportedKey, supersedes } from './ledger.ts'
import { momentText, monthWindow } from './month.ts'
import { type MoneyEvent, type MoneySlice, moneyEvents, type Reported, reported } from './shapes.ts'

const closed = { additionalProperties: false } as const
const requestId = Type.String({ pattern: '^(?:prices|billing)-[a-z0-9-]{1,64}$' })
/** Cost Explorer takes a cent a page and is a day late: twice a day is plenty. */
export const billingPauseMs = 12 * 3_600_000
const dayMs = 86_400_000

const moneyCommands = {
  /** Reads prices anew at the providers; null: all of the fleet. */
  'money.refresh-prices': Type.Object(
    { type: Type.Literal('money.refresh-prices'), id: requestId, provider: Type.Union([providerName, Type.Null()]) },
    closed,
  ),
  /** Asks a provider's billing, which may cost: refused within twelve hours of the last time. */
  'money.ask-billing': Type.Object(
    { type: Type.Literal('money.ask-billing'), id: requestId, provider: providerName },
    closed,
  ),
  /** An invoice, written down by a person. */
  'money.report': Type.Object(
    { type: Type.Literal('money.report'), reported: Type.Omit(reported, ['by', 'queryCost']) },
    closed,
  ),
  /** The engine's own: how a refresh ended. */
  'money.answer': Type.Object(
    {
      type: Type.Literal('money.answer'),
      id: requestId,
      prices: Type.Array(price),
      reported: Type.Array(Type.Omit(reported, ['by'])),
      trouble: Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()]),
    },
    closed,
  ),
} as const
export type MoneyCommand = {
  [K in keyof typeof moneyCommands]: Static<(typeof moneyCommands)[K]>
}[keyof typeof moneyCommands]

export const moneyNoun: Noun<MoneySlice, MoneyCommand, MoneyEvent> = {
  name: 'money',
  commands: moneyCommands,
  events: moneyEvents,
  initial: { lifetimes: {}, prices: {}, reported: {}, asked: {}, open: {}, closed: [] },
  decide: decideMoney,
  reduce: (slice, event, commit) => reduceMoney(slice, [event], commit),
  reduceAll: reduceMoney,
  pending: pendingMoney,
}
export type { MoneyEvent }

/** Its outcome comes back as `money.answer` with this id. */
export interface MoneyEffect extends Effect {
  kind: 'money.prices' | 'money.billing'
  provider: string | null
}

function pendingMoney(state: FleetState): MoneyEffect[] {
  return Object.values(state.money.open).map(({ id, kind, provider }) => ({ id, kind: `money.${kind}`, provider }))
}

function decideMoney(state: FleetState, command: MoneyCommand, context: DecideContext): MoneyEvent[] {
  if (!mayOperate(context)) {
    throw new Refused({
      name: 'role-missing',
      message: `${context.by} is neither operator nor owner in the fleet file`,
      remedy: 'ask an operator, or add the role under `people`',
    })
  }
  const { money } = state
  switch (command.type) {
    case 'money.refresh-prices': {
      const { id, provider } = command
      if (isKnown(money, id)) return []
      const other = Object.values(money.open).find(one => one.kind === 'prices' && one.provider === provider)
      if (other) {
        throw new Refused({
          name: 'prices-being-read',
          message: `the prices of ${provider ?? 'every provider'} are being read since ${momentText(other.at)}`,
          remedy: 'wait for its end',
        })
      }
      return [{ type: 'money.asking', id, kind: 'prices', provider }]
    }
    case 'money.ask-billing': {
      const { id, provider } = command
      if (isKnown(money, id)) return []
      refuseTooOften(money, provider, context.now)
      return [{ type: 'money.asking', id, kind: 'billing', provider }]
    }
    case 'money.report':
      return reportByPerson(money, { ...command.reported, by: context.by, queryCost: null }, context)
    case 'money.answer':
      return answer(money, command, context)
  }
}

/** The client names its request, so that one sent twice is asked once. */
function isKnown(money: MoneySlice, id: string): boolean {
  return Object.hasOwn(money.open, id) || money.closed.some(one => one.id === id)
}

function refuseTooOften(money: MoneySlice, provider: string, now: number): void {
  const last = own(money.asked, provider)
  // A last time that lies ahead is of a clock that was wrong: it forbids nothing for years.
  if (last === undefined || last > now || now - last >= billingPauseMs) return
  throw new Refused({
    name: 'billing-asked-lately',
    message: `the billing of ${provider} was asked at ${momentText(last)}: asking costs, and what it says is about a day old`,
    remedy: `it may be asked again from ${momentText(last + billingPauseMs)}`,
  })
}

function reportByPerson(money: MoneySlice, said: Reported, context: DecideContext): MoneyEvent[] {
  if (context.by === 'engine') {
    throw new Refused({ name: 'person-only', message: 'an invoice is written down by a person, not by the engine' })
  }
  const { from } = monthWindow(said.month)
  if (said.asOf < from || said.asOf > context.now + dayMs) {
    throw new BadInput({
      name: 'reported-out-of-time',
      message: `a figure of ${said.month} cannot be as of ${momentText(said.asOf)}`,
      remedy: 'say as of when it counts: after the month began, and not in the future',
    })
  }
  const before = own(money.reported, reportedKey(said))
  if (before && JSON.stringify(before) === JSON.stringify(said)) return []
  if (!supersedes(said, before)) {
    throw new Refused({
      name: 'reported-is-older',
      message: `${said.provider} already has a ${before?.estimated ? 'figure' : 'final figure'} of ${said.month} as of ${momentText(before?.asOf ?? 0)}`,
      remedy: 'give a later time, or say that it is no estimate',
    })
  }
  return [{ type: 'money.reported', reported: said }]
}

function answer(
  money: MoneySlice,
  command: Extract<MoneyCommand, { type: 'money.answer' }>,
  context: DecideContext,
): MoneyEvent[] {
  if (context.by !== 'engine') {
    throw new Refused({ name: 'engine-only', message: 'only the engine says what providers answered' })
  }
  if (!Object.hasOwn(money.open, command.id)) return []
  const book = bookOf(money)
  const newest = new Map<string, Price>()
  for (const one of command.prices) {
    const before = newest.get(priceKey(one)) ?? own(money.prices, priceKey(one))
    if (before === undefined || one.at >= before.at) newest.set(priceKey(one), one)
  }
  const prices = [...newest.values()]
  const otherPrices = prices.filter(one => {
    const before = book.find(one.provider, one.region, one.kind, one.sku)
    return before === null || !sameFigure(before, one)
  })
  const said = command.reported.map(one => ({ ...one, by: context.by }))
  const reports = said.filter(one => supersedes(one, own(money.reported, reportedKey(one))))
  const otherReports = reports.filter(one => own(money.reported, reportedKey(one))?.micros !== one.micros)
  return [
    ...(prices.length === 0 ? [] : [{ type: 'money.priced' as const, prices, at: context.now }]),
    ...reports.map(one => ({ type: 'money.reported' as const, reported: one })),
    {
      type: 'money.answered',
      id: command.id,
      changed: otherPrices.length + otherReports.length,
      trouble: command.trouble,
    },
  ]
}
