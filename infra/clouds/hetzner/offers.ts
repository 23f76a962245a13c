// What Hetzner sells where. A type that is listed and priced may be retired or sold out all the same (CX22 and CX32 were
// listed long after nobody could order them).
import type { Offer } from '../cloud.ts'
import { providerText } from '../provider-text.ts'
import { archOf, momentOf } from './machine.ts'
import type { ServerType } from './replies.ts'

/** null: it is not sold there at all. */
export function offerOf(type: ServerType, region: string, now: number): Offer | null {
  const here = type.locations?.find(({ name }) => name === region)
  const isPriced = type.prices?.some(({ location }) => location === region) === true
  if (!here && (type.locations?.length || !isPriced)) return null
  const deprecation = here?.deprecation ?? type.deprecation ?? null
  const endsAt = momentOf(deprecation?.unavailable_after)
  const day = endsAt === null ? '' : new Date(endsAt).toISOString().slice(0, 10)
  const isRetired = endsAt !== null && endsAt <= now
  const isOut = here?.available === false
  return {
    provider: 'hetzner',
    region,
    type: providerText(type.name),
    arch: archOf(type.architecture) ?? 'unknown',
    vcpus: type.cores,
    memoryMib: Math.round(type.memory * 1024),
    diskGb: type.disk,
    available: isRetired || isOut ? false : (here?.available ?? null),
    note: isRetired
      ? `retired since ${day}`
      : isOut
        ? 'out of stock'
        : deprecation
          ? `deprecated${day === '' ? '' : `, ends ${day}`}`
          : null,
  }
}

/** Types with the same power that can still be had there: what to order in place of a retired one. */
export function successors(type: ServerType, all: readonly ServerType[], region: string, now: number): string[] {
  return all
    .filter(
      other =>
        other.name !== type.name &&
        other.cores === type.cores &&
        other.memory === type.memory &&
        other.architecture === type.architecture,
    )
    .flatMap(other => offerOf(other, region, now) ?? [])
    .filter(offer => offer.available !== false && offer.note === null)
    .map(offer => offer.type)
}
