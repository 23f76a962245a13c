// From a selector to names, or BadInput that says what was probably meant.
import { BadInput } from '../../state/primitives/errors.ts'
import { directoryOf, type Selectable } from '../fleet/selector.ts'

export function selectFrom(
  nodes: Iterable<Selectable>,
  batches: Iterable<readonly [name: string, selector: string]>,
  selector: string,
): string[] {
  const found = directoryOf(nodes, batches).select(selector)
  if (found.ok) return found.nodes
  const near = found.suggestions.map(one => `"${one}"`).join(', ')
  throw new BadInput({
    name: 'bad-selector',
    message: found.message,
    remedy: near ? `Did you mean ${near}?` : `Selectors: ${found.allowed}.`,
  })
}
