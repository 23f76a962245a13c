// A node, a fleet and a context for the probes' tests, and outputs of real programs as answers.

import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMatcher } from '../../../../infra/local/match.ts'
import { createRunLocal } from '../../../../infra/local/run.ts'
import type { SshPool, SshTarget } from '../../../../infra/ssh/ssh.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../../../../src/fleet/fleet.ts'
import type { HostAnswer, ProbeContext, ProbeKind } from '../../../../src/watch/probe.ts'
import { probeKinds } from '../../../../src/watch/probes/index.ts'
import { systemClock } from '../../../../state/primitives/clock.ts'
import { plainTarget } from '../../../infra/ssh/plain-target.ts'
import { fleet, node } from '../../fleet/sample.ts'

export { fleet, node }

/** The first probe that a kind makes on this node, expanded as the loader does it. */
export function probe(
  kindName: string,
  options: Readonly<Record<string, unknown>>,
  on: FleetNode,
  of: Fleet = fleet([on]),
): ProbeInstance {
  const made = probes(kindName, options, on, of)[0]
  if (!made) throw new Error(`${kindName} does not apply to ${on.name}`)
  return made
}

export function probes(
  kindName: string,
  options: Readonly<Record<string, unknown>>,
  on: FleetNode,
  of: Fleet = fleet([on]),
): ProbeInstance[] {
  const kind = kindOf(kindName)
  return kind.targets(options, on, of).map(({ id, target }) => ({
    id,
    node: on.name,
    kind: kindName,
    target,
    everyMs: kind.defaults.everyMs,
    timeoutMs: kind.defaults.timeoutMs,
    failures: kind.defaults.failures,
    severity: null,
    options,
  }))
}

export function kindOf(name: string): ProbeKind {
  const kind = probeKinds.get(name)
  if (!kind) throw new Error(`no probe kind ${name}`)
  return kind
}

export const noPool: SshPool = {
  exec: () => Promise.reject(new Error('no exec in this test')),
  connect: () => Promise.reject(new Error('no connect in this test')),
  upload: () => Promise.reject(new Error('no upload in this test')),
  remember: () => Promise.reject(new Error('no remember in this test')),
  stats: () => ({ open: 0, connecting: 0 }),
  drop: () => {},
  close: () => Promise.resolve(),
}

export function target(of: FleetNode): SshTarget {
  return plainTarget(of.name, of.address ?? '', { port: of.ssh.port ?? 22, user: of.ssh.user ?? 'root' })
}

const matcher = createMatcher(systemClock)

export interface TestContext extends ProbeContext {
  remembered: Record<string, string>[]
}

export function context(on: FleetNode, over: Partial<ProbeContext> = {}): TestContext {
  const remembered: Record<string, string>[] = []
  return {
    fleet: fleet([on]),
    node: on,
    clock: systemClock,
    ssh: noPool,
    sshTarget: async of => target(of),
    resolver: new Resolver(),
    trustedCas: [],
    runLocal: createRunLocal(systemClock, process.env.PATH ?? '/usr/bin:/bin'),
    memory: {},
    remember: memory => remembered.push({ ...memory }),
    scratch: new Map(),
    periodic: false,
    lastHeartbeat: null,
    match: (patterns, texts) => matcher.match({ about: on.name, patterns, texts }),
    remembered,
    ...over,
  }
}

/** An output of a real program: lines of `# …` say who made it, with which argv, how it ended; then what it printed. */
export function fixture(name: string): HostAnswer {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8')
  const [, exit, output = ''] = /^# .*\n# .*\n# exit (\d+)\n([\s\S]*)$/.exec(text) ?? []
  if (exit === undefined) throw new Error(`fixture ${name} has no head`)
  const [stdout = '', stderr = ''] = output.startsWith('# stderr\n')
    ? ['', output.slice('# stderr\n'.length)]
    : output.split('\n# stderr\n')
  return { exit: Number(exit), stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }
}

export function text(answer: HostAnswer): string {
  return Buffer.from(answer.stdout).toString()
}

export function answer(stdout: string, exit = 0, stderr = ''): HostAnswer {
  return { exit, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }
}
