// `watchfloor adopt NODE`: takes a machine that somebody else made into the fleet: it gets our tags, is recorded and
// counted, and the fleet file is offered what is now known of it.
import { randomBytes } from 'node:crypto'
import { BadInput, type Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { proposePatch } from './fleet-patch.ts'
import { exitOfOutcome, followOperations, outcomeOf, settled } from './operations.ts'
import { worstExit } from './output.ts'
import { providerOf } from './prices.ts'
import { documentOf, outcomeLines, recordOf } from './provision.ts'
import { deadlineOf } from './requests.ts'
import { withEngine } from './session.ts'

export const adoptCommand: CliCommand = {
  name: 'adopt',
  summary:
    'take a machine that is there into the fleet, as a node: it gets the fleet’s tags and is counted from now on',
  args: '<node>',
  options: [
    { flags: '--provider <provider>', description: 'where it is; required', choices: ['aws', 'gcp', 'hetzner'] },
    { flags: '--region <region>', description: 'where it is; required' },
    { flags: '--machine <id>', description: "the provider's id of it, as drift shows it; required" },
    { flags: '--write', description: 'write what is now known of it into the fleet file' },
    { flags: '--deadline <span>', description: 'longest time to wait', default: '5m' },
  ],
  exits: '1 it was not taken · 3 not over yet · 4 no engine, or the provider cannot be reached · 5 refused',
  run: call => withEngine(call, engine => adopt(call, engine), { heal: true }),
}

export async function adopt(call: Call, engine: Engine, signals?: NodeJS.EventEmitter): Promise<Exit> {
  const { console } = call.context
  const [node = ''] = call.args
  const provider = providerOf(required(call, 'provider')) ?? 'static'
  const region = required(call, 'region')
  const machine = required(call, 'machine')
  const deadlineMs = deadlineOf(text(call.options.deadline), '5m')
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(node)) {
    throw new BadInput({
      name: 'bad-node-name',
      message: `"${node}" cannot be the name of a node`,
      remedy: 'Letters, digits, dot, dash and underscore, beginning with a letter or digit, at most 63.',
    })
  }
  const batch = `batch-${randomBytes(8).toString('hex')}`
  const fleet = engine.live().fleet.name
  const { ids } = await engine.do({ type: 'machines.adopt', id: batch, node, provider, region, machine, fleet })
  const ops =
    ids.length === 0
      ? []
      : await followOperations(engine, console, { ids, batch, deadlineMs, ...(signals ? { signals } : {}) })
  const record = recordOf(engine, node)
  // Nothing to follow: it has been the node's machine already.
  const outcomes = ops.length === 0 ? [settled(node, 'kept', record)] : ops.map(op => outcomeOf(op, record))
  const isIts = outcomes.some(one => one.outcome === 'done' || one.outcome === 'kept')
  const patch = await proposePatch(call, engine, isIts ? [node] : [])
  if (call.options.json)
    console.out(JSON.stringify({ ...documentOf({ batch, plan: null, nodes: outcomes }), ...patch }))
  else for (const line of outcomeLines(outcomes)) console.out(forTerminal(line))
  return worstExit(outcomes.map(exitOfOutcome))
}

function required(call: Call, option: string): string {
  const given = text(call.options[option])?.trim() ?? ''
  if (given !== '') return given
  throw new BadInput({
    name: 'adopt-incomplete',
    message: `--${option} is missing`,
    remedy: 'watchfloor adopt NODE --provider aws --region us-east-1 --machine i-0123456789abcdef0',
  })
}
