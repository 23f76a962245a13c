// The figures of a node that nobody uses but that should look lived in: they wander, and they follow the day of the
// place where the node stands. All are pure functions of node and time, so a restart of the world changes nothing.

export interface Figures {
  ram_mb: number
  disk_pct: number
  cpu_pct: number
  db_size_mb: number
  active_sessions: number
  req_1h: number
  err_1h: number
}

export const totalRamMb = 448
export const diskKb = 8_120_644

/** A number in [0, 1) that belongs to the text and to nothing else. */
export function fraction(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193)
  }
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  hash ^= hash >>> 12
  hash = Math.imul(hash, 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}

/** Slow waves with periods from a minute and a half to a day; between -1 and 1. */
function wander(seed: string, ms: number): number {
  return waves(seed).reduce((sum, wave) => sum + wave.share * Math.sin(wave.speed * ms + wave.phase), 0)
}

function waves(seed: string): { share: number; speed: number; phase: number }[] {
  return [3700, 610, 97].map((seconds, index) => ({
    share: [0.5, 0.3, 0.2][index] ?? 0,
    speed: (2 * Math.PI) / (seconds * 1000),
    phase: 2 * Math.PI * fraction(`${seed}/${seconds}`),
  }))
}

/** 0 in the local night, 1 in the local afternoon. */
function dayShare(utcOffset: number, ms: number): number {
  const hour = (ms / 3_600_000 + utcOffset) % 24
  return 0.5 - 0.5 * Math.cos(((hour - 3) / 24) * 2 * Math.PI)
}

const cpuBase = 9
const cpuDay = 4
const cpuWander = 6

function cpuPct(name: string, utcOffset: number, ms: number): number {
  return cpuBase + cpuDay * (2 * dayShare(utcOffset, ms) - 1) * 0.5 + (cpuWander / 2) * wander(`${name}/cpu`, ms)
}

/** Milliseconds that one processor was busy between two moments: the integral of `cpuPct`, so that /proc/stat agrees with it. */
export function busyMs(name: string, utcOffset: number, from: number, to: number): number {
  const primitive = (ms: number) => {
    const day = (2 * Math.PI) / 86_400_000
    const dayPart = (-cpuDay / 2) * (Math.sin(day * ms + ((utcOffset - 3) / 24) * 2 * Math.PI) / day)
    const wavePart = waves(`${name}/cpu`).reduce(
      (sum, wave) => sum - (wave.share * Math.cos(wave.speed * ms + wave.phase)) / wave.speed,
      0,
    )
    return cpuBase * ms + dayPart + (cpuWander / 2) * wavePart
  }
  return (primitive(to) - primitive(from)) / 100
}

export function figuresOf(node: { name: string; utcOffset: number }, ms: number): Figures {
  const size = 0.5 + fraction(`${node.name}/size`)
  const day = dayShare(node.utcOffset, ms)
  const database = 40 + 180 * fraction(`${node.name}/db`) + (((ms / 3_600_000) % 2000) * size) / 100
  return {
    ram_mb: Math.round(126 + 60 * fraction(`${node.name}/ram`) + 12 * day + 8 * wander(`${node.name}/ram`, ms)),
    disk_pct: Math.round(10 * (31 + 14 * fraction(`${node.name}/disk`) + database / 80)) / 10,
    cpu_pct: Math.round(10 * Math.max(0.4, cpuPct(node.name, node.utcOffset, ms))) / 10,
    db_size_mb: Math.round(10 * database) / 10,
    active_sessions: Math.round(size * (6 + 46 * day) * (1 + 0.15 * wander(`${node.name}/sessions`, ms))),
    req_1h: Math.round(size * (240 + 2600 * day) * (1 + 0.08 * wander(`${node.name}/requests`, ms))),
    err_1h: Math.max(0, Math.round(2 * size * day + 2 * wander(`${node.name}/errors`, ms) - 1)),
  }
}

/** The round trip at this moment: the region's own, plus a jitter that is rarely large. */
export function roundTripMs(rttMs: number, random: () => number): number {
  const spread = random() + random() + random() - 1.5
  const spike = random() < 0.01 ? rttMs * 0.25 * random() : 0
  return Math.max(0.1, rttMs * (1 + 0.03 * spread) + 0.3 * random() + spike)
}
