// journalctl: enough of it to read by priority, time, cursor, unit and text, as lines or as JSON, once or following. What
// it does with a cursor, `-n`, `--reverse` and `-g` together is what version 252 does.
import { cursorOf, type JournalEntry, numberInCursor } from '../../nodes/journal.ts'
import type { Machine } from '../../nodes/machine.ts'
import type { Program } from '../program.ts'

interface Wish {
  json: boolean
  short: 'short' | 'short-iso' | 'cat'
  priority: number
  since: number | null
  until: number | null
  /** Where it begins: at this entry, or at the one next to it. */
  cursor: { number: number; beside: boolean } | null
  lines: number | null
  units: string[]
  grep: RegExp | null
  quiet: boolean
  boot: boolean
  reverse: boolean
  follow: boolean
  showCursor: boolean
  problem: string | null
}

const priorities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']

export const journalctl: Program = async run => {
  const { machine, out, err, signal } = run
  const wish = read(run.args, machine.clock.now())
  if (wish.problem !== null) {
    err.write(`${wish.problem}\n`)
    return 1
  }
  const fits = (entry: JournalEntry) =>
    entry.priority <= wish.priority &&
    (wish.since === null || entry.atMs >= wish.since) &&
    (wish.until === null || entry.atMs <= wish.until) &&
    isOnTheWay(entry, wish) &&
    (wish.grep === null || wish.grep.test(entry.message)) &&
    (wish.units.length === 0 || (entry.unit !== null && wish.units.includes(entry.unit))) &&
    (!wish.boot || entry.bootId === machine.kept.bootId)
  const found = machine.journal.entries().filter(fits)
  const cut = counted(found, wish)
  if (cut.length === 0 && !wish.json && !wish.quiet && !wish.follow) out.write('-- No entries --\n')
  for (const entry of wish.reverse ? [...cut].reverse() : cut) out.write(line(machine, entry, wish))
  const last = cut.at(-1) ?? (wish.showCursor ? machine.journal.entries().at(-1) : undefined)
  if (wish.showCursor && last) out.write(`-- cursor: ${cursorOf(machine.kept.machineId, last)}\n`)
  if (!wish.follow || signal.aborted) return wish.grep !== null && cut.length === 0 ? 1 : 0
  await new Promise<void>(resolve => {
    const end = machine.journal.follow(entry => {
      if (fits(entry) && !out.write(line(machine, entry, wish))) finish()
    })
    const finish = () => {
      end()
      resolve()
    }
    signal.addEventListener('abort', finish, { once: true })
  })
  return 130
}

/** From a cursor it walks on, or back with `--reverse`. */
function isOnTheWay(entry: JournalEntry, { cursor, reverse }: Wish): boolean {
  if (cursor === null) return true
  if (entry.number === cursor.number) return !cursor.beside
  return reverse ? entry.number < cursor.number : entry.number > cursor.number
}

/** `-n` counts from where it begins: from a cursor on, else the newest. */
function counted(found: readonly JournalEntry[], { lines, cursor, reverse }: Wish): readonly JournalEntry[] {
  if (lines === null) return found
  if (lines === 0) return []
  return cursor !== null && !reverse ? found.slice(0, lines) : found.slice(-lines)
}

function read(words: readonly string[], now: number): Wish {
  const wish: Wish = {
    json: false,
    short: 'short',
    priority: 7,
    since: null,
    until: null,
    cursor: null,
    lines: null,
    units: [],
    grep: null,
    quiet: false,
    boot: false,
    reverse: false,
    follow: false,
    showCursor: false,
    problem: null,
  }
  const args = words.flatMap(word => {
    // `-n50`, `-perr` and `--since=x` are the same as two words.
    const long = /^(--[a-z-]+)=(.*)$/s.exec(word)
    if (long) return [long[1] ?? '', long[2] ?? '']
    const short = /^(-[nopuStUg])(.+)$/.exec(word)
    if (short && !/^--/.test(word)) return [short[1] ?? '', short[2] ?? '']
    return [word]
  })
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    switch (arg) {
      case '-o':
      case '--output': {
        const format = args.shift() ?? ''
        wish.json = format.startsWith('json')
        wish.short = format === 'cat' ? 'cat' : format.startsWith('short-iso') ? 'short-iso' : 'short'
        break
      }
      case '-p':
      case '--priority': {
        const name = (args.shift() ?? '').split('..').at(-1) ?? ''
        wish.priority = /^\d$/.test(name) ? Number(name) : priorities.indexOf(name)
        if (wish.priority < 0) wish.problem = `Unknown log level ${name}`
        break
      }
      case '-S':
      case '--since':
        wish.since = moment(args.shift() ?? '', now)
        if (wish.since === null) wish.problem = 'Failed to parse timestamp'
        break
      case '-U':
      case '--until':
        wish.until = moment(args.shift() ?? '', now)
        if (wish.until === null) wish.problem = 'Failed to parse timestamp'
        break
      case '--after-cursor':
      case '--cursor':
      case '-c': {
        const number = numberInCursor(args.shift() ?? '')
        if (number === null) wish.problem = 'Failed to seek to cursor: Invalid argument'
        else wish.cursor = { number, beside: arg === '--after-cursor' }
        break
      }
      case '-n':
      case '--lines':
        wish.lines = 10
        if (/^\d+$/.test(args[0] ?? '')) wish.lines = Number(args.shift())
        else if (args[0] === 'all') {
          args.shift()
          wish.lines = null
        }
        break
      case '-u':
      case '--unit':
      case '--user-unit': {
        const unit = args.shift() ?? ''
        wish.units.push(unit.includes('.') ? unit : `${unit}.service`)
        break
      }
      case '-b':
      case '--boot':
        wish.boot = true
        if (args[0] === '0' || args[0] === 'all') args.shift()
        break
      case '-g':
      case '--grep': {
        const text = args.shift() ?? ''
        wish.grep = pattern(text)
        if (wish.grep === null) wish.problem = `Bad pattern "${text}"`
        break
      }
      case '-q':
      case '--quiet':
        wish.quiet = true
        break
      case '-r':
      case '--reverse':
        wish.reverse = true
        break
      case '-f':
      case '--follow':
        wish.follow = true
        break
      case '--show-cursor':
        wish.showCursor = true
        break
      case '-t':
      case '--output-fields':
      case '--identifier':
        args.shift()
        break
      default:
        if (!arg.startsWith('-')) wish.problem = `Failed to add match '${arg}': Invalid argument`
    }
  }
  if (wish.cursor !== null && wish.since !== null) {
    wish.problem = 'Please specify only one of --since=, --cursor=, and --after-cursor.'
  }
  if (wish.follow && wish.lines === null) wish.lines = 10
  return wish
}

/** Without a capital it looks for either case, as the real one does. */
function pattern(text: string): RegExp | null {
  try {
    return new RegExp(text, text === text.toLowerCase() ? 'iu' : 'u')
  } catch {
    return null
  }
}

function moment(text: string, now: number): number | null {
  if (/^@\d+(\.\d+)?$/.test(text)) return Number(text.slice(1)) * 1000
  if (text === 'now') return now
  if (text === 'today') return now - (now % 86_400_000)
  const back = /^-?(\d+)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)(?:\s+ago)?$/.exec(text)
  if (back) {
    const scale = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[(back[2] ?? 's').slice(0, 1)] ?? 1000
    return now - Number(back[1]) * scale
  }
  const iso = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?(?: UTC|Z)?$/.exec(text)
  return iso ? Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}Z`) : null
}

function line(machine: Machine, entry: JournalEntry, wish: Wish): string {
  if (wish.json) {
    const micros = String(Math.round(entry.atMs * 1000))
    return `${JSON.stringify({
      __CURSOR: cursorOf(machine.kept.machineId, entry),
      __REALTIME_TIMESTAMP: micros,
      __MONOTONIC_TIMESTAMP: String(Math.max(0, Math.round((entry.atMs - machine.kept.bootedAt) * 1000))),
      _BOOT_ID: entry.bootId.replaceAll('-', ''),
      _MACHINE_ID: machine.kept.machineId,
      _HOSTNAME: machine.name,
      PRIORITY: String(entry.priority),
      SYSLOG_IDENTIFIER: entry.identifier,
      _PID: String(entry.pid),
      ...(entry.unit === null ? {} : { _SYSTEMD_UNIT: entry.unit }),
      MESSAGE: entry.message,
    })}\n`
  }
  const iso = new Date(entry.atMs).toISOString()
  if (wish.short === 'cat') return `${entry.message}\n`
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  const when =
    wish.short === 'short-iso'
      ? `${iso.slice(0, 19)}+00:00`
      : `${months[Number(iso.slice(5, 7)) - 1] ?? ''} ${iso.slice(8, 10)} ${iso.slice(11, 19)}`
  return `${when} ${machine.name} ${entry.identifier}[${entry.pid}]: ${entry.message}\n`
}
