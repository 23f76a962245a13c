// Hosts that are there already. Nothing can be bought or ended here, and nothing is found: they are in the fleet file.
import type { Cloud } from '../cloud.ts'
import { CloudError } from '../error.ts'

export function createStaticCloud(): Cloud {
  return {
    provider: 'static',
    regions: async () => [],
    offers: async () => [],
    prepare: async () => {
      throw cannot('cannot be launched', 'Choose a provider for the node in the fleet file: aws, gcp or hetzner.')
    },
    launch: async () => {
      throw cannot('cannot be launched', 'Choose a provider for the node in the fleet file: aws, gcp or hetzner.')
    },
    find: async () => [],
    get: async () => null,
    destroy: async () => {
      throw cannot('cannot be destroyed', 'End it where it was made, then take the node out of the fleet file.')
    },
    tidy: async () => [],
    list: async () => ({ machines: [], loose: [] }),
    adopt: async () => {
      throw cannot('cannot be adopted', 'Write its address into the fleet file: a static host needs no more.')
    },
    closeSsh: async () => {
      throw cannot('has no firewall at a provider', 'Close port 22 on the host itself.')
    },
    prices: async () => [],
  }
}

function cannot(what: string, remedy: string): CloudError {
  return new CloudError({
    failure: 'invalid',
    effect: 'none',
    message: `a host of provider static is there already: it ${what} by Watchfloor`,
    remedy,
  })
}
