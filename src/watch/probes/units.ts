// Are these systemd units running, and has one been restarted behind our back?
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { HostProbe } from '../probe.ts'
import { complaintOf, textOf, unseen } from './answers.ts'
import { strings } from './measures.ts'
import { couldNotLook } from './network.ts'

const properties = 'Id,LoadState,ActiveState,SubState,Result,Type,NRestarts,ExecMainStatus,InvocationID,UnitFileState'

/** It is remembered, so nothing else may pass for one. */
const invocationId = /^[0-9a-f]{32}$/

// A name as systemd allows it; none begins with `-`, so none can become an option.
const unitName = Type.String({ pattern: '^[A-Za-z0-9:_.\\\\@][A-Za-z0-9:_.\\\\@-]*$', maxLength: 255 })

export const units = {
  kind: 'units',
  from: 'host',
  effect: 'degraded',
  options: Type.Object({
    units: Type.Union([unitName, Type.Array(unitName, { minItems: 1, maxItems: 64 })], {
      description: 'Units that must be active: `[sshd.service, clavitor.service]`. A oneshot may be done instead.',
    }),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 10_000, failures: 2 },
  targets(options) {
    const names = strings(options.units)
    return names.length === 0 ? [] : [{ id: 'units', target: names.join(', ') }]
  },
  commands: probe => [['systemctl', 'show', '--no-pager', '-p', properties, '--', ...strings(probe.options.units)]],
  read(answers, probe, context) {
    const [answer] = answers
    const unread = unseen(answer, 'systemctl')
    if (unread) return unread
    const names = strings(probe.options.units)
    const blocks = readUnitBlocks(textOf(answer))
    if (blocks.length !== names.length) {
      const complaint = complaintOf(answer)
      return couldNotLook(`could not look: systemctl said: ${complaint || 'nothing that can be read'}`)
    }
    const seen = names.map((name, at) => ({ name, ...judgeUnit(blocks[at] ?? new Map()) }))
    const restarted = seen.filter(unit => {
      const before = context.memory[unit.name]
      return before !== undefined && unit.invocation !== '' && before !== unit.invocation
    })
    // Of units that are watched, and of no others: names that were watched once would pile up.
    const memory = Object.fromEntries(
      seen
        .map(unit => [unit.name, unit.invocation || context.memory[unit.name]] as const)
        .filter((known): known is readonly [string, string] => known[1] !== undefined),
    )
    if (Object.entries(memory).some(([name, invocation]) => context.memory[name] !== invocation)) {
      context.remember(memory)
    }
    const bad = seen.filter(unit => unit.state === 'bad')
    const moving = seen.filter(unit => unit.state === 'moving')
    const told = [...bad, ...moving].map(unit => `${unit.name} is ${unit.words}`)
    if (told.length === 0) {
      told.push(seen.length === 1 ? `${seen[0]?.name} is ${seen[0]?.words}` : `${seen.length} units are active`)
    }
    if (restarted.length > 0) told.push(`restarted: ${restarted.map(unit => unit.name).join(', ')}`)
    return {
      ok: bad.length === 0,
      ...(bad.length === 0 && moving.length > 0 ? { warn: true } : {}),
      ms: null,
      detail: nodeText(told.join('; ')),
      values: { units_bad: bad.length, units_restarted: restarted.length },
      facts: Object.fromEntries(seen.map(unit => [unit.name, unit.words])),
    }
  },
} satisfies HostProbe

/** One map of properties a unit, in the order asked: an alias is shown under its real Id, so that order is the key. */
export function readUnitBlocks(text: string): Map<string, string>[] {
  return text
    .split(/\n\s*\n/)
    .map(block => {
      const found = new Map<string, string>()
      for (const line of block.split('\n')) {
        const equals = line.indexOf('=')
        if (equals > 0) found.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim())
      }
      return found
    })
    .filter(block => block.has('ActiveState'))
}

interface JudgedUnit {
  state: 'good' | 'moving' | 'bad'
  words: string
  invocation: string
}

function judgeUnit(unit: ReadonlyMap<string, string>): JudgedUnit {
  const load = unit.get('LoadState') ?? ''
  const active = unit.get('ActiveState') ?? ''
  const sub = unit.get('SubState') ?? ''
  const result = unit.get('Result') ?? ''
  const said = unit.get('InvocationID') ?? ''
  const invocation = invocationId.test(said) ? said : ''
  if (load === 'not-found') return { state: 'bad', words: 'not found', invocation }
  if (load === 'masked') return { state: 'bad', words: 'masked', invocation }
  if (load !== 'loaded') return { state: 'bad', words: `not loaded (${load})`, invocation }
  const exit = unit.get('ExecMainStatus') ?? '0'
  switch (active) {
    case 'active':
    case 'refreshing':
      return { state: 'good', words: `active (${sub})`, invocation }
    case 'activating':
    case 'reloading':
    case 'deactivating':
    case 'maintenance':
      // A service that crashes in a loop spends its life here, waiting for the next start.
      return result !== 'success' && result !== ''
        ? { state: 'bad', words: `restarting over and over (${result}, exit ${exit})`, invocation }
        : { state: 'moving', words: `${active} (${sub})`, invocation }
    case 'inactive':
      return unit.get('Type') === 'oneshot' && result === 'success'
        ? { state: 'good', words: 'done', invocation }
        : { state: 'bad', words: 'stopped', invocation }
    case 'failed':
      return {
        state: 'bad',
        words: `failed (${result === 'exit-code' || result === '' ? `exit ${exit}` : result})`,
        invocation,
      }
    default:
      return { state: 'bad', words: active || 'in no known state', invocation }
  }
}
