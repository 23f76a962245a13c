// `watchfloor engine run|start|stop|status|install`: the process that watches.
import { type CliCommand, text } from './command.ts'
import { locate, locateToRun, openEngine, runningEngine } from './session.ts'
import { age } from './status.ts'

export const engineRun: CliCommand = {
  name: 'engine run',
  summary: 'run the engine in the foreground',
  options: [
    { flags: '--kind <kind>', description: 'what a new home is stamped as', choices: ['real', 'sandbox', 'test'] },
    { flags: '--read-only', description: 'watch, but refuse whatever changes something outside' },
  ],
  exits: '1 the journal is damaged · 5 another engine owns the home',
  async run(call) {
    const { runEngine } = await import('../engine/host.ts')
    const location = await locateToRun(call)
    const kind = text(call.options.kind)
    return runEngine({
      fleetFile: location.fleetFile,
      fleetName: location.fleetName,
      home: location.home,
      kind: kind === 'sandbox' || kind === 'test' ? kind : location.kind,
      door: location.door,
      version: call.context.version,
      readOnly: call.options.readOnly === true,
      env: call.context.around.env,
    })
  },
}

export const engineStart: CliCommand = {
  name: 'engine start',
  summary: 'start the engine in the background if it does not run',
  exits: '4 it does not start',
  async run(call) {
    const engine = await openEngine(call, { heal: false })
    const { engine: info, fleet } = engine.live()
    call.context.console.out(`the engine of ${fleet.name} runs: process ${info.pid}, home ${info.home}`)
    await engine.close()
    return 0
  },
}

export const engineStop: CliCommand = {
  name: 'engine stop',
  summary: 'end the engine: nothing is watched until it runs again',
  exits: '4 none runs',
  async run(call) {
    const engine = await runningEngine(call, await locate(call, { asleep: true }))
    if (!engine) {
      call.context.console.err('watchfloor: no engine runs')
      return 4
    }
    const ended = new Promise<void>(resolve => {
      engine.subscribe(change => {
        if (change.kind === 'link' && !change.up) resolve()
      })
    })
    await engine.stopEngine()
    await ended
    await engine.close()
    call.context.console.out('the engine has ended; nothing is watched until it runs again')
    return 0
  },
}

export const engineStatus: CliCommand = {
  name: 'engine status',
  summary: 'whether an engine runs, since when, for whom',
  exits: '4 none runs',
  async run(call) {
    const location = await locate(call, { asleep: true })
    const engine = await runningEngine(call, location)
    const { console } = call.context
    if (!engine) {
      if (call.options.json) console.out(JSON.stringify({ running: false, home: location.home }))
      else console.out(`no engine runs for ${location.fleet.name} (home ${location.home})`)
      return 4
    }
    const { engine: info, fleet } = engine.live()
    if (call.options.json) {
      console.out(JSON.stringify({ running: true, fleet: fleet.name, ...info }))
    } else {
      console.out(`${fleet.name}: process ${info.pid}, watchfloor ${info.version}, for ${age(Date.now(), info.since)}`)
      console.out(`home ${info.home} (${info.homeKind})${info.readOnly ? ', read-only' : ''}`)
      for (const client of info.clients) console.out(`attached: ${client.login} for ${age(Date.now(), client.since)}`)
      for (const trouble of info.troubles) console.out(`trouble: ${trouble}`)
    }
    await engine.close()
    return 0
  },
}
