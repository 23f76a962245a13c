// Programs that print and filter text.
import type { Program } from '../program.ts'
import { inputs } from './files.ts'

const echo: Program = ({ args, out }) => {
  const bare = args[0] === '-n'
  out.write(`${(bare ? args.slice(1) : args).join(' ')}${bare ? '' : '\n'}`)
  return 0
}

const printf: Program = ({ args, out }) => {
  const [format = '', ...values] = args[0] === '--' ? args.slice(1) : args
  const left = [...values]
  do {
    out.write(formatted(format, left))
  } while (left.length > 0 && left.length < values.length && /%[^%]/.test(format))
  return 0
}

function formatted(format: string, values: string[]): Uint8Array {
  const text = format.replace(
    /\\(0?[0-7]{1,3}|.)|%([-0 +]*)(\d*|\*)(?:\.(\d+|\*))?([a-zA-Z%])/gs,
    (...match: (string | undefined)[]) => {
      const [whole = '', escaped, flags = '', width = '', precision, kind = ''] = match
      if (escaped !== undefined) return unescaped(escaped)
      if (kind === '%') return '%'
      const columns = width === '*' ? Number(values.shift() ?? 0) : Number(width || 0)
      const value = values.shift() ?? ''
      const shown = conversion(kind, value, precision)
      if (shown === null) return whole
      if (flags.includes('-')) return shown.padEnd(columns)
      return shown.padStart(columns, flags.includes('0') ? '0' : ' ')
    },
  )
  return Buffer.from(text, 'utf8')
}

function conversion(kind: string, value: string, precision: string | undefined): string | null {
  switch (kind) {
    case 's':
      return precision === undefined ? value : value.slice(0, Number(precision))
    case 'b':
      return value.replace(/\\(0?[0-7]{1,3}|.)/gs, (_, escaped: string) => unescaped(escaped))
    case 'd':
    case 'i':
    case 'u':
      return String(Math.trunc(Number(value) || 0))
    case 'x':
      return Math.trunc(Number(value) || 0).toString(16)
    case 'o':
      return Math.trunc(Number(value) || 0).toString(8)
    case 'f':
      return (Number(value) || 0).toFixed(Number(precision ?? 6))
    case 'c':
      return value.slice(0, 1)
    default:
      return null
  }
}

function unescaped(escaped: string): string {
  if (/^[0-7]+$/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8))
  const known: Record<string, string> = {
    n: '\n',
    t: '\t',
    r: '\r',
    '\\': '\\',
    a: '\u0007',
    e: '\u001b',
    '"': '"',
    "'": "'",
  }
  return known[escaped] ?? `\\${escaped}`
}

/** `-n 5`, `-n5`, `-5`, `-c 100`: how much a `head` or `tail` keeps. */
function amount(args: readonly string[]): { bytes: number | null; lines: number; from: boolean; paths: string[] } {
  const found = { bytes: null as number | null, lines: 10, from: false, paths: [] as string[] }
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const match = /^-([nc])(.*)$/.exec(arg)
    if (match) {
      const value = match[2] || (rest.shift() ?? '')
      found.from = value.startsWith('+')
      if (match[1] === 'c') found.bytes = Math.abs(Number(value))
      else found.lines = Math.abs(Number(value))
    } else if (/^-\d+$/.test(arg)) found.lines = Number(arg.slice(1))
    else if (!arg.startsWith('-') || arg === '-') found.paths.push(arg)
  }
  return found
}

const head: Program = async run => {
  const { bytes, lines, paths } = amount(run.args)
  const found = await inputs(run, paths)
  if (found === null) return 1
  for (const { content } of found) {
    if (bytes !== null) run.out.write(content.subarray(0, bytes))
    else run.out.write(linesOf(content).slice(0, lines).map(withEnd).join(''))
  }
  return 0
}

const tail: Program = async run => {
  const { bytes, lines, from, paths } = amount(run.args)
  const found = await inputs(run, paths)
  if (found === null) return 1
  for (const { content } of found) {
    if (bytes !== null)
      run.out.write(from ? content.subarray(bytes - 1) : content.subarray(Math.max(0, content.length - bytes)))
    else {
      const all = linesOf(content)
      run.out.write((from ? all.slice(lines - 1) : all.slice(Math.max(0, all.length - lines))).map(withEnd).join(''))
    }
  }
  return 0
}

function linesOf(content: Buffer): string[] {
  const lines = content.toString('utf8').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function withEnd(line: string): string {
  return `${line}\n`
}

const grep: Program = async run => {
  const flags = run.args.filter(arg => /^-[a-zA-Z]+$/.test(arg)).join('')
  const rest = run.args.filter(arg => !/^-/.test(arg))
  const [pattern = '', ...paths] = rest
  const source = flags.includes('F') ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : pattern
  let expression: RegExp
  try {
    expression = new RegExp(flags.includes('x') ? `^(?:${source})$` : source, flags.includes('i') ? 'i' : '')
  } catch {
    run.err.write('grep: Invalid regular expression\n')
    return 2
  }
  const found = await inputs(run, paths)
  if (found === null) return 2
  const hits = found.flatMap(({ content }) =>
    linesOf(content).flatMap(line => {
      if (expression.test(line) === flags.includes('v')) return []
      return [flags.includes('o') ? (expression.exec(line)?.[0] ?? '') : line]
    }),
  )
  if (!flags.includes('q')) {
    if (flags.includes('c')) run.out.write(`${hits.length}\n`)
    else run.out.write(hits.map(withEnd).join(''))
  }
  return hits.length > 0 ? 0 : 1
}

const wc: Program = async run => {
  const found = await inputs(
    run,
    run.args.filter(arg => !arg.startsWith('-')),
  )
  if (found === null) return 1
  const flags = run.args.filter(arg => arg.startsWith('-')).join('')
  for (const { name, content } of found) {
    const text = content.toString('utf8')
    const counts = {
      l: text.split('\n').length - 1,
      w: text.split(/\s+/).filter(word => word !== '').length,
      c: content.length,
    }
    const chosen = (['l', 'w', 'c'] as const).filter(key => flags === '' || flags.includes(key)).map(key => counts[key])
    run.out.write(`${chosen.join(' ')}${name === '-' ? '' : ` ${name}`}\n`)
  }
  return 0
}

const cut: Program = async run => {
  const option = (letter: string) => {
    const index = run.args.findIndex(arg => arg.startsWith(`-${letter}`))
    const arg = run.args[index]
    return arg === undefined ? null : arg.length > 2 ? arg.slice(2) : (run.args[index + 1] ?? '')
  }
  const separator = option('d') ?? '\t'
  const fields = (option('f') ?? '1').split(',').flatMap(range => {
    const [from = '', to] = range.split('-')
    const last = to === undefined ? Number(from) : to === '' ? 64 : Number(to)
    return Array.from({ length: Math.max(0, last - Number(from || 1) + 1) }, (_, index) => Number(from || 1) + index)
  })
  const found = await inputs(run, [])
  for (const { content } of found ?? []) {
    for (const line of linesOf(content)) {
      const cells = line.split(separator)
      const kept = cells.length === 1 ? [line] : fields.flatMap(field => cells[field - 1] ?? [])
      run.out.write(`${kept.join(separator)}\n`)
    }
  }
  return 0
}

const tr: Program = async run => {
  const remove = run.args.includes('-d')
  const [from = '', to = ''] = run.args.filter(arg => !arg.startsWith('-')).map(spread)
  const found = await inputs(run, [])
  for (const { content } of found ?? []) {
    const text = [...content.toString('utf8')]
      .map(letter => {
        const index = from.indexOf(letter)
        if (index < 0) return letter
        return remove ? '' : (to[Math.min(index, to.length - 1)] ?? '')
      })
      .join('')
    run.out.write(text)
  }
  return 0
}

function spread(set: string): string {
  return set
    .replace(/\\(.)/g, (_, escaped: string) => unescaped(escaped))
    .replace(/(.)-(.)/g, (_, from: string, to: string) => {
      const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)]
      return String.fromCharCode(
        ...Array.from({ length: Math.max(0, last - first + 1) }, (_unused, index) => first + index),
      )
    })
}

const sort: Program = async run => {
  const found = await inputs(
    run,
    run.args.filter(arg => !arg.startsWith('-')),
  )
  if (found === null) return 2
  const flags = run.args.filter(arg => arg.startsWith('-')).join('')
  const lines = found.flatMap(({ content }) => linesOf(content))
  lines.sort(flags.includes('n') ? (a, b) => Number.parseFloat(a) - Number.parseFloat(b) : undefined)
  if (flags.includes('r')) lines.reverse()
  run.out.write((flags.includes('u') ? [...new Set(lines)] : lines).map(withEnd).join(''))
  return 0
}

const uniq: Program = async run => {
  const found = await inputs(
    run,
    run.args.filter(arg => !arg.startsWith('-')),
  )
  for (const { content } of found ?? []) {
    const lines = linesOf(content)
    run.out.write(
      lines
        .filter((line, index) => line !== lines[index - 1])
        .map(withEnd)
        .join(''),
    )
  }
  return 0
}

const base64: Program = async run => {
  const found = await inputs(
    run,
    run.args.filter(arg => !arg.startsWith('-') && !/^\d+$/.test(arg)),
  )
  if (found === null) return 1
  const content = Buffer.concat(found.map(each => each.content))
  if (run.args.some(arg => arg === '-d' || arg === '--decode'))
    run.out.write(Buffer.from(content.toString('utf8'), 'base64'))
  else {
    const text = content.toString('base64')
    const whole = run.args.some(arg => arg === '-w0' || arg === '-w')
    run.out.write(whole ? text : `${text.replace(/.{76}(?=.)/g, '$&\n')}\n`)
  }
  return 0
}

const seq: Program = ({ args, out }) => {
  const numbers = args.map(Number)
  const [first, step, last] =
    numbers.length === 3 ? numbers : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : [1, 1, numbers[0]]
  for (let value = first ?? 1, count = 0; value <= (last ?? 0) && count < 100_000; value += step || 1, count++)
    out.write(`${value}\n`)
  return 0
}

export const textPrograms: Readonly<Record<string, Program>> = {
  echo,
  printf,
  head,
  tail,
  grep,
  wc,
  cut,
  tr,
  sort,
  uniq,
  base64,
  seq,
}
