// What the engine is asked for a journal and answers, by the names that the screen uses.
import type { Questions } from '../../src/engine/engine.ts'

export type LogsQuestion = Questions['logs']['question']
export type LogsAnswer = Questions['logs']['answer']
export type LogLine = LogsAnswer['lines'][number]
