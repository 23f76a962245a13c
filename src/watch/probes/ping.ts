// ICMP echo from HQ: in bulk through `fping` where there is one, else a `ping` process a look for small fleets.
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { ProbeInstance } from '../../fleet/fleet.ts'
import type { DirectProbe, Look, Outcome, ProbeContext } from '../probe.ts'
import { duration, durationMs, round } from './measures.ts'
import { couldNotLook, failed, resolveHost, UnresolvedName, waysTo } from './network.ts'

/** More targets than this are only looked at through `fping`: a process each would cost more than all other probes. */
const singlesAtMost = 128

export const ping = {
  kind: 'ping',
  from: 'hq',
  effect: 'down',
  options: Type.Object({
    via: Type.Optional(
      Type.Union([Type.Literal('mesh'), Type.Literal('public'), Type.Literal('both')], {
        description:
          'Which address answers: `public`, `mesh` or `both`. Default: mesh where the node has a mesh address.',
      }),
    ),
    warn: Type.Optional(duration('A round trip longer than this is a warning.')),
  }),
  defaults: { everyMs: 30_000, timeoutMs: 5000, failures: 2 },
  targets: (options, node) =>
    waysTo(node, options.via ?? (node.mesh === null ? 'public' : 'mesh')).map(({ via, address }) => ({
      id: `ping:${via}`,
      target: address,
    })),
  async look(probe, context, signal) {
    const address = await addressOf(probe, context, signal)
    if (typeof address !== 'string') return address
    const count = context.fleet.probes.filter(other => other.kind === 'ping').length
    if (count > singlesAtMost) {
      return couldNotLook(`could not look: ${count} ping targets need \`fping\` on HQ; install it`)
    }
    const program = context.fleet.engine.programs.ping ?? ['ping']
    const waitS = Math.max(1, Math.floor(probe.timeoutMs / 1000) - 1)
    const argv = [...program, '-n', '-c', '1', '-W', String(waitS), address]
    const result = await context.runLocal(argv, { timeoutMs: probe.timeoutMs, signal })
    if (result.missing) return couldNotLook('could not look: no `ping` program on HQ; install iputils-ping or fping')
    if (result.timedOut) return failed(`${address}: no answer in ${probe.timeoutMs / 1000} s`)
    const text = new TextDecoder().decode(result.stdout)
    const times = readPing(text)
    if (times !== null) return answered(address, times.avg, probe)
    const complaint = new TextDecoder().decode(result.stderr).trim()
    // iputils exits 1 for silence and 2 for trouble of its own; busybox exits 1 for both and complains on stderr.
    if (result.exit === 1 && !isOurs(complaint)) {
      return failed(`${address}: no answer`)
    }
    return couldNotLook(`could not look: ping said: ${complaint || `exit ${result.exit}`}`)
  },
  async lookMany(looks, signal) {
    const programs = looks[0]?.context.fleet.engine.programs
    const program = programs?.fping ?? (programs?.ping ? null : ['fping'])
    if (program === null) return null
    const addresses = await Promise.all(looks.map(({ probe, context }) => addressOf(probe, context, signal)))
    const wanted = [...new Set(addresses.filter(address => typeof address === 'string'))]
    if (wanted.length === 0) return addresses.filter(address => typeof address !== 'string')
    const run = looks[0]?.context.runLocal
    if (!run) return null
    const timeoutMs = Math.max(...looks.map(({ probe }) => probe.timeoutMs))
    const result = await run([...program, ...fpingArguments(timeoutMs), '--', ...wanted], {
      timeoutMs: timeoutMs + wanted.length * 2,
      signal,
    })
    if (result.missing) return null
    const answers = readFping(new TextDecoder().decode(result.stdout))
    const complaint = new TextDecoder().decode(result.stderr).trim()
    return looks.map((look, at): Outcome => {
      const address = addresses[at] ?? couldNotLook('could not look: no address')
      if (typeof address !== 'string') return address
      return fromFping(address, answers, complaint, look)
    })
  },
} satisfies DirectProbe

/** One try and one retry inside the timeout; a packet a millisecond at most. Addresses only, so no name is looked up. */
function fpingArguments(timeoutMs: number): string[] {
  const perTryMs = Math.max(100, Math.floor(timeoutMs / 2) - 100)
  return ['-e', '-r', '1', '-t', String(perTryMs), '-B', '1.0', '-i', '1']
}

function fromFping(
  address: string,
  answers: ReadonlyMap<string, number | null>,
  complaint: string,
  look: Look,
): Outcome {
  const ms = answers.get(address)
  // It calls unreachable what it could not even send; that is HQ's network, not the target's.
  const unsent = complaint.split('\n').find(line => line.startsWith(`${address}: error while sending`))
  if (ms === null && unsent !== undefined && isOurs(unsent)) return couldNotLook(`could not look: ${unsent}`)
  if (ms === undefined) return couldNotLook(`could not look: fping said: ${complaint.split('\n')[0] || 'nothing'}`)
  return ms === null ? failed(`${address}: no answer`) : answered(address, ms, look.probe)
}

function answered(address: string, ms: number, probe: ProbeInstance): Outcome {
  const limit = durationMs(probe.options.warn)
  const slow = limit !== null && ms > limit
  return {
    ok: true,
    ...(slow ? { warn: true } : {}),
    ms: round(ms, 3),
    detail: nodeText(`${address} answers in ${round(ms, 2)} ms${slow ? `, slower than ${limit} ms` : ''}`),
  }
}

async function addressOf(probe: ProbeInstance, context: ProbeContext, signal: AbortSignal): Promise<string | Outcome> {
  try {
    return await resolveHost(probe.target, context, signal)
  } catch (error) {
    if (error instanceof UnresolvedName) return error.outcome
    throw error
  }
}

/** Words of ping and fping for trouble on HQ's side. An unreachable host is a finding, an unreachable network is not. */
function isOurs(complaint: string): boolean {
  return /permission|not permitted|network is (unreachable|down)|invalid|buffer space|socket/i.test(complaint)
}

/** `ADDRESS is alive (1.23 ms)` → 1.23; `ADDRESS is unreachable` → null. */
export function readFping(text: string): Map<string, number | null> {
  const answers = new Map<string, number | null>()
  for (const line of text.split('\n')) {
    const found = /^(\S+) is (?:alive \(([\d.]+) ms(?: [^)]*)?\)|unreachable|(?:a)?live)/.exec(line)
    const address = found?.[1]
    if (address === undefined) continue
    answers.set(address, found?.[2] === undefined ? null : Number(found[2]))
  }
  return answers
}

export interface RoundTrips {
  sent: number
  received: number
  min: number
  avg: number
  max: number
}

/** Reads what `ping -n` prints (iputils and busybox); null when nothing answered. */
export function readPing(text: string): RoundTrips | null {
  const times = [...text.matchAll(/(?:seq|icmp_seq)=\d+ .*?time[=<]([\d.]+) ?ms/g)].map(found => Number(found[1]))
  if (times.length === 0) return null
  const counts = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(text)
  const summary = /(?:rtt|round-trip) min\/avg\/max(?:\/\w+)? = ([\d.]+)\/([\d.]+)\/([\d.]+)/.exec(text)
  return {
    sent: Number(counts?.[1] ?? times.length),
    received: Number(counts?.[2] ?? times.length),
    min: Number(summary?.[1] ?? Math.min(...times)),
    avg: Number(summary?.[2] ?? times.reduce((sum, time) => sum + time, 0) / times.length),
    max: Number(summary?.[3] ?? Math.max(...times)),
  }
}
