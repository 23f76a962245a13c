// What a node's machine is to be, from the fleet file; or why there is nothing to make. Pure.
import type { MachineSpec } from '../../infra/clouds/shapes.ts'
import type { Fleet } from '../fleet/fleet.ts'

export interface SpecRefused {
  refused: string
  remedy: string
}

/** `sshKeys`: public keys that may log in, as OpenSSH writes them. */
export function specOf(fleet: Fleet, name: string, sshKeys: readonly string[]): MachineSpec | SpecRefused {
  const node = fleet.nodes.get(name)
  if (!node) return { refused: `the fleet file has no node ${name}`, remedy: 'Add it under `nodes:`.' }
  if (node.provider === 'static') {
    return {
      refused: `${name} is a static host: no provider is asked for a machine`,
      remedy: 'Name its provider, region and type in the fleet file if it is to be made.',
    }
  }
  if (node.region === null || node.type === null) {
    const missing = [node.region === null ? 'region' : '', node.type === null ? 'type' : ''].filter(Boolean)
    return {
      refused: `the fleet file gives ${name} no ${missing.join(' and no ')}`,
      remedy: 'Name it at the node or under `defaults:`; `watchfloor offers` shows what can be had.',
    }
  }
  return {
    provider: node.provider,
    region: node.region,
    type: node.type,
    arch: node.arch,
    image: node.image ?? null,
    diskGb: node.diskGb ?? null,
    ipv4: node.ipv4 ?? true,
    sshKeys: [...sshKeys],
    meshPort: fleet.mesh?.kind === 'wireguard' ? (fleet.mesh.port ?? null) : null,
    // Whoever installs it comes in from outside the mesh; that ends when installing does.
    sshOpen: true,
  }
}
