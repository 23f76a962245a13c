// The lab's wire: a bridge in a namespace of its own, one namespace for HQ and one for each machine. Cutting a link
// happens on the switch's side, as when somebody pulls the plug at the rack; HQ's own link is cut at HQ.
import { mustRun, run } from './command.ts'
import { hqNamespace, prefix, switchNamespace, wire } from './place.ts'

const ip = (namespace: string, ...args: string[]) => mustRun(['ip', '-n', namespace, ...args])

export const namespaceOf = (machine: string) => `${prefix}${machine}`
export const namespacePath = (namespace: string) => `/run/netns/${namespace}`

export async function layWire(machines: readonly { name: string; address: string }[]): Promise<void> {
  for (const namespace of [switchNamespace, hqNamespace, ...machines.map(each => namespaceOf(each.name))]) {
    await mustRun(['ip', 'netns', 'add', namespace])
    await ip(namespace, 'link', 'set', 'lo', 'up')
  }
  await ip(switchNamespace, 'link', 'add', 'bridge', 'type', 'bridge')
  await ip(switchNamespace, 'addr', 'add', `${wire.gateway}/24`, 'dev', 'bridge')
  await ip(switchNamespace, 'addr', 'add', `${wire.anchor}/24`, 'dev', 'bridge')
  await ip(switchNamespace, 'link', 'set', 'bridge', 'up')
  await plugIn('hq', hqNamespace, wire.hq)
  for (const machine of machines) await plugIn(machine.name, namespaceOf(machine.name), machine.address)
}

async function plugIn(port: string, namespace: string, address: string): Promise<void> {
  await ip(switchNamespace, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  await ip(switchNamespace, 'link', 'set', port, 'master', 'bridge', 'up')
  await ip(namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  await ip(namespace, 'link', 'set', 'eth0', 'up')
  await ip(namespace, 'route', 'add', 'default', 'via', wire.gateway)
}

export async function cutMachine(name: string): Promise<void> {
  await ip(switchNamespace, 'link', 'set', name, 'down')
}

export async function restoreMachine(name: string): Promise<void> {
  await ip(switchNamespace, 'link', 'set', name, 'up')
}

export async function cutHq(): Promise<void> {
  await ip(hqNamespace, 'link', 'set', 'eth0', 'down')
}

/** The kernel forgets the routes of a link that went down, so the default route is laid again. */
export async function restoreHq(): Promise<void> {
  await ip(hqNamespace, 'link', 'set', 'eth0', 'up')
  await ip(hqNamespace, 'route', 'replace', 'default', 'via', wire.gateway)
}

/** Process ids inside a namespace; none when it does not exist. */
export async function processesIn(namespace: string): Promise<number[]> {
  const done = await run(['ip', 'netns', 'pids', namespace])
  return done.exit === 0 ? done.stdout.split(/\s+/).filter(Boolean).map(Number) : []
}

export async function labNamespaces(): Promise<string[]> {
  const listed = await mustRun(['ip', 'netns', 'list'])
  return listed
    .split('\n')
    .map(line => line.split(' ')[0] ?? '')
    .filter(name => name.startsWith(prefix))
}

export async function removeNamespace(namespace: string): Promise<void> {
  await mustRun(['ip', 'netns', 'del', namespace])
}
