// docs/errors.md: the catalogue of permanent error names, read from where they are thrown. Every error is made by
// `new KIND({ name: '…', message: …, remedy: … })`; anything else in that place stops the build, so none can hide.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { choicesOf, closing, fieldsOf, spokenText } from './literals.ts'
import { code, page, table } from './page.ts'

const kinds = {
  BadAnswer: { exit: 1, title: 'The answer is bad' },
  BadInput: { exit: 2, title: 'Bad input: nothing was done' },
  NotYet: { exit: 3, title: 'Not yet' },
  Unreachable: { exit: 4, title: 'No engine, or a target out of reach' },
  Refused: { exit: 5, title: 'Refused by a guard' },
  Bug: { exit: 70, title: 'A bug of ours' },
} as const
type Kind = keyof typeof kinds

export interface CataloguedError {
  kind: Kind
  name: string
  /** With ‹what varies› in place. */
  message: string
  remedy: string | null
}

export function errorsPage(errors: readonly CataloguedError[]): string {
  const sections = Object.entries(kinds).flatMap(([kind, { exit, title }]) => {
    const own = errors.filter(error => error.kind === kind)
    if (own.length === 0) return []
    return [
      `## ${title} (exit code ${exit})`,
      table(
        ['Name', 'What it says', 'What to do'],
        own.map(error => [code(error.name), error.message, error.remedy ?? '–']),
      ),
    ]
  })
  return page('Errors', 'the errors that the code throws', [
    'Every error says what happened and what to do next. Its name is permanent: scripts and the journal may rely on it. ‹…› stands for what varies. The kind of an error decides the exit code.',
    ...sections,
  ])
}

/** Every error that is made in these folders, once for each text, by name. Throws where one cannot be read. */
export function collectErrors(root: string, folders: readonly string[]): CataloguedError[] {
  const found = new Map<string, CataloguedError>()
  for (const folder of folders) {
    for (const file of sources(path.join(root, folder))) {
      for (const error of errorsIn(readFileSync(file, 'utf8'), path.relative(root, file))) {
        found.set(JSON.stringify(error), error)
      }
    }
  }
  return [...found.values()].sort((a, b) => order(a.name, b.name) || order(a.message, b.message))
}

/** Errors made in one file's text. What is only passed on (`new KIND(explanation)`) was made somewhere else. */
export function errorsIn(text: string, file: string): CataloguedError[] {
  const errors: CataloguedError[] = []
  for (const match of text.matchAll(/\bnew (BadAnswer|BadInput|NotYet|Unreachable|Refused|Bug)\(\s*\{/g)) {
    const where = `${file}:${text.slice(0, match.index).split('\n').length}`
    const open = match.index + match[0].length - 1
    const end = closing(text, open)
    if (end === null) throw new Error(`${where}: the error's braces do not close`)
    const fields = fieldsOf(text.slice(open + 1, end))
    // What another process told is made anew under the name that it had there.
    if (/^\w+\.name$/.test(fields.get('name') ?? '')) continue
    const names = choicesOf(fields.get('name') ?? '')
    for (const [at, source] of names.entries()) {
      const name = /^'([a-z0-9-]+)'$/.exec(source)?.[1]
      if (name === undefined) throw new Error(`${where}: an error's name must be a plain text, so that it is permanent`)
      const remedy = fields.get('remedy')
      errors.push({
        kind: match[1] as Kind,
        name,
        message: spokenText(belonging(fields.get('message') ?? '', at, names.length)),
        remedy: remedy === undefined ? null : spokenText(belonging(remedy, at, names.length)),
      })
    }
  }
  return errors
}

/** `denied ? 'a' : 'b'` beside a name that is chosen in the same way: the one that goes with the name. */
function belonging(expression: string, at: number, names: number): string {
  const choices = choicesOf(expression)
  return choices.length === names ? (choices[at] ?? expression) : expression
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(file)
    else if (/\.tsx?$/.test(entry.name)) yield file
  }
}
