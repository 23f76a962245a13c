// Which fleet file runs: the one that was accepted. Its bytes are evidence, so that an engine that starts again runs the
// same even if the file was changed meanwhile and the change waits for a yes.
import { createHash } from 'node:crypto'
import type { Evidence } from '../../state/evidence.ts'
import { BadAnswer, BadInput } from '../../state/primitives/errors.ts'
import { diffFleet } from '../fleet/diff.ts'
import { formatFleetError, renderFleetErrors } from '../fleet/errors.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { type LoadedFleet, loadFleet } from '../fleet/load.ts'
import type { FileChange, FleetCommand, FleetSlice } from '../fleet/shapes.ts'
import { readFleetFile } from '../fleet/watch-file.ts'
import { probeKinds } from '../watch/probes/index.ts'

/** A fleet file of 10 MB is refused by the loader; evidence must not cut one below that. */
const mostFileBytes = 16 * 1024 * 1024

/** What ran does not load any more: nobody can say what the new file changes, so a person must. */
const incomparable: FileChange = {
  path: 'fleet',
  kind: 'changed',
  from: null,
  to: null,
  guarded: 'the file that ran does not load with this version: it cannot be compared',
}

export interface RunningFleet {
  fleet(): Fleet
  /** New bytes were seen: judged, journaled, and run if nobody has to be asked. */
  offer(bytes: Uint8Array): Promise<void>
  /** The file could not be read safely; what runs goes on running. */
  refuse(why: string): Promise<void>
  /** An event accepted a file: run it. */
  accepted(sha256: string): Promise<void>
}

export async function openRunningFleet(options: {
  path: string
  /** The engine's uid: the file must belong to it or to root. */
  uid: number
  evidence: Evidence
  slice(): FleetSlice
  do(command: FleetCommand): Promise<unknown>
  /** Another fleet runs from now on; `before` is null at the start. */
  onFleet(fleet: Fleet, before: Fleet | null): void
  /** The file could not be taken in, though nothing is wrong with it: no room on the disk. */
  onTrouble(error: unknown): void
}): Promise<RunningFleet> {
  const { path, evidence } = options
  let running: Fleet | null = null
  let last: { sha256: string; loaded: LoadedFleet } | null = null
  let turn: Promise<unknown> = Promise.resolve()

  /** One change of the file at a time: two saves in a row must not be compared with the same past. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const next = turn.then(work)
    turn = next.catch(() => {})
    return next
  }

  /** A big file takes long, and at a start the accepted one is mostly the same as the one that lies there. */
  function load(sha256: string, text: Uint8Array): LoadedFleet {
    if (last?.sha256 !== sha256) last = { sha256, loaded: loadFleet({ path, text }, { kinds: probeKinds }) }
    return last.loaded
  }

  async function acceptedFleet(sha256: string): Promise<Fleet> {
    const kept = await evidence.read(sha256)
    if (kept.kind !== 'content') {
      throw new BadAnswer({
        name: 'fleet-evidence-lost',
        message: `the accepted fleet file ${sha256.slice(0, 12)} is ${kept.kind} in the evidence of this home`,
        remedy: 'Restore the evidence folder from a backup, or start a new home.',
      })
    }
    const loaded = load(sha256, kept.bytes)
    if (loaded.ok) return loaded.fleet
    throw new BadInput({
      name: 'bad-fleet-file',
      message: `the accepted fleet file does not load with this version:\n${renderFleetErrors(loaded.errors, { colour: false })}`,
      remedy: `Mend ${path}; what ran before is kept.`,
    })
  }

  async function offer(bytes: Uint8Array): Promise<void> {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const loaded = load(sha256, bytes)
    if (!loaded.ok) {
      if (!running)
        throw new BadInput({
          name: 'bad-fleet-file',
          message: `the fleet file has ${loaded.errors.length} errors:\n${renderFleetErrors(loaded.errors, { colour: false })}`,
        })
      await options.do({ type: 'fleet.refuse', sha256, errors: loaded.errors.slice(0, 50).map(formatFleetError) })
      return
    }
    const { accepted } = options.slice()
    // Kept first: an event names it. What is kept already needs no room on a full disk.
    if ((await evidence.read(sha256)).kind !== 'content') await evidence.put(bytes, { maxBytes: mostFileBytes })
    const changes = running ? diffFleet(running, loaded.fleet) : accepted ? [incomparable] : []
    await options.do({ type: 'fleet.load', sha256, against: accepted?.sha256 ?? null, changes })
    if (options.slice().accepted?.sha256 === sha256 && running?.source.sha256 !== sha256) run(loaded.fleet)
  }

  async function refuse(why: string): Promise<void> {
    const sha256 = createHash('sha256').update(why).digest('hex')
    await options.do({ type: 'fleet.refuse', sha256, errors: [why] })
  }

  function run(fleet: Fleet): void {
    const before = running
    running = fleet
    options.onFleet(fleet, before)
  }

  /** At the start: without room on the disk the accepted file runs all the same. */
  async function offerFirst(bytes: Uint8Array): Promise<void> {
    try {
      await offer(bytes)
    } catch (error) {
      if (!running) throw error
      options.onTrouble(error)
    }
  }

  const { accepted } = options.slice()
  if (accepted) {
    try {
      running = await acceptedFleet(accepted.sha256)
    } catch (error) {
      // An accepted file that a newer version refuses must not lock the operator out: a good file may take its place.
      if (!(error instanceof BadInput)) throw error
    }
  }
  const seen = await readFleetFile(path, options.uid)
  if (seen.kind === 'text') await offerFirst(seen.bytes)
  else if (running) await refuse(seen.why)
  else throw new BadInput({ name: 'fleet-file-refused', message: seen.why })
  const first = running
  if (!first) throw new BadAnswer({ name: 'no-fleet-runs', message: 'no fleet file could be accepted' })

  return {
    fleet: () => running ?? first,
    offer: bytes => inTurn(() => offer(bytes)),
    refuse: why => inTurn(() => refuse(why)),
    accepted: sha256 =>
      inTurn(async () => {
        if (running?.source.sha256 !== sha256) run(await acceptedFleet(sha256))
      }),
  }
}
