// `watchfloor incident …`: what is wrong, who looks after it, and what is meant to be quiet. Everything goes through the
// engine, which decides whether it may be; a reason is asked for where others will wonder why.
import { parseDuration } from '../../state/primitives/duration.ts'
import { BadInput, type Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import { selectFrom } from '../engine/select-nodes.ts'
import type { Incident, IncidentSlice } from '../incidents/shapes.ts'
import { type Call, type CliCommand, type CliOption, text } from './command.ts'
import { table } from './output.ts'
import { withEngine } from './session.ts'
import type { DoneDocument, IncidentsDocument } from './shapes.ts'

const acting = '4 no engine · 5 refused: read-only, no role, resolved already'
const reason: CliOption = { flags: '--reason <text>', description: 'why; required' }
const span = { flags: '--for <span>', description: 'how long: 30m, 4h, 2d, at most 30d', default: '1h' }

const incidentList: CliCommand = {
  name: 'incident list',
  summary: 'open incidents, silences and maintenance windows',
  options: [{ flags: '--all', description: 'also the last 200 that are resolved' }],
  exits: '4 no engine',
  run: call =>
    withEngine(call, async engine => {
      const { open, closed, silences, maintenance } = engine.state().incidents
      const resolved = call.options.all === true ? closed : []
      const document: IncidentsDocument = { incidents: [...resolved, ...Object.values(open)], silences, maintenance }
      if (call.options.json) call.context.console.out(JSON.stringify(document))
      else for (const line of listLines(document)) call.context.console.out(line)
      return 0
    }),
}

const incidentShow: CliCommand = {
  name: 'incident show',
  summary: 'one incident with its nodes and notes',
  args: '<id>',
  exits: '4 no engine',
  run: call =>
    withEngine(call, async engine => {
      const incident = find(allOf(engine.state().incidents), call.args[0] ?? '', 'incident')
      if (call.options.json) call.context.console.out(JSON.stringify(incident))
      else for (const line of incidentLines(incident)) call.context.console.out(forTerminal(line))
      return 0
    }),
}

const incidentAck: CliCommand = {
  name: 'incident ack',
  summary: 'say that you look after it',
  args: '<id>',
  exits: acting,
  run: call =>
    onIncident(call, (engine, { id }) => done(call, engine.do({ type: 'incidents.ack', id }), `acknowledged ${id}`)),
}

const incidentResolve: CliCommand = {
  name: 'incident resolve',
  summary: 'close an incident that its nodes do not close by themselves',
  args: '<id>',
  options: [{ flags: '--reason <text>', description: 'how it was resolved; required' }],
  exits: acting,
  run(call) {
    const how = required(call, 'reason')
    return onIncident(call, (engine, { id }) =>
      done(call, engine.do({ type: 'incidents.resolve', id, how }), `resolved ${id}`),
    )
  },
}

const incidentNote: CliCommand = {
  name: 'incident note',
  summary: 'write something down beside an incident, open or resolved',
  args: '<id> <words...>',
  exits: acting,
  run: call =>
    onIncident(call, (engine, { id }) =>
      done(call, engine.do({ type: 'incidents.note', id, text: call.args.slice(1).join(' ') }), `noted beside ${id}`),
    ),
}

const incidentAdd: CliCommand = {
  name: 'incident add',
  summary: 'open an incident that no probe can see; it alerts nobody',
  args: '<title>',
  options: [
    { flags: '--severity <severity>', description: 'how bad', default: 'SEV3', choices: ['SEV1', 'SEV2', 'SEV3'] },
    { flags: '--nodes <selector>', description: 'the nodes that it is about' },
  ],
  exits: acting,
  run: call =>
    withEngine(call, engine => {
      const selector = text(call.options.nodes)
      const nodes = selector === undefined ? [] : nodesOf(engine, selector)
      const title = call.args[0] ?? ''
      if (title.trim() === '') throw new BadInput({ name: 'no-title', message: 'the title is empty' })
      const severity = severityOf(text(call.options.severity))
      return done(call, engine.do({ type: 'incidents.add', title, severity, nodes }), 'opened')
    }),
}

const incidentSilence: CliCommand = {
  name: 'incident silence',
  summary: 'send no alerts about nodes for a while; incidents still open and close',
  args: '<selector>',
  options: [span, reason],
  exits: acting,
  run: call => forAWhile(call, 'incidents.silence'),
}

const incidentMaintain: CliCommand = {
  name: 'incident maintain',
  summary: 'nodes are worked on for a while: no incidents, no alerts, and no downtime is counted',
  args: '<selector>',
  options: [span, { flags: '--in <span>', description: 'begin so much later' }, reason],
  exits: acting,
  run: call => forAWhile(call, 'incidents.maintain'),
}

const incidentUnsilence: CliCommand = {
  name: 'incident unsilence',
  summary: 'end a silence',
  args: '<id>',
  exits: acting,
  run: call =>
    withEngine(call, engine => {
      const { id } = find(engine.state().incidents.silences, call.args[0] ?? '', 'silence')
      return done(call, engine.do({ type: 'incidents.unsilence', id }), `ended ${id}`)
    }),
}

const incidentEndMaintenance: CliCommand = {
  name: 'incident end-maintenance',
  summary: 'end a maintenance window: its nodes are judged again',
  args: '<id>',
  exits: acting,
  run: call =>
    withEngine(call, engine => {
      const { id } = find(engine.state().incidents.maintenance, call.args[0] ?? '', 'maintenance window')
      return done(call, engine.do({ type: 'incidents.end-maintenance', id }), `ended ${id}`)
    }),
}

export const incidentCommands: readonly CliCommand[] = [
  incidentList,
  incidentShow,
  incidentAck,
  incidentResolve,
  incidentNote,
  incidentAdd,
  incidentSilence,
  incidentUnsilence,
  incidentMaintain,
  incidentEndMaintenance,
]

function forAWhile(call: Call, type: 'incidents.silence' | 'incidents.maintain'): Promise<Exit> {
  const [selector = ''] = call.args
  const why = required(call, 'reason')
  const forMs = spanOf(call, 'for') ?? 0
  const inMs = spanOf(call, 'in') ?? 0
  return withEngine(call, engine => {
    // A silence of nobody is a typing mistake, and would be noticed at night.
    const count = nodesOf(engine, selector).length
    const from = Date.now() + inMs
    const until = from + forMs
    const command =
      type === 'incidents.silence'
        ? { type, selector, until, reason: why }
        : { type, selector, until, reason: why, ...(inMs > 0 ? { from } : {}) }
    const what = type === 'incidents.silence' ? 'silenced' : 'in maintenance'
    const nodes = `${count} ${count === 1 ? 'node' : 'nodes'}`
    return done(call, engine.do(command), `${nodes} ${what} until ${timeOf(until)}`)
  })
}

function onIncident(call: Call, act: (engine: Engine, incident: Incident) => Promise<Exit>): Promise<Exit> {
  return withEngine(call, engine => act(engine, find(allOf(engine.state().incidents), call.args[0] ?? '', 'incident')))
}

async function done(call: Call, doing: ReturnType<Engine['do']>, words: string): Promise<Exit> {
  const { seq, ids } = await doing
  const document: DoneDocument = { seq, ids: [...ids] }
  const { console } = call.context
  if (call.options.json) console.out(JSON.stringify(document))
  else console.out(forTerminal([words, ...ids].join(' ')))
  return 0
}

function allOf(slice: IncidentSlice): Incident[] {
  return [...Object.values(slice.open), ...slice.closed]
}

/** By its id, or by a beginning of it that fits no other. */
function find<One extends { id: string }>(all: readonly One[], wanted: string, what: string): One {
  const exact = all.find(one => one.id === wanted)
  if (exact) return exact
  const near = wanted === '' ? [] : all.filter(one => one.id.startsWith(wanted))
  const [only] = near
  if (only && near.length === 1) return only
  throw new BadInput({
    name: 'not-found',
    message: near.length > 1 ? `${near.length} ids begin with "${wanted}"` : `there is no ${what} ${wanted}`,
    remedy: '`watchfloor incident list --all` shows their ids.',
  })
}

function nodesOf(engine: Engine, selector: string): string[] {
  const { nodes, batches } = engine.live().fleet
  return selectFrom(Object.values(nodes), Object.entries(batches), selector)
}

function required(call: Call, option: string): string {
  const given = text(call.options[option])?.trim() ?? ''
  if (given !== '') return given
  throw new BadInput({
    name: 'no-reason',
    message: `--${option} is missing: whoever reads this later will want to know`,
    remedy: `Say it: --${option} "new disk in paris".`,
  })
}

function spanOf(call: Call, option: string): number | null {
  const given = text(call.options[option])
  if (given === undefined) return null
  const ms = parseDuration(given)
  if (ms === null || ms < 1)
    throw new BadInput({ name: 'bad-span', message: `"${given}" is no duration`, remedy: 'Say 30m, 4h or 2d.' })
  return ms
}

function severityOf(given: string | undefined): Incident['severity'] {
  return given === 'SEV1' || given === 'SEV2' ? given : 'SEV3'
}

function listLines({ incidents, silences, maintenance }: IncidentsDocument): string[] {
  const rows = incidents.map(one => [one.severity, one.id, timeOf(one.openedAt), stateOf(one), forTerminal(one.title)])
  const quiet = [
    ...silences.map(one => ['silence', one] as const),
    ...maintenance.map(one => ['maintenance', one] as const),
  ].map(([what, one]) => [
    what,
    one.id,
    `until ${timeOf(one.until)}`,
    forTerminal(one.selector),
    forTerminal(`${one.by}: ${one.reason}`),
  ])
  return [...(rows.length === 0 ? ['no incidents'] : table(rows)), ...table(quiet)]
}

function stateOf(one: Incident): string {
  if (one.resolved) return forTerminal(`resolved by ${one.resolved.by}`)
  return one.acknowledged ? forTerminal(`acknowledged by ${one.acknowledged.by}`) : 'open'
}

function incidentLines(one: Incident): string[] {
  return [
    `${one.severity} ${one.title}`,
    `${one.id}, opened ${timeOf(one.openedAt)}, ${stateOf(one)}`,
    ...(one.nodes.length === 0 ? [] : [`nodes: ${one.nodes.join(', ')}`]),
    ...one.notes.map(note => `${timeOf(note.at)} ${note.by}: ${note.text}`),
    ...(one.resolved ? [`${timeOf(one.resolved.at)} ${one.resolved.by}: ${one.resolved.how}`] : []),
  ]
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`
}
