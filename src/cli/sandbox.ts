// `watchfloor sandbox …`: a living fleet on loopback to play with, and chaos to practise on.
import { chaosKinds } from '../../infra/sandbox/chaos.ts'
import { beginChaos, healChaos, sandboxLedger, sandboxStatus, stopSandbox } from '../../infra/sandbox/start.ts'
import { runSandbox } from '../../infra/sandbox/world.ts'
import { BadInput, Unreachable } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { sandboxDir } from '../engine/places.ts'
import { selectFrom } from '../engine/select-nodes.ts'
import { type Call, type CliCommand, type CliOption, text } from './command.ts'
import { readFleet, runningSandboxEngine, sandboxWorld } from './session.ts'

const dirOption: CliOption = {
  flags: '--dir <dir>',
  description: 'where the world lives (default: $WATCHFLOOR_SANDBOX, the state folder)',
}

function dirOf(call: Call): string {
  return text(call.options.dir) ?? sandboxDir(call.context.around)
}

export const sandboxUp: CliCommand = {
  name: 'sandbox up',
  summary: 'start the sandbox: 21 nodes that answer like real ones',
  options: [dirOption],
  exits: '4 it does not start',
  async run(call) {
    const status = await sandboxWorld(call, dirOf(call))
    call.context.console.out(
      `the sandbox runs: process ${status.pid}, ${status.nodes.length} nodes, fleet file ${status.fleetFile}`,
    )
    return 0
  },
}

export const sandboxDown: CliCommand = {
  name: 'sandbox down',
  summary: 'stop the sandbox and the engine that watches it; its state is kept',
  options: [dirOption],
  exits: '4 none runs',
  async run(call) {
    const engine = await runningSandboxEngine(call)
    await engine?.stopEngine()
    await engine?.close()
    const stopped = await stopSandbox(dirOf(call))
    call.context.console.out(stopped ? 'the sandbox has ended' : 'no sandbox runs')
    return stopped ? 0 : 4
  },
}

export const sandboxChaos: CliCommand = {
  name: 'sandbox chaos',
  summary: `break something: ${chaosKinds.map(one => one.kind).join(', ')}; heal puts it right`,
  args: '<kind> [selector] [values...]',
  options: [dirOption],
  exits: '4 no sandbox runs',
  async run(call) {
    const [kind = '', selector, ...values] = call.args
    const dir = dirOf(call)
    const status = await sandboxStatus(dir)
    if (!status)
      throw new Unreachable({
        name: 'sandbox-away',
        message: 'no sandbox runs',
        remedy: 'Start it: `watchfloor sandbox up`.',
      })
    const fleet = await readFleet(status.fleetFile)
    const { console } = call.context
    if (kind === 'heal') {
      const what = selector && chaosKinds.some(one => one.kind === selector) ? selector : null
      const where = what ? values[0] : selector
      const healed = await healChaos(dir, what, where ? selectFrom(fleet.nodes.values(), fleet.batches, where) : [])
      console.out(`healed ${healed}`)
      return 0
    }
    const found = chaosKinds.find(one => one.kind === kind)
    if (!found) {
      for (const one of chaosKinds) console.err(`  ${one.kind.padEnd(20)} ${one.description}`)
      throw new BadInput({
        name: 'chaos-unknown',
        message: `there is no chaos "${kind}"`,
        remedy: 'Choose one of those above, or heal.',
      })
    }
    const active = await beginChaos(
      dir,
      kind,
      selector ? selectFrom(fleet.nodes.values(), fleet.batches, selector) : [],
      optionsOf(values),
    )
    console.out(
      call.options.json
        ? JSON.stringify(active)
        : `${kind} on ${active.nodes.join(', ') || 'HQ'}; \`watchfloor sandbox chaos heal\` undoes it`,
    )
    return 0
  },
}

/** `ms=400 service=sshd.service` */
function optionsOf(values: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(
    values.map(value => {
      const [name = '', ...rest] = value.split('=')
      if (rest.length === 0) throw new BadInput({ name: 'chaos-option', message: `"${value}" is no NAME=VALUE` })
      const given = rest.join('=')
      return [name, /^\d+(\.\d+)?$/.test(given) ? Number(given) : given]
    }),
  )
}

export const sandboxLedgerCommand: CliCommand = {
  name: 'sandbox ledger',
  summary: 'what the nodes themselves saw, as JSON lines',
  options: [dirOption],
  exits: 'none else',
  async run(call) {
    for (const line of sandboxLedger(dirOf(call))) call.context.console.out(forTerminal(JSON.stringify(line)))
    return 0
  },
}

export const sandboxRun: CliCommand = {
  name: 'sandbox run',
  summary: 'run the sandbox in the foreground',
  options: [dirOption],
  exits: '5 another one runs there',
  async run(call) {
    const stop = new AbortController()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
    // Started from a terminal that goes away: the world goes on.
    process.on('SIGHUP', () => {})
    await runSandbox({ dir: dirOf(call), signal: stop.signal })
    return 0
  },
}
