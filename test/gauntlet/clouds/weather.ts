// What goes wrong in a round, and when the engine dies: all of it follows from the round's seed and from how often
// something was done before, never from which of two answers came first, so that a round can be played again.
import type { ProviderName } from '../../../infra/clouds/shapes.ts'
import type { FaultKind, Faults, TakenFault } from '../../../infra/sandbox/clouds/faults.ts'

export const points = [
  'before the intent',
  'after the intent',
  'in flight',
  'after the effect',
  'after the outcome',
] as const
export type Point = (typeof points)[number]
export type Deed = 'launch' | 'destroy'
export type KillPlace = `${Deed}: ${Point}`

export const createActions: readonly string[] = ['RunInstances', 'POST /servers', 'instances.insert']
export const endActions: readonly string[] = ['TerminateInstances', 'DELETE /servers/{id}', 'instances.delete']

/** Of what a request can meet: the kinds, and how often each. */
interface Sky {
  chance: number
  kinds: readonly (readonly [FaultKind, number])[]
}

const wire = [
  ['html-502', 10],
  ['drop', 10],
  ['reply-lost', 12],
  ['slow', 6],
] as const
const skies: Readonly<Record<'create' | 'end' | 'change' | 'look', Sky>> = {
  create: {
    chance: 0.45,
    kinds: [
      ...wire,
      ['throttle', 10],
      ['capacity', 12],
      ['server-error', 10],
      ['error-after-effect', 12],
      ['lag', 14],
      ['fails-later', 5],
      ['quota', 2],
      ['rights', 2],
      ['account', 2],
    ],
  },
  end: {
    chance: 0.35,
    kinds: [
      ...wire,
      ['throttle', 10],
      ['server-error', 10],
      ['error-after-effect', 10],
      ['fails-later', 6],
      ['rights', 2],
    ],
  },
  change: {
    chance: 0.12,
    kinds: [...wire, ['throttle', 8], ['server-error', 8], ['error-after-effect', 8], ['lag', 8]],
  },
  look: { chance: 0.04, kinds: [...wire, ['throttle', 10], ['server-error', 10], ['lag', 4], ['rights', 1]] },
}

function skyOf(action: string): Sky {
  if (createActions.includes(action)) return skies.create
  if (endActions.includes(action)) return skies.end
  const isLook = /^(?:Describe|Get|List)|^GET |\.(?:get|list|aggregatedList|getFromFamily|wait)$|dry run/.test(action)
  return isLook ? skies.look : skies.change
}

export interface Weather extends Faults {
  /** From then on nothing goes wrong any more. */
  clears(): void
  taken(): ReadonlyMap<FaultKind, number>
}

export function createWeather(seed: number): Weather {
  const asked = new Map<string, number>()
  const taken = new Map<FaultKind, number>()
  let isFair = false
  return {
    add: () => {},
    clear: () => {},
    waiting: () => [],
    clears: () => {
      isFair = true
    },
    taken: () => taken,
    take(where) {
      const key = `${where.provider} ${where.region} ${where.action}`
      const times = (asked.get(key) ?? 0) + 1
      asked.set(key, times)
      if (isFair) return null
      const fault = faultOf(where, chanceOf(seed, key, times))
      if (fault) taken.set(fault.kind, (taken.get(fault.kind) ?? 0) + 1)
      return fault
    },
  }
}

function faultOf(
  where: { provider: ProviderName; region: string; action: string },
  chance: (what: string) => number,
): TakenFault | null {
  const { chance: likely, kinds } = skyOf(where.action)
  if (chance('whether') >= likely) return null
  const kind = drawn(kinds, chance('which'))
  // Longer than a call may take, now and then.
  const ms = kind === 'slow' ? 150_000 * chance('ms') ** 2 : kind === 'lag' ? 60_000 * chance('ms') : 0
  return { kind, ...where, ms: Math.round(ms) }
}

function drawn(kinds: Sky['kinds'], chance: number): FaultKind {
  let rest = chance * kinds.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [kind, weight] of kinds) {
    rest -= weight
    if (rest < 0) return kind
  }
  return 'drop'
}

/** Where the engine dies: at the nth time that it comes to a point. */
export type Deaths = ReadonlyMap<KillPlace, ReadonlySet<number>>

/** Of each phase of a round two or three; in five rounds in a row every point has its turn. */
export function deathsOf(seed: number, deed: Deed): Deaths {
  const chance = chanceOf(seed, deed, 0)
  const first = points[seed % points.length] ?? 'in flight'
  const more = [0, 1].flatMap(index => {
    const point = points[Math.floor(chance(`point ${index}`) * points.length)]
    return point && chance(`more ${index}`) < 0.75 ? [point] : []
  })
  const deaths = new Map<KillPlace, Set<number>>()
  for (const [index, point] of [first, ...more].entries()) {
    const place: KillPlace = `${deed}: ${point}`
    const nth = 1 + Math.floor(chance(`nth ${index}`) * 16)
    deaths.set(place, (deaths.get(place) ?? new Set()).add(nth))
  }
  return deaths
}

/** Numbers of 0 to 1 that belong to a thing by its name. */
export function chanceOf(seed: number, ...name: readonly (string | number)[]): (what: string) => number {
  return what => {
    let hash = 0x811c9dc5 ^ seed
    for (const byte of Buffer.from([...name, what].join('/'))) hash = Math.imul(hash ^ byte, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
    hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
    return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
  }
}
