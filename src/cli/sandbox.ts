// `watchfloor sandbox …`: a living fleet on loopback to play with, and chaos to practise on.
import { type ActiveChaos, type ChaosKind, chaosKind, chaosKinds } from '../../infra/sandbox/chaos.ts'
import { beginChaos, healChaos, sandboxLedger, sandboxStatus, stopSandbox } from '../../infra/sandbox/start.ts'
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
    const { console } = call.context
    const { pid, dir, fleetFile, chaos } = status
    if (call.options.json) console.out(JSON.stringify({ pid, dir, fleetFile, nodes: status.nodes.length, chaos }))
    else {
      console.out(`the sandbox runs: process ${pid}, ${status.nodes.length} nodes, fleet file ${fleetFile}`)
      for (const line of chaosLines(chaos)) console.out(line)
    }
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
  summary:
    'break something: `sandbox chaos KIND SELECTOR`; without a kind it lists them; `heal [KIND] [SELECTOR]` puts it right',
  args: '[kind] [selector] [values...]',
  options: [dirOption],
  exits: '4 no sandbox runs',
  async run(call) {
    const [kind, ...words] = call.args
    const dir = dirOf(call)
    const status = await sandboxStatus(dir)
    if (!status)
      throw new Unreachable({
        name: 'sandbox-away',
        message: 'no sandbox runs',
        remedy: 'Start it: `watchfloor sandbox up`.',
      })
    const { console } = call.context
    if (kind === undefined) {
      if (call.options.json) console.out(JSON.stringify({ chaos: status.chaos, kinds: status.kinds }))
      else for (const line of [...chaosLines(status.chaos), ...kindLines()]) console.out(line)
      return 0
    }
    const fleet = await readFleet(status.fleetFile)
    const select = (selector: string) => selectFrom(fleet.nodes.values(), fleet.batches, selector)
    if (kind === 'heal') {
      const [first, second, third] = words
      const what = first !== undefined && chaosKind(first) ? first : null
      const where = what === null ? first : second
      if ((what === null ? second : third) !== undefined) {
        throw new BadInput({
          name: 'chaos-heal',
          message: `"${words.join(' ')}" is more than heal understands${what === null ? `: no chaos is called ${first}` : ''}`,
          remedy: 'Say `heal`, `heal KIND`, `heal SELECTOR` or `heal KIND SELECTOR`.',
        })
      }
      const healed = await healChaos(dir, what, where === undefined ? [] : select(where))
      if (call.options.json) console.out(JSON.stringify({ healed }))
      else if (healed === 0) console.out('there was nothing to heal')
      else console.out(`healed ${healed === 1 ? 'one node' : `${healed} nodes`}; health follows with the next looks`)
      return 0
    }
    const found = chaosKind(kind)
    if (!found) {
      for (const line of kindLines()) console.err(line)
      throw new BadInput({
        name: 'chaos-unknown',
        message: `there is no chaos "${kind}"`,
        remedy: 'Choose one of those above, or heal.',
      })
    }
    const selector = words[0]?.includes('=') && optionNames(found).includes(nameOf(words[0])) ? undefined : words[0]
    const values = selector === undefined ? words : words.slice(1)
    if (selector === undefined && !found.everywhere) {
      throw new BadInput({
        name: 'chaos-nobody',
        message: `${kind} needs to know where`,
        remedy: `Name nodes or a selector: \`watchfloor sandbox chaos ${kind} @pilot\`.`,
      })
    }
    const nodes = selector === undefined ? [] : select(selector)
    const active = await beginChaos(dir, kind, nodes, optionsOf(found, values))
    const undo = found.momentary ? 'it passes by itself' : `\`watchfloor sandbox chaos heal ${kind}\` undoes it`
    console.out(call.options.json ? JSON.stringify(active) : `${kind} on ${namesOf(active.nodes)}; ${undo}`)
    return 0
  },
}

function chaosLines(chaos: readonly ActiveChaos[]): string[] {
  return chaos.map(one => `now: ${one.kind} on ${namesOf(one.nodes)}`)
}

function kindLines(): string[] {
  return chaosKinds.flatMap(({ kind, description, options }) => {
    const named = Object.entries(options).map(([name, value]) => `${name}=${value === '' ? '…' : value}`)
    return [
      `  ${kind.padEnd(20)} ${description}`,
      ...(named.length > 0 ? [`  ${''.padEnd(20)} ${named.join(' ')}`] : []),
    ]
  })
}

function namesOf(nodes: readonly string[]): string {
  return nodes.length > 7 ? `${nodes.length} nodes` : nodes.join(', ')
}

function nameOf(value: string): string {
  return value.split('=')[0] ?? ''
}

function optionNames(kind: ChaosKind): string[] {
  return Object.keys(kind.options)
}

/** `ms=400 unit=sshd.service`, each as its kind takes it. */
function optionsOf(kind: ChaosKind, values: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(
    values.map(value => {
      const name = nameOf(value)
      const given = value.slice(name.length + 1)
      const known = kind.options[name]
      if (known === undefined) {
        const names = optionNames(kind).join(', ') || 'none'
        throw new BadInput({
          name: 'chaos-option',
          message: `${kind.kind} has no option "${name}"`,
          remedy: `Its options: ${names}; written NAME=VALUE.`,
        })
      }
      if (typeof known === 'string') return [name, given]
      if (!/^\d+(\.\d+)?$/.test(given)) {
        throw new BadInput({ name: 'chaos-option', message: `${name} takes a number, not "${given}"` })
      }
      return [name, Number(given)]
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
    const { runSandbox } = await import('../../infra/sandbox/world.ts')
    await runSandbox({ dir: dirOf(call), signal: stop.signal })
    return 0
  },
}
