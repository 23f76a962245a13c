// One command, called with an engine in memory: what it asks, what it sends and what it says, without a process.
import type { Call, CliContext } from '../../../src/cli/command.ts'
import { tellError } from '../../../src/cli/output.ts'
import type { Engine, Questions } from '../../../src/engine/engine.ts'
import { type AnyCommand, reduceAll } from '../../../src/engine/nouns.ts'
import type { MachinesEvent } from '../../../src/machines/noun.ts'
import type { MoneyEvent } from '../../../src/money/shapes.ts'
import type { Exit } from '../../../state/primitives/errors.ts'
import { type FakeEngine, fakeEngine, start } from '../../screens/fake-engine.ts'

export interface Said {
  exit: Exit
  out: string
  err: string
}

type Answers = { [K in keyof Questions]?: (question: Questions[K]['question']) => Questions[K]['answer'] }

export interface CliRig {
  engine: FakeEngine
  answers: Answers
  /** What the engine does with a command, beyond noting it: events it tells of, ids that it gives. */
  onCommand: (command: AnyCommand) => readonly string[] | undefined
  /** Events as if the engine had committed them. */
  commit(...events: (MachinesEvent | MoneyEvent)[]): void
  /** Typed at the terminal; null: nobody sits there. */
  typed: string | null
  questions: string[]
  cwd: string
  run(what: (call: Call, engine: Engine) => Promise<Exit>, options?: Call['options'], ...args: string[]): Promise<Said>
}

export function cliRig(names: readonly string[]): CliRig {
  const engine = fakeEngine(0, { names })
  const ask = engine.ask.bind(engine)
  engine.ask = async (kind, question) => {
    const answer = rig.answers[kind]
    if (!answer) return ask(kind, question)
    engine.asked.push({ kind, question })
    return answer(question)
  }
  engine.do = async command => {
    engine.did.push(command)
    return { seq: 7, ids: rig.onCommand(command) ?? [] }
  }
  const rig: CliRig = {
    engine,
    answers: {},
    onCommand: () => undefined,
    commit(...events) {
      const commit = { seq: 1, at: start, by: 'noc' }
      engine.setState(state => reduceAll(state, events, commit))
    },
    typed: null,
    questions: [],
    cwd: '/nonexistent',
    async run(what, options = {}, ...args) {
      const lines = { out: [] as string[], err: [] as string[] }
      const console = {
        out: (line: string) => void lines.out.push(line),
        err: (line: string) => void lines.err.push(line),
        colour: false,
        columns: null,
      }
      const { typed } = rig
      const context: CliContext = {
        console,
        around: { env: {}, cwd: rig.cwd, uid: process.getuid?.() ?? 0, homeDir: '/nonexistent', exists: () => false },
        version: 'test',
        program: [],
        ask:
          typed === null
            ? null
            : async question => {
                rig.questions.push(question)
                return typed
              },
      }
      const exit = await what({ args, options, context }, engine).catch(error => tellError(error, console))
      return { exit, out: lines.out.join('\n'), err: lines.err.join('\n') }
    },
  }
  return rig
}
