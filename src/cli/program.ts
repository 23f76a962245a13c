// From argv to one call: commander parses, the records decide. Bad usage is exit code 2.
import { Command, CommanderError, Option } from 'commander'
import { parseDuration } from '../../state/primitives/duration.ts'
import { BadInput, type Exit } from '../../state/primitives/errors.ts'
import { nearest } from '../fleet/nearest.ts'
import { type CliCommand, type CliContext, commonOptions } from './command.ts'
import { tellError } from './output.ts'

/** Runs argv (without Node and script). `room` is what `watchfloor` alone opens. */
export async function runCli(
  argv: readonly string[],
  commands: readonly CliCommand[],
  room: CliCommand,
  context: CliContext,
): Promise<Exit> {
  let exit: Exit = 0
  const program = new Command('watchfloor')
    .version(context.version, '-V, --version')
    .description('A terminal control room for people who run fleets of servers')
    .enablePositionalOptions()
    .showHelpAfterError('(`watchfloor --help` lists everything)')

  function add(target: Command, command: CliCommand): void {
    for (const option of [...(command.options ?? []), ...commonOptions]) {
      const made = new Option(option.flags, option.description)
      if (option.default !== undefined) made.default(option.default)
      if (option.choices) made.choices([...option.choices])
      target.addOption(made)
    }
    if (command.args) target.arguments(command.args)
    target.addHelpText('after', `\nExit codes: 0 fine · 2 bad input · ${command.exits}`)
    target.action(async () => {
      const args = target.processedArgs.flat().filter((arg): arg is string => typeof arg === 'string')
      exit = await command.run({ args, options: target.opts(), context })
    })
  }

  add(program, room)
  // The room takes no words: one that is there is a command that is not.
  program
    .usage('[options] [command]')
    .argument('[words...]')
    .hook('preAction', (_program, called) => {
      const [word] = called === program ? program.args : []
      if (word === undefined) return
      const near = nearest(
        word,
        commands.map(command => command.name.split(' ')[0] ?? ''),
      )
      throw new BadInput({
        name: 'unknown-command',
        message: `there is no command "${word}"`,
        remedy: near ? `Did you mean "${near}"?` : '`watchfloor --help` lists everything.',
      })
    })
  // A word may be a command and have others behind it: `cost`, and `cost reported add`.
  const named = new Map<string, Command>([['', program]])
  function at(name: string, summary: string | null): Command {
    const known = named.get(name)
    if (known) return summary === null ? known : known.description(summary)
    const words = name.split(' ')
    const made = at(words.slice(0, -1).join(' '), null).command(words.at(-1) ?? '')
    named.set(name, made)
    return made.description(summary ?? `${name}: see \`watchfloor ${name} --help\``)
  }
  for (const command of commands) add(at(command.name, command.summary), command)

  for (const one of named.values()) {
    one.exitOverride()
    one.configureOutput({
      writeOut: words => context.console.out(words.trimEnd()),
      writeErr: words => context.console.err(words.trimEnd()),
    })
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return tellError(error, context.console)
  }
  return exit
}

/** `24h`, `7d`, `30d` and the like in ms; for windows in questions. */
export function windowMs(words: string): number {
  const ms = parseDuration(words)
  if (ms === null || ms <= 0) {
    throw new BadInput({ name: 'bad-window', message: `"${words}" is no window`, remedy: 'Say 24h, 7d or 30d.' })
  }
  return ms
}
