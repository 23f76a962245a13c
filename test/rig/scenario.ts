// What a scenario of the rig is: keys, and what is there afterwards; and the ways to places that scenarios begin with.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Rig } from './rig.ts'

export interface World {
  rig: Rig
  folder: string
  /** The commits that were written, as lines. */
  journal(): string
  /** A file of the operator's; empty while it is not there. */
  file(...steps: string[]): string
  /** What another program was started with. */
  ran(program: string): string
}

export interface Scenario {
  action: string
  does: string
  /** Keys, and what is waited for before the next: letters typed before a dialog is there would be other keys. */
  steps: readonly (string | RegExp)[]
  /** True once it has done what it is for. */
  shows(screen: string, world: World, lines: readonly string[]): boolean
  /** The room is left by it. */
  leaves?: true
  env?: Record<string, string>
}

export function worldOf(rig: Rig, folder: string): World {
  const file = (...steps: string[]) => {
    const at = path.join(folder, ...steps)
    return existsSync(at) ? readFileSync(at, 'utf8') : ''
  }
  return {
    rig,
    folder,
    file,
    journal: () => file('journal.jsonl'),
    ran: program => file(`${program}.ran`),
  }
}

export const esc = '\u001b'
export const enter = '\r'
export const left = `${esc}[D`
export const right = `${esc}[C`
export const pageDown = `${esc}[6~`
export const pageUp = `${esc}[5~`
/** To the page of the node that is down; the cursor begins on it. */
export const node = [enter, /▸ node-00003/] as const
/** The cursor on a probe with several values. */
export const load = [...node, /load/, 'jjjjj', / load ram % .*now/] as const
export const logs = ['l', /it broke/] as const
export const incident = ['6', /open \(1\)/, enter, /is down: no answer/] as const
export const journal = ['8', /ran `uptime`/] as const
export const runs = [':runs', /go to runs/, enter, /uptime/] as const
export const run = [...runs, enter, /ok/] as const
export const money = ['5', /over by/] as const
export const drift = [':drift', /go to drift/, enter, /looked/] as const
/** The plan of a node that is planned. */
export const plan = [':node-00006', /node-00006/, enter, /▸ node-00006/, 'p', /would create 1 machine/] as const
export const selectedTile = (lines: readonly string[]) => /█[◆✖●○◐ ]+(node-\d+)/.exec(lines.join('\n'))?.[1] ?? ''
/** A clipboard that no terminal has: copies go into a file. */
export const noClipboard = { TERM: 'linux', LANG: 'C.UTF-8' }
/** Shown as a table. */
export const many = { FAKE_NODES: '200' }
export const copied = ({ file }: World) => file('room', 'copies', 'copied.txt')
