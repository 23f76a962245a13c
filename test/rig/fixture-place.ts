// A fixture in a folder of its own, with programs on its PATH that the test wrote. Ends what it started.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bundleFixture } from './bundle-fixture.ts'
import { type Rig, startRig } from './rig.ts'

export interface FixturePlace {
  folder: string
  program: string
  /** A program on PATH: a script of /bin/sh. */
  script(name: string, lines: string): void
  /** A folder more. */
  folderFor(at: string): void
  /** A file in the folder, which is the working directory of everything here. */
  touch(name: string): void
  start(options: { columns?: number; rows?: number; env?: Record<string, string>; argv?: readonly string[] }): Rig
  /** Ends every rig. */
  endRigs(): Promise<void>
  remove(): void
}

export async function makeFixturePlace(fixture: string): Promise<FixturePlace> {
  const folder = mkdtempSync(path.join(tmpdir(), `watchfloor-${fixture}-`))
  const bin = path.join(folder, 'bin')
  mkdirSync(bin)
  const program = await bundleFixture(fixture, folder)
  const rigs: Rig[] = []
  return {
    folder,
    program,
    script: (name, lines) => writeFileSync(path.join(bin, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 }),
    folderFor: at => void mkdirSync(at, { recursive: true }),
    touch: name => writeFileSync(path.join(folder, name), ''),
    start({ columns = 80, rows = 24, env = {}, argv = [process.execPath, program] }) {
      const around = { PATH: `${bin}:${process.env.PATH ?? ''}`, LANG: 'C.UTF-8', HOME: folder, PS1: 'prompt> ' }
      const rig = startRig({ argv, env: { ...around, ...env }, columns, rows, cwd: folder })
      rigs.push(rig)
      return rig
    },
    async endRigs() {
      for (const rig of rigs.splice(0)) {
        rig.thaw()
        rig.kill('SIGKILL')
        await rig.exited
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function isAlternate(rig: Rig): boolean {
  return rig.terminal.buffer.active.type === 'alternate'
}

/** A process that is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
