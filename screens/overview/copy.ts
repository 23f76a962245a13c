// What of the overview an operator wants elsewhere: the marked nodes, or what there is to say of one. Pure.
import { copyChoices } from '../node/copy.ts'
import type { Snapshot } from '../room/room.ts'
import type { Copyable } from '../room/screen.ts'
import { actedOn } from './marks.ts'

export function copiesOf(snapshot: Snapshot): readonly Copyable[] {
  const nodes = actedOn(snapshot)
  const [first, ...more] = nodes
  if (first === undefined) return []
  if (more.length === 0) return copyChoices(snapshot, first)
  const facts = nodes.map(name => snapshot.live.fleet.nodes[name]).filter(node => node !== undefined)
  const some = (label: string, lines: readonly (string | null)[]): Copyable[] => {
    const there = lines.filter(line => line !== null)
    return there.length === 0 ? [] : [{ label, lines: there }]
  }
  return [
    { label: `names of ${nodes.length} nodes`, lines: nodes },
    { label: 'as a selector', lines: [nodes.join(',')] },
    ...some(
      'public addresses',
      facts.map(({ address }) => address),
    ),
    ...some(
      'mesh addresses',
      facts.map(({ mesh }) => mesh),
    ),
  ]
}
