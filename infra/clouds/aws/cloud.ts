// Amazon EC2 and what belongs to it. Importing this file loads no SDK: that happens when a region is first asked.
import type { Cloud } from '../cloud.ts'
import type { CloudSettings } from '../settings.ts'
import { adoptMachine } from './adopt.ts'
import { type Aws, pauseFor, type Region, regionOf } from './ask.ts'
import { billedIn } from './billed.ts'
import { createAwsClients } from './clients.ts'
import { closeInstallSsh, destroyMachines, tidyFleet } from './end.ts'
import { launchMachine } from './launch.ts'
import { findMachines, getMachine, listRegion } from './look.ts'
import { type DryRuns, prepareMachine } from './prepare.ts'
import { pricesOf } from './prices.ts'
import { createRegions } from './regions.ts'
import { offersOf } from './types.ts'

export function createAwsCloud(settings: CloudSettings, pause: Aws['pause'] = pauseFor): Cloud {
  const aws: Aws = { settings, clients: createAwsClients(settings), pause }
  const regions = createRegions(aws)
  const dryRuns: DryRuns = { honoured: null }
  const hostkeys = new Map<string, string[]>()

  /** A region that is off is told as that, before it is asked and after. */
  async function at<Answer>(name: string, signal: AbortSignal, act: (region: Region) => Promise<Answer>) {
    await regions.mustBeOn(name, signal)
    try {
      return await act(regionOf(aws, name, signal))
    } catch (error) {
      throw await regions.blame(error, name, signal)
    }
  }

  return {
    provider: 'aws',
    regions: signal => regions.list(signal),
    offers: (region, types, signal) => at(region, signal, there => offersOf(there, types)),
    prepare: (spec, tags, zone, signal) =>
      at(spec.region, signal, there => prepareMachine(there, spec, tags, zone, dryRuns)),
    launch: (prepared, tags, token, signal) =>
      at(prepared.region, signal, there => launchMachine(there, prepared, tags, token)),
    find: (region, tags, signal) => at(region, signal, there => findMachines(there, tags)),
    get: (region, id, signal) => at(region, signal, there => getMachine(there, id, hostkeys)),
    destroy: (region, ids, tags, signal) => at(region, signal, there => destroyMachines(there, ids, tags)),
    tidy: (region, fleet, signal) => at(region, signal, there => tidyFleet(there, fleet)),
    list: (region, signal) => at(region, signal, listRegion),
    adopt: (region, id, tags, signal) => at(region, signal, there => adoptMachine(there, id, tags)),
    closeSsh: (region, id, tags, signal) => at(region, signal, there => closeInstallSsh(there, id, tags)),
    prices: (of, types, signal) => pricesOf(aws, of, types, signal),
    billed: (month, signal) => billedIn(aws, month, signal),
  }
}
