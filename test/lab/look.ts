// Looks at a machine of the lab with host probes, through OpenSSH's own client: the parsers meet what real programs
// print, one probe at a time, with memory that the test can see. The product's own SSH is tested by `check.lab.ts`.
import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { quoteArgv } from '../../infra/ssh/quote.ts'
import type { ExecRequest, ExecResult, SshPool, SshTarget } from '../../infra/ssh/ssh.ts'
import type { Fleet, ProbeInstance } from '../../src/fleet/fleet.ts'
import { loadFleet } from '../../src/fleet/load.ts'
import { lookAtHost } from '../../src/watch/host-batch.ts'
import type { Outcome, ProbeContext } from '../../src/watch/probe.ts'
import { probeKinds } from '../../src/watch/probes/index.ts'
import { systemClock } from '../../state/primitives/clock.ts'
import { plainTarget } from '../infra/ssh/plain-target.ts'
import type { Lab } from './lab.ts'

export type Memory = Record<string, string>

export interface Looker {
  /** One look with one host probe; `options` replace those of the fleet file. `memory` is read and written. */
  look(node: string, kind: string, memory?: Memory, options?: Record<string, unknown>): Promise<Outcome>
}

export function looker(lab: Lab): Looker {
  const fleet = readFleet(lab.fleetFile)
  const ssh = opensshPool(lab)
  return {
    async look(node, kind, memory = {}, options) {
      const found = fleet.probes.find(each => each.node === node && each.kind === kind)
      const known = probeKinds.get(kind)
      if (found === undefined || known?.from !== 'host') throw new Error(`the lab's fleet has no host probe ${kind}`)
      const probe: ProbeInstance = options === undefined ? found : { ...found, options }
      const context = contextOf(fleet, node, ssh, lab, memory)
      const surroundings = {
        random: () => randomBytes(16).toString('hex'),
        bug: (_: ProbeInstance, error: unknown): Outcome => {
          throw error
        },
      }
      const [outcome] = await lookAtHost([{ kind: known, probe, context }], surroundings, AbortSignal.timeout(20_000))
      if (outcome === undefined) throw new Error('no outcome')
      return outcome
    },
  }
}

function readFleet(path: string): Fleet {
  const loaded = loadFleet({ path, text: readFileSync(path) }, { kinds: probeKinds })
  if (!loaded.ok) throw new Error(`the lab's fleet file is wrong: ${JSON.stringify(loaded.errors)}`)
  return loaded.fleet
}

function contextOf(fleet: Fleet, name: string, ssh: SshPool, lab: Lab, memory: Memory): ProbeContext {
  const node = fleet.nodes.get(name)
  if (node === undefined) throw new Error(`no node ${name}`)
  return {
    fleet,
    node,
    clock: systemClock,
    ssh,
    sshTarget: async () => plainTarget(name, lab.machine(name).address),
    resolver: new Resolver(),
    trustedCas: [],
    runLocal: () => Promise.reject(new Error('host probes run nothing on HQ')),
    memory: { ...memory },
    remember: kept => {
      for (const key of Object.keys(memory)) delete memory[key]
      Object.assign(memory, kept)
    },
    scratch: new Map(),
    periodic: false,
    lastHeartbeat: null,
    match: async () => null,
  }
}

function opensshPool(lab: Lab): SshPool {
  const no = () => Promise.reject(new Error('host probes only execute'))
  return {
    async exec(target: SshTarget, request: ExecRequest): Promise<ExecResult> {
      const begun = performance.now()
      const done = await lab.hq.tryRun(lab.ssh(target.user, target.host, quoteArgv(request.argv)), {
        timeoutMs: request.deadlineMs,
      })
      return {
        outcome: done.exit === null ? 'timeout' : done.exit === 0 ? 'ok' : 'failed',
        exit: done.exit,
        killedBy: null,
        ms: performance.now() - begun,
        stdout: Buffer.from(done.stdout),
        stderr: Buffer.from(done.stderr),
        truncated: false,
      }
    },
    connect: no,
    upload: no,
    remember: no,
    stats: () => ({ open: 0, connecting: 0 }),
    drop: () => {},
    close: async () => {},
  }
}
