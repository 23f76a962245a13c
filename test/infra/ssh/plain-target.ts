// A way to a node with nothing in it that a test did not ask for: root, no keys, nothing trusted, no jump host.
import type { SshTarget } from '../../../infra/ssh/ssh.ts'

export function plainTarget(node: string, host: string, over: Partial<SshTarget> = {}): SshTarget {
  return {
    node,
    host,
    port: 22,
    user: 'root',
    identities: [],
    agent: null,
    hostkeys: [],
    knownHosts: [],
    jump: null,
    become: null,
    ...over,
  }
}
