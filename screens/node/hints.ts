// Where to look first, from what fails beside what does not: the remedy beside the trouble. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import { isStale } from '../overview/readings.ts'
import { exactAge } from '../widgets/measure.ts'

/** From here on a disk stops what runs on it. */
const fullPct = 95

type Probes = readonly LiveProbe[]

interface Hint {
  /** What to say, or null where it does not fit. */
  say(fails: Probes, answers: Probes, all: Probes, since: number): string | null
}

const isPublic = ({ kind, probe }: LiveProbe) =>
  kind === 'http' || (/^(ping|ssh)/.test(kind) && /:public(:|$)/.test(probe))
const isMesh = ({ kind, probe }: LiveProbe) => kind === 'mesh' || (/^(ping|ssh)/.test(kind) && /:mesh(:|$)/.test(probe))
/** Shows by itself that the node lives and can be reached. */
const isReach = (probe: LiveProbe) => ['ping', 'ssh', 'http', 'mesh'].includes(probe.kind)
const of = (kind: string) => (probe: LiveProbe) => probe.kind === kind

/** A push is judged well until the next one is late: what came before the trouble says nothing about it. */
const outlives = (since: number) => (probe: LiveProbe) =>
  probe.kind === 'heartbeat' && probe.at > since + probe.everyMs * 1.25

/** The first that fits is said: what explains more comes before what explains less. */
const hints: readonly Hint[] = [
  {
    say(_, __, all) {
      const disk = all.find(({ values }) => (values?.disk_pct ?? 0) >= fullPct)?.values?.disk_pct
      if (disk === undefined) return null
      return `the disk is ${Math.floor(disk)} % full: make room first, services stop when it is full`
    },
  },
  {
    say(fails, answers, _, since) {
      const reach = fails.filter(isReach)
      if (reach.length === 0 || answers.some(isReach)) return null
      if (answers.some(outlives(since))) {
        return 'it pushes, but HQ reaches nothing on it: look at the way from HQ first (firewall, route, address)'
      }
      return reach.length > 1 || fails.some(of('heartbeat'))
        ? "nothing of it answers: look at the provider's console first"
        : null
    },
  },
  {
    say(fails, answers, all) {
      if (!fails.some(isMesh) || !answers.some(isPublic)) return null
      const kind = all.some(of('zerotier')) ? 'ZeroTier' : 'WireGuard'
      const seconds = kind === 'WireGuard' ? all.find(of('wireguard'))?.values?.newest_handshake_s : undefined
      const handshake = seconds === undefined ? '' : ` (handshake ${exactAge(seconds * 1000, 0)} old)`
      return `the service answers in public, the mesh does not: look at ${kind} first${handshake}`
    },
  },
  {
    say(fails, answers) {
      if (!fails.some(isPublic) || !answers.some(isMesh) || answers.some(isPublic)) return null
      return 'the mesh answers, nothing in public does: look at the public address and its firewall first'
    },
  },
  {
    say(fails, answers) {
      const unit = fails.find(of('units'))
      if (unit && fails.some(of('http')))
        return `the service does not answer and ${unit.detail}: look at its journal first`
      if (!fails.some(of('http')) || !answers.some(({ kind }) => kind === 'ping' || kind === 'ssh')) return null
      return fails.some(of('tls'))
        ? 'the node answers, its certificate is refused: renew the certificate first'
        : 'the node answers, its service does not: look at the unit and its journal first'
    },
  },
  {
    say(fails, answers) {
      if (!fails.some(of('ssh')) || !answers.some(({ kind }) => kind === 'ping' || kind === 'http')) return null
      return 'the node answers, its ssh does not: look at sshd, its port and the firewall first'
    },
  },
  {
    say(fails, answers) {
      if (!fails.some(of('dns')) || !answers.some(isReach)) return null
      return 'the node answers, its name leads elsewhere: look at the DNS record first'
    },
  },
  {
    say(fails, answers) {
      if (!fails.some(of('heartbeat')) || !answers.some(isReach)) return null
      return 'the node answers but pushes nothing: look at its push timer and its way to HQ first'
    },
  },
]

/**
 * One sentence, or null: nothing fails, or what fails explains itself. Old samples prove nothing. `since` is when the node
 * became what it is.
 */
export function hintFor(probes: Readonly<Record<string, LiveProbe>>, since: number, now: number): string | null {
  const fresh = Object.values(probes).filter(probe => !isStale(probe, now))
  const fails = fresh.filter(({ ok }) => ok === false)
  const answers = fresh.filter(({ ok }) => ok === true)
  for (const hint of hints) {
    const said = hint.say(fails, answers, fresh, since)
    if (said !== null) return said
  }
  return null
}
