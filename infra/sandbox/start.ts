// Starting, asking and stopping a world from outside its process: what the command line and the first start use.
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Type } from 'typebox'
import { Unreachable, WatchfloorError } from '../../state/primitives/errors.ts'
import { checker } from '../../state/primitives/schema.ts'
import type { ActiveChaos, ChaosOptions } from './chaos.ts'
import type { Fault } from './clouds/faults.ts'
import { askControl } from './control.ts'
import { type LedgerLine, readLedger } from './ledger.ts'
import type { SandboxStatus } from './world.ts'

export interface StartOptions {
  dir: string
  /** What runs this world in the foreground: `[node, bundle, 'sandbox', 'run', '--dir', DIR]`. */
  argv: readonly string[]
  env?: NodeJS.ProcessEnv
  /** Default 15,000: a first start on a busy machine makes all keys. */
  timeoutMs?: number
}

export interface StartedSandbox {
  /** False: it ran already. */
  started: boolean
  fleetFile: string
  status: SandboxStatus
}

/** Starts a world that outlives this process, or finds the one that runs; resolves once its nodes answer. */
export async function startSandbox({ dir, argv, env, timeoutMs = 15_000 }: StartOptions): Promise<StartedSandbox> {
  const running = await sandboxStatus(dir)
  if (running) return { started: false, fleetFile: running.fleetFile, status: running }
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const log = join(dir, 'sandbox.log')
  const output = openSync(log, 'w', 0o600)
  const [program = process.execPath, ...rest] = argv
  const child = spawn(program, rest, {
    detached: true,
    stdio: ['ignore', output, output],
    ...(env ? { env } : {}),
  })
  closeSync(output)
  let ended: string | null = null
  child.once('error', error => {
    ended = error.message
  })
  child.once('exit', code => {
    ended = `it exited with ${code ?? 'a signal'}`
  })
  child.unref()
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const status = await sandboxStatus(dir)
    if (status) return { started: true, fleetFile: status.fleetFile, status }
    if (ended !== null || performance.now() > deadline) {
      const said = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join(' / ').slice(0, 500)
      throw new Unreachable({
        name: 'sandbox-start',
        message: `The sandbox did not start: ${ended ?? `no answer in ${timeoutMs} ms`}${said ? `: ${said}` : ''}`,
        remedy: `Its output is in ${log}.`,
      })
    }
    await delay(40)
  }
}

const StatusCheck = checker(
  Type.Object({ pid: Type.Integer(), dir: Type.String(), fleetFile: Type.String(), nodes: Type.Array(Type.Unknown()) }),
)

/** null: no world runs there. Waits for one that is starting. */
export async function sandboxStatus(dir: string): Promise<SandboxStatus | null> {
  try {
    const status = await askControl(dir, { do: 'status' })
    // The other end is this same program, of this same login: the shape was checked as far as a stranger would differ.
    return StatusCheck.is(status) ? (status as unknown as SandboxStatus) : null
  } catch (error) {
    if (error instanceof WatchfloorError && error.name === 'sandbox-away') return null
    throw error
  }
}

/** Resolves once the world is gone; false if none ran. */
export async function stopSandbox(dir: string, timeoutMs = 5000): Promise<boolean> {
  if (!(await sandboxStatus(dir))) return false
  await askControl(dir, { do: 'stop' })
  const deadline = performance.now() + timeoutMs
  while ((await sandboxStatus(dir)) !== null) {
    if (performance.now() > deadline)
      throw new Unreachable({ name: 'sandbox-stop', message: `The sandbox in ${dir} does not stop` })
    await delay(40)
  }
  return true
}

/** Throws BadInput-like refusals of the world (`chaos-unknown`, `sandbox-node`) and `sandbox-away`. */
export async function beginChaos(
  dir: string,
  kind: string,
  nodes: readonly string[],
  options: ChaosOptions = {},
): Promise<ActiveChaos> {
  return (await askControl(dir, { do: 'chaos', kind, nodes: [...nodes], options: { ...options } })) as ActiveChaos
}

/** Ends chaos: of one kind (null: of all), on some nodes (none named: everywhere). How many nodes were healed. */
export async function healChaos(dir: string, kind: string | null, nodes: readonly string[]): Promise<number> {
  const answer = (await askControl(dir, { do: 'heal', kind, nodes: [...nodes] })) as { healed: number }
  return answer.healed
}

/** What nodes and world saw, oldest first; needs no running world. */
export function sandboxLedger(dir: string): LedgerLine[] {
  return readLedger(dir)
}

/** Something goes wrong in the world's clouds from now on, `times` times. */
export async function addCloudFault(dir: string, fault: Partial<Fault> & Pick<Fault, 'kind'>): Promise<void> {
  const anything = { provider: '*', region: '*', action: '*', times: 1, ms: 0 }
  await askControl(dir, { do: 'cloud-fault', ...anything, ...fault })
}

/** What has not gone wrong yet will not. */
export async function healClouds(dir: string): Promise<void> {
  await askControl(dir, { do: 'cloud-heal' })
}
