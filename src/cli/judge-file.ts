// Judging a fleet file needs the schemas of everything that may stand in one. Commands import this file when they come to
// it: those that only attach to an engine start faster without.
import { type LoadedFleet, loadFleet } from '../fleet/load.ts'
import { probeKinds } from '../watch/probes/index.ts'

export function judgeFile(path: string, bytes: Uint8Array): LoadedFleet {
  return loadFleet({ path, text: bytes }, { kinds: probeKinds })
}
