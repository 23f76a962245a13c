// systemctl: the verbs that probes, recipes and operators use, in the words of the real one.
import type { Machine } from '../../nodes/machine.ts'
import type { UnitState } from '../../nodes/machine-shape.ts'
import type { Program, Run } from '../program.ts'
import { pause } from './system.ts'

export const systemctl: Program = run => {
  const { machine, out } = run
  const words: string[] = []
  const properties: string[] = []
  const flags = new Set<string>()
  const args = [...run.args]
  let valueOnly = false
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    if (arg === '-p' || arg === '--property') properties.push(...(args.shift() ?? '').split(','))
    else if (arg.startsWith('-p')) properties.push(...arg.slice(2).split(','))
    else if (arg.startsWith('--property=')) properties.push(...arg.slice('--property='.length).split(','))
    else if (arg === '--value' || arg === '-P') valueOnly = true
    else if (arg === '--') continue
    else if (arg === '-t' || arg === '-o' || arg === '-n') args.shift()
    else if (arg.startsWith('-')) flags.add(arg)
    else words.push(arg)
  }
  const [verb = 'list-units', ...named] = words
  const units = named.map(fullName)
  switch (verb) {
    case 'show':
      if (units.length === 0) out.write('Version=258\nSystemState=running\nNFailedUnits=0\n')
      out.write(units.map(unit => shown(machine, unit, properties, valueOnly)).join('\n'))
      return 0
    case 'is-active':
      return state(
        run,
        units,
        unit => unit?.active ?? 'inactive',
        value => value === 'active',
        flags,
        3,
      )
    case 'is-failed':
      return state(
        run,
        units,
        unit => unit?.active ?? 'inactive',
        value => value === 'failed',
        flags,
        1,
      )
    case 'is-enabled':
      return state(
        run,
        units,
        unit => (unit ? (unit.enabled ? 'enabled' : 'disabled') : 'not-found'),
        value => value === 'enabled',
        flags,
        1,
      )
    case 'is-system-running': {
      const degraded = Object.values(machine.kept.units).some(unit => unit.active === 'failed')
      out.write(degraded ? 'degraded\n' : 'running\n')
      return degraded ? 1 : 0
    }
    case 'status':
      return status(run, units)
    case 'start':
    case 'stop':
    case 'restart':
    case 'reload':
    case 'try-restart':
    case 'reload-or-restart':
      return change(run, verb, units)
    case 'enable':
    case 'disable':
    case 'daemon-reload':
    case 'reset-failed':
      return 0
    case 'reboot':
      machine.reboot(8000, 'shell')
      return 0
    case 'list-units':
    case '--failed':
      return list(run, flags)
    default:
      run.err.write(`Unknown command verb '${verb}'.\n`)
      return 1
  }
}

function fullName(name: string): string {
  return /\.(service|socket|timer|target|mount|slice|scope)$/.test(name) ? name : `${name}.service`
}

function state(
  { machine, out }: Run,
  units: readonly string[],
  word: (unit: UnitState | null) => string,
  good: (word: string) => boolean,
  flags: ReadonlySet<string>,
  bad: number,
): number {
  const words = units.map(unit => word(machine.unit(unit)))
  if (!flags.has('-q') && !flags.has('--quiet')) out.write(words.map(each => `${each}\n`).join(''))
  return words.some(good) ? 0 : bad
}

async function change(run: Run, verb: string, units: readonly string[]): Promise<number> {
  const { machine, err, shell, signal } = run
  if (shell.user !== 'root') {
    err.write(`Failed to ${verb} ${units[0] ?? ''}: Interactive authentication required.\n`)
    return 1
  }
  for (const unit of units) {
    if (!machine.unit(unit)) {
      err.write(`Failed to ${verb} ${unit}: Unit ${unit} not found.\n`)
      return 5
    }
  }
  // A daemon takes a moment to come and go.
  if (!(await pause(verb === 'stop' ? 60 : 180, signal))) return 143
  for (const unit of units) {
    if (verb === 'stop') machine.stopUnit(unit, 'shell')
    else if (verb === 'start') machine.startUnit(unit, 'shell')
    else if (verb !== 'try-restart' || machine.isActive(unit)) machine.restartUnit(unit, 'shell')
  }
  return 0
}

function timestamp(ms: number): string {
  const date = new Date(ms)
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][date.getUTCDay()] ?? ''
  return `${day} ${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 19)} UTC`
}

function shown(machine: Machine, name: string, wanted: readonly string[], valueOnly: boolean): string {
  const unit = machine.unit(name)
  const all = unit ? properties(machine, name, unit) : absent(name)
  const chosen = wanted.length === 0 ? Object.keys(all) : wanted.filter(property => property in all)
  return chosen.map(property => (valueOnly ? `${all[property]}\n` : `${property}=${all[property]}\n`)).join('')
}

function absent(name: string): Record<string, string> {
  return {
    Id: name,
    LoadState: 'not-found',
    ActiveState: 'inactive',
    SubState: 'dead',
    Result: 'success',
    MainPID: '0',
    NRestarts: '0',
    ExecMainStatus: '0',
    ExecMainCode: '0',
    InvocationID: '',
    MemoryCurrent: '[not set]',
    UnitFileState: '',
    Description: name,
  }
}

function properties(machine: Machine, name: string, unit: UnitState): Record<string, string> {
  const active = unit.active === 'active'
  return {
    Type: unit.sub === 'exited' ? 'oneshot' : 'notify',
    Restart: 'on-failure',
    NRestarts: String(unit.restarts),
    Result: unit.active === 'failed' ? 'exit-code' : 'success',
    MainPID: String(unit.pid),
    ExecMainStartTimestamp: timestamp(unit.since),
    ExecMainCode: active ? '0' : '1',
    ExecMainStatus: String(unit.exitStatus),
    MemoryCurrent: unit.pid > 0 ? String((8 + (unit.pid % 23)) * 1_048_576) : '[not set]',
    Id: name,
    Names: name,
    Description: unit.description,
    LoadState: 'loaded',
    ActiveState: unit.active,
    SubState: unit.sub,
    FragmentPath: `/etc/systemd/system/${name}`,
    UnitFileState: unit.enabled ? 'enabled' : 'disabled',
    StateChangeTimestamp: timestamp(unit.since),
    ActiveEnterTimestamp: active ? timestamp(unit.since) : '',
    ActiveEnterTimestampMonotonic: String(Math.max(0, unit.since - machine.kept.bootedAt) * 1000),
    InactiveEnterTimestamp: active ? '' : timestamp(unit.since),
    InvocationID: unit.invocation,
  }
}

function status({ machine, out, err }: Run, units: readonly string[]): number {
  let code = 0
  if (units.length === 0) {
    out.write(`● ${machine.name}\n    State: running\n    Units: ${Object.keys(machine.kept.units).length} loaded\n`)
    return 0
  }
  for (const name of units) {
    const unit = machine.unit(name)
    if (!unit) {
      err.write(`Unit ${name} could not be found.\n`)
      code = 4
      continue
    }
    const dot = { active: '●', failed: '×', inactive: '○' }[unit.active]
    const ago = Math.round((machine.clock.now() - unit.since) / 1000)
    out.write(
      `${dot} ${name} - ${unit.description}\n` +
        `     Loaded: loaded (/etc/systemd/system/${name}; enabled; preset: ignored)\n` +
        `     Active: ${unit.active} (${unit.sub}) since ${timestamp(unit.since)}; ${ago}s ago\n` +
        ` Invocation: ${unit.invocation}\n` +
        (unit.pid > 0 ? `   Main PID: ${unit.pid} (${name.replace('.service', '')})\n` : '') +
        '\n',
    )
    const lines = machine.journal
      .entries()
      .filter(entry => entry.unit === name)
      .slice(-5)
    for (const entry of lines) {
      out.write(
        `${timestamp(entry.atMs).slice(4, -4)} ${machine.name} ${entry.identifier}[${entry.pid}]: ${entry.message}\n`,
      )
    }
    if (unit.active !== 'active') code = code || 3
  }
  return code
}

function list({ machine, out }: Run, flags: ReadonlySet<string>): number {
  const failedOnly = flags.has('--failed') || flags.has('--state=failed')
  const rows = Object.entries(machine.kept.units).filter(([, unit]) =>
    failedOnly ? unit.active === 'failed' : flags.has('--all') || flags.has('-a') || unit.active !== 'inactive',
  )
  const bare = flags.has('--no-legend') || flags.has('--plain')
  if (!flags.has('--no-legend')) out.write('  UNIT LOAD ACTIVE SUB DESCRIPTION\n')
  for (const [name, unit] of rows) {
    const dot = bare ? '' : unit.active === 'failed' ? '● ' : '  '
    out.write(`${dot}${name} loaded ${unit.active} ${unit.sub} ${unit.description}\n`)
  }
  if (!flags.has('--no-legend')) out.write(`\n${rows.length} loaded units listed.\n`)
  return 0
}
