// Where the engine answers for clouds and money: it joins fleet, state and price book for the questions of screens and
// command line, and judges what would be spent. Reading never creates anything.
import type { Offer } from '../../infra/clouds/cloud.ts'
import type { PlannedResource, Price, ProviderName } from '../../infra/clouds/shapes.ts'
import { BadInput, WatchfloorError } from '../../state/primitives/errors.ts'
import { own } from '../../state/primitives/record.ts'
import type { Fleet, FleetNode } from '../fleet/fleet.ts'
import { lifecycleOf } from '../fleet/noun.ts'
import type { Census } from '../machines/census.ts'
import { driftReport } from '../machines/drift.ts'
import { specOf } from '../machines/plan.ts'
import type { ProvisionPlan } from '../machines/shapes.ts'
import { bookOf } from '../money/book.ts'
import { resourceLine } from '../money/declared.ts'
import { monthOf, monthWindow } from '../money/month.ts'
import { offersReport } from '../money/offers.ts'
import { judgeBudget, planMoney } from '../money/plan.ts'
import { costReport, whatIfReport } from '../money/report.ts'
import type { OffersReport } from '../money/shapes.ts'
import type { CloudAnswers } from './answers.ts'
import type { CloudRoom } from './cloud-room.ts'
import type { FleetState } from './fleet-state.ts'
import type { JudgeSpending } from './guard.ts'

export interface DeskWorld {
  fleet(): Fleet
  state(): FleetState
  clouds: CloudRoom
  census: Pick<Census, 'look' | 'lastAt'>
  /** Public keys that may log in to a node, as OpenSSH writes them. */
  publicKeys(node: FleetNode): Promise<string[]>
  /** Median round trip to a region, ms; null: nothing of the fleet is there. */
  latencyOf(region: string): number | null
  now(): number
}

/** A provider that does not answer delays nobody for longer. */
const offersMs = 20_000

export function createDesk(world: DeskWorld): CloudAnswers {
  const { fleet, state, now } = world
  const book = () => bookOf(state().money)

  async function plan(nodes: readonly string[]): Promise<ProvisionPlan> {
    const refused: ProvisionPlan['refused'] = []
    const planned: { node: string; spec: ProvisionPlan['nodes'][number]['spec'] }[] = []
    for (const name of nodes) {
      const node = fleet().nodes.get(name)
      const keys = node ? await keysOf(node) : []
      const spec = specOf(fleet(), name, Array.isArray(keys) ? keys : [])
      const there = alreadyThere(name)
      if (there) refused.push({ node: name, ...there })
      else if ('refused' in spec) refused.push({ node: name, why: spec.refused, remedy: spec.remedy })
      else if (!Array.isArray(keys)) refused.push({ node: name, ...keys })
      else planned.push({ node: name, spec })
    }
    const money = planMoney(
      { fleet: fleet(), state: state(), book: book(), now: now() },
      planned.map(({ node, spec }) => ({ node, spec, resources: null })),
    )
    const linesOf = new Map(money.nodes.map(one => [one.node, one.lines]))
    return {
      nodes: planned.map(({ node, spec }) => ({ node, spec, lines: linesOf.get(node) ?? [] })),
      refused,
      monthly: money.monthly,
      projection: money.projection,
      verdict: money.verdict,
      warnings: money.warnings,
    }
  }

  /** What the noun would refuse is not planned either, nor counted twice. */
  function alreadyThere(node: string): { why: string; remedy: string } | null {
    const { open, machines } = state().machines
    if (Object.values(open).some(op => op.node === node)) {
      return { why: 'something is under way for it already', remedy: 'Wait until that has ended.' }
    }
    const record = own(machines, node)
    if (!record || record.machine.state === 'gone') return null
    return { why: `it has a machine already: ${record.machine.id}`, remedy: `Tear ${node} down first.` }
  }

  async function keysOf(node: FleetNode): Promise<string[] | { why: string; remedy: string }> {
    try {
      const keys = await world.publicKeys(node)
      if (keys.length > 0) return keys
      return {
        why: `${node.name} has no key of which the public half is known: nobody could log in to its machine`,
        remedy: 'Name a private key as ssh.identity, or put its public half beside it as FILE.pub.',
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return { why, remedy: (error instanceof WatchfloorError ? error.remedy : null) ?? 'Mend ssh.identity.' }
    }
  }

  async function offers(
    wanted: { provider: string | null; region: string | null; type: string | null },
    signal: AbortSignal,
  ): Promise<OffersReport> {
    const providers = wanted.provider === null ? world.clouds.providers() : [providerNamed(wanted.provider)]
    const found: Offer[] = []
    const unknown: OffersReport['unknown'] = []
    await Promise.all(
      providers.map(async provider => {
        const regions = wanted.region === null ? await regionsFor(provider, signal, unknown) : [wanted.region]
        const types = wanted.type === null ? null : [wanted.type]
        const look = async (region: string) => {
          try {
            const cloud = await world.clouds.cloud(provider)
            found.push(...(await cloud.offers(region, types, AbortSignal.any([signal, AbortSignal.timeout(offersMs)]))))
          } catch (error) {
            unknown.push({ provider, region, why: error instanceof Error ? error.message : String(error) })
          }
        }
        // Together: one dead region after the other would take minutes.
        await Promise.all(regions.map(look))
      }),
    )
    return offersReport(found, unknown, book(), world.latencyOf, now())
  }

  /** Where the fleet is or is to be; where it has nothing at the provider, every region that the account has enabled. */
  async function regionsFor(
    provider: ProviderName,
    signal: AbortSignal,
    unknown: OffersReport['unknown'],
  ): Promise<string[]> {
    const own = world.clouds.regionsOf(provider)
    if (own.length > 0) return own
    try {
      const cloud = await world.clouds.cloud(provider)
      const all = await cloud.regions(AbortSignal.any([signal, AbortSignal.timeout(offersMs)]))
      return all.filter(({ status }) => status === 'enabled').map(({ region }) => region)
    } catch (error) {
      unknown.push({ provider, region: '*', why: error instanceof Error ? error.message : String(error) })
      return []
    }
  }

  return {
    cost: async ({ month }) => costReport({ fleet: fleet(), state: state(), book: book(), now: now(), month }),
    whatIf: async ({ nodes }) => whatIfReport(nodes, { fleet: fleet(), book: book(), now: now() }),
    async drift({ fresh }, signal) {
      if (fresh) await world.census.look(signal)
      return driftReport(asObserved(fleet(), state()), state().machines, world.census.lastAt(), (resource, where) =>
        monthlyOf(resource, where, state(), now()),
      )
    },
    offers,
    plan: ({ nodes }) => plan(nodes),
  }
}

/** A node that was torn down or launched is what it became, until the fleet file says it anew. */
function asObserved(fleet: Fleet, state: FleetState): Fleet {
  const nodes = [...fleet.nodes].map(([name, node]) => {
    const lifecycle = lifecycleOf(node, state.fleet)
    return [name, lifecycle === node.lifecycle ? node : { ...node, lifecycle }] as const
  })
  return { ...fleet, nodes: new Map(nodes) }
}

function providerNamed(name: string): ProviderName {
  if (name === 'aws' || name === 'gcp' || name === 'hetzner' || name === 'static') return name
  throw new BadInput({
    name: 'unknown-provider',
    message: `there is no provider "${name}"`,
    remedy: 'It is aws, gcp, hetzner or static.',
  })
}

/** A whole month of a resource; null: unknown. */
function monthlyOf(
  resource: PlannedResource,
  where: { provider: string; region: string },
  state: FleetState,
  now: number,
): { currency: string; micros: number } | null {
  const { line } = resourceLine({ node: null, ...where }, resource, bookOf(state.money), monthWindow(monthOf(now)))
  return line.monthlyMicros === null ? null : { currency: line.currency, micros: line.monthlyMicros }
}

/** Prices that the book knows of these, for the ledger. */
export function pricesOf(
  resources: readonly PlannedResource[],
  provider: ProviderName,
  region: string,
  state: FleetState,
): Price[] {
  const book = bookOf(state.money)
  const found = resources.map(({ kind, sku }) => book.find(provider, region, kind, sku))
  return [...new Set(found)].filter(price => price !== null)
}

/** Refuses launches that are not what the fleet file says, and those that the ceiling does not bear. */
export function createSpendingJudge(world: Pick<DeskWorld, 'fleet' | 'now'>): JudgeSpending {
  return (command, state) => {
    if (command.type !== 'machines.provision') return null
    const fleet = world.fleet()
    if (command.fleet !== undefined && command.fleet !== fleet.name) {
      return `this engine watches ${fleet.name}, not ${command.fleet}`
    }
    for (const { node, spec } of command.nodes) {
      const now = specOf(fleet, node, spec.sshKeys)
      if ('refused' in now) return `${node}: ${now.refused}. ${now.remedy}`
      if (JSON.stringify(now) !== JSON.stringify(ordered(spec, now))) {
        return `${node} is not to be made as it was planned: the fleet file says something else by now. Plan it again.`
      }
      if (spec.sshKeys.length === 0) return `${node}: nobody could log in to a machine without a key`
    }
    if (command.overBudget) return null
    const machines = command.nodes.map(({ node, spec }) => ({ node, spec, resources: null }))
    const over = judgeBudget({ fleet, state, book: bookOf(state.money), now: world.now() }, machines)
    return over === null ? null : `${over.why}; ${over.remedy}`
  }
}

/** The same keys in the order of the other: a client may send them in any. */
function ordered<T extends object>(given: T, like: T): unknown {
  return Object.fromEntries(Object.keys(like).map(key => [key, given[key as keyof T]]))
}
