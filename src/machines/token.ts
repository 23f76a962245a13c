// The idempotency token of a launch: derived, so that a machine without tags can still be known as ours, and stored, so
// that it never depends on how it was derived.
import { createHash } from 'node:crypto'

/** A UUID (version 8: made by us) of fleet, operation and attempt. Compute Engine takes nothing but a UUID. */
export function tokenOf(fleet: string, op: string, attempt: number): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(['watchfloor-launch', fleet, op, attempt]))
    .digest('hex')
  const variant = '89ab'[Number.parseInt(hex.slice(16, 17), 16) % 4] ?? '8'
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
