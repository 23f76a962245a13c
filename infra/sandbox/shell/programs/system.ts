// Programs that tell what the machine is and how it does, and those that run other programs.
import { absolutePath, loadAverages, openForReading, processors } from '../paths.ts'
import type { Program, Run } from '../program.ts'
import { pipe, readAll, type Source } from '../streams.ts'

/** Waits, but not longer than the session lives. False if the session ended. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise(resolve => {
    const stop = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve(true)
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

const uptime: Program = ({ machine, args, out }) => {
  const seconds = Math.floor(machine.uptimeMs() / 1000)
  const now = new Date(machine.clock.now())
  if (args[0] === '-s') {
    out.write(`${new Date(machine.kept.bootedAt).toISOString().replace('T', ' ').slice(0, 19)}\n`)
    return 0
  }
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600) % 24
  const minutes = Math.floor(seconds / 60) % 60
  const clock = hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}` : `${minutes} min`
  const span = days > 0 ? `${days} day${days > 1 ? 's' : ''}, ${clock}` : clock
  if (args[0] === '-p') {
    out.write(`up ${span}\n`)
    return 0
  }
  const time = now.toISOString().slice(11, 19)
  out.write(` ${time}  up ${span},  1 user,  load average: ${loadAverages(machine).join(', ')}\n`)
  return 0
}

const free: Program = ({ machine, args, out }) => {
  const unit = args.includes('-m') ? 1 : args.includes('-b') ? 1 / 1_048_576 : 1 / 1024
  const total = machine.totalRamMb
  const used = machine.figures().ram_mb
  const cached = Math.round(total * 0.22)
  const cells = [total, used, total - used - cached, 1, cached, total - used].map(mb => Math.round(mb / unit))
  const row = (label: string, values: readonly (string | number)[]) =>
    `${label.padEnd(8)}${values.map(value => String(value).padStart(12)).join('')}\n`
  out.write(row('', ['total', 'used', 'free', 'shared', 'buff/cache', 'available']))
  out.write(row('Mem:', cells))
  out.write(row('Swap:', [0, 0, 0]))
  return 0
}

const df: Program = ({ machine, args, out }) => {
  const size = machine.diskKb
  const used = Math.round((size * machine.figures().disk_pct) / 100)
  const available = Math.max(0, size - used)
  const percent = `${Math.ceil((100 * used) / size)}%`
  const inodes = args.includes('-i')
  const bytes =
    args.some(arg => /^-[a-zA-Z]*B1$|^--block-size=1$/.test(arg)) || (args.includes('-B') && args.includes('1'))
  const scale = bytes ? 1024 : 1
  const human = args.some(arg => /^-[a-zA-Z]*h/.test(arg))
  const show = (kb: number) => (human ? `${(kb / 1_048_576).toFixed(1)}G` : String(kb * scale))
  const columns = args.find(arg => arg.startsWith('--output='))?.slice('--output='.length)
  if (columns !== undefined) {
    const values: Record<string, [string, string]> = {
      source: ['Filesystem', '/dev/nvme0n1p1'],
      fstype: ['Type', 'ext4'],
      size: [bytes ? '1B-blocks' : '1K-blocks', show(size)],
      used: ['Used', show(used)],
      avail: ['Avail', show(available)],
      pcent: ['Use%', percent],
      target: ['Mounted on', '/'],
    }
    const chosen = columns.split(',').map((column): [string, string] => values[column] ?? [column, '-'])
    for (const index of [0, 1] as const) out.write(`${chosen.map(cell => cell[index].padStart(8)).join(' ')}\n`)
    return 0
  }
  const heading = inodes
    ? 'Inodes'
    : human
      ? 'Size'
      : bytes
        ? '1-blocks'
        : args.includes('-P')
          ? '1024-blocks'
          : '1K-blocks'
  const capacity = args.some(arg => /^-[a-zA-Z]*P/.test(arg)) ? 'Capacity' : 'Use%'
  out.write(`Filesystem     ${heading} Used Available ${capacity} Mounted on\n`)
  if (inodes) out.write('/dev/nvme0n1p1 516096 91233 424863 18% /\n')
  else out.write(`/dev/nvme0n1p1 ${show(size)} ${show(used)} ${show(available)} ${percent} /\n`)
  return 0
}

const uname: Program = ({ machine, args, out }) => {
  const arch = machine.isHq ? 'x86_64' : 'aarch64'
  const all = ['Linux', machine.name, '6.12.58', '#1-NixOS SMP', arch, 'GNU/Linux']
  const flags = args.join('')
  if (flags.includes('a')) out.write(`${all.join(' ')}\n`)
  else {
    const chosen = [/s/, /n/, /r/, /v/, /m/, /o/].flatMap((flag, index) => (flag.test(flags) ? [all[index] ?? ''] : []))
    out.write(`${chosen.length > 0 ? chosen.join(' ') : 'Linux'}\n`)
  }
  return 0
}

const nixosVersion: Program = ({ args, out }) => {
  const version = '26.05.20261101.9f4c1d2'
  if (args.includes('--json')) {
    out.write(
      `${JSON.stringify({ configurationRevision: '5c1f2ab7c0d94e1f8a6b3d2e4f5a6b7c8d9e0f1a', nixosVersion: version, nixpkgsRevision: '9f4c1d27ab31' })}\n`,
    )
  } else if (args.includes('--revision')) out.write('9f4c1d27ab31\n')
  else out.write(`${version} (Yarara)\n`)
  return 0
}

const id: Program = ({ args, out, shell }) => {
  const root = shell.user === 'root'
  const number = root ? 0 : 1000
  if (args.includes('-u')) out.write(`${args.includes('-n') ? shell.user : number}\n`)
  else if (args.includes('-un')) out.write(`${shell.user}\n`)
  else if (args.includes('-g')) out.write(`${number}\n`)
  else out.write(`uid=${number}(${shell.user}) gid=${number}(${shell.user}) groups=${number}(${shell.user})\n`)
  return 0
}

const hostname: Program = ({ machine, out }) => {
  out.write(`${machine.name}\n`)
  return 0
}

const sudo: Program = async run => {
  const args = [...run.args]
  let user = 'root'
  while (args[0]?.startsWith('-')) {
    const flag = args.shift()
    if (flag === '--') break
    if (flag === '-u') user = args.shift() ?? 'root'
    if (flag === '-p') args.shift()
    // The sandbox has no passwords; one that is offered is taken from the stream, as sudo would.
    if (flag === '-S') await firstLine(run.in)
  }
  while (/^[A-Za-z_]\w*=/.test(args[0] ?? '')) args.shift()
  const before = run.shell.user
  run.shell.user = user
  try {
    return await run.shell.runFor(run, args)
  } finally {
    run.shell.user = before
  }
}

async function firstLine(source: Source): Promise<void> {
  const piece = await source.read()
  if (piece === null) return
  const end = Buffer.from(piece).indexOf(10)
  const rest = end < 0 ? Buffer.alloc(0) : Buffer.from(piece).subarray(end + 1)
  if (rest.length === 0) return
  const { read } = source
  source.read = async () => {
    source.read = read
    return rest
  }
}

const timeout: Program = async run => {
  const args = [...run.args]
  while (args[0]?.startsWith('-')) {
    const flag = args.shift()
    if (flag === '-k' || flag === '-s') args.shift()
  }
  const duration = seconds(args.shift() ?? '')
  if (duration === null) {
    run.err.write("timeout: invalid time interval\nTry 'timeout --help' for more information.\n")
    return 125
  }
  const deadline = new AbortController()
  const ended = new AbortController()
  const signal = AbortSignal.any([run.signal, deadline.signal])
  const clock = pause(duration * 1000, AbortSignal.any([run.signal, ended.signal])).then(elapsed => {
    if (elapsed) deadline.abort()
  })
  const status = await run.shell.runFor(run, args, signal)
  ended.abort()
  await clock
  return deadline.signal.aborted ? 124 : status
}

/** `5`, `0.5`, `5s`, `2m`, `1h`, `1d`; null if it is none of these. */
function seconds(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text)
  if (!match) return null
  const scale = { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] || 's'] ?? 1
  return Number(match[1]) * scale
}

const sleep: Program = async ({ args, err, signal }) => {
  const spans = args.map(seconds)
  if (spans.length === 0 || spans.includes(null)) {
    err.write(`sleep: invalid time interval '${args[0] ?? ''}'\n`)
    return 1
  }
  const total = spans.reduce<number>((sum, span) => sum + (span ?? 0), 0)
  return (await pause(total * 1000, signal)) ? 0 : 143
}

const env: Program = async run => {
  const args = [...run.args]
  while (args[0] === '-i' || args[0] === '-') args.shift()
  const set = run.shell.variables
  while (/^[A-Za-z_]\w*=/.test(args[0] ?? '')) {
    const [name = '', ...value] = (args.shift() ?? '').split('=')
    set.set(name, value.join('='))
  }
  if (args.length > 0) return run.shell.runFor(run, args)
  for (const [name, value] of set) run.out.write(`${name}=${value}\n`)
  return 0
}

const runRest: Program = run => {
  const rest = run.args.findIndex(arg => !/^-|^\d+$/.test(arg))
  return rest < 0 ? 0 : run.shell.runFor(run, run.args.slice(rest))
}

const sh: Program = async run => {
  const args = [...run.args]
  let command: string | null = null
  while (args[0]?.startsWith('-')) {
    const flag = args.shift() ?? ''
    if (flag === '--') break
    if (!flag.startsWith('--') && flag.includes('c')) command = args.shift() ?? ''
  }
  if (command !== null) return run.shell.runScriptFor(run, command, args.slice(1))
  const [path] = args
  if (path !== undefined && !run.args.includes('-s')) {
    const content = openForReading(run.machine, absolutePath(run.shell.cwd, path))
    if (content === null) {
      run.err.write(`sh: 0: cannot open ${path}: No such file\n`)
      return 2
    }
    return run.shell.runScriptFor(run, Buffer.from(content).toString('utf8'), args.slice(1))
  }
  const script = (await readAll(run.in)).toString('utf8')
  const ended = pipe()
  ended.close()
  return run.shell.runScriptFor({ ...run, in: ended }, script, args)
}

function restart({ machine }: Run): number {
  machine.reboot(8000, 'shell')
  return 0
}

const date: Program = ({ machine, args, out }) => {
  const now = new Date(machine.clock.now())
  const format = args.find(arg => arg.startsWith('+'))
  const fields: Record<string, string> = {
    s: String(Math.floor(now.getTime() / 1000)),
    N: String((now.getTime() % 1000) * 1_000_000).padStart(9, '0'),
    Y: String(now.getUTCFullYear()),
    m: String(now.getUTCMonth() + 1).padStart(2, '0'),
    d: String(now.getUTCDate()).padStart(2, '0'),
    H: String(now.getUTCHours()).padStart(2, '0'),
    M: String(now.getUTCMinutes()).padStart(2, '0'),
    S: String(now.getUTCSeconds()).padStart(2, '0'),
    F: now.toISOString().slice(0, 10),
    T: now.toISOString().slice(11, 19),
    Z: 'UTC',
    z: '+0000',
    '%': '%',
  }
  if (format) out.write(`${format.slice(1).replace(/%([a-zA-Z%])/g, (whole, key: string) => fields[key] ?? whole)}\n`)
  else if (args.some(arg => arg.startsWith('-I') || arg.startsWith('--iso')))
    out.write(`${now.toISOString().slice(0, 19)}+00:00\n`)
  else out.write(`${now.toUTCString().replace('GMT', 'UTC')}\n`)
  return 0
}

const ps: Program = ({ machine, out }) => {
  out.write('    PID TTY          TIME CMD\n      1 ?        00:00:09 systemd\n')
  for (const [name, unit] of Object.entries(machine.kept.units)) {
    if (unit.pid > 0) out.write(`${String(unit.pid).padStart(7)} ?        00:00:02 ${name.replace('.service', '')}\n`)
  }
  return 0
}

export const systemPrograms: Readonly<Record<string, Program>> = {
  uptime,
  free,
  df,
  uname,
  'nixos-version': nixosVersion,
  id,
  whoami: ({ out, shell }) => {
    out.write(`${shell.user}\n`)
    return 0
  },
  hostname,
  sudo,
  timeout,
  sleep,
  env,
  printenv: env,
  nohup: runRest,
  nice: runRest,
  ionice: runRest,
  setsid: runRest,
  sh,
  bash: sh,
  dash: sh,
  reboot: restart,
  date,
  ps,
  nproc: ({ machine, out }) => {
    out.write(`${processors(machine)}\n`)
    return 0
  },
  true: () => 0,
  false: () => 1,
  sync: () => 0,
  kill: () => 0,
  clear: () => 0,
  tty: ({ out }) => {
    out.write('not a tty\n')
    return 1
  },
}
