// Looks now without an engine: nothing is kept, nothing is written, and pushes cannot be heard.
import { randomBytes, randomUUID } from 'node:crypto'
import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { createRunLocal } from '../../infra/local/run.ts'
import { secretResolver } from '../../infra/secrets/resolve.ts'
import { createSshPool } from '../../infra/ssh/pool.ts'
import { systemClock } from '../../state/primitives/clock.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { probeKinds } from '../watch/probes/index.ts'
import { createScheduler } from '../watch/scheduler.ts'
import { assertAccepted } from './accepted.ts'
import { checkRows } from './check-rows.ts'
import type { CheckRow } from './engine.ts'
import { selectFrom } from './select-nodes.ts'
import { surroundingsOf } from './surroundings.ts'
import { createTargets } from './targets.ts'

export async function checkInProcess(options: {
  /** As its file says now. */
  fleet: Fleet
  home: string
  selector: string
  env: Readonly<Record<string, string | undefined>>
}): Promise<CheckRow[]> {
  const { fleet, selector, env } = options
  const { uid } = userInfo()
  await assertAccepted({ fleet, home: options.home, uid })
  const nodes = selectFrom(fleet.nodes.values(), fleet.batches, selector)
  const clock = systemClock
  const pool = createSshPool({ clock, random: Math.random, word: () => randomUUID().replaceAll('-', '') })
  const places = { env, baseDir: path.dirname(fleet.source.path), uid }
  const targets = createTargets({ fleet: () => fleet, resolve: secretResolver(places), env, homeDir: homedir() })
  const { resolver, trustedCas } = await surroundingsOf(fleet, uid)
  const runLocal = createRunLocal(clock, env.PATH ?? '')
  const bugs: unknown[] = []
  const scheduler = createScheduler({
    fleet,
    kinds: probeKinds,
    clock,
    random: () => randomBytes(16).toString('hex'),
    onSample: () => {},
    onBug: (_message, error) => bugs.push(error),
    context: (_probe, node) => ({
      fleet,
      node,
      clock,
      ssh: pool,
      sshTarget: (other, via) => targets.of(other, via),
      resolver,
      trustedCas,
      runLocal,
      memory: {},
      remember: () => {},
      lastHeartbeat: null,
    }),
  })
  try {
    const samples = (await scheduler.checkNow(nodes)).map(targets.clean.outcome)
    if (bugs.length > 0) throw bugs[0]
    return checkRows(fleet, nodes, samples, null)
  } finally {
    await scheduler.stop()
    await pool.close()
  }
}
