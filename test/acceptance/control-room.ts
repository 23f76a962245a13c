// The sandbox and its engine as an operator has them: the built program, temporary folders, and a second client in this
// process that sees what the tiles see. At the end nothing is left, whatever happened.
import { appendFileSync, copyFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { attachEngine, type EngineClient } from '../../src/engine/client.ts'
import { doorOf } from '../../src/engine/places.ts'
import { bundle, makeWorld, type Ran, type World } from '../src/cli/world.ts'

export interface ControlRoom extends World {
  /** Where the sandbox keeps what it is. */
  sandbox: string
  /** A second client of the engine that watches the sandbox. */
  sit(): Promise<EngineClient>
  /** Runs a command that prints one JSON document. */
  json<T>(argv: readonly string[]): Promise<T & { exit: number | null }>
}

export function openControlRoom(): ControlRoom {
  const world = makeWorld()
  // The program as it is now: a build in the middle of a test must not put two versions into one room.
  const program = path.join(path.dirname(bundle), `acceptance-${process.pid}-${path.basename(world.dir)}.mjs`)
  copyFileSync(bundle, program)
  const run = (argv: readonly string[]) => world.run(argv, { program: [process.execPath, program] })
  const sandbox = path.join(world.dir, 'state', 'watchfloor', 'sandbox', 'world')
  const home = path.join(world.dir, 'state', 'watchfloor', 'sandbox', 'home')
  const attached: EngineClient[] = []
  return {
    ...world,
    run,
    sandbox,
    async sit() {
      const around = { env: world.env, cwd: world.dir, uid: process.getuid?.() ?? 0, homeDir: '/', exists: () => false }
      const { socket } = doorOf(home, 'clavitor', around)
      const client = await attachEngine({ socketPath: socket, version: 'test', heal: false })
      attached.push(client)
      return client
    },
    async json(argv) {
      const ran = await run([...argv, '--json'])
      return { ...JSON.parse(wordsOf(ran)), exit: ran.exit }
    },
    async close() {
      for (const client of attached) await client.close().catch(() => undefined)
      await world.close()
      rmSync(program, { force: true })
    },
  }
}

function wordsOf(ran: Ran): string {
  if (ran.stdout.trim() === '') throw new Error(`nothing was printed: ${ran.stderr}`)
  return ran.stdout
}

/** Waits until something holds of the engine's state; false when that took longer than it may. */
export async function holdsWithin(engine: EngineClient, ms: number, holds: () => boolean): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => end(holds()), ms)
    const leave = engine.subscribe(() => {
      if (holds()) end(true)
    })
    function end(answer: boolean): void {
      clearTimeout(timer)
      leave()
      resolve(answer)
    }
    if (holds()) end(true)
  })
}

/** What was measured, for people: to the terminal, and to a file where one is asked for. */
export function report(line: string): void {
  process.stdout.write(`${line}\n`)
  if (process.env.WATCHFLOOR_FIGURES) appendFileSync(process.env.WATCHFLOOR_FIGURES, `${line}\n`)
}

export function secondsSince(started: number): number {
  return Math.round((performance.now() - started) / 100) / 10
}
