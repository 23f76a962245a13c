// Can HQ (or another node) reach this node's SSH server? From HQ the whole login is tried, never a prompt.
import { Type } from 'typebox'
import { type ConnectReport, SshError } from '../../../infra/ssh/ssh.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { FleetNode, ProbeInstance } from '../../fleet/fleet.ts'
import type { DirectProbe, Outcome, ProbeContext } from '../probe.ts'
import { days, round } from './measures.ts'
import { couldNotLook, failed, type Via, variant, waysTo } from './network.ts'

export const ssh = {
  kind: 'ssh',
  from: 'hq',
  effect: 'down',
  options: Type.Object({
    via: Type.Optional(
      Type.Union([Type.Literal('mesh'), Type.Literal('public'), Type.Literal('both')], {
        description: 'Which address to connect to: `public` (default), `mesh` or `both`.',
      }),
    ),
    from: Type.Optional(
      Type.String({
        description: 'A node to look from instead of HQ: it must see the SSH greeting; no login is tried.',
      }),
    ),
    fresh: Type.Optional(
      Type.Boolean({
        description: 'Make a new connection each time instead of proving the one that is open. Default false.',
      }),
    ),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 15_000, failures: 2 },
  targets(options, node) {
    const from = typeof options.from === 'string' ? options.from : null
    if (from === node.name) return []
    return waysTo(node, options.via).map(({ via, address }) => ({
      id: from === null ? `ssh:${via}` : `ssh:${via}:${from}`,
      target: `${address}:${node.ssh.port ?? 22}`,
    }))
  },
  async look(probe, context, signal) {
    const via: Via = variant(probe).split(':')[0] === 'mesh' ? 'mesh' : 'public'
    const from = probe.options.from
    if (typeof from === 'string') return greetingFrom(from, via, probe, context, signal)
    const started = context.clock.mono()
    try {
      const target = await context.sshTarget(context.node, via)
      const report = await context.ssh.connect(target, {
        deadlineMs: probe.timeoutMs,
        fresh: probe.options.fresh === true,
        periodic: context.periodic,
        signal,
      })
      return welcomed(report, context.clock.mono() - started, context)
    } catch (error) {
      // Our own deadline may fire before the pool's: that is an answer that did not come, not a look that was not taken.
      if (error instanceof SshError && !(error.failure === 'cancelled' && signal.aborted)) return sshFailed(error)
      if (signal.aborted) return failed(`no login in ${probe.timeoutMs / 1000} s`)
      return couldNotLook(`could not look: ${error instanceof Error ? error.message : String(error)}`)
    }
  },
} satisfies DirectProbe

function welcomed(report: ConnectReport, tookMs: number, context: ProbeContext): Outcome {
  const ms = round(report.ms > 0 ? report.ms : tookMs)
  const certificate = report.hostCertificate
  const leftMs = certificate?.validBefore == null ? null : certificate.validBefore - context.clock.now()
  const ending = leftMs !== null && leftMs < 7 * 86_400_000
  return {
    ok: true,
    ...(ending ? { warn: true } : {}),
    ms,
    detail: nodeText(
      ending && leftMs !== null
        ? `logged in by ${report.method}, but its host certificate ends in ${days(leftMs)}`
        : `logged in by ${report.method} in ${ms} ms`,
    ),
    facts: {
      method: report.method,
      hostkey: `${report.hostkey.type} ${report.hostkey.fingerprint}`,
      ...(certificate ? { host_certificate: certificate.keyId } : {}),
      ...(certificate?.validBefore != null
        ? { host_certificate_until: new Date(certificate.validBefore).toISOString() }
        : {}),
    },
  }
}

/** Only the network's failures mean a dead node; a refused login or key is a finding about the login. */
function sshFailed(error: SshError): Outcome {
  const detail = `${error.failure}: ${error.detail}`
  switch (error.failure) {
    case 'unreachable':
    case 'timeout':
    case 'closed':
      return failed(detail)
    case 'hostkey-changed':
      return failed(error.detail)
    case 'hostkey-unknown':
    case 'auth':
    case 'become':
      return { ...failed(detail), effect: 'degraded' }
    case 'cancelled':
    case 'refused':
      return couldNotLook(`could not look: ${detail}`)
  }
}

const greeting = /SSH-(?:2\.0|1\.99)-[\x21-\x7e]+/

/** Asks another node for the server's greeting: `ssh-keyscan`, or bash's own TCP where OpenSSH's client is not there. */
async function greetingFrom(
  from: string,
  via: Via,
  probe: ProbeInstance,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const observer = context.fleet.nodes.get(from)
  if (!observer) return couldNotLook(`could not look: there is no node ${from} to look from`)
  const host = via === 'mesh' ? context.node.mesh : context.node.address
  if (host === null || host.startsWith('-')) return couldNotLook(`could not look: no ${via} address`)
  const port = String(context.node.ssh.port ?? 22)
  const waitS = Math.max(1, Math.floor(probe.timeoutMs / 2000))
  const started = context.clock.mono()
  try {
    const first = await onNode(observer, ['ssh-keyscan', '-T', String(waitS), '-p', port, host], probe, context, signal)
    const result =
      first.exit === 127
        ? await onNode(
            observer,
            ['bash', '-c', bashGreeting, 'bash', host, port, String(waitS)],
            probe,
            context,
            signal,
          )
        : first
    if (result.exit === 127) {
      return couldNotLook(`could not look: neither ssh-keyscan nor bash on ${from}`)
    }
    const said = greeting.exec(result.output)?.[0]
    const ms = round(context.clock.mono() - started)
    if (said === undefined) return failed(`${host}:${port} does not answer to ${from}`)
    return {
      ok: true,
      ms: null,
      detail: nodeText(`${from} sees ${said} (asked in ${ms} ms)`),
      facts: { greeting: said },
    }
  } catch (error) {
    if (error instanceof SshError) return couldNotLook(`could not look: ${from}: ${error.failure}: ${error.detail}`)
    return couldNotLook(`could not look: ${from}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const bashGreeting = 'exec 3<>"/dev/tcp/$1/$2" && read -r -t "$3" -u 3 line && printf "%s\\n" "$line"'

async function onNode(
  node: FleetNode,
  argv: readonly string[],
  probe: ProbeInstance,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<{ exit: number | null; output: string }> {
  const result = await context.ssh.exec(await context.sshTarget(node, 'any'), {
    argv,
    deadlineMs: probe.timeoutMs,
    maxBytes: 16_384,
    become: false,
    signal,
  })
  const decode = new TextDecoder()
  return { exit: result.exit, output: decode.decode(result.stdout) + decode.decode(result.stderr) }
}
