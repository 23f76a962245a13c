// What a server needs beside itself and costs nothing: the public keys that may log in, and firewalls. Both belong to the
// whole project, so they are looked for first, and changed only when they carry the fleet's label.
import { CloudError } from '../error.ts'
import { carries, hetznerLabels, labelsOf } from '../labels.ts'
import { fleetThingName } from '../names.ts'
import { providerText } from '../provider-text.ts'
import { type PublicKey, parsePublicKey } from '../public-keys.ts'
import type { CloudRim } from '../rim.ts'
import { waitForActions } from './actions.ts'
import type { HetznerCalls, Rule } from './calls.ts'
import type { Firewall } from './replies.ts'

const everywhere = ['0.0.0.0/0', '::/0']
const rule = (protocol: 'tcp' | 'udp', port: number): Rule => ({
  direction: 'in',
  protocol,
  port: String(port),
  source_ips: everywhere,
})

/** Open while a machine is being installed, and a firewall of its own so that it can be taken off one server. */
export function installFirewallName(fleet: string): string {
  return fleetThingName(fleet, 'install')
}

export function firewallsFor(fleet: string, wanted: { meshPort: number | null; sshOpen: boolean }) {
  const { meshPort, sshOpen } = wanted
  const web = [rule('tcp', 80), rule('tcp', 443)]
  // Nodes of one fleet may have different mesh ports; a firewall that two of them fight over would close one.
  const open =
    meshPort === null
      ? { name: fleetThingName(fleet, 'web'), rules: web }
      : { name: fleetThingName(fleet, `web-${meshPort}`), rules: [...web, rule('udp', meshPort)] }
  return sshOpen ? [open, { name: installFirewallName(fleet), rules: [rule('tcp', 22)] }] : [open]
}

export async function ensureFirewall(
  calls: HetznerCalls,
  rim: CloudRim,
  fleet: string,
  wanted: { name: string; rules: readonly Rule[] },
  signal: AbortSignal,
): Promise<Firewall> {
  const find = async () => (await calls.firewalls([['name', wanted.name]], signal))[0] ?? null
  const labels = labelsOf({ fleet }, hetznerLabels)
  const found =
    (await find()) ??
    (await orTaken(calls.createFirewall({ ...wanted, labels }, signal), find, 'firewall', wanted.name))
  if (!carries(found.labels, { fleet })) throw taken('firewall', wanted.name)
  if (!sameRules(found.rules, wanted.rules)) {
    await waitForActions(calls, rim, await calls.setFirewallRules(found.id, wanted.rules, signal), signal)
  }
  return found
}

/** The name under which the project knows the key; keys are the same by their fingerprint, whatever they are called. */
export async function ensureSshKey(calls: HetznerCalls, fleet: string, key: PublicKey, signal: AbortSignal) {
  const find = async () => (await calls.sshKeys([['fingerprint', key.md5]], signal))[0] ?? null
  const name = fleetThingName(fleet, `key-${key.md5.replaceAll(':', '').slice(0, 12)}`)
  const labels = labelsOf({ fleet }, hetznerLabels)
  const found =
    (await find()) ??
    (await orTaken(calls.createSshKey({ name, public_key: key.line, labels }, signal), find, 'SSH key', name))
  return found.name
}

export function publicKeysOf(lines: readonly string[]): PublicKey[] {
  return lines.map(line => {
    const key = parsePublicKey(line)
    if (key) return key
    throw new CloudError({
      failure: 'invalid',
      effect: 'none',
      message: `this is no public key as OpenSSH writes it: ${providerText(line, { most: 60 })}`,
      remedy: 'Give the content of a .pub file.',
    })
  })
}

/** Somebody may make the same at the same moment, or the answer may be lost: then it is there now. */
async function orTaken<Thing>(
  made: Promise<Thing>,
  find: () => Promise<Thing | null>,
  what: string,
  name: string,
): Promise<Thing> {
  try {
    return await made
  } catch (error) {
    if (!(error instanceof CloudError) || (error.failure !== 'conflict' && error.effect === 'none')) throw error
    const found = await find()
    if (found) return found
    throw error.failure === 'conflict' ? taken(what, name) : error
  }
}

function taken(what: string, name: string): CloudError {
  return new CloudError({
    failure: 'conflict',
    effect: 'none',
    message: `Hetzner has a ${what} named ${name} that is not this fleet's`,
    remedy: `Rename or remove the ${what} ${name} in the project, or use a project of the fleet's own.`,
    code: 'uniqueness_error',
  })
}

function sameRules(found: Firewall['rules'], wanted: readonly Rule[]): boolean {
  const text = (rules: Firewall['rules']) =>
    rules
      .map(({ direction, protocol, port, source_ips }) =>
        [direction, protocol, port ?? '', ...[...(source_ips ?? [])].sort()].join(' '),
      )
      .sort()
      .join('\n')
  return text(found) === text(wanted.map(rule => ({ ...rule, source_ips: [...rule.source_ips] })))
}
