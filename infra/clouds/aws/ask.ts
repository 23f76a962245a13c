// One call of a region: made with its client, cut off by its signal, its failure told in our classes.
import { setTimeout as delay } from 'node:timers/promises'
import type { CloudError } from '../error.ts'
import type { CloudSettings } from '../settings.ts'
import { type AwsClients, type Ec2Reached, staticCredentials } from './clients.ts'
import { cloudErrorOf, unreadable, type Where } from './errors.ts'

export interface Aws {
  settings: CloudSettings
  clients: AwsClients
  /** Between looks at what is not there yet. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

export function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal })
}

export interface Region {
  name: string
  signal: AbortSignal
  aws: Aws
  ask<Answer>(action: string, call: Ec2Call<Answer>, how?: How): Promise<Answer>
  /** Error for an answer of the wrong kind. */
  unreadable(action: string, what: string, how?: How): CloudError
}
export type Ec2Call<Answer> = (at: Ec2Reached & { options: { abortSignal: AbortSignal } }) => Promise<Answer>
interface How {
  /** It makes what costs: sent once, and without an answer it may have happened. */
  creates?: boolean
}

export function regionOf(aws: Aws, name: string, signal: AbortSignal): Region {
  return {
    name,
    signal,
    aws,
    async ask(action, call, { creates = false } = {}) {
      return guarded(aws, { action, region: name, creates }, signal, async () => {
        const reached = await aws.clients.ec2(name, creates)
        return call({ ...reached, options: { abortSignal: signal } })
      })
    },
    unreadable: (action, what, { creates = false } = {}) =>
      unreadable({ action, region: name, creates, secrets: [] }, what),
  }
}

/** Runs a call; whatever it throws becomes a CloudError, but for the end of a call without effect by its own signal. */
export async function guarded<Answer>(
  aws: Aws,
  where: Omit<Where, 'secrets'>,
  signal: AbortSignal,
  call: () => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted()
  try {
    return await call()
  } catch (error) {
    if (signal.aborted && !where.creates) throw signal.reason
    throw cloudErrorOf(error, { ...where, secrets: secretsOf(aws.settings) })
  }
}

function secretsOf({ env }: CloudSettings): string[] {
  const { accessKeyId, secretAccessKey, sessionToken } = staticCredentials(env) ?? {}
  return [secretAccessKey, sessionToken, accessKeyId].filter(secret => secret !== undefined)
}

/** All pages; a server that turns in circles is refused. `name`: of what is paged, for the error. */
export async function allPages<Item>(
  region: Region,
  action: string,
  page: (token: string | undefined) => Promise<{ items: readonly Item[]; next: string | undefined }>,
): Promise<Item[]> {
  const all: Item[] = []
  const seen = new Set<string>()
  let token: string | undefined
  do {
    const { items, next } = await page(token)
    for (const item of items) all.push(item)
    if (next && seen.has(next)) throw region.unreadable(action, 'its pages go round in circles')
    if (next) seen.add(next)
    token = next || undefined
  } while (token !== undefined)
  return all
}
