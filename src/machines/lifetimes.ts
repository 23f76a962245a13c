// What seeing a machine says about money: what began to cost, ended, paused, or became something else. Pure; made in the
// same commit as what was seen.
import type { Machine, Price, Resource } from '../../infra/clouds/shapes.ts'
import type { Lifetime, MoneyEvent, MoneySlice } from '../money/shapes.ts'
import type { RegionSight } from './shapes.ts'

/** So long after its beginning a thing may be missing in a listing without being gone: clouds are not consistent at once. */
const unseenGraceMs = 10 * 60_000
const listedKinds: ReadonlySet<string> = new Set(['instance', 'ipv4', 'disk', 'address'])

export interface Book {
  /** The newest lifetime of a resource, by the resource's own id. */
  newest: ReadonlyMap<string, { lifetime: Lifetime; count: number }>
  open: readonly Lifetime[]
}

export function bookOf(money: MoneySlice): Book {
  const newest = new Map<string, { lifetime: Lifetime; count: number }>()
  const open: Lifetime[] = []
  for (const lifetime of Object.values(money.lifetimes)) {
    if (lifetime.to === null) open.push(lifetime)
    const { base, count } = partsOf(lifetime.id)
    if (count > (newest.get(base)?.count ?? 0)) newest.set(base, { lifetime, count })
  }
  return { newest, open }
}

interface Seen {
  /** null: it is nobody's by its tags. */
  node: string | null
  prices: readonly Price[]
  /** When it was seen, ms. */
  at: number
}

/** What a machine that was seen says, against what is known. */
export function moneyOfMachine(book: Book, machine: Machine, seen: Seen): MoneyEvent[] {
  if (machine.state === 'gone') {
    const bases = [machine.id, ...machine.resources.map(one => one.id)].map(id => baseOf(machine, id))
    return ending(book, bases, seen.at)
  }
  const found = machine.resources.filter(costs).flatMap(resource => moneyOfResource(book, resource, machine, seen))
  const rested = restOf(book, machine, found, seen.at)
  return [...joined(found), ...rested]
}

/** A disk or an address of ours that hangs on nothing costs all the same. */
export function moneyOfLoose(
  book: Book,
  resource: Resource,
  where: Pick<Machine, 'provider' | 'region'>,
  seen: Seen,
): MoneyEvent[] {
  if (!costs(resource)) return []
  return joined(moneyOfResource(book, resource, { ...where, launchedAt: null }, seen))
}

/** What a region shows no more, though it was listed. */
export function moneyOfVanished(book: Book, sight: RegionSight, isBusy: (node: string) => boolean): MoneyEvent[] {
  const shown = new Set(
    [...sight.machines.filter(one => one.state !== 'gone').flatMap(one => one.resources), ...sight.loose].map(one =>
      baseOf(sight, one.id),
    ),
  )
  // An adapter may name the machine and leave out what it is billed for.
  for (const machine of sight.machines) {
    if (machine.state === 'gone') continue
    shown.add(baseOf(sight, machine.id))
    // A stopped machine has no address; that rests until it starts again.
    if (machine.state === 'stopped') shown.add(baseOf(sight, `${machine.id}/ipv4`))
  }
  const gone = book.open.filter(
    one =>
      one.provider === sight.provider &&
      one.region === sight.region &&
      one.provider !== 'static' &&
      listedKinds.has(one.kind) &&
      one.from + unseenGraceMs <= sight.at &&
      !(one.node !== null && isBusy(one.node)) &&
      !shown.has(partsOf(one.id).base),
  )
  return gone.length === 0 ? [] : [{ type: 'money.ended', ids: gone.map(one => one.id), at: sight.at }]
}

/** After a node's machines are gone: everything of the node there, but for what was left behind. */
export function moneyOfDestroyed(
  book: Book,
  gone: { provider: string; region: string; node: string; machines: readonly string[]; leftovers: readonly Resource[] },
  at: number,
): MoneyEvent[] {
  const left = new Set(gone.leftovers.map(one => baseOf(gone, one.id)))
  const its = new Set(gone.machines.map(id => baseOf(gone, id)))
  const ids = book.open
    .filter(one => one.provider === gone.provider && one.region === gone.region)
    .filter(one => one.node === gone.node || its.has(partsOf(one.id).base))
    .filter(one => !left.has(partsOf(one.id).base))
    .map(one => one.id)
  return ids.length === 0 ? [] : [{ type: 'money.ended', ids, at }]
}

function moneyOfResource(
  book: Book,
  resource: Resource,
  machine: Pick<Machine, 'provider' | 'region' | 'launchedAt'>,
  { node, prices, at }: Seen,
): MoneyEvent[] {
  const base = baseOf(machine, resource.id)
  const known = book.newest.get(base)
  const begin = (id: string, from: number, fromSource: Lifetime['fromSource']): MoneyEvent => ({
    type: 'money.began',
    lifetimes: [
      {
        id,
        node,
        provider: machine.provider,
        region: machine.region,
        kind: resource.kind,
        sku: resource.sku,
        quantity: resource.quantity,
        from,
        fromSource,
        to: null,
        rates: prices
          .filter(one => one.provider === machine.provider && one.region === machine.region)
          .filter(one => one.kind === resource.kind && one.sku === resource.sku)
          .slice(0, 1)
          .map(({ currency, hourlyNanos, monthlyNanos, source, at: pricedAt }) => ({
            from,
            currency,
            hourlyNanos,
            monthlyNanos,
            source,
            pricedAt,
          })),
        pauses: [],
      },
    ],
  })
  const told = resource.createdAt ?? machine.launchedAt
  if (!known) return [told === null ? begin(base, at, 'seen') : begin(base, Math.min(told, at), 'provider')]
  const { lifetime, count } = known
  if (lifetime.to !== null) {
    // A look that was taken before it ended tells nothing new.
    return lifetime.to < at ? [begin(`${base}#${count + 1}`, at, 'seen')] : []
  }
  if (lifetime.sku === resource.sku && lifetime.quantity === resource.quantity) return []
  // EC2 and Compute Engine resize a stopped machine: it costs the new price from its new start on.
  const started = machine.launchedAt
  const exact = resource.kind === 'instance' && started !== null && started > lifetime.from && started <= at
  const moment = exact ? started : at
  return [
    { type: 'money.ended', ids: [lifetime.id], at: moment },
    begin(`${base}#${count + 1}`, moment, exact ? 'provider' : 'seen'),
  ]
}

/** What a stopped machine does not cost. Hetzner bills until it is deleted. */
const restsWhenStopped: Readonly<Record<Machine['provider'], ReadonlySet<string>>> = {
  aws: new Set(['instance', 'ipv4']),
  gcp: new Set(['instance']),
  hetzner: new Set(),
  static: new Set(),
}

function restOf(book: Book, machine: Machine, found: readonly MoneyEvent[], at: number): MoneyEvent[] {
  if (machine.state !== 'stopped' && machine.state !== 'running') return []
  const rests = restsWhenStopped[machine.provider]
  const begun = new Set(
    found.flatMap(event => (event.type === 'money.began' ? event.lifetimes.map(one => one.id) : [])),
  )
  const ended = new Set(found.flatMap(event => (event.type === 'money.ended' ? event.ids : [])))
  const pause: string[] = []
  const resume: string[] = []
  // What a stopped machine does not cost is not among its resources any more, where the adapter leaves it out.
  const bases = new Set([
    ...machine.resources.filter(one => rests.has(one.kind)).map(one => baseOf(machine, one.id)),
    ...(rests.has('instance') ? [baseOf(machine, machine.id)] : []),
    ...(rests.has('ipv4') ? [baseOf(machine, `${machine.id}/ipv4`)] : []),
  ])
  for (const base of bases) {
    const known = book.newest.get(base)
    const open = known && known.lifetime.to === null && !ended.has(known.lifetime.id) ? known.lifetime : null
    const resting = open?.pauses.at(-1)?.to === null && open.pauses.length > 0
    if (machine.state === 'stopped') {
      if (open && !resting) pause.push(open.id)
      pause.push(...[...begun].filter(id => partsOf(id).base === base))
    } else if (open && resting) resume.push(open.id)
  }
  return [
    ...(pause.length > 0 ? [{ type: 'money.paused' as const, ids: pause, at }] : []),
    ...(resume.length > 0 ? [{ type: 'money.resumed' as const, ids: resume, at }] : []),
  ]
}

function ending(book: Book, bases: readonly string[], at: number): MoneyEvent[] {
  const ids = [...new Set(bases)].flatMap(base => {
    const lifetime = book.newest.get(base)?.lifetime
    return lifetime && lifetime.to === null ? [lifetime.id] : []
  })
  return ids.length === 0 ? [] : [{ type: 'money.ended', ids, at }]
}

/** One event for all that began. */
function joined(events: readonly MoneyEvent[]): MoneyEvent[] {
  const began = events.flatMap(event => (event.type === 'money.began' ? event.lifetimes : []))
  const rest = events.filter(event => event.type !== 'money.began')
  return began.length === 0 ? rest : [...rest, { type: 'money.began', lifetimes: began }]
}

function costs(resource: Resource): boolean {
  return resource.kind !== 'group' && resource.kind !== 'key'
}

function baseOf(where: { provider: string; region: string }, id: string): string {
  return `${where.provider}/${where.region}/${id}`
}

/** `aws/r/i-1#2`: the second lifetime of `aws/r/i-1`. */
function partsOf(id: string): { base: string; count: number } {
  const [, base = id, count = '1'] = /^(.*)#(\d{1,6})$/.exec(id) ?? []
  return { base, count: Number(count) }
}
