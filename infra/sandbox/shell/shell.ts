// Runs what `parse.ts` read: one Shell is one login's shell on one node. Subshells are copies; programs are functions
// that get streams, as a process would. Endless loops yield and end when the session's signal fires.
import type { Machine } from '../nodes/machine.ts'
import { DiskFull } from '../nodes/machine.ts'
import { arithmetic } from './arithmetic.ts'
import { type Command, type List, type Pipeline, parse, type Redirect, SyntaxProblem, type Word } from './parse.ts'
import { absolutePath, openForReading } from './paths.ts'
import { matches } from './patterns.ts'
import { emptySource, gather, nowhere, pipe, type Sink, type Source, sourceOf } from './streams.ts'

/** What a program of a node is given: its arguments, its streams, the machine it runs on. */
export interface Run {
  name: string
  args: readonly string[]
  in: Source
  out: Sink
  err: Sink
  shell: Shell
  machine: Machine
  world: WorldView
  signal: AbortSignal
}

export type Program = (run: Run) => number | Promise<number>

/** What a node can know of the rest of the world: how far others are, and whether they answer. */
export interface WorldView {
  programs: ReadonlyMap<string, Program>
  /** The node behind a name or an address; null if there is none. */
  find(nameOrAddress: string): { machine: Machine; via: 'mesh' | 'public' } | null
  all(): readonly Machine[]
  /** One round trip between two nodes now, in ms; null if nothing would come back. */
  roundTrip(from: Machine, to: Machine, via: 'mesh' | 'public'): number | null
  wireguard: { publicKey(name: string): string }
  serves(machine: Machine, service: 'ssh' | 'https'): boolean
}

type Files = Map<number, { source?: Source; sink?: Sink }>

class Exit extends Error {
  readonly status: number
  readonly from: 'shell' | 'function'
  constructor(status: number, from: 'shell' | 'function') {
    super('exit')
    this.status = status
    this.from = from
  }
}

class LoopJump extends Error {
  readonly kind: 'break' | 'continue'
  constructor(kind: 'break' | 'continue') {
    super(kind)
    this.kind = kind
  }
}

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
  positional: string[] = []
  status = 0
  private files: Files = new Map()
  private exitOnError = false
  private inTest = 0
  private backgrounds: Promise<unknown>[] = []
  private exitTrap: string | null = null

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
    this.files = new Map([
      [0, { source: streams.in }],
      [1, { sink: streams.out }],
      [2, { sink: streams.err }],
    ])
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
    this.files = new Map([
      [0, { source: streams.in }],
      [1, { sink: streams.out }],
      [2, { sink: streams.err }],
    ])
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
      this.files.get(2)?.sink?.write(`sh: 1: ${error.message}\n`)
      return 2
    }
    if (this.signal.aborted) return 143
    throw error
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

  private async runList(list: List, files: Files): Promise<number> {
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
    const opened = await this.open(command.redirects, outer)
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
        const words = command.words ? await this.fields(command.words) : this.positional
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
        const subject = await this.single(command.subject)
        for (const { patterns, body } of command.arms) {
          for (const pattern of patterns) {
            if (matches(await this.single(pattern, true), subject)) {
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
    const words = await this.fields(command.words)
    const [name, ...args] = words
    if (name === undefined) {
      for (const { name: variable, value } of command.assignments)
        this.variables.set(variable, await this.single(value))
      return this.status
    }
    if (name === 'exec' && args.length === 0) {
      for (const [fd, file] of files) outer.set(fd, file)
      return 0
    }
    const before = new Map<string, string | undefined>()
    for (const { name: variable, value } of command.assignments) {
      before.set(variable, this.variables.get(variable))
      this.variables.set(variable, await this.single(value))
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
    const builtin = await this.builtin(name, args, files)
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
    const files: Files = new Map([
      [0, { source: run.in }],
      [1, { sink: run.out }],
      [2, { sink: run.err }],
    ])
    return shell.guarded(() => shell.invoke(name, args, files, signal))
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

  private async builtin(name: string, args: readonly string[], files: Files): Promise<number | null> {
    const out = files.get(1)?.sink ?? nowhere
    switch (name) {
      case ':':
        return 0
      case 'exit':
        throw new Exit(args[0] === undefined ? this.status : Number(args[0]) & 255, 'shell')
      case 'return':
        throw new Exit(args[0] === undefined ? this.status : Number(args[0]) & 255, 'function')
      case 'break':
      case 'continue':
        throw new LoopJump(name)
      case 'cd': {
        const path = absolutePath(this.cwd, args[0] ?? this.variables.get('HOME') ?? '/')
        this.cwd = path
        this.variables.set('PWD', path)
        return 0
      }
      case 'pwd':
        out.write(`${this.cwd}\n`)
        return 0
      case 'export':
      case 'readonly':
      case 'local':
        for (const arg of args) {
          const equals = arg.indexOf('=')
          if (equals > 0) this.variables.set(arg.slice(0, equals), arg.slice(equals + 1))
        }
        return 0
      case 'unset':
        for (const arg of args.filter(each => !each.startsWith('-'))) {
          this.variables.delete(arg)
          this.functions.delete(arg)
        }
        return 0
      case 'set': {
        const [first = ''] = args
        if (/^[-+]/.test(first) && first !== '--') {
          if (first.includes('e')) this.exitOnError = first.startsWith('-')
          const rest = args.slice(1)
          if (rest[0] === '--') this.positional = rest.slice(1)
          return 0
        }
        this.positional = first === '--' ? args.slice(1) : [...args]
        return 0
      }
      case 'shift':
        this.positional = this.positional.slice(Number(args[0] ?? 1))
        return 0
      case 'trap':
        if (args.length > 1 && (args.includes('EXIT') || args.includes('0'))) {
          this.exitTrap = args[0] === '-' || args[0] === '' ? null : (args[0] ?? null)
        }
        return 0
      case 'umask':
        if (args.length === 0) out.write('0022\n')
        return 0
      case 'wait':
        await Promise.all(this.backgrounds.splice(0))
        return 0
      case 'eval':
        return this.runList(parse(args.join(' ')), files)
      case 'exec':
      case 'command':
        return this.commandBuiltin(name, args, files, out)
      case 'type':
        return this.typeOf(args, out, true)
      case 'read':
        return this.read(args, files)
      default:
        return null
    }
  }

  private async commandBuiltin(name: string, args: readonly string[], files: Files, out: Sink): Promise<number> {
    const [first = ''] = args
    if (name === 'command' && (first === '-v' || first === '-V')) return this.typeOf(args.slice(1), out, false)
    const rest = first === '-p' || first === '--' ? args.slice(1) : args
    const [program = '', ...others] = rest
    const status = await this.invoke(program, others, files)
    if (name === 'exec') throw new Exit(status, 'shell')
    return status
  }

  private typeOf(args: readonly string[], out: Sink, wordy: boolean): number {
    let status = 0
    for (const arg of args) {
      if (this.world.programs.has(arg)) {
        const path = `/run/current-system/sw/bin/${arg}`
        out.write(wordy ? `${arg} is ${path}\n` : `${path}\n`)
      } else if (
        this.functions.has(arg) ||
        /^(:|cd|exit|export|read|set|trap|eval|exec|command|type|wait)$/.test(arg)
      ) {
        out.write(wordy ? `${arg} is a shell builtin\n` : `${arg}\n`)
      } else status = 127
    }
    return status
  }

  private async read(args: readonly string[], files: Files): Promise<number> {
    const names = args.filter(arg => !arg.startsWith('-'))
    const file = files.get(0)
    const source = file?.source
    if (!file || !source) return 1
    const pieces: Buffer[] = []
    for (;;) {
      const piece = await source.read()
      if (piece === null) break
      const bytes = Buffer.from(piece)
      const end = bytes.indexOf(10)
      if (end < 0) {
        pieces.push(bytes)
        continue
      }
      pieces.push(bytes.subarray(0, end + 1))
      const rest = bytes.subarray(end + 1)
      // What was read beyond the line goes back to the front of the stream, for the next reader of the same one.
      if (rest.length > 0) {
        const { read } = source
        source.read = async () => {
          source.read = read
          return rest
        }
      }
      break
    }
    const line = Buffer.concat(pieces).toString('utf8')
    if (line === '') return 1
    const separators = this.variables.get('IFS') ?? ' \t\n'
    const words = separators === '' ? [line.replace(/\n$/, '')] : line.trim().split(/[ \t]+/)
    for (const [index, name] of names.entries()) {
      const value = index === names.length - 1 ? words.slice(index).join(' ') : words[index]
      this.variables.set(name, value ?? '')
    }
    return line.endsWith('\n') ? 0 : 1
  }

  /** Redirections; `finish` writes collected files and gives 1 if that failed. Null: already reported. */
  private async open(
    redirects: readonly Redirect[],
    outer: Files,
  ): Promise<{ files: Files; finish: () => number } | null> {
    if (redirects.length === 0) return { files: outer, finish: () => 0 }
    const files: Files = new Map(outer)
    const closing: (() => void)[] = []
    const err = outer.get(2)?.sink ?? nowhere
    for (const { fd, operator, target } of redirects) {
      if (operator === '<<') {
        files.set(fd, { source: sourceOf(await this.single(target)) })
        continue
      }
      const word = await this.single(target)
      if (operator === '>&' || operator === '<&') {
        const from = word === '-' ? {} : files.get(Number(word))
        if (!from) {
          err.write(`sh: 1: ${word}: Bad file descriptor\n`)
          return null
        }
        files.set(fd, from)
        continue
      }
      if (word === '/dev/null') {
        files.set(fd, { source: emptySource, sink: nowhere })
        continue
      }
      const standard = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2, '/dev/tty': 1 }[word]
      if (standard !== undefined) {
        files.set(fd, files.get(standard) ?? {})
        continue
      }
      const path = absolutePath(this.cwd, word)
      if (operator === '<') {
        const content = openForReading(this.machine, path)
        if (content === null) {
          err.write(`sh: 1: cannot open ${word}: No such file\n`)
          return null
        }
        files.set(fd, { source: sourceOf(content) })
        continue
      }
      if (this.machine.file(path)?.directory) {
        err.write(`sh: 1: cannot create ${word}: Is a directory\n`)
        return null
      }
      const before = this.machine.file(path)
      const start = operator === '>>' && before ? this.machine.content(before) : Buffer.alloc(0)
      const collected = gather()
      try {
        if (operator === '>' || !before) this.machine.putFile(path, start, before?.mode ?? 0o644)
      } catch (error) {
        if (!(error instanceof DiskFull)) throw error
        err.write(`sh: 1: cannot create ${word}: No space left on device\n`)
        return null
      }
      closing.push(() => {
        const bytes = collected.bytes()
        if (bytes.length > 0) this.machine.putFile(path, Buffer.concat([start, bytes]), null)
      })
      files.set(fd, { sink: collected })
    }
    return {
      files,
      finish: () => {
        // A session that broke off leaves the file that the redirection made, empty: never a whole one by accident.
        if (this.signal.aborted) return 143
        try {
          for (const close of closing) close()
          return 0
        } catch (error) {
          if (!(error instanceof DiskFull)) throw error
          err.write('sh: 1: write error: No space left on device\n')
          return 1
        }
      },
    }
  }

  // Expansion

  private async fields(words: readonly Word[]): Promise<string[]> {
    const found: string[] = []
    for (const word of words) {
      const solid = word.filter(each => each.kind !== 'text' || each.text !== '')
      const [part] = solid
      if (solid.length === 1 && part?.kind === 'parameter' && part.name === '@' && part.operator === '') {
        found.push(...this.positional)
        continue
      }
      // Fields grow over parts: quoted text joins, blanks from unquoted expansions split.
      let field: string | null = null
      for (const each of word) {
        const text = await this.expand(each)
        if (each.quoted || each.kind === 'text') {
          field = (field ?? '') + text
          continue
        }
        const pieces = text.split(/[ \t\n]+/)
        for (const [index, piece] of pieces.entries()) {
          if (index > 0 && field !== null) {
            found.push(field)
            field = null
          }
          if (piece !== '') field = (field ?? '') + piece
        }
      }
      if (field !== null) found.push(...this.glob(field, word))
    }
    return found
  }

  private glob(field: string, word: Word): string[] {
    const open = word.some(part => part.kind === 'text' && !part.quoted && /[*?[]/.test(part.text))
    if (!open) {
      const [first] = word
      const tilde = first?.kind === 'text' && !first.quoted && /^~(\/|$)/.test(first.text)
      return [tilde ? field.replace('~', this.variables.get('HOME') ?? '/root') : field]
    }
    const pattern = absolutePath(this.cwd, field)
    const depth = pattern.split('/').length
    const found = Object.keys(this.machine.kept.files)
      .filter(path => path.split('/').length === depth && matches(pattern, path))
      .sort()
    if (found.length === 0) return [field]
    return field.startsWith('/') ? found : found.map(path => path.slice(this.cwd === '/' ? 1 : this.cwd.length + 1))
  }

  /** The word as one string; with `pattern` quoted characters lose their meaning in `matches`. */
  private async single(word: Word, pattern = false): Promise<string> {
    let text = ''
    for (const part of word) {
      const piece = await this.expand(part)
      text += pattern && part.quoted ? piece.replace(/[\\*?[\]]/g, '\\$&') : piece
    }
    return text
  }

  private async expand(part: Word[number]): Promise<string> {
    switch (part.kind) {
      case 'text':
        return part.text
      case 'arithmetic':
        return String(arithmetic(await this.single(part.expression), name => this.value(name) ?? ''))
      case 'command': {
        const collected = gather()
        const shell = this.copy()
        const files: Files = new Map(this.files)
        files.set(1, { sink: collected })
        this.status = await shell.guarded(() => shell.runList(part.body, files))
        return collected.bytes().toString('utf8').replace(/\n+$/, '')
      }
      case 'parameter':
        return this.parameter(part)
    }
  }

  private async parameter(part: Extract<Word[number], { kind: 'parameter' }>): Promise<string> {
    const value = this.value(part.name)
    const { operator } = part
    const absent = value === null || (operator.startsWith(':') && value === '')
    switch (operator.replace(':', '')) {
      case 'length':
        return String((value ?? '').length)
      case '-':
        return absent ? this.single(part.argument) : (value ?? '')
      case '=': {
        if (!absent) return value ?? ''
        const fallback = await this.single(part.argument)
        this.variables.set(part.name, fallback)
        return fallback
      }
      case '+':
        return absent ? '' : this.single(part.argument)
      case '?':
        if (!absent) return value ?? ''
        this.files
          .get(2)
          ?.sink?.write(`sh: 1: ${part.name}: ${(await this.single(part.argument)) || 'parameter not set'}\n`)
        throw new Exit(2, 'shell')
      case '#':
      case '##':
      case '%':
      case '%%':
        return trimmed(value ?? '', operator, await this.single(part.argument, true))
      default:
        return value ?? ''
    }
  }

  private value(name: string): string | null {
    switch (name) {
      case '?':
        return String(this.status)
      case '#':
        return String(this.positional.length)
      case '@':
      case '*':
        return this.positional.join(' ')
      case '$':
        return '4711'
      case '0':
        return 'sh'
      case '-':
        return ''
      default:
        return /^\d+$/.test(name) ? (this.positional[Number(name) - 1] ?? null) : (this.variables.get(name) ?? null)
    }
  }
}

function trimmed(value: string, operator: string, pattern: string): string {
  const lengths = Array.from({ length: value.length + 1 }, (_, index) => index)
  const fromStart = operator.startsWith('#')
  const longest = operator.length === 2
  for (const length of longest ? lengths.reverse() : lengths) {
    const piece = fromStart ? value.slice(0, length) : value.slice(value.length - length)
    if (matches(pattern, piece)) return fromStart ? value.slice(length) : value.slice(0, value.length - length)
  }
  return value
}
