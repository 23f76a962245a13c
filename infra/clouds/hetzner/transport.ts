// Requests to Hetzner through the axios instance of hcloud-js and nothing else of it (docs/decisions/0021). Every status
// is an answer, the body is text that we read ourselves, and what cannot be read is never mistaken for a refusal.

import { CloudError } from '../error.ts'
import { field } from '../field.ts'
import { providerText } from '../provider-text.ts'
import { backoffMs, type CloudRim } from '../rim.ts'
import type { CloudSettings } from '../settings.ts'
import { failureOf, isWorthRetrying } from './failures.ts'

const officialEndpoint = 'https://api.hetzner.cloud/v1'
const timeoutMs = 30_000
/** hcloud-go's: five tries, at most a minute apart. */
export const mostTries = 5

export interface Ask {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Begins with `/`; ids in it are digits. */
  path: string
  /** A name may come several times. */
  query?: readonly (readonly [string, string])[]
  body?: unknown
  /**
   * When the same may be sent again from here: `refused`: only if it surely had no effect; `never`: a server is created
   * by a look at its name first, each time.
   */
  repeat: 'always' | 'refused' | 'never'
}

export interface HetznerTransport {
  /** Body of a 2xx; anything else is a CloudError. */
  ask(ask: Ask, signal: AbortSignal): Promise<unknown>
}

export function createHetznerTransport(settings: CloudSettings, rim: CloudRim): HetznerTransport {
  let opened: Promise<Awaited<ReturnType<typeof open>>> | null = null
  return {
    async ask(ask, signal) {
      opened ??= open(settings)
      const { client, token } = await opened.catch(error => {
        // A token that could not be had now may be there at the next call.
        opened = null
        throw error
      })
      for (let tries = 1; ; tries++) {
        try {
          return await once(client, token, ask, signal)
        } catch (error) {
          if (tries >= mostTries || !mayRepeat(ask, error)) throw error
          await rim.pause(retryPauseMs(error, tries, rim), signal)
        }
      }
    },
  }
}

function mayRepeat({ repeat }: Ask, error: unknown): boolean {
  if (repeat === 'never' || !isWorthRetrying(error)) return false
  return repeat === 'always' || (error instanceof CloudError && error.effect === 'none')
}

/** What the answer says, else longer each time. */
export function retryPauseMs(error: unknown, tries: number, rim: CloudRim): number {
  const said = error instanceof CloudError ? error.retryAfterMs : null
  return said ?? backoffMs(tries, rim.random)
}

async function open({ hetzner, env }: CloudSettings) {
  const token = hetzner.token ? (await hetzner.token()).reveal() : (env.HCLOUD_TOKEN ?? '')
  // A header takes no other characters, and an error of axios would show them.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new CloudError({
      failure: 'credentials',
      effect: 'none',
      message:
        token === '' ? 'there is no API token for Hetzner' : 'the API token for Hetzner has impossible characters',
      remedy: 'Set clouds.hetzner.token in the fleet file, such as env:HCLOUD_TOKEN.',
    })
  }
  const endpoint = hetzner.endpoint ?? env.HCLOUD_ENDPOINT ?? officialEndpoint
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new CloudError({
      failure: 'invalid',
      effect: 'none',
      message: `the endpoint for Hetzner is no http or https URL: ${providerText(endpoint, { without: [token] })}`,
      remedy: 'Correct the endpoint in the fleet file or HCLOUD_ENDPOINT.',
    })
  }
  const { default: hcloud } = await import('hcloud-js')
  return { client: new hcloud.Client({ token, baseURL: endpoint.replace(/\/+$/, ''), timeout: timeoutMs }), token }
}

type Client = Awaited<ReturnType<typeof open>>['client']

async function once(client: Client, token: string, ask: Ask, signal: AbortSignal): Promise<unknown> {
  const query = new URLSearchParams(ask.query?.map(([name, value]): [string, string] => [name, value]) ?? []).toString()
  const isRead = ask.method === 'GET'
  const where = `${ask.method} ${ask.path}`
  const answer = await client.axios
    .request({
      method: ask.method,
      url: query === '' ? ask.path : `${ask.path}?${query}`,
      ...(ask.body === undefined ? {} : { data: ask.body }),
      signal,
      validateStatus: () => true,
      responseType: 'text',
      transformResponse: [body => body],
      // The key goes to the endpoint alone, wherever that points.
      maxRedirects: 0,
      maxContentLength: 32_000_000,
      allowAbsoluteUrls: false,
    })
    .catch((error: unknown) => {
      signal.throwIfAborted()
      // Not as the cause: it holds the request with its key.
      const code = providerText(field(error, 'code'), { most: 60, without: [token] })
      throw new CloudError({
        failure: 'unreachable',
        effect: isRead ? 'none' : 'unknown',
        message: `Hetzner did not answer ${where}${code === '' ? '' : ` (${code})`}`,
        remedy: 'Look at the connection of HQ and at status.hetzner.com.',
        code: code === '' ? 'no-answer' : code,
      })
    })
  const body = parsed(answer.data)
  if (answer.status >= 200 && answer.status < 300 && (body !== undefined || answer.status === 204)) return body ?? null
  throw failureOf({ where, isRead, status: answer.status, body, headers: answer.headers, token })
}

function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return undefined
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
