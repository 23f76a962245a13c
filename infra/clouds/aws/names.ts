// Names of what a fleet has once in a region. They follow from the fleet (and the key), so that a second creator, or the
// same one after a crash, finds what the first made. All begin alike: what does not is none of ours to remove.
import { fleetThingName } from '../names.ts'

export const ownPrefix = 'watchfloor-'

/** The group of what the nodes serve. */
export function groupName(fleet: string): string {
  return `${ownPrefix}${fleetThingName(fleet, 'web')}`
}

/** The group that opens SSH, which a machine leaves when it is installed. */
export function installGroupName(fleet: string): string {
  return `${ownPrefix}${fleetThingName(fleet, 'install')}`
}

/** Another key has another name: what is there under this one is this key, or somebody's trick. */
export function keyName(fleet: string, { sha256 }: { sha256: string }): string {
  const hex = Buffer.from(sha256.replace(/^SHA256:/, ''), 'base64').toString('hex')
  return `${ownPrefix}${fleetThingName(fleet, `key-${hex.slice(0, 16)}`)}`
}
