// A webhook gets one JSON document. The id lets the receiver know a repeated delivery.

import { forTerminal } from '../../state/primitives/node-text.ts'
import { post } from './post.ts'
import type { Delivery, Message, SendOptions } from './targets.ts'

export function sendWebhook(address: URL, message: Message, options: SendOptions): Promise<Delivery> {
  const body = {
    id: message.id,
    fleet: message.fleet,
    incident: message.incident,
    what: message.what,
    severity: message.severity,
    title: forTerminal(message.title),
    text: message.text
      .split('\n')
      .map(line => forTerminal(line))
      .join('\n'),
    at: new Date(message.at).toISOString(),
  }
  const headers = { 'content-type': 'application/json', 'idempotency-key': message.id }
  return post('webhook', address, headers, JSON.stringify(body), options)
}
