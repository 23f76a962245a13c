// One server for one name, whatever happens to the answers. There is no idempotency key: the name is unique in a project,
// so it is looked up before each try, and the label `op` says whether what is there is ours.
import Type, { type Static } from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'
import { CloudError } from '../error.ts'
import { carries, hetznerLabels, labelsOf } from '../labels.ts'
import type { CloudRim } from '../rim.ts'
import type { OwnerTags } from '../shapes.ts'
import { waitForActions } from './actions.ts'
import type { HetznerCalls } from './calls.ts'
import { isWorthRetrying } from './failures.ts'
import { tokenLabel } from './machine.ts'
import type { Action, Server } from './replies.ts'
import { mostTries, retryPauseMs } from './transport.ts'

const word = Type.String({ minLength: 1, maxLength: 200 })
/** What `prepare` settles and the journal keeps: the body of `POST /servers` without its labels. */
export const hetznerRequest = checker(
  Type.Object(
    {
      name: word,
      server_type: word,
      image: word,
      location: word,
      ssh_keys: Type.Array(word),
      firewalls: Type.Array(Type.Object({ firewall: Type.Integer() }, { additionalProperties: false })),
      public_net: Type.Object(
        { enable_ipv4: Type.Boolean(), enable_ipv6: Type.Boolean() },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
)
export type HetznerRequest = Static<typeof hetznerRequest.schema>

export async function launchServer(
  calls: HetznerCalls,
  rim: CloudRim,
  request: HetznerRequest,
  tags: OwnerTags,
  token: string,
  signal: AbortSignal,
): Promise<Server> {
  const labels = { ...labelsOf(tags, hetznerLabels), [tokenLabel]: token }
  const ours = async () => oursAmong(await calls.servers([['name', request.name]], signal), request.name, tags)
  /** An earlier try may have made it, though nobody could see it yet. */
  let mayExist = false
  for (let tries = 1; ; tries++) {
    const found = await doubtful(mayExist, ours)
    if (found) return found
    const body = { ...request, labels, start_after_create: true } as const
    let answer: Awaited<ReturnType<HetznerCalls['createServer']>>
    try {
      answer = await calls.createServer(body, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof CloudError)) throw error
      mayExist ||= error.effect === 'unknown'
      // Taken by our own earlier try, or by what is not ours: the name tells.
      const there = await doubtful(mayExist, ours)
      if (there) return there
      if (tries >= mostTries || !isWorthRetrying(error)) throw mayExist ? inDoubt(error) : error
      await rim.pause(retryPauseMs(error, tries, rim), signal)
      continue
    }
    const { server, action, next_actions } = answer
    return await settled(calls, rim, server, [...(action ? [action] : []), ...(next_actions ?? [])], ours, signal)
  }
}

/** The server whose actions were followed to their end. Once it is there, a failure to follow them loses nothing. */
async function settled(
  calls: HetznerCalls,
  rim: CloudRim,
  server: Server,
  begun: readonly Action[],
  ours: () => Promise<Server | null>,
  signal: AbortSignal,
): Promise<Server> {
  try {
    await waitForActions(calls, rim, begun, signal)
  } catch (error) {
    if (error instanceof CloudError && error.failure === 'unreachable' && error.effect === 'none') return server
    if (!(error instanceof CloudError) || error.effect === 'none') throw error
    // Hetzner takes a server away whose creation failed; as long as it is there it is paid for.
    if ((await ours()) === null) throw withEffect(error, 'none')
    throw error
  }
  return (await calls.server(String(server.id), signal).catch(() => null)) ?? server
}

function oursAmong(servers: readonly Server[], name: string, tags: OwnerTags): Server | null {
  // The filter is the provider's: what it gives back is looked at all the same.
  const found = servers.find(server => server.name === name)
  if (!found) return null
  if (carries(found.labels, tags)) return found
  throw new CloudError({
    failure: 'conflict',
    effect: 'none',
    message: `Hetzner has a server named ${name} already, and it is not of this operation`,
    remedy: 'See `watchfloor drift`: adopt it, destroy it, or rename it.',
    code: 'uniqueness_error',
  })
}

/** A look that fails while something may exist must not read as "nothing was done". */
async function doubtful<Value>(mayExist: boolean, look: () => Promise<Value>): Promise<Value> {
  try {
    return await look()
  } catch (error) {
    if (mayExist && error instanceof CloudError && error.failure !== 'conflict') throw inDoubt(error)
    throw error
  }
}

function inDoubt(error: CloudError): CloudError {
  return error.effect === 'unknown' ? error : withEffect(error, 'unknown')
}

function withEffect(error: CloudError, effect: CloudError['effect']): CloudError {
  const { failure, message, remedy, code, retryAfterMs } = error
  return new CloudError({ failure, effect, message, ...(remedy === null ? {} : { remedy }), code, retryAfterMs })
}
