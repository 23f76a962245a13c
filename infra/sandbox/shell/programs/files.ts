// Programs that look at and change the nodes' files.
import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import type { Machine } from '../../nodes/machine.ts'
import { absolutePath, exists, isDirectory, openForReading, systemPath } from '../paths.ts'
import type { Program, Run } from '../program.ts'
import { readAll } from '../streams.ts'

const at = (run: Run, path: string) => absolutePath(run.shell.cwd, path)
const plain = (args: readonly string[]) => {
  const end = args.indexOf('--')
  return end < 0 ? args.filter(arg => !arg.startsWith('-') || arg === '-') : args.slice(end + 1)
}

/** All inputs of a filter: its files, or its standard input. Null after a file that is not there, already reported. */
export async function inputs(run: Run, paths: readonly string[]): Promise<{ name: string; content: Buffer }[] | null> {
  if (paths.length === 0) return [{ name: '-', content: await readAll(run.in) }]
  const found: { name: string; content: Buffer }[] = []
  for (const name of paths) {
    if (name === '-' || name === '/dev/stdin') {
      found.push({ name, content: await readAll(run.in) })
      continue
    }
    if (name === '/dev/null') continue
    const content = openForReading(run.machine, at(run, name))
    if (content === null) {
      const why = isDirectory(run.machine, at(run, name)) ? 'Is a directory' : 'No such file or directory'
      run.err.write(`${run.name}: ${name}: ${why}\n`)
      return null
    }
    found.push({ name, content: Buffer.from(content) })
  }
  return found
}

const cat: Program = async run => {
  const paths = plain(run.args)
  if (paths.length === 0 || paths[0] === '-') {
    for (;;) {
      const piece = await run.in.read()
      if (piece === null) return 0
      if (!run.out.write(piece)) return 141
    }
  }
  let status = 0
  for (const path of paths) {
    const found = await inputs(run, [path])
    if (found === null) status = 1
    else for (const { content } of found) run.out.write(content)
  }
  return status
}

const tee: Program = async run => {
  const content = await readAll(run.in)
  run.out.write(content)
  for (const path of plain(run.args)) {
    const before = run.args.includes('-a')
      ? (openForReading(run.machine, at(run, path)) ?? Buffer.alloc(0))
      : Buffer.alloc(0)
    run.machine.putFile(at(run, path), Buffer.concat([before, content]), null)
  }
  return 0
}

const mkdir: Program = run => {
  const parents = run.args.some(arg => /^-[a-z]*p/.test(arg))
  const modeAt = run.args.indexOf('-m')
  const mode = modeAt < 0 ? 0o755 : Number.parseInt(run.args[modeAt + 1] ?? '755', 8)
  const paths = plain(run.args.filter((_, index) => modeAt < 0 || (index !== modeAt && index !== modeAt + 1)))
  for (const path of paths) {
    const whole = at(run, path)
    if (exists(run.machine, whole)) {
      if (parents && isDirectory(run.machine, whole)) continue
      run.err.write(`mkdir: cannot create directory ‘${path}’: File exists\n`)
      return 1
    }
    if (!parents && !isDirectory(run.machine, dirname(whole))) {
      run.err.write(`mkdir: cannot create directory ‘${path}’: No such file or directory\n`)
      return 1
    }
    for (const parent of missingAbove(run, whole)) run.machine.putDirectory(parent, 0o755)
    run.machine.putDirectory(whole, mode)
  }
  return 0
}

/** Directories that must come first, outermost first. */
function missingAbove(run: Run, path: string): string[] {
  const above = dirname(path)
  return exists(run.machine, above) ? [] : [...missingAbove(run, above), above]
}

const mv: Program = run => {
  const paths = plain(run.args)
  const to = paths.at(-1)
  if (to === undefined || paths.length < 2) {
    run.err.write('mv: missing destination file operand\n')
    return 1
  }
  const into = isDirectory(run.machine, at(run, to)) && !run.args.some(arg => /^-[a-z]*T/.test(arg))
  for (const from of paths.slice(0, -1)) {
    if (run.machine.file(at(run, from)) === null) {
      run.err.write(`mv: cannot stat '${from}': No such file or directory\n`)
      return 1
    }
    run.machine.moveFile(at(run, from), into ? `${at(run, to)}/${basename(from)}` : at(run, to))
  }
  return 0
}

const cp: Program = run => {
  const [from, to] = plain(run.args)
  if (from === undefined || to === undefined) return 1
  const content = openForReading(run.machine, at(run, from))
  if (content === null) {
    run.err.write(`cp: cannot stat '${from}': No such file or directory\n`)
    return 1
  }
  const target = isDirectory(run.machine, at(run, to)) ? `${at(run, to)}/${basename(from)}` : at(run, to)
  run.machine.putFile(target, content, run.machine.file(at(run, from))?.mode ?? null)
  return 0
}

const rm: Program = run => {
  const force = run.args.some(arg => /^-[a-zA-Z]*f/.test(arg))
  const recursive = run.args.some(arg => /^-[a-zA-Z]*[rR]/.test(arg))
  let status = 0
  for (const path of plain(run.args)) {
    const whole = at(run, path)
    const file = run.machine.file(whole)
    if (file === null && !force) {
      run.err.write(`rm: cannot remove '${path}': No such file or directory\n`)
      status = 1
    } else if (file?.directory && !recursive) {
      run.err.write(`rm: cannot remove '${path}': Is a directory\n`)
      status = 1
    } else run.machine.removeFile(whole)
  }
  return status
}

const chmod: Program = run => {
  const [mode = '', ...paths] = plain(run.args)
  for (const path of paths) {
    const file = run.machine.file(at(run, path))
    if (!file) {
      run.err.write(`chmod: cannot access '${path}': No such file or directory\n`)
      return 1
    }
    const numeric = /^[0-7]{3,4}$/.test(mode)
    const wanted = numeric ? Number.parseInt(mode, 8) : mode.includes('x') ? file.mode | 0o111 : file.mode
    run.machine.setMode(at(run, path), wanted)
  }
  return 0
}

const mktemp: Program = run => {
  const template = plain(run.args).at(-1) ?? '/tmp/tmp.XXXXXXXXXX'
  const name = template.replace(/X{3,}/, run => crypto.randomUUID().replaceAll('-', '').slice(0, run.length))
  if (run.args.includes('-d')) run.machine.putDirectory(at(run, name), 0o700)
  else run.machine.putFile(at(run, name), new Uint8Array(), 0o600)
  run.out.write(`${name}\n`)
  return 0
}

const touch: Program = run => {
  for (const path of plain(run.args)) {
    if (!exists(run.machine, at(run, path))) run.machine.putFile(at(run, path), new Uint8Array(), 0o644)
  }
  return 0
}

const ls: Program = run => {
  const paths = plain(run.args)
  const long = run.args.some(arg => /^-[a-zA-Z]*l/.test(arg))
  const self = run.args.some(arg => /^-[a-zA-Z]*d/.test(arg))
  let status = 0
  for (const path of paths.length > 0 ? paths : ['.']) {
    const whole = at(run, path)
    if (!exists(run.machine, whole)) {
      run.err.write(`ls: cannot access '${path}': No such file or directory\n`)
      status = 2
      continue
    }
    const inside = isDirectory(run.machine, whole) && !self
    const names = inside
      ? [
          ...new Set(
            run.machine
              .filesUnder(whole)
              .map(name => name.slice(whole === '/' ? 1 : whole.length + 1).split('/')[0] ?? ''),
          ),
        ].sort()
      : [path]
    for (const name of names) {
      const file = run.machine.file(inside ? `${whole === '/' ? '' : whole}/${name}` : whole)
      run.out.write(long ? `${longRow(file, name)}\n` : `${name}\n`)
    }
  }
  return status
}

function longRow(file: ReturnType<Machine['file']>, name: string): string {
  const mode = file?.mode ?? 0o755
  const letters = [...(mode & 0o777).toString(2).padStart(9, '0')]
    .map((bit, index) => (bit === '1' ? ('rwxrwxrwx'[index] ?? '-') : '-'))
    .join('')
  const when = new Date(file?.modified ?? 0).toISOString().slice(0, 16).replace('T', ' ')
  return `${file && !file.directory ? '-' : 'd'}${letters} 1 root root ${String(file?.size ?? 4096).padStart(8)} ${when} ${name}`
}

const stat: Program = run => {
  const formatAt = run.args.findIndex(arg => arg === '-c' || arg === '--format')
  const format =
    formatAt < 0
      ? (run.args.find(arg => arg.startsWith('--format='))?.slice(9) ?? '%n')
      : (run.args[formatAt + 1] ?? '')
  const paths = plain(run.args.filter((_, index) => formatAt < 0 || index !== formatAt + 1))
  for (const path of paths) {
    const whole = at(run, path)
    if (!exists(run.machine, whole)) {
      run.err.write(`stat: cannot statx '${path}': No such file or directory\n`)
      return 1
    }
    const file = run.machine.file(whole)
    const size = file?.size ?? openForReading(run.machine, whole)?.length ?? 4096
    const fields: Record<string, string> = {
      n: path,
      s: String(size),
      a: (file?.mode ?? 0o755).toString(8),
      Y: String(Math.floor((file?.modified ?? run.machine.kept.bootedAt) / 1000)),
      U: 'root',
      G: 'root',
      u: '0',
      g: '0',
      F: file && !file.directory ? 'regular file' : 'directory',
      '%': '%',
    }
    run.out.write(`${format.replace(/%([a-zA-Z%])/g, (whole, key: string) => fields[key] ?? whole)}\n`)
  }
  return 0
}

const readlink: Program = run => {
  const [path = ''] = plain(run.args)
  const whole = at(run, path)
  if (whole === '/run/current-system' || whole === '/nix/var/nix/profiles/system') {
    run.out.write(`${systemPath(run.machine)}\n`)
    return 0
  }
  if (run.args.some(arg => /^-[a-z]*[fem]/.test(arg))) {
    run.out.write(`${whole}\n`)
    return 0
  }
  return 1
}

const test: Program = run => {
  const args = [...run.args]
  if (run.name === '[' && args.pop() !== ']') {
    run.err.write('sh: 1: [: missing ]\n')
    return 2
  }
  return Number(!judged(run, args))
}

function judged(run: Run, args: readonly string[]): boolean {
  const or = args.indexOf('-o')
  if (or > 0) return judged(run, args.slice(0, or)) || judged(run, args.slice(or + 1))
  const and = args.indexOf('-a')
  if (and > 0) return judged(run, args.slice(0, and)) && judged(run, args.slice(and + 1))
  if (args[0] === '!') return !judged(run, args.slice(1))
  const [first = '', operator = '', second = ''] = args
  if (args.length === 1) return first !== ''
  if (args.length === 2) return unary(run, first, operator)
  const [left, right] = [Number(first), Number(second)]
  switch (operator) {
    case '=':
    case '==':
      return first === second
    case '!=':
      return first !== second
    case '-eq':
      return left === right
    case '-ne':
      return left !== right
    case '-lt':
      return left < right
    case '-le':
      return left <= right
    case '-gt':
      return left > right
    case '-ge':
      return left >= right
    default:
      return false
  }
}

function unary(run: Run, operator: string, value: string): boolean {
  const path = at(run, value)
  const file = run.machine.file(path)
  switch (operator) {
    case '-z':
      return value === ''
    case '-n':
      return value !== ''
    case '-e':
    case '-r':
    case '-w':
      return exists(run.machine, path)
    case '-f':
      return !isDirectory(run.machine, path) && exists(run.machine, path)
    case '-d':
      return isDirectory(run.machine, path)
    case '-s':
      return (openForReading(run.machine, path)?.length ?? 0) > 0
    case '-x':
      return isDirectory(run.machine, path) || ((file?.mode ?? 0) & 0o111) !== 0
    case '-L':
    case '-h':
      return path === '/run/current-system'
    default:
      return false
  }
}

const sha256sum: Program = async run => {
  const found = await inputs(run, plain(run.args))
  if (found === null) return 1
  for (const { name, content } of found) {
    run.out.write(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`)
  }
  return 0
}

const dd: Program = async run => {
  const content = await readAll(run.in)
  const target = run.args.find(arg => arg.startsWith('of='))?.slice(3)
  if (target === undefined) run.out.write(content)
  else run.machine.putFile(at(run, target), content, null)
  return 0
}

export const filePrograms: Readonly<Record<string, Program>> = {
  cat,
  tee,
  mkdir,
  mv,
  cp,
  rm,
  chmod,
  chown: () => 0,
  mktemp,
  touch,
  ls,
  stat,
  readlink,
  realpath: readlink,
  test,
  '[': test,
  sha256sum,
  dd,
  basename: run => {
    run.out.write(`${basename(plain(run.args)[0] ?? '')}\n`)
    return 0
  },
  dirname: run => {
    run.out.write(`${dirname(plain(run.args)[0] ?? '')}\n`)
    return 0
  },
}
