// A provider whose credentials may change while the engine runs: a token that was rotated is read anew when the old one is
// refused, and what was refused is asked once more. Nothing has to be restarted, and nobody has to be told.
import type { Cloud, DestroyOutcome } from '../../infra/clouds/cloud.ts'
import { CloudError } from '../../infra/clouds/error.ts'

/** `renew`: an adapter with other credentials than this one's; null: there are none. */
export function renewingCloud(first: Cloud, renew: (refused: Cloud) => Promise<Cloud | null>): Cloud {
  let current = first

  /** Gives null where the credentials are accepted, or nothing better is there. */
  async function renewed(refused: Cloud): Promise<Cloud | null> {
    const next = await renew(refused).catch(() => null)
    if (next !== null) current = next
    return next
  }

  async function ask<Answer>(act: (cloud: Cloud) => Promise<Answer>): Promise<Answer> {
    const asked = current
    try {
      return await act(asked)
    } catch (error) {
      if (!isRefused(error)) throw error
      const next = await renewed(asked)
      // What may have been done is for the caller to look at first.
      if (next === null || error.effect === 'unknown') throw error
      return act(next)
    }
  }

  /** Outcomes are told a machine at a time; asking again for the end of what is ending does no harm. */
  async function end(act: (cloud: Cloud) => Promise<DestroyOutcome[]>): Promise<DestroyOutcome[]> {
    const asked = current
    const outcomes = await ask(act)
    if (!outcomes.some(one => one.outcome === 'failed' && isRefused(one.error))) return outcomes
    const next = await renewed(asked)
    return next === null ? outcomes : act(next)
  }

  return {
    provider: first.provider,
    regions: signal => ask(cloud => cloud.regions(signal)),
    offers: (region, types, signal) => ask(cloud => cloud.offers(region, types, signal)),
    prepare: (spec, tags, zone, signal) => ask(cloud => cloud.prepare(spec, tags, zone, signal)),
    launch: (prepared, tags, token, signal) => ask(cloud => cloud.launch(prepared, tags, token, signal)),
    find: (region, tags, signal) => ask(cloud => cloud.find(region, tags, signal)),
    get: (region, id, signal) => ask(cloud => cloud.get(region, id, signal)),
    destroy: (region, ids, tags, signal) => end(cloud => cloud.destroy(region, ids, tags, signal)),
    tidy: (region, fleet, signal) => ask(cloud => cloud.tidy(region, fleet, signal)),
    list: (region, signal) => ask(cloud => cloud.list(region, signal)),
    adopt: (region, id, tags, signal) => ask(cloud => cloud.adopt(region, id, tags, signal)),
    closeSsh: (region, id, tags, signal) => ask(cloud => cloud.closeSsh(region, id, tags, signal)),
    prices: (regions, types, signal) => ask(cloud => cloud.prices(regions, types, signal)),
    ...(first.billed
      ? {
          billed: (month, signal) =>
            ask(cloud => cloud.billed?.(month, signal) ?? Promise.reject(new TypeError('it has no billing any more'))),
        }
      : {}),
  }
}

function isRefused(error: unknown): error is CloudError {
  return error instanceof CloudError && error.failure === 'credentials'
}
