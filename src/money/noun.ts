// Money: what is spent on what since when, at which price, and what providers say of it.
import Type, { type Static } from 'typebox'
import { price, providerName } from '../../infra/clouds/shapes.ts'
import { Bug } from '../../state/primitives/errors.ts'
import type { Noun } from '../engine/noun.ts'
import { type MoneyEvent, type MoneySlice, moneyEvents, reported } from './shapes.ts'

const closed = { additionalProperties: false } as const
const requestId = Type.String({ pattern: '^(?:prices|billing)-[a-z0-9-]{1,64}$' })

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
  decide() {
    throw new Bug({ name: 'not-decided', message: 'money is not decided yet' })
  },
  reduce: slice => slice,
}
export type { MoneyEvent }
