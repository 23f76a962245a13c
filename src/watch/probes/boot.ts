// Has the node been rebooted behind our back? The boot id tells; uptime alone would move with the clock.
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { HostProbe } from '../probe.ts'
import { complaintOf, textOf, unseen } from './answers.ts'
import { duration, durationMs, span } from './measures.ts'
import { couldNotLook } from './network.ts'

const bootId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const boot = {
  kind: 'boot',
  from: 'host',
  effect: 'degraded',
  options: Type.Object({
    hold: Type.Optional(duration('How long after a reboot it is still reported. Default 5m.')),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 10_000, failures: 1 },
  targets: () => [{ id: 'boot', target: 'boot id' }],
  commands: () => [
    ['cat', '/proc/sys/kernel/random/boot_id'],
    ['cat', '/proc/uptime'],
  ],
  read(answers, probe, context) {
    const [idAnswer, uptimeAnswer] = answers
    const unread = unseen(idAnswer, 'cat') ?? unseen(uptimeAnswer, 'cat')
    if (unread) return unread
    const id = textOf(idAnswer).trim()
    const uptimeS = Number.parseFloat(textOf(uptimeAnswer))
    if (!bootId.test(id) || !Number.isFinite(uptimeS)) {
      return couldNotLook(`could not look: ${complaintOf(idAnswer) || 'the boot id cannot be read'}`)
    }
    const holdMs = durationMs(probe.options.hold) ?? 300_000
    const before = context.memory.boot_id
    const now = context.clock.now()
    const rebooted = before !== undefined && before !== id
    if (before !== id) {
      context.remember(rebooted ? { boot_id: id, before, noticed: String(now) } : { boot_id: id })
    }
    const noticed = rebooted ? now : Number(context.memory.noticed ?? Number.NaN)
    const up = span(uptimeS * 1000)
    const common = { ms: null, values: { uptime_s: Math.round(uptimeS) }, facts: { boot_id: id } }
    // A wall clock that was set back must not hold the report for ever.
    if (now - noticed < holdMs && now >= noticed) {
      return { ok: false, detail: nodeText(`rebooted unexpectedly, up ${up}`), ...common }
    }
    if (before === undefined && uptimeS * 1000 < holdMs) {
      return { ok: true, warn: true, detail: nodeText(`booted ${up} ago, before it was first looked at`), ...common }
    }
    return { ok: true, detail: nodeText(`up ${up}`), ...common }
  },
} satisfies HostProbe
