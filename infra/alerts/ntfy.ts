// ntfy: the text is the body, title and priority are headers. Headers take no line breaks and no bytes beyond ASCII.
import { forTerminal } from '../../state/primitives/node-text.ts'
import { post } from './post.ts'
import type { Delivery, Message, SendOptions } from './targets.ts'

/** ntfy turns longer messages into attachments. */
const longestBody = 3_900

export function sendNtfy(address: URL, message: Message, options: SendOptions): Promise<Delivery> {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    title: headerSafe(message.fleet === '' ? message.title : `${message.fleet}: ${message.title}`),
    priority: priorityOf(message),
    tags: message.what === 'resolved' ? 'white_check_mark' : message.what === 'test' ? 'test_tube' : 'rotating_light',
  }
  // Node text may hold anything; ntfy shows plain text, one line of ours stays one line.
  const body = message.text
    .split('\n')
    .map(line => forTerminal(line))
    .join('\n')
  return post('ntfy', address, headers, cutBytes(body, longestBody), options)
}

function priorityOf(message: Message): string {
  if (message.what === 'resolved' || message.what === 'test') return '3'
  return { SEV1: '5', SEV2: '4', SEV3: '3' }[message.severity]
}

/** Printable ASCII goes as it is; anything else as an encoded word (RFC 2047), which ntfy decodes. */
export function headerSafe(text: string): string {
  const clean = forTerminal(text).slice(0, 200)
  return /^[\x20-\x7e]*$/.test(clean) ? clean : `=?UTF-8?B?${Buffer.from(clean, 'utf8').toString('base64')}?=`
}

function cutBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text
  return `${new TextDecoder('utf-8').decode(Buffer.from(text).subarray(0, most - 4)).replace(/\ufffd$/, '')}…`
}
