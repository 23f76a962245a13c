// Machines for nodes by the command line, in the sandbox's own clouds, while the clouds fail and the engine is killed
// again and again: at the end each node has one machine or none, as it was asked, by the clouds' own ledger.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { FaultKind } from '../../infra/sandbox/clouds/faults.ts'
import { readCloudsLedger } from '../../infra/sandbox/clouds/ledger.ts'
import { addCloudFault, healClouds } from '../../infra/sandbox/start.ts'
import { neverTwo, thingsOf } from '../gauntlet/clouds/judge.ts'
import { seeded } from '../src/machines/rig.ts'
import { holdsWithin, openControlRoom, report, secondsSince } from './control-room.ts'

const room = openControlRoom()
afterAll(() => room.close())

const random = seeded(20_261_124)
/** Nodes that run, as machines of the plan, and nodes that are new. */
const old = ['paris', 'singapore', 'virginia', 'uae']
const places = {
  lyon: { provider: 'aws', region: 'eu-west-3', type: 't4g.nano' },
  tokyo: { provider: 'aws', region: 'ap-northeast-1', type: 't4g.nano' },
  nuremberg: { provider: 'hetzner', region: 'nbg1', type: 'cx23', arch: 'x86_64' },
  iowa: { provider: 'gcp', region: 'us-central1', type: 'e2-micro', arch: 'x86_64' },
} as const
const fresh = Object.keys(places)
const kinds: readonly FaultKind[] = [
  'throttle',
  'server-error',
  'error-after-effect',
  'lag',
  'html-502',
  'drop',
  'reply-lost',
  'slow',
]
const costly = ['RunInstances', 'TerminateInstances', 'POST /servers', 'instances.insert'] as const

/** The sandbox's fleet and some nodes that have no machine yet. */
function withFresh(file: string): string {
  const fleet = parse(readFileSync(file, 'utf8'))
  const { port } = fleet.nodes.paris.ssh
  for (const [name, where] of Object.entries(places)) fleet.nodes[name] = { ...where, ssh: { port } }
  return room.write('fleet.yaml', stringify(fleet))
}

/** The engine that lives, or a new one; a busy machine may need a second try. */
async function enginePid(fleet: string): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const ran = await room.run(['status', '--fleet', fleet, '--json'])
    if (ran.stdout.trim() !== '') return JSON.parse(ran.stdout).engine.pid
    if (tries === 5) throw new Error(`no engine: ${ran.stderr}`)
  }
}

/** Machines of a node that run, by the clouds' own ledger. */
function aliveOf(node: string): string[] {
  return thingsOf(readCloudsLedger(room.sandbox), 'clavitor')
    .filter(thing => thing.kind === 'instance' && thing.node === node && thing.to === null)
    .map(({ id }) => id)
}

test('provision and teardown end as asked, whatever fails and however often the engine is killed', {
  timeout: 240_000,
}, async () => {
  const began = performance.now()
  await room.json(['sandbox', 'up'])
  const fleet = withFresh(path.join(room.sandbox, 'fleet.yaml'))
  // A look at every region, which finds the machines of the plan.
  expect((await room.run(['drift', '--fleet', fleet])).exit).not.toBe(3)
  for (const action of costly) {
    for (let count = 0; count < 2; count += 1) {
      const kind = kinds[Math.floor(random() * kinds.length)] ?? 'drop'
      await addCloudFault(room.sandbox, { kind, action, ms: 3_000 })
    }
  }

  const words = ['--fleet', fleet, '--yes', '--json']
  const commands = [
    room.run(['provision', fresh.join(','), '--over-budget', ...words]),
    room.run(['teardown', old.join(','), ...words]),
  ]
  const storm = performance.now()
  // On a busy machine three deaths must do.
  for (let kills = 0; kills < 5 && (kills < 3 || secondsSince(storm) < 25); kills += 1) {
    const pid = await enginePid(fleet)
    await new Promise(resolve => setTimeout(resolve, 300 + 3_500 * random()))
    process.kill(pid, 'SIGKILL')
    report(`clouds: engine ${pid} killed at ${secondsSince(began)} s`)
  }
  // The next command starts another one, which goes on with what the dead ones were at.
  await enginePid(fleet)
  const engine = await room.attach('clavitor')
  try {
    expect(await holdsWithin(engine, 110_000, () => Object.keys(engine.state().machines.open).length === 0)).toBe(true)
    // A command waits for what it asked for, also when the engine is another one by then.
    for (const command of commands) await command
    report(`clouds: over at ${secondsSince(began)} s`)
    await healClouds(room.sandbox)

    const { closed, machines } = engine.state().machines
    const lines = readCloudsLedger(room.sandbox)
    expect(neverTwo(lines)).toEqual([])
    expect(lines.filter(line => line.what === 'request' && line.fault !== null).length).toBeGreaterThan(0)
    for (const node of fresh) {
      const ops = closed.filter(op => op.node === node)
      for (const op of ops) if (op.phase !== 'done') expect(op.trouble?.message, node).toMatch(/\w/)
      const ids = aliveOf(node)
      expect(ids, node).toHaveLength(ops.some(op => op.phase === 'done') ? 1 : 0)
      expect(machines[node]?.machine.id, node).toBe(ids[0])
    }
    for (const node of old) {
      const ops = closed.filter(op => op.node === node)
      for (const op of ops) if (op.phase !== 'done') expect(op.trouble?.message, node).toMatch(/\w/)
      expect(aliveOf(node), node).toHaveLength(ops.some(op => op.phase === 'done') ? 0 : 1)
    }
    report(`clouds: ${closed.map(op => `${op.kind} ${op.node} ${op.phase}`).join(', ')}`)
    // What was asked of an engine that lived long enough to answer was done.
    expect(closed.filter(op => op.phase === 'done').length).toBeGreaterThan(0)
  } finally {
    await engine.close()
  }
})
