// What the fleet file says about judging, prepared once a load: each node's rules, and the groups that may fall together.
import type { Fleet, FleetNode, ProbeInstance } from '../fleet/fleet.ts'
import type { NodeRules, ProbeRule } from './health.ts'
import type { Group } from './judge-group.ts'
import type { Path } from './judge-reason.ts'
import type { Effect } from './probe.ts'

/** What the watcher must know of a probe kind; every `ProbeKind` fits. */
export interface KindRule {
  effect: Effect
  from: 'hq' | 'host' | 'push'
  provesLife?: false
}

export interface WatchedNode {
  node: FleetNode
  rules: NodeRules
  /** Its probes by id. */
  probes: ReadonlyMap<string, ProbeInstance>
  /** Those that are told, not looked at. */
  pushes: readonly ProbeInstance[]
}

export function watchedNodes(fleet: Fleet, kinds: ReadonlyMap<string, KindRule>): Map<string, WatchedNode> {
  const byNode = new Map<string, ProbeInstance[]>()
  for (const probe of fleet.probes) {
    const known = byNode.get(probe.node)
    if (known) known.push(probe)
    else byNode.set(probe.node, [probe])
  }
  const watched = new Map<string, WatchedNode>()
  for (const node of fleet.nodes.values()) {
    const probes = byNode.get(node.name) ?? []
    const rules = new Map<string, ProbeRule>()
    for (const probe of probes) {
      const kind = kinds.get(probe.kind)
      if (kind) rules.set(probe.id, ruleOf(probe, kind, node))
    }
    watched.set(node.name, {
      node,
      rules: { node: node.name, probes: rules, downMs: fleet.severity.SEV1.downMs },
      probes: new Map(probes.map(probe => [probe.id, probe])),
      pushes: probes.filter(probe => kinds.get(probe.kind)?.from === 'push'),
    })
  }
  return watched
}

function ruleOf(probe: ProbeInstance, kind: KindRule, node: FleetNode): ProbeRule {
  return {
    id: probe.id,
    kind: probe.kind,
    target: probe.target,
    effect: kind.effect,
    path: pathOf(probe, kind, node),
    everyMs: probe.everyMs,
    timeoutMs: probe.timeoutMs,
    // A missing push was counted already: `missed` of them make one failure.
    failures: kind.from === 'push' ? 1 : probe.failures,
    severity: probe.severity,
    ...(kind.provesLife === false ? { provesLife: false as const } : {}),
  }
}

function pathOf(probe: ProbeInstance, kind: KindRule, node: FleetNode): Path {
  if (kind.from === 'push') return 'push'
  if (
    ['mesh', 'wireguard', 'zerotier'].includes(probe.kind) ||
    probe.options.via === 'mesh' ||
    probe.id.endsWith(':mesh')
  ) {
    return 'mesh'
  }
  if (kind.from === 'host') return 'host'
  return node.mesh !== null && probe.target.includes(node.mesh) ? 'mesh' : 'public'
}

/**
 * Regions, the areas they lie in (`eu-*` of `eu-west-2` and `eu-central-1`), providers and the mesh, each with its live
 * nodes. HQ itself is in none: it does not fall with others.
 */
export function groupsOf(fleet: Fleet, isLive: (node: FleetNode) => boolean): Group[] {
  const groups = new Map<string, string[]>()
  const add = (key: string, node: string) => {
    const known = groups.get(key)
    if (known) known.push(node)
    else groups.set(key, [node])
  }
  for (const node of fleet.nodes.values()) {
    if (node.isHq || !isLive(node)) continue
    if (node.region !== null) {
      add(`region ${node.region}`, node.name)
      const area = areaOf(node.region)
      if (area !== null) add(`region ${area}`, node.name)
    }
    add(`provider ${node.provider}`, node.name)
    if (fleet.mesh !== null && node.mesh !== null) add(`mesh ${fleet.mesh.interface}`, node.name)
  }
  return [...groups].map(([key, nodes]) => ({ key, nodes }))
}

/** Clouds name regions from the large to the small: `eu-west-2`, `europe-west1`. Written as a selector would be. */
function areaOf(region: string): string | null {
  const large = /^([a-z]+)-[a-z-]+\d+$/.exec(region)?.[1]
  return large === undefined ? null : `${large}-*`
}
