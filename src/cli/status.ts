// `watchfloor status`, and what `watchfloor` prints when stdout is no terminal: the same room as plain text.
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import type { Health } from '../watch/shapes.ts'
import type { Call, CliCommand } from './command.ts'
import { type Console, fitted, table } from './output.ts'
import { withEngine } from './session.ts'
import type { StatusDocument } from './shapes.ts'

export const statusCommand: CliCommand = {
  name: 'status',
  summary: 'health of every node, open incidents and the engine, as known now',
  exits: '1 a node is down · 4 no engine',
  async run(call) {
    return withEngine(call, engine => showStatus(engine, call))
  },
}

function statusOf(engine: Engine): StatusDocument {
  const { fleet, engine: info } = engine.live()
  const { watch, incidents } = engine.state()
  return {
    fleet: fleet.name,
    engine: { pid: info.pid, since: info.since, version: info.version, blind: watch.blind },
    nodes: Object.keys(fleet.nodes).map(name => {
      const known = watch.nodes[name]
      return {
        name,
        health: known?.health ?? 'unknown',
        since: known?.since ?? null,
        severity: known?.severity ?? null,
      }
    }),
    incidents: Object.values(incidents.open),
  }
}

export async function showStatus(engine: Engine, call: Call): Promise<Exit> {
  await settled(engine)
  const document = statusOf(engine)
  const { console } = call.context
  if (call.options.json) console.out(JSON.stringify(document))
  else printStatus(engine, document, console, Date.now())
  return document.nodes.some(node => node.health === 'down') ? 1 : 0
}

/** How long a status waits for the first looks of an engine that has just started. */
const firstLooksMs = 5_000
/** By then every node of a small fleet has been looked at once. */
const startingMs = 2_000

/** A fleet whose engine has just started gets a moment for its first looks; what is not known by then is shown unknown. */
async function settled(engine: Engine): Promise<void> {
  const { since } = engine.live().engine
  const complete = () => {
    const { fleet, probes } = engine.live()
    // Nobody may be looking at a node at all: what has had no look after the first moments is not waited for.
    const begun = Date.now() - since < startingMs
    return Object.values(fleet.nodes).every(
      ({ name, lifecycle }) =>
        lifecycle !== 'live' ||
        (engine.state().watch.nodes[name]?.health ?? 'unknown') !== 'unknown' ||
        (!begun && probes[name] === undefined),
    )
  }
  if (complete() || Date.now() - since > firstLooksMs * 2) return
  await new Promise<void>(resolve => {
    const timer = setTimeout(done, firstLooksMs)
    const again = setTimeout(() => complete() && done(), Math.max(0, since + startingMs - Date.now()))
    const unsubscribe = engine.subscribe(() => {
      if (complete()) done()
    })
    function done(): void {
      clearTimeout(timer)
      clearTimeout(again)
      unsubscribe()
      resolve()
    }
  })
}

const glyphs: Readonly<Record<Health, string>> = { up: '●', degraded: '◐', down: '✖', unknown: '○', maintenance: '◇' }
const colours: Readonly<Record<Health, string>> = {
  up: '32',
  degraded: '33',
  down: '1;31',
  unknown: '2',
  maintenance: '36',
}
const order: readonly Health[] = ['down', 'degraded', 'unknown', 'maintenance', 'up']

function printStatus(engine: Engine, document: StatusDocument, console: Console, now: number): void {
  const { fleet, probes, engine: info } = engine.live()
  const health = engine.state().watch.nodes
  const counts = order
    .map(one => ({ one, count: document.nodes.filter(node => node.health === one).length }))
    .filter(({ count }) => count > 0)
    .map(({ one, count }) => `${glyphs[one]} ${count} ${one}`)
  const badge = info.homeKind === 'real' ? '' : ` ${info.homeKind.toUpperCase()}`
  const open = document.incidents.length
  const incidents = open === 0 ? 'no open incidents' : open === 1 ? '1 open incident' : `${open} open incidents`
  console.out(`${document.fleet}${badge}   ${counts.join('   ')}   ${incidents}`)
  const { blind } = document.engine
  if (blind) console.out(fitted(`HQ is blind for ${age(now, blind.since)}: ${forTerminal(blind.why)}`, console.columns))
  for (const trouble of info.troubles) console.out(`engine: ${forTerminal(trouble)}`)
  console.out('')
  const rows = document.nodes.map(node => {
    const seen = Object.values(probes[node.name] ?? {})
    const latency = (kind: string) => {
      const sample = seen.find(one => one.kind === kind && one.ok === true && one.ms !== null)
      return sample?.ms == null ? '–' : `${Math.round(sample.ms)}`
    }
    const known = health[node.name]
    return [
      `${glyphs[node.health]} ${node.health}`,
      node.name,
      fleet.nodes[node.name]?.region ?? fleet.nodes[node.name]?.provider ?? '',
      latency('ping'),
      latency('http'),
      node.since === null ? '–' : age(now, node.since),
      node.severity ?? '',
      node.health === 'up' ? '' : forTerminal(known?.reason ?? 'not looked at yet'),
    ]
  })
  // Where a reason would be cut after a few words it gets a line of its own.
  const isNarrow = console.columns !== null && console.columns < 120
  const cells = isNarrow ? rows.map(row => row.slice(0, -1)) : rows
  const lines = table([['health', 'node', 'region', 'ping ms', 'http ms', 'for', '', ''], ...cells], [3, 4, 5])
  const say = (line: string, health: Health) => {
    const shown = fitted(line, console.columns)
    console.out(console.colour && health !== 'up' ? `\u001b[${colours[health]}m${shown}\u001b[0m` : shown)
  }
  for (const [index, line] of lines.entries()) {
    const health = document.nodes[index - 1]?.health ?? 'up'
    say(line, health)
    const reason = isNarrow ? (rows[index - 1]?.at(-1) ?? '') : ''
    if (reason !== '') say(`    ${reason}`, health)
  }
  if (document.incidents.length > 0) console.out('')
  for (const incident of document.incidents) {
    const title = `${incident.severity}  ${forTerminal(incident.title)}`
    const owner = incident.acknowledged
      ? `acknowledged by ${forTerminal(incident.acknowledged.by)}`
      : 'nobody has acknowledged'
    const rest = `${age(now, incident.openedAt)}  ${owner}  ${incident.id}`
    if (isNarrow) for (const line of [title, `      ${rest}`]) console.out(fitted(line, console.columns))
    else console.out(console.columns === null ? `${title}  ${rest}` : roomFor(title, rest, console.columns))
  }
}

/** What comes last (age, owner, id) stays whole; the title is cut for it. */
function roomFor(title: string, rest: string, columns: number): string {
  return `${fitted(title, Math.max(20, columns - rest.length - 2))}  ${rest}`
}

/** How long ago, in the largest unit that says enough: `12 s`, `4 m`, `3 h`, `2 d`. */
export function age(now: number, then: number): string {
  const seconds = Math.max(0, Math.round((now - then) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} m`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}
