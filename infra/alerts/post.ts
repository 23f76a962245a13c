// One POST: a deadline over everything, no redirects (they would carry the alert, and its secrets, elsewhere), and
// errors that name the host only.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Delivery, SendOptions } from './targets.ts'

export function post(
  name: string,
  address: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: SendOptions,
): Promise<Delivery> {
  return new Promise(resolve => {
    const fail = (what: string, retryAfterMs?: number) =>
      resolve({
        ok: false,
        why: `${name} at ${address.host}: ${what}`,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      })
    const send = address.protocol === 'https:' ? requestHttps : requestHttp
    const deadline = AbortSignal.timeout(options.deadlineMs)
    const bytes = Buffer.from(body, 'utf8')
    const call = send(
      address,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(bytes.length) },
        signal: AbortSignal.any([deadline, options.signal]),
        maxHeaderSize: 16_384,
      },
      answer => {
        // The body is nobody's business here: not read, not shown.
        answer.on('error', () => {})
        answer.destroy()
        const status = answer.statusCode ?? 0
        if (status >= 200 && status < 300) resolve({ ok: true })
        else if (status >= 300 && status < 400) fail(`answered ${status}; redirects are not followed`)
        else fail(`answered ${status}`, retryAfter(answer.headers['retry-after']))
      },
    )
    call.on('error', error => {
      if (deadline.aborted) fail(`no answer within ${Math.round(options.deadlineMs / 1000)} s`)
      else if (options.signal.aborted) fail('stopped')
      else fail('code' in error && typeof error.code === 'string' ? error.code : 'the connection failed')
    })
    call.end(bytes)
  })
}

function retryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header)
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) * 1000 : undefined
}
