// A command of the command line is a record: flags, then one call. `commands.ts` lists them; help, completion and the
// generated reference come from the same records.
import type { Exit } from '../../state/primitives/errors.ts'
import type { Surroundings } from '../engine/places.ts'
import type { Console } from './output.ts'

export interface CliOption {
  /** `--window <span>` as commander reads it. */
  flags: string
  description: string
  default?: string
  choices?: readonly string[]
}

export interface CliContext {
  console: Console
  around: Surroundings
  version: string
  /** argv prefix that runs this program again. */
  program: readonly string[]
  /** Asks a person and gives what they typed; null: nobody sits there. */
  ask: ((question: string) => Promise<string>) | null
}

export interface Call {
  args: readonly string[]
  options: Readonly<Record<string, string | boolean | undefined>>
  context: CliContext
}

export interface CliCommand {
  /** `check`, `engine start`. */
  name: string
  summary: string
  /** As commander reads it: `[selector]`, `<selector> [command...]`. */
  args?: string
  options?: readonly CliOption[]
  /** What the exit code means, beyond 0 and 2. */
  exits: string
  run(call: Call): Promise<Exit>
}

/** Options that every command takes. */
export const commonOptions: readonly CliOption[] = [
  {
    flags: '--fleet <file>',
    description: 'fleet file (default: $WATCHFLOOR_FLEET, ./fleet.yaml, …; none: the sandbox)',
  },
  {
    flags: '--home <dir>',
    description: 'where state is kept (default: $WATCHFLOOR_HOME, /var/lib/watchfloor/<fleet>, …)',
  },
  { flags: '--json', description: 'one JSON document (or JSON lines) on stdout' },
]

export function text(option: string | boolean | undefined): string | undefined {
  return typeof option === 'string' ? option : undefined
}
