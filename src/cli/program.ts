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
  const groups = new Map<string, Command>()

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
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ')
    if (second === undefined) {
      add(program.command(first).description(command.summary), command)
      continue
    }
    let group = groups.get(first)
    if (!group) {
      group = program.command(first).description(`${first}: see \`watchfloor ${first} --help\``)
      groups.set(first, group)
    }
    add(group.command(second).description(command.summary), command)
  }

  for (const one of [program, ...program.commands, ...[...groups.values()].flatMap(group => group.commands)]) {
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
