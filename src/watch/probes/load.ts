// How busy and how full is the node? From /proc and df, which every Linux has.
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { HostProbe } from '../probe.ts'
import { complaintOf, textOf, unseen } from './answers.ts'
import { entry, isBeyond, limitSchema, round, strings } from './measures.ts'
import { couldNotLook } from './network.ts'

const limits = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        cpu: Type.Optional({ ...limitSchema, description: 'Processor in use, percent.' }),
        ram: Type.Optional({ ...limitSchema, description: 'Memory that is not available, percent.' }),
        disk: Type.Optional({ ...limitSchema, description: 'Fullest of the mounts, percent.' }),
        load: Type.Optional({ ...limitSchema, description: 'One-minute load average a core.' }),
      },
      { additionalProperties: false, description },
    ),
  )

const mount = Type.String({ pattern: '^/' })

export const load = {
  kind: 'load',
  from: 'host',
  effect: 'degraded',
  options: Type.Object({
    mounts: Type.Optional(
      Type.Union([mount, Type.Array(mount, { minItems: 1 })], {
        description: 'Where to look for free space. Default `/`.',
      }),
    ),
    warn: limits('Over any of these is a warning. Default `{ ram: 90%, disk: 80% }`.'),
    fail: limits('Over any of these is a failure. Default `{ disk: 95% }`.'),
  }),
  defaults: { everyMs: 30_000, timeoutMs: 10_000, failures: 2 },
  targets: () => [{ id: 'load', target: 'cpu, ram, disk' }],
  commands: probe => [
    ['cat', '/proc/loadavg'],
    ['cat', '/proc/meminfo'],
    ['head', '-n', '1', '/proc/stat'],
    ['nproc'],
    ['df', '-P', '-k', '--', ...mountsOf(probe.options.mounts)],
  ],
  read(answers, probe, context) {
    const [loadavg, meminfo, stat, nproc, df] = answers
    const unread = unseen(loadavg, 'cat') ?? unseen(meminfo, 'cat')
    if (unread) return unread
    const averages = readLoadavg(textOf(loadavg))
    const memory = readMeminfo(textOf(meminfo))
    if (!averages || !memory) return couldNotLook(`could not look: /proc cannot be read (${complaintOf(loadavg)})`)
    const cores = Math.max(1, Number.parseInt(textOf(nproc), 10) || 1)
    const disks = readDf(textOf(df))
    const fullest = disks.reduce<Disk | null>(
      (worst, disk) => (worst && worst.usedPct >= disk.usedPct ? worst : disk),
      null,
    )
    const cpu = cpuSince(readCpuTimes(textOf(stat)), context.scratch)
    const measured: Readonly<Record<string, number | null>> = {
      cpu,
      ram: round(memory.usedPct),
      disk: fullest?.usedPct ?? null,
      load: round(averages.one / cores, 2),
    }
    const failing = beyond(measured, probe.options.fail ?? { disk: '95%' })
    const warning = beyond(measured, probe.options.warn ?? { ram: '90%', disk: '80%' })
    const said = [
      ...(cpu === null ? [] : [`cpu ${round(cpu, 0)}%`]),
      `ram ${round(memory.usedPct, 0)}%`,
      ...(fullest === null ? [] : [`disk ${fullest.usedPct}%${fullest.mount === '/' ? '' : ` (${fullest.mount})`}`]),
      `load ${averages.one} on ${cores} ${cores === 1 ? 'core' : 'cores'}`,
    ].join(', ')
    const worst = failing.length > 0 ? failing : warning
    return {
      ok: failing.length === 0,
      ...(failing.length === 0 && warning.length > 0 ? { warn: true } : {}),
      ms: null,
      detail: nodeText(worst.length > 0 ? `${worst.join(', ')} over its limit: ${said}` : said),
      values: {
        ...(cpu === null ? {} : { cpu_pct: cpu }),
        ram_pct: round(memory.usedPct),
        ram_mb: round(memory.totalKb / 1024, 0),
        ...(fullest === null ? {} : { disk_pct: fullest.usedPct }),
        load_1m: averages.one,
        cores,
      },
    }
  },
} satisfies HostProbe

function mountsOf(mounts: unknown): string[] {
  const wanted = strings(mounts)
  return wanted.length === 0 ? ['/'] : wanted
}

function beyond(measured: Readonly<Record<string, number | null>>, limit: unknown): string[] {
  return Object.entries(measured)
    .filter(([name, value]) => value !== null && isBeyond(value, entry(limit, name)))
    .map(([name]) => name)
}

function readLoadavg(text: string): { one: number; five: number; fifteen: number } | null {
  const found = /^([\d.]+) ([\d.]+) ([\d.]+) /.exec(text)
  return found ? { one: Number(found[1]), five: Number(found[2]), fifteen: Number(found[3]) } : null
}

/** Used is what is not available: caches that the kernel would give back do not count. */
function readMeminfo(text: string): { totalKb: number; usedPct: number } | null {
  const total = Number(/^MemTotal:\s+(\d+) kB/m.exec(text)?.[1])
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1] ?? /^MemFree:\s+(\d+) kB/m.exec(text)?.[1])
  if (!(total > 0) || !Number.isFinite(available)) return null
  return { totalKb: total, usedPct: ((total - available) / total) * 100 }
}

export interface Disk {
  mount: string
  usedPct: number
  availableKb: number
}

/** POSIX format: six columns, of which the last (the mount) may contain spaces. */
export function readDf(text: string): Disk[] {
  const disks: Disk[] = []
  for (const line of text.split('\n').slice(1)) {
    const found = /^.*?\s(\d+)\s+(\d+)\s+(-?\d+)\s+(\d+)%\s+(\/.*)$/.exec(line)
    if (found) disks.push({ mount: found[5] ?? '', usedPct: Number(found[4]), availableKb: Number(found[3]) })
  }
  return disks
}

/** Jiffies since boot; guest time is part of user time already. */
function readCpuTimes(text: string): { busy: number; total: number } | null {
  const found = /^cpu\s+([\d ]+)/m.exec(text)
  const times = found?.[1]?.trim().split(/\s+/).map(Number) ?? []
  if (times.length < 4) return null
  const total = times.slice(0, 8).reduce((sum, time) => sum + time, 0)
  return { busy: total - (times[3] ?? 0) - (times[4] ?? 0), total }
}

/** Share of the processors in use between the last look and this one; null at the first look and after a reboot. */
function cpuSince(now: { busy: number; total: number } | null, scratch: Map<string, number>): number | null {
  if (!now) return null
  const busy = scratch.get('busy')
  const total = scratch.get('total')
  scratch.set('busy', now.busy).set('total', now.total)
  if (busy === undefined || total === undefined || now.total <= total || now.busy < busy) return null
  return round(((now.busy - busy) / (now.total - total)) * 100)
}
