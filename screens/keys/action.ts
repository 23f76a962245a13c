// What an action is: one record feeds dispatch, footer, help, palette, the key table in the docs, rebinding and read-only.
import type { Engine } from '../../src/engine/engine.ts'
import type { Room, Snapshot } from '../room/room.ts'

/** What an action may use. */
export interface Hands {
  room: Room
  engine: Engine
  redraw(): void
  suspend(): void
  detach(): void
  /** Gives the terminal to a program (ssh, an editor) until it ends. */
  program: Program
  /** To the operator's own clipboard, or to a file; resolves with what to say of it. */
  copy(lines: readonly string[], what: string): Promise<void>
}

export interface Program {
  /** Gives up the program that is being opened; null: none is. Keys typed meanwhile are meant for it. */
  opening(): (() => void) | null
  /** Opens ssh to a node. */
  shell(node: string): Promise<void>
  /** Opens the fleet file in the operator's editor, at a node if there is one. */
  edit(node: string | null): Promise<void>
}

interface Common {
  id: string
  /** The first one is shown; none: by name only. */
  keys: readonly string[]
  title: string
  /** Its word in the footer; null: it is not shown there. */
  short: string | null
  when(snapshot: Snapshot): boolean
  /** The only screen where it works; set by the registry for what stands in a screen's folder. */
  screen?: string
}

/** Changes nothing but the view. */
export interface Look extends Common {
  danger: 'looks'
  run(hands: Hands): void
  /** With what was typed behind its name in the palette. */
  argue?(hands: Hands, argument: string): void
}

/** One of a list is chosen: by a dialog, or as the argument of the palette's entry. */
export interface Choice extends Common {
  danger: 'looks'
  choose: Chooser
}

/** Writes to the journal at once. */
export interface Note extends Common {
  danger: 'records'
  run(hands: Hands): void
}

/** Asks for values and writes them to the journal. */
export interface Asking extends Common {
  danger: 'records'
  form: Form
}

/** Acts outside the room: whatever it asks, it names what it hits and wants a yes by another key. */
export interface Acting extends Common {
  danger: 'changes'
  form: Form & Required<Pick<Form, 'confirm'>>
}

export type Action = Look | Choice | Note | Asking | Acting

export interface Option {
  id: string
  label: string
  /** What it is, where the label alone does not tell. */
  note?: string
  isOn?: boolean
}

export interface Chooser {
  /** What it acts on, taken when it is opened. */
  subject(snapshot: Snapshot): string
  title: string
  options(subject: string, snapshot: Snapshot): readonly Option[]
  /** What was typed, where it may be something that the list does not name; null: it is nothing. */
  typed?(words: string): Option | null
  /** `stays`: more than one can be chosen. */
  stays?: boolean
  pick(hands: Hands, option: string, subject: string): void
}

export interface Field {
  name: string
  label: string
  /** What may be written, with an example. */
  hint: string
  initial(subject: string, snapshot: Snapshot): string
  /** Why the value is refused, or null. */
  check(value: string, subject: string, snapshot: Snapshot): string | null
}

export type Values = Readonly<Record<string, string>>

export interface Form {
  /** What it acts on, taken when it is opened and kept while it is; null: there is nothing. */
  subject(snapshot: Snapshot): string | null
  title(subject: string, snapshot: Snapshot): string
  fields: readonly Field[]
  /** What will be done, in words. */
  describe(subject: string, values: Values, snapshot: Snapshot): readonly string[]
  /** What is asked once more before it acts outside. */
  confirm?(subject: string, values: Values, snapshot: Snapshot): Confirmation
  /** Resolves with what to say; rejects with why not. */
  submit(hands: Hands, subject: string, values: Values): Promise<string>
}

export interface Confirmation {
  /** A question: `Run this on 3 nodes?` */
  question: string
  nodes: readonly string[]
  /** Exactly what will be run, called or taken. */
  command: readonly string[]
  /** Its word on the button. */
  yes: string
}
