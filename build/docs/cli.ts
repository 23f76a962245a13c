// docs/cli.md: every command from its own record, the same that makes the help and the completion.
import { type CliCommand, type CliOption, commonOptions } from '../../src/cli/command.ts'
import { code, page, table } from './page.ts'

const schemas: Readonly<Record<string, string>> = {
  check: 'schema/check.schema.json',
  exec: 'schema/exec.schema.json',
  status: 'schema/status.schema.json',
  uptime: 'schema/uptime.schema.json',
  'incident list': 'schema/incidents.schema.json',
  'alert test': 'schema/alert-test.schema.json',
  cost: 'schema/cost.schema.json',
  drift: 'schema/drift.schema.json',
  offers: 'schema/offers.schema.json',
  'prices show': 'schema/prices.schema.json',
  'prices refresh': 'schema/prices.schema.json',
  'cost reported add': 'schema/done.schema.json',
  'cost reported refresh': 'schema/done.schema.json',
  provision: 'schema/operations.schema.json',
  teardown: 'schema/operations.schema.json',
  adopt: 'schema/operations.schema.json',
  ...Object.fromEntries(
    ['ack', 'resolve', 'note', 'add', 'silence', 'unsilence', 'maintain', 'end-maintenance'].map(verb => [
      `incident ${verb}`,
      'schema/done.schema.json',
    ]),
  ),
}

export function cliPage(commands: readonly CliCommand[]): string {
  return page('The command line', '`src/cli/commands.ts`', [
    'Answers go to standard output, progress and messages to standard error. `watchfloor COMMAND --help` says the same as this page.',
    '`watchfloor` alone opens the control room. When its input or output is no terminal it prints the plain status and ends: `1` a node is down, `4` no engine.',
    '## Options of every command',
    options(commonOptions),
    'With `--json` the shapes of `check`, `exec`, `status`, `uptime`, `cost`, `drift`, `offers`, `prices`, `provision`, `teardown`, `adopt`, `incident` and `alert test` only grow: nothing in them is renamed or removed. Their JSON Schemas are linked below.',
    '## Exit codes',
    table(
      ['Code', 'Meaning'],
      [
        ['0', 'fine'],
        ['1', 'the answer is bad: down, failed, damaged'],
        ['2', 'bad input; nothing was done'],
        ['3', 'not yet: unknown, or too little was watched to say'],
        ['4', 'no engine, or a target cannot be reached'],
        ['5', 'refused by a guard'],
        ['70', 'a bug of ours'],
      ],
    ),
    'Where several hold, the first of 70, 2, 5, 1, 4, 3 is given. What each command adds is said with it. The names of errors are in [errors.md](errors.md).',
    '## Commands',
    table(
      ['Command', 'What it does'],
      commands.map(command => [`[${command.name}](#${anchor(command)})`, command.summary]),
    ),
    ...commands.flatMap(section),
  ])
}

function section(command: CliCommand): string[] {
  const schema = schemas[command.name]
  return [
    `## watchfloor ${command.name}`,
    `${capital(command.summary)}.`,
    `\`\`\`\nwatchfloor ${[command.name, '[options]', command.args].filter(Boolean).join(' ')}\n\`\`\``,
    ...(command.options?.length ? [options(command.options)] : []),
    `Exit codes: 0 fine · 2 bad input · ${command.exits === 'none else' ? 'no others' : command.exits}`,
    ...(schema ? [`With \`--json\`: [${schema}](${schema}).`] : []),
  ]
}

function options(list: readonly CliOption[]): string {
  return table(
    ['Option', 'What it does'],
    list.map(option => [
      code(option.flags),
      [
        option.description,
        option.choices ? `(one of ${option.choices.join(', ')})` : '',
        option.default === undefined ? '' : `(default ${option.default})`,
      ]
        .filter(Boolean)
        .join(' '),
    ]),
  )
}

/** As the usual Markdown renderers name a heading. */
function anchor(command: CliCommand): string {
  return `watchfloor-${command.name.replaceAll(' ', '-')}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
