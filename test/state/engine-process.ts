// A process that holds a home as an engine does. Tests start it, talk to it by lines, stop it, wake it and kill it.
// `run N`: appends for as long as it lives, in groups of up to N, and prints each acknowledged commit.
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { realDisk } from '../../state/disk.ts'
import { currentBootId, takeHomeLock } from '../../state/lock.ts'
import { systemClock } from '../../state/primitives/clock.ts'
import { WatchfloorError } from '../../state/primitives/errors.ts'
import { openStore, type Store } from '../../state/store.ts'

const home = process.argv[2] ?? ''
/** Straight to the pipe: what was said before a kill was really said. */
const say = (line: string) => writeSync(1, `${line}\n`)

async function append(store: Store, groupSize: number): Promise<void> {
  const seq = store.journal.head().seq
  const drafts = Array.from({ length: groupSize }, (_, index) => ({
    at: Date.now(),
    by: 'noc',
    cmd: { id: `c-${seq + index + 1}`, type: 'test.say' },
    events: [{ type: 'test.said', padding: 'x'.repeat((seq * 37) % 900) }],
  }))
  for (const commit of await store.journal.append(seq, drafts)) say(`acknowledged ${commit.seq} ${commit.prev}`)
}

try {
  const store = await openStore({
    disk: realDisk,
    home,
    kind: 'test',
    fleet: 'clavitor',
    clock: systemClock,
    stateSchema: 1,
    process: { pid: process.pid, login: 'noc', uid: process.getuid?.() ?? 0, bootId: currentBootId() },
    unique: randomUUID,
    takeLock: takeHomeLock,
    maxFileBytes: 64 * 1024,
    ballastBytes: 16 * 1024,
  })
  say(`open ${store.journal.head().seq} ${store.journal.head().epoch}`)
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, argument] = line.split(' ')
    if (verb === 'append') await append(store, 1)
    if (verb === 'intact') say(`intact ${store.lock.intact()}`)
    if (verb === 'run') {
      for (let round = 1; ; round++) {
        await append(store, 1 + (round % Number(argument)))
        if (round % 7 === 0) await store.saveSnapshot(store.journal.head().seq, { round })
        if (round % 11 === 0) await store.checkpoint(store.journal.head().seq, { round })
      }
    }
    if (verb === 'close') break
  }
  await store.close()
  say('closed')
  process.exit(0)
} catch (error) {
  const name = error instanceof Error ? error.name : 'unknown'
  say(`refused ${name} ${error instanceof Error ? error.message : ''}`)
  process.exit(error instanceof WatchfloorError ? error.exit : 70)
}
