// What these tests launch.
import type { MachineSpec } from '../../../infra/clouds/shapes.ts'
import type { MachinesCommand } from '../../../src/machines/noun.ts'

export const spec: MachineSpec = {
  provider: 'aws',
  region: 'eu-central-1',
  type: 't4g.nano',
  arch: 'arm64',
  image: null,
  diskGb: null,
  ipv4: true,
  sshKeys: [],
  meshPort: 51820,
  sshOpen: true,
}

export function provision(nodes: readonly string[], id = 'batch-1', more: Partial<MachineSpec> = {}): MachinesCommand {
  return {
    type: 'machines.provision',
    id,
    nodes: nodes.map(node => ({ node, spec: { ...spec, ...more } })),
    overBudget: false,
  }
}

export function teardown(nodes: string[], id = 'batch-down'): MachinesCommand {
  return { type: 'machines.teardown', id, nodes }
}
