// What a program of a node is: a function that gets arguments and streams, as a process would, and what it can know
// of the world around it.
import type { Machine } from '../nodes/machine.ts'
import type { Shell } from './shell.ts'
import type { Sink, Source } from './streams.ts'

/** What a program of a node is given: its arguments, its streams, the machine it runs on. */
export interface Run {
  name: string
  args: readonly string[]
  in: Source
  out: Sink
  err: Sink
  shell: Shell
  machine: Machine
  world: WorldView
  signal: AbortSignal
}

export type Program = (run: Run) => number | Promise<number>

/** What a node can know of the rest of the world: how far others are, and whether they answer. */
export interface WorldView {
  programs: ReadonlyMap<string, Program>
  /** The node behind a name or an address; null if there is none. */
  find(nameOrAddress: string): { machine: Machine; via: 'mesh' | 'public' } | null
  all(): readonly Machine[]
  /** One round trip between two nodes now, in ms; null if nothing would come back. */
  roundTrip(from: Machine, to: Machine, via: 'mesh' | 'public'): number | null
  wireguard: { publicKey(name: string): string }
  serves(machine: Machine, service: 'ssh' | 'https'): boolean
}
