// Names, addresses and directories of the lab in one place. Every kernel object that it makes begins with `wf-`,
// so that `clean` finds what a killed run has left behind.
import { join } from 'node:path'

export const prefix = 'wf-'

/** The one HQ namespace and the one with the bridge; machines are `wf-<name>`. */
export const hqNamespace = `${prefix}hq`
export const switchNamespace = `${prefix}switch`

/** Exists inside namespaces only: the host gets no address and no route of it. */
export const wire = {
  gateway: '10.99.0.254',
  /** A second address behind the switch, the "outside" of HQ's canaries. */
  anchor: '10.99.0.253',
  hq: '10.99.0.1',
  machine: (index: number) => `10.99.0.${11 + index}`,
}

export const mesh = {
  cidr: '10.84.0.0/24',
  port: 51820,
  hq: '10.84.0.1',
  machine: (index: number) => `10.84.0.${11 + index}`,
}

/** Heartbeats are pushed here, through the mesh. */
export const heartbeatPort = 8484

/** On HQ's loopback, which works while its link is cut: what alerts are sent to. */
export const alertPort = 8090

export function labDirectory(): string {
  return process.env.WATCHFLOOR_LAB_DIR ?? '/var/tmp/watchfloor-lab'
}

export const runDirectory = () => join(labDirectory(), 'run')
export const cgroupRoots = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup']
