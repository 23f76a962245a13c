// Firewall rules of the network, which an instance takes by its network tags: the tag of a rule is the rule's name. They
// have no labels, so the description says whose they are.
//
// The default network lets SSH and RDP in from everywhere (`default-allow-ssh`): a rule of ours with a stronger priority
// shuts that for our machines, and another, stronger still, opens 22 for those that are being installed.
import { CloudError } from '../error.ts'
import { fleetThingName } from '../names.ts'
import type { GcpCalls } from './calls.ts'
import type { Firewall } from './replies.ts'

export interface Rule {
  name: string
  description: string
  network: string
  direction: 'INGRESS'
  priority: number
  sourceRanges: string[]
  targetTags: string[]
  allowed?: { IPProtocol: string; ports: string[] }[]
  denied?: { IPProtocol: string; ports: string[] }[]
}

const mark = 'Watchfloor, fleet '

export function installTag(fleet: string): string {
  return fleetThingName(fleet, 'install')
}

export function rulesFor(fleet: string, wanted: { meshPort: number | null; sshOpen: boolean }): Rule[] {
  const rule = (name: string, priority: number, more: Pick<Rule, 'allowed' | 'denied'>): Rule => ({
    name,
    description: `${mark}${fleet}`,
    network: 'global/networks/default',
    direction: 'INGRESS',
    priority,
    sourceRanges: ['0.0.0.0/0'],
    targetTags: [name],
    ...more,
  })
  const { meshPort } = wanted
  const mesh = meshPort === null ? [] : [{ IPProtocol: 'udp', ports: [String(meshPort)] }]
  return [
    rule(fleetThingName(fleet, 'web'), 1_000, { allowed: [{ IPProtocol: 'tcp', ports: ['80', '443'] }] }),
    ...(meshPort === null ? [] : [rule(fleetThingName(fleet, `mesh-${meshPort}`), 1_000, { allowed: mesh })]),
    rule(fleetThingName(fleet, 'shut'), 900, { denied: [{ IPProtocol: 'tcp', ports: ['22', '3389'] }] }),
    ...(wanted.sshOpen ? [rule(installTag(fleet), 800, { allowed: [{ IPProtocol: 'tcp', ports: ['22'] }] })] : []),
  ]
}

/** null: it is none of ours. */
export function fleetOf({ description }: Firewall): string | null {
  return description?.startsWith(mark) ? description.slice(mark.length) : null
}

export async function ensureRule(calls: GcpCalls, fleet: string, rule: Rule, signal: AbortSignal): Promise<void> {
  const found = (await calls.firewall(rule.name, signal)) ?? (await inserted(calls, rule, signal))
  if (found === null) return
  if (fleetOf(found) !== fleet) {
    throw new CloudError({
      failure: 'conflict',
      effect: 'none',
      message: `the project has a firewall rule named ${rule.name} that is not this fleet's`,
      remedy: `Rename or remove the rule ${rule.name}, or use a project of the fleet's own.`,
      code: 'alreadyExists',
    })
  }
  if (!isSame(found, rule)) await calls.patchFirewall(rule.name, rule, signal)
}

/** null: it is as it should be. Somebody may have made it at the same moment. */
async function inserted(calls: GcpCalls, rule: Rule, signal: AbortSignal): Promise<Firewall | null> {
  try {
    await calls.insertFirewall(rule, signal)
    return null
  } catch (error) {
    if (!(error instanceof CloudError) || (error.failure !== 'conflict' && error.effect === 'none')) throw error
    const found = await calls.firewall(rule.name, signal)
    if (found) return found
    throw error
  }
}

function isSame(found: Firewall, rule: Rule): boolean {
  const text = (one: Pick<Firewall, 'sourceRanges' | 'targetTags' | 'allowed' | 'denied' | 'priority'>) =>
    JSON.stringify([
      one.priority ?? 1_000,
      [...(one.sourceRanges ?? [])].sort(),
      [...(one.targetTags ?? [])].sort(),
      ...[one.allowed, one.denied].map(list =>
        (list ?? []).map(({ IPProtocol, ports }) => `${IPProtocol} ${[...(ports ?? [])].sort()}`).sort(),
      ),
    ])
  return text(found) === text(rule)
}
