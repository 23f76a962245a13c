// Which regions the account has, and which of them are on. Asked before anything else: a region that is off answers
// `AuthFailure`, exactly as bad credentials do, and nobody shall hunt for a fault in a key that is good.

import type { RegionState } from '../cloud.ts'
import { CloudError } from '../error.ts'
import { type Aws, guarded, type Region, regionOf } from './ask.ts'
import { codeOf } from './errors.ts'
import { regionList } from './replies.ts'

/** Known to be in trouble, with why. me-central-1 lost two of its three zones on 2026-03-01. */
const impaired: Readonly<Record<string, string>> = {
  'me-central-1': 'two of its three zones were lost on 2026-03-01; its images may be stale or missing',
}
/** How long what was learned is believed, and a failure to learn is not repeated, ms. */
const believedFor = 10 * 60_000
const notAskedFor = 60_000

export interface Regions {
  list(signal: AbortSignal): Promise<RegionState[]>
  /** Throws `region-off` where the account has not enabled it. */
  mustBeOn(region: string, signal: AbortSignal): Promise<void>
  /** What a call threw, with the blame where it belongs. */
  blame(error: unknown, region: string, signal: AbortSignal): Promise<unknown>
}

export function createRegions(aws: Aws): Regions {
  let known: { states: readonly RegionState[] | null; until: number } | null = null
  let running: Promise<readonly RegionState[] | null> | null = null
  const { now } = aws.settings

  async function learn(signal: AbortSignal): Promise<RegionState[]> {
    const states = await readStates(aws, signal)
    known = { states, until: now() + believedFor }
    return states
  }
  /** null: nobody can say at the moment. */
  function current(signal: AbortSignal): Promise<readonly RegionState[] | null> {
    if (known && now() < known.until) return Promise.resolve(known.states)
    // Twenty regions that begin at once ask once. One that is cut off must not leave the others without an answer.
    running ??= learn(AbortSignal.timeout(60_000))
      .catch(error => {
        if (error instanceof CloudError && error.failure === 'credentials') throw error
        known = { states: null, until: now() + notAskedFor }
        return null
      })
      .finally(() => {
        running = null
      })
    return unlessAborted(running, signal)
  }
  const isOff = (states: readonly RegionState[] | null, region: string) =>
    states?.find(state => state.region === region && state.status === 'off') ?? null

  return {
    list: learn,
    async mustBeOn(region, signal) {
      const off = isOff(await current(signal), region)
      if (off) throw regionOff(region, off.why)
    },
    async blame(error, region, signal) {
      if (!(error instanceof CloudError) || error.failure !== 'credentials') return error
      if (!['AuthFailure', 'InvalidClientTokenId', 'UnrecognizedClientException'].includes(codeOf(error) ?? ''))
        return error
      // It may have been switched off since; and where nobody can say, the key is not blamed.
      const fresh = await learn(signal).catch(() => null)
      const off = isOff(fresh, region)
      if (off) return regionOff(region, off.why)
      if (fresh) return error
      return new CloudError({
        failure: 'credentials',
        effect: 'none',
        message: `${error.message}. AWS says the same of a region that is not enabled, and whether ${region} is could not be learned`,
        remedy: `Look in the AWS console whether ${region} is enabled; if it is, look at the credentials.`,
        code: error.code,
      })
    },
  }
}

function regionOff(region: string, why: string | null): CloudError {
  return new CloudError({
    failure: 'region-off',
    effect: 'none',
    message: `AWS region ${region} is not enabled for this account${why ? ` (${why})` : ''}`,
    remedy: `Enable it (aws account enable-region --region-name ${region}; it takes minutes to hours), or choose another.`,
    code: 'OptInRequired',
  })
}

async function readStates(aws: Aws, signal: AbortSignal): Promise<RegionState[]> {
  const home = homeRegion(aws)
  try {
    const states = await askEc2(regionOf(aws, home, signal))
    if (states.every(state => state.status !== 'off' && state.status !== 'unknown')) return states
    // EC2 knows on and off; the account also knows what is under way. Not everybody may ask it, and not all have it.
    const finer = await askAccount(aws, home, signal).catch(() => null)
    return finer ? states.map(state => refined(state, finer.get(state.region))) : states
  } catch (error) {
    if (!(error instanceof CloudError) || error.failure !== 'rights') throw error
    const told = await askAccount(aws, home, signal).catch(() => {
      throw error
    })
    return [...told].map(([region, optIn]) => refined(stateOf(region, undefined), optIn))
  }
}

async function askEc2(region: Region): Promise<RegionState[]> {
  const { Regions: told }: { Regions?: unknown } = await region.ask('DescribeRegions', ({ sdk, client, options }) =>
    client.send(new sdk.DescribeRegionsCommand({ AllRegions: true }), options),
  )
  if (!regionList.is(told)) throw region.unreadable('DescribeRegions', 'it names no regions')
  return told.map(({ RegionName, OptInStatus }) => stateOf(RegionName, OptInStatus))
}

async function askAccount(aws: Aws, home: string, signal: AbortSignal): Promise<Map<string, string>> {
  const told = new Map<string, string>()
  await guarded(aws, { action: 'ListRegions', region: home, creates: false }, signal, async () => {
    const { sdk, client } = await aws.clients.account(home)
    let token: string | undefined
    for (let page = 0; page < 20; page++) {
      const answer = await client.send(
        new sdk.ListRegionsCommand({ MaxResults: 50, ...(token ? { NextToken: token } : {}) }),
        { abortSignal: signal },
      )
      for (const { RegionName: name, RegionOptStatus: status } of answer.Regions ?? []) {
        if (typeof name === 'string' && typeof status === 'string' && /^[a-z0-9-]{1,50}$/.test(name))
          told.set(name, status)
      }
      token = answer.NextToken
      if (!token) break
    }
  })
  return told
}

function stateOf(region: string, optIn: string | undefined): RegionState {
  if (optIn === 'not-opted-in') return { region, status: 'off', why: 'not enabled for this account' }
  if (optIn !== 'opted-in' && optIn !== 'opt-in-not-required') {
    return { region, status: 'unknown', why: 'AWS does not say whether it is enabled' }
  }
  return enabled(region)
}

function enabled(region: string): RegionState {
  const why = Object.hasOwn(impaired, region) ? impaired[region] : undefined
  return why === undefined ? { region, status: 'enabled', why: null } : { region, status: 'impaired', why }
}

function refined(state: RegionState, optIn: string | undefined): RegionState {
  const { region } = state
  switch (optIn) {
    case 'ENABLED':
    case 'ENABLED_BY_DEFAULT':
      return state.status === 'unknown' ? enabled(region) : state
    case 'ENABLING':
      return { region, status: 'off', why: 'being enabled, which takes minutes to hours' }
    case 'DISABLING':
      return { region, status: 'off', why: 'being disabled' }
    case 'DISABLED':
      return { region, status: 'off', why: 'not enabled for this account' }
    default:
      return state
  }
}

/** Where the account itself is asked: the region of the environment, else the one that every account has. */
function homeRegion({ settings: { env } }: Aws): string {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1'
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
