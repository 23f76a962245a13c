// The nodes' file system: what was uploaded, plus files that the kernel or NixOS would make up on reading.
import { busyMs, figuresOf } from '../nodes/figures.ts'
import type { Machine } from '../nodes/machine.ts'

export function absolutePath(cwd: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

const alwaysThere = new Set([
  ...[
    '/',
    '/bin',
    '/boot',
    '/dev',
    '/etc',
    '/home',
    '/nix',
    '/nix/store',
    '/nix/var',
    '/proc',
    '/root',
    '/run',
    '/sys',
  ],
  ...['/run/current-system', '/run/systemd', '/tmp', '/usr', '/usr/bin', '/var', '/var/lib', '/var/log', '/var/tmp'],
  ...['/var/lib/clavitor', '/etc/systemd', '/etc/systemd/system', '/run/watchfloor', '/run/systemd/system'],
])

export function isDirectory(machine: Machine, path: string): boolean {
  return alwaysThere.has(path) || machine.file(path)?.directory === true || machine.filesUnder(path).length > 0
}

export function exists(machine: Machine, path: string): boolean {
  return isDirectory(machine, path) || machine.file(path) !== null || madeUp(machine, path) !== null
}

/** null: there is no such file, or it is a directory. */
export function openForReading(machine: Machine, path: string): Uint8Array | null {
  const file = machine.file(path)
  if (file) return file.directory ? null : machine.content(file)
  const text = madeUp(machine, path)
  return text === null ? null : Buffer.from(text)
}

export function systemPath(machine: Machine): string {
  const hash = machine.kept.machineId.replaceAll('e', 'x').replaceAll('u', 'w')
  return `/nix/store/${hash}-nixos-system-${machine.name}-26.05.20261101.${machine.kept.generation}`
}

export function loadAverages(machine: Machine): [string, string, string] {
  const now = machine.clock.now()
  const load = (ms: number) => (figuresOf(machine.plan, now - ms).cpu_pct / 60).toFixed(2)
  return [load(0), load(300_000), load(900_000)]
}

function madeUp(machine: Machine, path: string): string | null {
  const { kept } = machine
  switch (path) {
    case '/proc/sys/kernel/random/boot_id':
      return `${kept.bootId}\n`
    case '/proc/sys/kernel/hostname':
    case '/etc/hostname':
      return `${machine.name}\n`
    case '/etc/machine-id':
      return `${kept.machineId}\n`
    case '/proc/loadavg':
      return `${loadAverages(machine).join(' ')} 1/118 ${kept.nextPid + 3}\n`
    case '/proc/uptime': {
      const seconds = machine.uptimeMs() / 1000
      return `${seconds.toFixed(2)} ${(seconds * processors(machine) * 0.93).toFixed(2)}\n`
    }
    case '/proc/meminfo':
      return memory(machine)
    case '/proc/stat':
      return processorTime(machine)
    case '/proc/cpuinfo':
      return Array.from({ length: processors(machine) }, (_, index) => `processor\t: ${index}\n`).join('\n')
    case '/proc/version':
      return 'Linux version 6.12.58 (nixbld@localhost) #1-NixOS SMP\n'
    case '/etc/os-release':
      return 'ID=nixos\nNAME=NixOS\nPRETTY_NAME="NixOS 26.05 (Yarara)"\nVERSION_ID="26.05"\n'
    case '/etc/NIXOS':
      return ''
    default:
      return null
  }
}

export function processors(_machine: Machine): number {
  return 2
}

function memory(machine: Machine): string {
  const total = machine.totalRamMb * 1024
  const used = machine.figures().ram_mb * 1024
  const cached = Math.round(total * 0.22)
  const row = (name: string, kb: number) => `${`${name}:`.padEnd(16)}${String(Math.max(0, kb)).padStart(8)} kB\n`
  return (
    row('MemTotal', total) +
    row('MemFree', total - used - cached) +
    row('MemAvailable', total - used) +
    row('Buffers', Math.round(cached * 0.1)) +
    row('Cached', Math.round(cached * 0.9)) +
    row('SwapTotal', 0) +
    row('SwapFree', 0)
  )
}

function processorTime(machine: Machine): string {
  const now = machine.clock.now()
  const { bootedAt } = machine.kept
  const count = processors(machine)
  const total = Math.round((machine.uptimeMs() * count) / 10)
  const busy = Math.round(
    (busyMs(machine.name, machine.plan.utcOffset, bootedAt, Math.max(now, bootedAt)) * count) / 10,
  )
  const user = Math.round(busy * 0.7)
  const idle = Math.max(0, total - busy)
  const line = (share: number) =>
    [user, 0, busy - user, idle, 0, 0, 0, 0, 0, 0].map(value => Math.round(value / share)).join(' ')
  const each = Array.from({ length: count }, (_, index) => `cpu${index} ${line(count)}\n`).join('')
  return `cpu  ${line(1)}\n${each}ctxt ${total * 31}\nbtime ${Math.round(bootedAt / 1000)}\nprocesses ${kept(machine)}\n`
}

function kept(machine: Machine): number {
  return machine.kept.nextPid + Math.round(machine.uptimeMs() / 60_000)
}
