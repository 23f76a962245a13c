// May this process do what a fleet file says, without an engine? Only what the engine of its home would do by itself: a
// change that waits for an operator's yes must not run because the engine is down. Reads the home, writes nothing.
import path from 'node:path'
import { type Disk, errorCode, realDisk } from '../../state/disk.ts'
import { openEvidence } from '../../state/evidence.ts'
import { readCommits } from '../../state/journal/read.ts'
import { BadAnswer, Refused } from '../../state/primitives/errors.ts'
import { diffFleet } from '../fleet/diff.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { loadFleet } from '../fleet/load.ts'
import { probeKinds } from '../watch/probes/index.ts'

/** Throws Refused where the file is not what the home accepted, in anything that needs a yes. */
export async function assertAccepted(options: { fleet: Fleet; home: string; uid: number; disk?: Disk }): Promise<void> {
  const { fleet, home, uid, disk = realDisk } = options
  const accepted = await acceptedHash(disk, home, uid)
  // A home that has accepted nothing takes its first file as it is.
  if (accepted === null || accepted === fleet.source.sha256) return
  const evidence = openEvidence({ disk, directory: path.join(home, 'evidence'), unique: () => 'unused' })
  const kept = await evidence.read(accepted)
  if (kept.kind !== 'content') {
    throw new BadAnswer({
      name: 'fleet-evidence-lost',
      message: `the accepted fleet file ${accepted.slice(0, 12)} is ${kept.kind} in the evidence of ${home}`,
      remedy: 'Restore the evidence folder from a backup, or start a new home.',
    })
  }
  const ran = loadFleet({ path: fleet.source.path, text: kept.bytes }, { kinds: probeKinds })
  const why = ran.ok
    ? diffFleet(ran.fleet, fleet).filter(change => change.guarded !== null)
    : [{ path: 'fleet', guarded: 'what ran does not load with this version: it cannot be compared' }]
  if (why.length === 0) return
  const shown = why.slice(0, 5).map(change => `${change.path} (${change.guarded})`)
  const more = why.length > shown.length ? ` and ${why.length - shown.length} more` : ''
  throw new Refused({
    name: 'change-waits',
    message: `${fleet.source.path} was changed in what needs a yes, and nobody has accepted it: ${shown.join(', ')}${more}`,
    remedy: 'Start the engine (`watchfloor engine start`), read the change with `watchfloor fleet show`, accept it.',
  })
}

/** The hash of the file that the home's journal accepted last; null: none ever. */
async function acceptedHash(disk: Disk, home: string, uid: number): Promise<string | null> {
  const found = await disk.stat(home)
  if (found === null) return null
  // What another login accepted, it accepted for itself: even root must not run that with its own rights.
  if (found.uid !== uid) throw ofAnother(home)
  let last: string | null = null
  try {
    for await (const commit of readCommits(disk, path.join(home, 'journal'))) {
      for (const event of commit.events) {
        if (event.type === 'fleet.accepted' && typeof event.sha256 === 'string') last = event.sha256
      }
    }
  } catch (error) {
    // Begun and never finished: no journal yet.
    if (errorCode(error) !== 'ENOENT') throw error
  }
  return last
}

function ofAnother(home: string): Refused {
  return new Refused({
    name: 'home-of-another',
    message: `no engine runs, and its home ${home} belongs to another login: what that accepted is not known here`,
    remedy: 'Start its engine, look as that login, or name a home of your own with --home.',
  })
}
