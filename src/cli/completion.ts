// `watchfloor completion SHELL`: generated from the same records as the help.
import { type CliCommand, commonOptions } from './command.ts'

export function completionCommand(commands: () => readonly CliCommand[]): CliCommand {
  return {
    name: 'completion',
    summary: 'print a completion script: eval "$(watchfloor completion bash)"',
    args: '<shell>',
    exits: 'none else',
    async run({ args, context }) {
      const write = shells[args[0] ?? '']
      if (!write) {
        context.console.err(`watchfloor: no completion for "${args[0]}"; there is ${Object.keys(shells).join(', ')}`)
        return 2
      }
      context.console.out(write(commands()))
      return 0
    },
  }
}

const shells: Readonly<Record<string, (commands: readonly CliCommand[]) => string>> = { bash, zsh, fish }

interface Word {
  /** What was typed before: `` or `engine`. */
  after: string
  word: string
  summary: string
}

function words(commands: readonly CliCommand[]): Word[] {
  const list: Word[] = []
  for (const { name, summary } of commands) {
    const parts = name.split(' ')
    for (const [depth, word] of parts.entries()) {
      const after = parts.slice(0, depth).join(' ')
      const isWhole = depth === parts.length - 1
      if (list.some(one => one.after === after && one.word === word)) continue
      list.push({ after, word, summary: isWhole ? summary : `${word} …` })
    }
  }
  return list
}

function flags(command: CliCommand): string[] {
  return [...(command.options ?? []), ...commonOptions].map(option => option.flags.split(/[ ,]/)[0] ?? '')
}

function bash(commands: readonly CliCommand[]): string {
  const list = words(commands)
  const groups = [...new Set(list.map(one => one.after))]
  const cases = groups
    .map(
      after =>
        `    '${after}') COMPREPLY=($(compgen -W '${list
          .filter(one => one.after === after)
          .map(one => one.word)
          .join(' ')}' -- "$word"));;`,
    )
    .join('\n')
  // The longer name first: `cost reported add` is no `cost`.
  const options = [...commands]
    .sort((one, other) => other.name.length - one.name.length)
    .map(command => `    '${command.name}'*) COMPREPLY=($(compgen -W '${flags(command).join(' ')}' -- "$word"));;`)
    .join('\n')
  return `_watchfloor() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  if [[ "$word" == -* ]]; then
    case "$before" in
${options}
    esac
    return
  fi
  case "$before" in
${cases}
  esac
}
complete -o default -F _watchfloor watchfloor`
}

function zsh(commands: readonly CliCommand[]): string {
  const list = words(commands)
  const groups = [...new Set(list.map(one => one.after))]
  const cases = groups
    .map(after => {
      const entries = list.filter(one => one.after === after).map(one => `'${one.word}:${quoted(one.summary)}'`)
      return `    '${after}') local -a found=(${entries.join(' ')}); _describe watchfloor found;;`
    })
    .join('\n')
  return `#compdef watchfloor
_watchfloor() {
  case "\${words[2,CURRENT-1]}" in
${cases}
    *) _files;;
  esac
}
compdef _watchfloor watchfloor`
}

function fish(commands: readonly CliCommand[]): string {
  const list = words(commands)
  const lines = list.map(one => {
    const seen = one.after.split(' ').map(word => `__fish_seen_subcommand_from ${word}`)
    const when = one.after === '' ? '__fish_use_subcommand' : seen.join('; and ')
    return `complete -c watchfloor -n '${when}' -a '${one.word}' -d '${quoted(one.summary)}'`
  })
  for (const command of commands) {
    const [first = ''] = command.name.split(' ')
    for (const flag of flags(command)) {
      lines.push(`complete -c watchfloor -n '__fish_seen_subcommand_from ${first}' -l '${flag.replace(/^--/, '')}'`)
    }
  }
  return [...new Set(lines)].join('\n')
}

function quoted(summary: string): string {
  return summary.replaceAll("'", '’').replaceAll(':', ' -').replaceAll('"', '')
}
