// Names of what a fleet has once in a region. They follow from the fleet (and the key), so that a second creator, or the
// same one after a crash, finds what the first made.
import { createHash } from 'node:crypto'

export function groupName(fleet: string): string {
  return `watchfloor-${plain(fleet)}`
}

/** The group that opens SSH, which a machine leaves when it is installed. */
export function installGroupName(fleet: string): string {
  return `${groupName(fleet)}-install`
}

/** Another key has another name: what is there under this one is this key, or somebody's trick. */
export function keyName(fleet: string, blob: Uint8Array): string {
  return `watchfloor-${plain(fleet)}-${createHash('sha256').update(blob).digest('hex').slice(0, 16)}`
}

/** What the API takes in all kinds of names; a fleet whose name had to be changed is told apart by a hash. */
function plain(fleet: string): string {
  const kept = fleet.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 100)
  return kept === fleet ? kept : `${kept}-${createHash('sha256').update(fleet).digest('hex').slice(0, 8)}`
}
