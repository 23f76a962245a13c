// What every command needs first: which fleet, which home, which engine. With no fleet file it is the sandbox.
import path from 'node:path'
import { Type } from 'typebox'
import { isSandboxAwake } from '../../infra/sandbox/control.ts'
import { startSandbox } from '../../infra/sandbox/start.ts'
import type { SandboxStatus } from '../../infra/sandbox/world.ts'
import { realDisk } from '../../state/disk.ts'
import { resolveHome, stampName } from '../../state/home.ts'
import { BadInput, type Exit } from '../../state/primitives/errors.ts'
import { checker } from '../../state/primitives/schema.ts'
import { attachEngine, type EngineClient } from '../engine/client.ts'
import type { CheckRow } from '../engine/engine.ts'
import { type Door, doorOf, fleetFileOf, type Surroundings, sandboxDir, sandboxHome } from '../engine/places.ts'
import { attachOrStart, isAbsent } from '../engine/start.ts'
import { renderFleetErrors } from '../fleet/errors.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { readFleetFile } from '../fleet/watch-file.ts'
import { type Call, text } from './command.ts'

export interface Location {
  fleetFile: string
  fleet: Fleet
  home: string
  kind: 'real' | 'sandbox' | 'test'
  door: Door
}

/**
 * Reads the fleet file and says where its home is. Without a fleet file it is the sandbox, which is started; `asleep`
 * leaves a sandbox that has been there before as it is.
 */
export async function locate(call: Call, options: { asleep?: boolean } = {}): Promise<Location> {
  const { around } = call.context
  const file = fleetFileOf(text(call.options.fleet), around)
  const asked = text(call.options.home)
  if (file === null) {
    const written = path.join(sandboxDir(around), 'fleet.yaml')
    const fleetFile = options.asleep && around.exists(written) ? written : (await sandboxWorld(call)).fleetFile
    const fleet = await readFleet(fleetFile)
    const home = sandboxHome(asked, around)
    return { fleetFile, fleet, home, kind: 'sandbox', door: doorOf(home, fleet.name, around) }
  }
  const fleet = await readFleet(file)
  const home = await homeOf(fleet.name, asked, around)
  return { fleetFile: file, fleet, home, kind: 'real', door: doorOf(home, fleet.name, around) }
}

function homeOf(fleet: string, asked: string | undefined, around: Surroundings): Promise<string> {
  return resolveHome({
    disk: realDisk,
    fleet,
    flag: asked,
    environment: around.env,
    userHome: around.homeDir,
    workingDirectory: around.cwd,
  })
}

const keptStamp = checker(
  Type.Object({
    fleet: Type.String({ minLength: 1 }),
    kind: Type.Union([Type.Literal('real'), Type.Literal('sandbox'), Type.Literal('test')]),
  }),
)

/**
 * Where an engine is to run. A fleet file that is broken or gone must not stop the watching of a home that knows what was
 * accepted: its own stamp says whose it is, and the engine runs the accepted file.
 */
export async function locateToRun(call: Call): Promise<Omit<Location, 'fleet'> & { fleetName: string }> {
  const { around, console } = call.context
  try {
    const location = await locate(call)
    return { ...location, fleetName: location.fleet.name }
  } catch (error) {
    const asked = text(call.options.home) ?? around.env.WATCHFLOOR_HOME
    const fleetFile = fleetFileOf(text(call.options.fleet), around)
    if (!(error instanceof BadInput) || !asked || !fleetFile) throw error
    const home = path.resolve(around.cwd, asked)
    const bytes = await realDisk.read(path.join(home, stampName))
    const stamp: unknown = bytes === null ? null : JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (!keptStamp.is(stamp)) throw error
    console.err(error.message)
    console.err('watchfloor: going on with the fleet file that was accepted before')
    return { fleetFile, fleetName: stamp.fleet, home, kind: stamp.kind, door: doorOf(home, stamp.fleet, around) }
  }
}

/**
 * The fleet of a file, or BadInput with everything that is wrong with it. A fleet file names programs, so that a file which
 * somebody else could have written is refused before anything in it counts, whichever command reads it.
 */
export async function readFleet(file: string, uid = process.getuid?.() ?? 0): Promise<Fleet> {
  const seen = await readFleetFile(file, uid)
  if (seen.kind === 'refused') {
    throw new BadInput({
      name: 'fleet-file-refused',
      message: seen.why,
      remedy: 'Mend that, name another with --fleet FILE, or write a first one with `watchfloor init`.',
    })
  }
  const { judgeFile } = await import('./judge-file.ts')
  const loaded = judgeFile(file, seen.bytes)
  if (loaded.ok) return loaded.fleet
  const shown = renderFleetErrors(loaded.errors, { colour: false })
  throw new BadInput({
    name: 'bad-fleet-file',
    message: `${path.basename(file)} has ${loaded.errors.length} errors\n${shown}`,
  })
}

/** Starts the sandbox if it does not run. */
export async function sandboxWorld(call: Call, dir = sandboxDir(call.context.around)): Promise<SandboxStatus> {
  const { program, console } = call.context
  const { started, status } = await startSandbox({ dir, argv: [...program, 'sandbox', 'run', '--dir', dir] })
  if (started)
    console.err(`sandbox: ${status.nodes.length} nodes are up on loopback; \`watchfloor sandbox down\` stops them`)
  return status
}

/** The engine that watches the sandbox, if it runs; starts nothing. */
export async function runningSandboxEngine(call: Call): Promise<EngineClient | null> {
  const { around } = call.context
  const written = path.join(sandboxDir(around), 'fleet.yaml')
  if (!around.exists(written)) return null
  const fleet = await readFleet(written)
  const home = sandboxHome(text(call.options.home), around)
  return runningEngine(call, {
    fleetFile: written,
    fleet,
    home,
    kind: 'sandbox',
    door: doorOf(home, fleet.name, around),
  })
}

/**
 * The engine that already runs for this fleet, without judging the file: the engine has judged it, and the door needs no
 * more than the fleet's name. Null: none runs, or the name is not plain to see.
 */
async function attachAtOnce(call: Call, heal: boolean): Promise<EngineClient | null> {
  const { around, version } = call.context
  const asked = text(call.options.home)
  const file = fleetFileOf(text(call.options.fleet), around)
  const written = file ?? path.join(sandboxDir(around), 'fleet.yaml')
  const seen = await readFleetFile(written, around.uid)
  if (seen.kind === 'refused') return null
  const name = /^fleet:[ \t]*["']?([A-Za-z0-9][A-Za-z0-9._-]{0,62})["']?[ \t]*(?:#.*)?$/m.exec(
    Buffer.from(seen.bytes).toString('utf8'),
  )?.[1]
  if (name === undefined) return null
  const home = file === null ? sandboxHome(asked, around) : await homeOf(name, asked, around)
  try {
    // The sandbox's world may have been stopped while its engine watched on: it is started again.
    const [engine, isAwake] = await Promise.all([
      attachEngine({ socketPath: doorOf(home, name, around).socket, version, heal }),
      file === null ? isSandboxAwake(sandboxDir(around)) : true,
    ])
    if (!isAwake) await sandboxWorld(call)
    return engine
  } catch (error) {
    if (error instanceof Error && error.name === 'no-engine') return null
    throw error
  }
}

/** Attaches to the fleet's engine, starting one if none runs, and detaches afterwards. */
export async function withEngine(
  call: Call,
  use: (engine: EngineClient) => Promise<Exit>,
  options = { heal: false },
): Promise<Exit> {
  const engine = await openEngine(call, options)
  try {
    return await use(engine)
  } finally {
    await engine.close()
  }
}

export async function openEngine(call: Call, options: { heal: boolean }): Promise<EngineClient> {
  const running = await attachAtOnce(call, options.heal)
  if (running) return running
  const location = await locate(call)
  const { console, program, version } = call.context
  return attachOrStart({
    program,
    version,
    fleetFile: location.fleetFile,
    home: location.home,
    kind: location.kind,
    door: location.door,
    heal: options.heal,
    onStarted(how) {
      if (location.kind !== 'real') return
      const where = how === 'scope' ? 'in its own systemd scope' : 'detached from this login'
      console.err(
        `watchfloor: started an engine ${where}; \`watchfloor engine install\` makes it watch over reboots too`,
      )
    },
  })
}

/** Looks now: through the engine if one runs, else in this process, writing nothing. */
export async function checkNow(call: Call, selector: string): Promise<{ fleet: string; rows: CheckRow[] }> {
  const location = await locate(call)
  const engine = await runningEngine(call, location)
  if (!engine) {
    const { checkInProcess } = await import('../engine/check.ts')
    const { fleet, home } = location
    return { fleet: fleet.name, rows: await checkInProcess({ fleet, home, selector, env: call.context.around.env }) }
  }
  try {
    return { fleet: engine.live().fleet.name, rows: await engine.ask('check', { selector }) }
  } finally {
    await engine.close()
  }
}

export async function runningEngine(call: Call, location: Location): Promise<EngineClient | null> {
  try {
    return await attachEngine({ socketPath: location.door.socket, version: call.context.version, heal: false })
  } catch (error) {
    if (isAbsent(error, location)) return null
    throw error
  }
}
