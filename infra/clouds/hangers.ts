// What hangs on a machine is labelled before the machine ends, so that it is found afterwards.
import { CloudError, isPassing } from './error.ts'

/**
 * Waits for a labelling before an end. What may do later fails the end, which is asked for again; what never will (rights,
 * a server that has no such list) must not keep a machine running that is paid for.
 */
export async function unlessHopeless(labelled: Promise<void>): Promise<void> {
  try {
    await labelled
  } catch (error) {
    if (!(error instanceof CloudError) || isPassing(error)) throw error
  }
}
