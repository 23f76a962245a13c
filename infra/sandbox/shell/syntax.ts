// What a script of the nodes' shell is once it is read: lists of pipelines of commands made of words made of parts.

export type Part =
  | { kind: 'text'; text: string; quoted: boolean }
  | { kind: 'parameter'; name: string; operator: string; argument: Word; quoted: boolean }
  | { kind: 'command'; body: List; quoted: boolean }
  | { kind: 'arithmetic'; expression: Word; quoted: boolean }

export type Word = readonly Part[]

export interface Redirect {
  fd: number
  operator: '<' | '>' | '>>' | '<&' | '>&' | '<<'
  /** For `<<` the body of the here-document. */
  target: Word
}

export type Command =
  | { kind: 'simple'; assignments: { name: string; value: Word }[]; words: Word[]; redirects: Redirect[] }
  | { kind: 'group'; body: List; subshell: boolean; redirects: Redirect[] }
  | { kind: 'if'; clauses: { test: List; body: List }[]; otherwise: List | null; redirects: Redirect[] }
  | { kind: 'while'; until: boolean; test: List; body: List; redirects: Redirect[] }
  | { kind: 'for'; name: string; words: Word[] | null; body: List; redirects: Redirect[] }
  | { kind: 'case'; subject: Word; arms: { patterns: Word[]; body: List }[]; redirects: Redirect[] }
  | { kind: 'function'; name: string; body: Command }

export interface Pipeline {
  negated: boolean
  commands: Command[]
}

/** How a pipeline is joined to the one before it; `background` is its own end, `&`. */
export type List = readonly { join: 'always' | 'and' | 'or'; background: boolean; pipeline: Pipeline }[]

export class SyntaxProblem extends Error {}
