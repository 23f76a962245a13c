// Runs what `parse.ts` read: one Shell is one login's shell on one node. Subshells are copies; programs are functions
// that get streams, as a process would. Endless loops yield and end when the session's signal fires.
import { DiskFull, type Machine } from '../nodes/machine.ts'
import { runBuiltin } from './builtins.ts'
import { fields, patternOf, single } from './expansion.ts'
import { Exit, LoopJump } from './jumps.ts'
import { parse } from './parse.ts'
import { matches } from './patterns.ts'
import type { Run, WorldView } from './program.ts'
import { type Files, openRedirects, standardFiles } from './redirections.ts'
import { emptySource, gather, nowhere, pipe, type Sink, type Source } from './streams.ts'
import { type Command, type List, type Pipeline, SyntaxProblem } from './syntax.ts'

export interface ShellOptions {
  machine: Machine
  world: WorldView
  user: string
  signal: AbortSignal
}

export class Shell {
  readonly machine: Machine
  readonly world: WorldView
  /** Ends whatever runs; an interactive shell has another one for each line. */
  signal: AbortSignal
  user: string
  cwd: string
  variables = new Map<string, string>()
  functions = new Map<string, Command>()
  positional: readonly string[] = []
  status = 0
  /** `set -e`. */
  exitOnError = false
  /** What `trap … EXIT` left to run at the end. */
  exitTrap: string | null = null
  private files: Files = new Map()
  private inTest = 0
  private backgrounds: Promise<unknown>[] = []

  constructor(options: ShellOptions) {
    this.machine = options.machine
    this.world = options.world
    this.user = options.user
    this.signal = options.signal
    this.cwd = options.user === 'root' ? '/root' : `/home/${options.user}`
    for (const [name, value] of Object.entries({
      HOME: this.cwd,
      USER: options.user,
      LOGNAME: options.user,
      PATH: '/run/wrappers/bin:/run/current-system/sw/bin',
      SHELL: '/run/current-system/sw/bin/sh',
      PWD: this.cwd,
    }))
      this.variables.set(name, value)
  }

  /** Runs a whole script to its exit status. */
  async script(text: string, streams: { in: Source; out: Sink; err: Sink }): Promise<number> {
    this.files = standardFiles(streams)
    let status: number
    try {
      status = await this.runList(parse(text), this.files)
    } catch (error) {
      status = this.statusOf(error)
    }
    const trap = this.exitTrap
    this.exitTrap = null
    if (trap !== null && !this.signal.aborted) {
      try {
        await this.runList(parse(trap), this.files)
      } catch (error) {
        if (!(error instanceof Exit)) this.statusOf(error)
      }
    }
    return status
  }

  /** Runs something under another signal: ctrl-c ends a command and not the login. */
  async under<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const before = this.signal
    this.signal = signal
    try {
      return await run()
    } finally {
      this.signal = before
    }
  }

  /** As `script`, but an exit is reported, so that an interactive shell knows when to leave. */
  async line(text: string, streams: { in: Source; out: Sink; err: Sink }): Promise<{ leave: boolean }> {
    this.files = standardFiles(streams)
    try {
      this.status = await this.runList(parse(text), this.files)
    } catch (error) {
      this.status = this.statusOf(error)
      return { leave: error instanceof Exit }
    }
    return { leave: false }
  }

  private statusOf(error: unknown): number {
    if (error instanceof Exit) return error.status
    if (error instanceof LoopJump) return 0
    if (error instanceof SyntaxProblem) {
      this.complain(error.message)
      return 2
    }
    if (this.signal.aborted) return 143
    throw error
  }

  complain(text: string): void {
    this.files.get(2)?.sink?.write(`sh: 1: ${text}\n`)
  }

  /** What a list printed in a subshell, for `$(…)`. */
  async capture(body: List): Promise<string> {
    const collected = gather()
    const shell = this.copy()
    const files: Files = new Map(this.files)
    files.set(1, { sink: collected })
    this.status = await shell.guarded(() => shell.runList(body, files))
    return collected.bytes().toString('utf8').replace(/\n+$/, '')
  }

  async backgroundsEnded(): Promise<void> {
    await Promise.all(this.backgrounds.splice(0))
  }

  private copy(): Shell {
    const { machine, world, user, signal } = this
    const shell = new Shell({ machine, world, user, signal })
    shell.cwd = this.cwd
    shell.variables = new Map(this.variables)
    shell.functions = new Map(this.functions)
    shell.positional = [...this.positional]
    shell.status = this.status
    shell.exitOnError = this.exitOnError
    shell.inTest = this.inTest
    shell.files = this.files
    return shell
  }

  async runList(list: List, files: Files): Promise<number> {
    for (const { join, background, pipeline } of list) {
      if (this.signal.aborted) throw new Exit(143, 'shell')
      if (join === 'and' && this.status !== 0) continue
      if (join === 'or' && this.status === 0) continue
      if (background) {
        const shell = this.copy()
        this.backgrounds.push(shell.guarded(() => shell.runPipeline(pipeline, files)))
        this.variables.set('!', String(20_000 + this.backgrounds.length))
        this.status = 0
        continue
      }
      const last = list.at(-1)?.pipeline === pipeline
      const followed = !last && list[list.findIndex(item => item.pipeline === pipeline) + 1]?.join !== 'always'
      this.inTest += followed || pipeline.negated ? 1 : 0
      try {
        this.status = await this.runPipeline(pipeline, files)
      } finally {
        this.inTest -= followed || pipeline.negated ? 1 : 0
      }
      if (this.exitOnError && this.status !== 0 && this.inTest === 0 && !followed) throw new Exit(this.status, 'shell')
    }
    return this.status
  }

  private async runPipeline({ negated, commands }: Pipeline, files: Files): Promise<number> {
    let status: number
    const [only] = commands
    if (only && commands.length === 1) status = await this.runCommand(only, files)
    else {
      let source: Source | null = null
      const running: Promise<number>[] = []
      for (const [index, command] of commands.entries()) {
        const input: Source | null = source
        const next = index < commands.length - 1 ? pipe() : null
        source = next
        const own: Files = new Map(files)
        if (input) own.set(0, { source: input })
        if (next) own.set(1, { sink: next })
        const shell = this.copy()
        running.push(
          shell.guarded(async () => {
            try {
              return await shell.runCommand(command, own)
            } finally {
              next?.close()
              input?.cancel()
            }
          }),
        )
      }
      status = (await Promise.all(running)).at(-1) ?? 0
    }
    return negated ? Number(status === 0) : status
  }

  /** For subshells: an exit ends only them. */
  private async guarded(run: () => Promise<number>): Promise<number> {
    try {
      return await run()
    } catch (error) {
      return this.statusOf(error)
    }
  }

  private async runCommand(command: Command, outer: Files): Promise<number> {
    if (command.kind === 'function') {
      this.functions.set(command.name, command.body)
      return 0
    }
    const opened = await openRedirects(command.redirects, outer, this)
    if (opened === null) return 1
    const { files, finish } = opened
    const before = this.files
    this.files = files
    let status: number
    let closed = 0
    try {
      status = await this.runBody(command, files, outer)
    } finally {
      this.files = before
      closed = finish()
    }
    return closed === 0 ? status : closed
  }

  private async runBody(command: Exclude<Command, { kind: 'function' }>, files: Files, outer: Files): Promise<number> {
    switch (command.kind) {
      case 'simple':
        return this.runSimple(command, files, outer)
      case 'group': {
        if (!command.subshell) return this.runList(command.body, files)
        const shell = this.copy()
        return shell.guarded(() => shell.runList(command.body, files))
      }
      case 'if':
        for (const { test, body } of command.clauses) {
          if ((await this.testing(test, files)) === 0) return this.runList(body, files)
        }
        this.status = 0
        return command.otherwise ? this.runList(command.otherwise, files) : 0
      case 'while': {
        let status = 0
        for (let turn = 0; ; turn++) {
          if (this.signal.aborted) throw new Exit(143, 'shell')
          // A loop of builtins never waits for anything: the world must not stand still for it.
          if (turn % 100 === 99) await new Promise(resolve => setImmediate(resolve))
          if (((await this.testing(command.test, files)) === 0) === command.until) return status
          try {
            status = await this.runList(command.body, files)
          } catch (error) {
            if (!(error instanceof LoopJump)) throw error
            if (error.kind === 'break') return 0
          }
        }
      }
      case 'for': {
        const words = command.words ? await fields(command.words, this) : this.positional
        let status = 0
        for (const word of words) {
          this.variables.set(command.name, word)
          try {
            status = await this.runList(command.body, files)
          } catch (error) {
            if (!(error instanceof LoopJump)) throw error
            if (error.kind === 'break') return 0
          }
        }
        return status
      }
      case 'case': {
        const subject = await single(command.subject, this)
        for (const { patterns, body } of command.arms) {
          for (const pattern of patterns) {
            if (matches(await patternOf(pattern, this), subject)) {
              this.status = 0
              return this.runList(body, files)
            }
          }
        }
        return 0
      }
    }
  }

  private async testing(list: List, files: Files): Promise<number> {
    this.inTest++
    try {
      return await this.runList(list, files)
    } finally {
      this.inTest--
    }
  }

  private async runSimple(command: Extract<Command, { kind: 'simple' }>, files: Files, outer: Files): Promise<number> {
    this.status = command.words.length === 0 ? 0 : this.status
    const words = await fields(command.words, this)
    const [name, ...args] = words
    if (name === undefined) {
      for (const { name: variable, value } of command.assignments)
        this.variables.set(variable, await single(value, this))
      return this.status
    }
    if (name === 'exec' && args.length === 0) {
      for (const [fd, file] of files) outer.set(fd, file)
      return 0
    }
    const before = new Map<string, string | undefined>()
    for (const { name: variable, value } of command.assignments) {
      before.set(variable, this.variables.get(variable))
      this.variables.set(variable, await single(value, this))
    }
    try {
      return await this.invoke(name, args, files)
    } finally {
      for (const [variable, value] of before) {
        if (value === undefined) this.variables.delete(variable)
        else this.variables.set(variable, value)
      }
    }
  }

  /** Runs a function, builtin or program by name with arguments that are already expanded. */
  async invoke(name: string, args: readonly string[], files: Files, signal = this.signal): Promise<number> {
    const body = this.functions.get(name)
    if (body) {
      const positional = this.positional
      this.positional = [...args]
      try {
        return await this.runCommand(body, files)
      } catch (error) {
        if (error instanceof Exit && error.from === 'function') return error.status
        throw error
      } finally {
        this.positional = positional
      }
    }
    const err = files.get(2)?.sink ?? nowhere
    const builtin = await runBuiltin(this, name, args, files)
    if (builtin !== null) return builtin
    const base = name.includes('/') ? name.slice(name.lastIndexOf('/') + 1) : name
    const program = this.world.programs.get(base)
    const real = !name.includes('/') || /^\/(usr\/)?s?bin\/|^\/run\/(current-system|wrappers)\//.test(name)
    if (!program || !real) {
      err.write(`sh: 1: ${name}: not found\n`)
      return 127
    }
    const run: Run = {
      name: base,
      args,
      in: files.get(0)?.source ?? emptySource,
      out: files.get(1)?.sink ?? nowhere,
      err,
      shell: this,
      machine: this.machine,
      world: this.world,
      signal,
    }
    try {
      return await program(run)
    } catch (error) {
      if (error instanceof DiskFull) {
        err.write(`${base}: write error: No space left on device\n`)
        return 1
      }
      throw error
    }
  }

  /** For programs that run another program: `sudo`, `env`, `timeout`, `nohup`. */
  async runFor(run: Run, argv: readonly string[], signal = run.signal): Promise<number> {
    const [name, ...args] = argv
    if (name === undefined) return 0
    const shell = this.copy()
    return shell.guarded(() => shell.invoke(name, args, standardFiles(run), signal))
  }

  /** `sh -c` and `sh -s`: a new shell with the same streams. */
  async runScriptFor(run: Run, text: string, positional: readonly string[]): Promise<number> {
    const { machine, world, user } = this
    const shell = new Shell({ machine, world, user, signal: run.signal })
    shell.variables = new Map(this.variables)
    shell.cwd = this.cwd
    shell.positional = [...positional]
    return shell.script(text, run)
  }
}
