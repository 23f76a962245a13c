// A port that must not answer in public: refused or silent is good, an open one is a finding.
import { connect } from 'node:net'
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { DirectProbe, Outcome } from '../probe.ts'
import { numbers } from './measures.ts'
import { blame, couldNotLook, failed, failureWords, resolveHost, UnresolvedName, variant } from './network.ts'

const port = Type.Integer({ minimum: 1, maximum: 65_535 })

export const portClosed = {
  kind: 'port-closed',
  from: 'hq',
  provesLife: false,
  effect: 'degraded',
  options: Type.Object({
    port: Type.Union([port, Type.Array(port, { minItems: 1 })], {
      description: 'The TCP port (or ports) that must not answer.',
    }),
  }),
  defaults: { everyMs: 3_600_000, timeoutMs: 5000, failures: 1 },
  targets: (options, node) =>
    node.address === null
      ? []
      : numbers(options.port).map(number => ({ id: `port-closed:${number}`, target: `${node.address}:${number}` })),
  async look(probe, context, signal) {
    const host = context.node.address
    const number = Number(variant(probe))
    if (host === null) return couldNotLook('could not look: no public address')
    try {
      const address = await resolveHost(host, context, signal)
      return await knock(address, number, signal)
    } catch (error) {
      if (error instanceof UnresolvedName) return couldNotLook(`could not look: ${error.message}`)
      if (signal.aborted) return closed(`${host}:${number} does not answer`)
      throw error
    }
  },
} satisfies DirectProbe

function closed(detail: string): Outcome {
  return { ok: true, ms: null, detail: nodeText(detail) }
}

function knock(address: string, number: number, signal: AbortSignal): Promise<Outcome> {
  return new Promise(resolve => {
    const socket = connect({ host: address, port: number })
    const end = (outcome: Outcome): void => {
      signal.removeEventListener('abort', silent)
      socket.destroy()
      resolve(outcome)
    }
    // Nothing at all until the deadline: a firewall drops it, which is what was wanted.
    const silent = (): void => end(closed(`${address}:${number} does not answer (filtered)`))
    signal.addEventListener('abort', silent, { once: true })
    if (signal.aborted) silent()
    socket.once('connect', () => end(failed(`${address}:${number} answers in public`)))
    socket.once('error', error =>
      end(
        blame(error) === null
          ? couldNotLook(`could not look: ${address}:${number}: ${failureWords(error)}`)
          : closed(`${address}:${number} is closed (${failureWords(error)})`),
      ),
    )
  })
}
