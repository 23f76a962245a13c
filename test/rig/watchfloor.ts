// The built program on a sandbox of its own: its own state and world in a folder that is removed afterwards.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Rig, startRig } from './rig.ts'

const bundle = path.resolve(import.meta.dirname, '../../dist/watchfloor.mjs')

export interface Place {
  folder: string
  env: Record<string, string>
  /** Runs a command of the program to its end. */
  run(...args: string[]): { code: number | null; out: string; err: string }
  /** Opens the room in a terminal. */
  open(columns: number, rows: number, env?: Readonly<Record<string, string>>): Rig
  /** Stops engine and world, removes the folder. */
  end(): void
}

export function makePlace(): Place {
  const folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-room-'))
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    LANG: 'C.UTF-8',
    XDG_STATE_HOME: path.join(folder, 'state'),
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    WATCHFLOOR_SANDBOX: path.join(folder, 'world'),
  }
  function run(...args: string[]): { code: number | null; out: string; err: string } {
    const done = spawnSync(process.execPath, [bundle, ...args], { env, cwd: folder, encoding: 'utf8' })
    return { code: done.status, out: done.stdout, err: done.stderr }
  }
  return {
    folder,
    env,
    run,
    open: (columns, rows, more = {}) =>
      startRig({ argv: [process.execPath, bundle], env: { ...env, ...more }, columns, rows, cwd: folder }),
    end() {
      run('sandbox', 'down')
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}
