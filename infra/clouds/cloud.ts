// The one door to a provider. An adapter is a folder beside this file and a line in `clouds.ts`; who launches, destroys
// and counts (src/machines, src/money) knows no provider by name.
//
// A machine is created in three steps, so that a crash between any two leaves nothing unknown: `prepare` settles every
// detail of the request, the caller writes request and token to the journal, `launch` sends exactly that. Sent again, with the same token, it
// gives the same machine.
import type { CloudError } from './error.ts'
import type { Machine, MachineSpec, OwnerTags, Prepared, Price, ProviderName, Resource } from './shapes.ts'

export interface RegionState {
  region: string
  /** `off`: the account has not enabled it. `impaired`: off by default, since it is known to be in trouble. */
  status: 'enabled' | 'off' | 'impaired' | 'unknown'
  why: string | null
}

export interface Offer {
  provider: ProviderName
  region: string
  type: string
  arch: string
  vcpus: number
  memoryMib: number
  /** Root disk that comes with it, GB; null: a disk of its own, any size. */
  diskGb: number | null
  /** null: the provider does not say before one tries. */
  available: boolean | null
  /** `retired since 2026-01-01`, `out of stock`; for people. */
  note: string | null
}

export interface Listing {
  machines: readonly Machine[]
  /** Disks, addresses, groups, keys that hang on no machine. */
  loose: readonly Resource[]
}

export type DestroyOutcome =
  | { id: string; outcome: 'asked' }
  | { id: string; outcome: 'gone' }
  /** It does not carry our tags, or is protected: nothing was done. */
  | { id: string; outcome: 'refused'; why: string }
  /** It was not done, or nobody knows; the others were asked all the same. */
  | { id: string; outcome: 'failed'; error: CloudError }

export interface Cloud {
  readonly provider: ProviderName
  /** Every region of the account, also those that are off. */
  regions(signal: AbortSignal): Promise<RegionState[]>
  /** What can be had there; `types` narrows where asking for all would be slow. */
  offers(region: string, types: readonly string[] | null, signal: AbortSignal): Promise<Offer[]>
  /**
   * Looks up what the request needs (image, network, group, key) and makes of it what costs nothing and is not there
   * yet. `zone` null: the adapter chooses.
   */
  prepare(spec: MachineSpec, tags: OwnerTags, zone: string | null, signal: AbortSignal): Promise<Prepared>
  /**
   * Sends a prepared request. `token`: a UUID; the same token and request give the same machine and never a second
   * one. A CloudError whose `effect` is `unknown` may have made it all the same: find it, or send the same again.
   */
  launch(prepared: Prepared, tags: OwnerTags, token: string, signal: AbortSignal): Promise<Machine>
  /** Machines that carry these tags (op narrows), in every zone of the region, those that are just ending too. */
  find(region: string, tags: { fleet: string; node: string; op?: string }, signal: AbortSignal): Promise<Machine[]>
  /** By id; null: the provider knows none, which just after a create does not mean that there is none. */
  get(region: string, id: string, signal: AbortSignal): Promise<Machine | null>
  /**
   * Asks for the end of machines that carry `fleet` and `node`; anything else is refused, a machine at a time. An outcome
   * for each id, in their order; throws only where nothing was asked of any. Gone is for the caller to see.
   */
  destroy(
    region: string,
    ids: readonly string[],
    tags: { fleet: string; node: string },
    signal: AbortSignal,
  ): Promise<DestroyOutcome[]>
  /** Removes what costs nothing and was made for the fleet there (groups, keys), if nothing uses it; says what it removed. */
  tidy(region: string, fleet: string, signal: AbortSignal): Promise<string[]>
  /** Everything in the region, ours or not. */
  list(region: string, signal: AbortSignal): Promise<Listing>
  /** Puts our tags on a machine that was made by somebody else, and on what hangs on it. */
  adopt(region: string, id: string, tags: OwnerTags, signal: AbortSignal): Promise<void>
  /** Ends the public SSH access of `sshOpen`: installing is over. Idempotent. */
  closeSsh(region: string, id: string, tags: { fleet: string; node: string }, signal: AbortSignal): Promise<void>
  /** Prices now, of the named types and of addresses and disks, in the named regions. */
  prices(regions: readonly string[], types: readonly string[], signal: AbortSignal): Promise<Price[]>
  /** What the provider's own billing says of a month (`2026-11`); absent: it has no such thing. */
  billed?(month: string, signal: AbortSignal): Promise<Billed>
}

export interface Billed {
  /** Whole micro-units. */
  amounts: readonly { currency: string; micros: number }[]
  /** Until when it counts, ms. */
  asOf: number
  /** The provider calls it an estimate. */
  estimated: boolean
  /** What asking cost, whole micro-units of `currency`; null: nothing. */
  queryCost: { currency: string; micros: number } | null
  source: string
}
