// The commands that a shell is itself, because they change it: its place, its variables, its options, its ends.
import type { Scope } from './expansion.ts'
import { Exit, LoopJump } from './jumps.ts'
import { parse } from './parse.ts'
import { absolutePath } from './paths.ts'
import type { WorldView } from './program.ts'
import type { Files } from './redirections.ts'
import { nowhere, type Sink } from './streams.ts'
import type { Command, List } from './syntax.ts'

/** What builtins read and change. */
export interface BuiltinShell extends Scope {
  readonly world: WorldView
  readonly functions: Map<string, Command>
  cwd: string
  positional: readonly string[]
  exitOnError: boolean
  exitTrap: string | null
  runList(list: List, files: Files): Promise<number>
  invoke(name: string, args: readonly string[], files: Files): Promise<number>
  /** Waits for what `&` started. */
  backgroundsEnded(): Promise<void>
}

/** Runs the builtin of that name; null if there is none. */
export async function runBuiltin(
  shell: BuiltinShell,
  name: string,
  args: readonly string[],
  files: Files,
): Promise<number | null> {
  const out = files.get(1)?.sink ?? nowhere
  switch (name) {
    case ':':
      return 0
    case 'exit':
      throw new Exit(args[0] === undefined ? shell.status : Number(args[0]) & 255, 'shell')
    case 'return':
      throw new Exit(args[0] === undefined ? shell.status : Number(args[0]) & 255, 'function')
    case 'break':
    case 'continue':
      throw new LoopJump(name)
    case 'cd': {
      const path = absolutePath(shell.cwd, args[0] ?? shell.variables.get('HOME') ?? '/')
      shell.cwd = path
      shell.variables.set('PWD', path)
      return 0
    }
    case 'pwd':
      out.write(`${shell.cwd}\n`)
      return 0
    case 'export':
    case 'readonly':
    case 'local':
      for (const arg of args) {
        const equals = arg.indexOf('=')
        if (equals > 0) shell.variables.set(arg.slice(0, equals), arg.slice(equals + 1))
      }
      return 0
    case 'unset':
      for (const arg of args.filter(each => !each.startsWith('-'))) {
        shell.variables.delete(arg)
        shell.functions.delete(arg)
      }
      return 0
    case 'set': {
      const [first = ''] = args
      if (/^[-+]/.test(first) && first !== '--') {
        if (first.includes('e')) shell.exitOnError = first.startsWith('-')
        const rest = args.slice(1)
        if (rest[0] === '--') shell.positional = rest.slice(1)
        return 0
      }
      shell.positional = first === '--' ? args.slice(1) : [...args]
      return 0
    }
    case 'shift':
      shell.positional = shell.positional.slice(Number(args[0] ?? 1))
      return 0
    case 'trap':
      if (args.length > 1 && (args.includes('EXIT') || args.includes('0'))) {
        shell.exitTrap = args[0] === '-' || args[0] === '' ? null : (args[0] ?? null)
      }
      return 0
    case 'umask':
      if (args.length === 0) out.write('0022\n')
      return 0
    case 'wait':
      await shell.backgroundsEnded()
      return 0
    case 'eval':
      return shell.runList(parse(args.join(' ')), files)
    case 'exec':
    case 'command':
      return runCommand(shell, name, args, files, out)
    case 'type':
      return typeOf(shell, args, out, true)
    case 'read':
      return readLine(shell, args, files)
    default:
      return null
  }
}

/** `exec` and `command`: they run another command, or say where it is. */
async function runCommand(
  shell: BuiltinShell,
  name: string,
  args: readonly string[],
  files: Files,
  out: Sink,
): Promise<number> {
  const [first = ''] = args
  if (name === 'command' && (first === '-v' || first === '-V')) return typeOf(shell, args.slice(1), out, false)
  const rest = first === '-p' || first === '--' ? args.slice(1) : args
  const [program = '', ...others] = rest
  const status = await shell.invoke(program, others, files)
  if (name === 'exec') throw new Exit(status, 'shell')
  return status
}

function typeOf(shell: BuiltinShell, args: readonly string[], out: Sink, wordy: boolean): number {
  let status = 0
  for (const arg of args) {
    if (shell.world.programs.has(arg)) {
      const path = `/run/current-system/sw/bin/${arg}`
      out.write(wordy ? `${arg} is ${path}\n` : `${path}\n`)
    } else if (shell.functions.has(arg) || /^(:|cd|exit|export|read|set|trap|eval|exec|command|type|wait)$/.test(arg)) {
      out.write(wordy ? `${arg} is a shell builtin\n` : `${arg}\n`)
    } else status = 127
  }
  return status
}

async function readLine(shell: BuiltinShell, args: readonly string[], files: Files): Promise<number> {
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
  const separators = shell.variables.get('IFS') ?? ' \t\n'
  const words = separators === '' ? [line.replace(/\n$/, '')] : line.trim().split(/[ \t]+/)
  for (const [index, name] of names.entries()) {
    const value = index === names.length - 1 ? words.slice(index).join(' ') : words[index]
    shell.variables.set(name, value ?? '')
  }
  return line.endsWith('\n') ? 0 : 1
}
