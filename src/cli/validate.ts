// `watchfloor validate [FILE…]`: everything that is wrong with a fleet file, at once; executes nothing, needs no engine.
import { readFile } from 'node:fs/promises'
import { BadInput } from '../../state/primitives/errors.ts'
import { fleetFileOf } from '../engine/places.ts'
import { formatFleetError, renderFleetErrors } from '../fleet/errors.ts'
import { type CliCommand, text } from './command.ts'

export const validateCommand: CliCommand = {
  name: 'validate',
  summary: 'check fleet files and show every error with its place',
  args: '[files...]',
  exits: 'none else',
  async run(call) {
    const { console, around } = call.context
    const file = fleetFileOf(text(call.options.fleet), around)
    const files = call.args.length > 0 ? call.args : file ? [file] : []
    if (files.length === 0) {
      throw new BadInput({
        name: 'no-fleet-file',
        message: 'there is no fleet file here',
        remedy: 'Name one, or write a first one with `watchfloor init`.',
      })
    }
    const { judgeFile } = await import('./judge-file.ts')
    let errors = 0
    const reports = []
    for (const path of files) {
      const bytes = await readFile(path).catch(cause => {
        throw new BadInput({ name: 'no-fleet-file', message: `${path} cannot be read: ${String(cause.message)}` })
      })
      const loaded = judgeFile(path, bytes)
      if (loaded.ok) {
        const { nodes, probes } = loaded.fleet
        reports.push({ file: path, ok: true, nodes: nodes.size, probes: probes.length, errors: [] })
        if (!call.options.json) console.out(`${path}: fine, ${nodes.size} nodes and ${probes.length} probes`)
      } else {
        errors += loaded.errors.length
        reports.push({ file: path, ok: false, errors: loaded.errors.map(formatFleetError) })
        if (!call.options.json) console.out(renderFleetErrors(loaded.errors, { colour: console.colour }))
      }
    }
    if (call.options.json) console.out(JSON.stringify(reports))
    else if (errors > 0) console.err(`watchfloor: ${errors} errors`)
    return errors > 0 ? 2 : 0
  },
}
