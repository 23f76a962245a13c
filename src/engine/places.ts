// Where things are: the fleet file, the sandbox, the engine's socket. Pure: environment and disk come in.
import path from 'node:path'

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  uid: number
  homeDir: string
  exists(file: string): boolean
}

/** Where the sandbox lives for this login: below `$XDG_STATE_HOME/watchfloor`. */
function stateRoot(around: Surroundings): string {
  return path.join(around.env.XDG_STATE_HOME || path.join(around.homeDir, '.local', 'state'), 'watchfloor')
}

/** The fleet file that was asked for, or the first that is there; null: none, which means the sandbox. */
export function fleetFileOf(asked: string | undefined, around: Surroundings): string | null {
  const wanted = asked ?? around.env.WATCHFLOOR_FLEET
  if (wanted) return path.resolve(around.cwd, wanted)
  const config = around.env.XDG_CONFIG_HOME || path.join(around.homeDir, '.config')
  const places = [
    path.join(around.cwd, 'fleet.yaml'),
    path.join(config, 'watchfloor', 'fleet.yaml'),
    '/etc/watchfloor/fleet.yaml',
  ]
  return places.find(file => around.exists(file)) ?? null
}

export function sandboxDir(around: Surroundings): string {
  return around.env.WATCHFLOOR_SANDBOX || path.join(stateRoot(around), 'sandbox', 'world')
}

export function sandboxHome(asked: string | undefined, around: Surroundings): string {
  const wanted = asked ?? around.env.WATCHFLOOR_HOME
  return wanted ? path.resolve(around.cwd, wanted) : path.join(stateRoot(around), 'sandbox', 'home')
}

/** What one operator's room leaves and reads: their own files, not the fleet's. */
export function roomPlaces(fleet: string, kind: string, around: Surroundings) {
  const folder = path.join(stateRoot(around), 'room')
  const config = around.env.XDG_CONFIG_HOME || path.join(around.homeDir, '.config')
  return {
    settings: path.join(config, 'watchfloor', 'room.yaml'),
    // A sandbox may have the name of a real fleet.
    session: path.join(folder, kind === 'real' ? `${fleet}.json` : `${fleet}.${kind}.json`),
    files: path.join(folder, 'copies'),
    log: path.join(folder, 'room.log'),
  }
}

/** Beside the socket: where clients prove who they are. */
export const proofFolder = 'proofs'

export interface Door {
  /** Directory of the socket and of the proofs. */
  dir: string
  socket: string
  proofs: string
  /** A system user's engine, whose group may enter; systemd made the directory. */
  shared: boolean
}

/** Where the homes of shared engines lie. */
export function isSharedHome(home: string): boolean {
  return home.startsWith('/var/lib/watchfloor/')
}

/** The engine's door. A shared engine has it under /run, where its group may enter; a private one in its home. */
export function doorOf(home: string, fleet: string, around: Surroundings): Door {
  const shared = path.join('/run/watchfloor', fleet)
  if (isSharedHome(home) && around.exists(shared)) return door(shared, true)
  return door(path.join(home, 'run'), false)
}

function door(dir: string, shared: boolean): Door {
  return { dir, socket: path.join(dir, 'engine.sock'), proofs: path.join(dir, proofFolder), shared }
}
