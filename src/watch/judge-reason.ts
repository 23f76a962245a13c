// Why a node is in trouble, in words for people, with a hint where the pattern of what answers and what does not
// points at one thing.
import { forTerminal } from '../../state/primitives/node-text.ts'

/** Which way a probe reaches its node. */
export type Path = 'public' | 'mesh' | 'host' | 'push'

interface Explained {
  id: string
  kind: string
  target: string
  path: Path
  provesLife?: false
}

const longest = 240

/** One line, safe to render: the first cause in its own words, how many more there are, and a hint. */
export function explain(
  node: string,
  causes: readonly { rule: Explained; detail: string }[],
  fine: readonly Explained[],
): string {
  const first = causes[0]
  if (!first) return ''
  // What a node or a library printed may hold anything: made harmless before it becomes part of durable state.
  const detail = forTerminal(first.detail)
  const said =
    first.rule.path === 'push'
      ? `${node} ${detail}`
      : detail === ''
        ? `${first.rule.id} fails`
        : `${first.rule.id}: ${detail}`
  const more =
    causes.length > 1
      ? ` (and ${causes
          .slice(1)
          .map(cause => cause.rule.id)
          .join(', ')})`
      : ''
  const pointer = hint(
    causes.map(cause => cause.rule),
    fine,
  )
  return cut(`${said}${more}${pointer === null ? '' : `; ${pointer}`}`)
}

/** Pure pattern matching over which ways work; null where nothing is clear. */
function hint(allFailing: readonly Explained[], allFine: readonly Explained[]): string | null {
  const failing = allFailing.filter(rule => rule.provesLife !== false)
  const fine = allFine.filter(rule => rule.provesLife !== false)
  const fails = (path: Path) => failing.some(rule => rule.path === path)
  const works = (path: Path) => fine.some(rule => rule.path === path)
  if (fails('mesh') && works('public') && !fails('public')) {
    return 'it answers in public but not over the mesh: look at WireGuard or ZeroTier'
  }
  if (fails('public') && !works('public') && works('mesh') && !fails('mesh')) {
    return 'it answers over the mesh but not in public: look at its firewall, address or provider'
  }
  if (fails('push') && works('host') && !fails('public')) return 'the machine is there: look at the program that pushes'
  if (fails('push') && works('public') && !fails('public') && !fails('mesh')) {
    return 'it still answers: look at the program that pushes'
  }
  const services = failing.filter(rule => rule.kind === 'http' || rule.kind === 'tls')
  if (
    services.length > 0 &&
    services.length === failing.length &&
    fine.some(rule => rule.kind === 'ping' || rule.kind === 'ssh')
  ) {
    return 'the machine answers: look at the service'
  }
  return null
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
