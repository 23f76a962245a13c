// `watchfloor init`: a first fleet file, from nothing or from what is already written down elsewhere.
import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { BadInput, Refused } from '../../state/primitives/errors.ts'
import type { FoundHosts } from '../fleet/init.ts'
import { type CliCommand, text } from './command.ts'

export const initCommand: CliCommand = {
  name: 'init',
  summary: 'write a first fleet file',
  args: '[file]',
  options: [
    { flags: '--name <fleet>', description: 'name of the fleet', default: 'fleet' },
    { flags: '--from-ssh [config]', description: 'take hosts from an OpenSSH config (default ~/.ssh/config)' },
    { flags: '--from-ansible <inventory>', description: 'take hosts from an Ansible inventory (INI or YAML)' },
    { flags: '--print', description: 'print it instead of writing it' },
  ],
  exits: '5 the file is already there',
  async run(call) {
    const { console, around } = call.context
    const file = call.args[0] ?? 'fleet.yaml'
    const source = await foundHosts(call.options.fromSsh, text(call.options.fromAnsible), around.homeDir)
    const { firstFleetFile } = await import('../fleet/init.ts')
    const first = firstFleetFile(
      {
        fleet: text(call.options.name) ?? 'fleet',
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        hq: hostname().split('.')[0] ?? 'hq',
        ...(source.from ? { from: source.from } : {}),
      },
      source.found,
    )
    for (const note of first.notes) console.err(note)
    if (call.options.print) {
      console.out(first.text.trimEnd())
      return 0
    }
    try {
      await writeFile(file, first.text, { flag: 'wx', mode: 0o644 })
    } catch (cause) {
      const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
      if (!exists) throw new BadInput({ name: 'init-write', message: `${file} cannot be written: ${String(cause)}` })
      throw new Refused({
        name: 'init-exists',
        message: `${file} is already there`,
        remedy: 'Name another file, or --print.',
        cause,
      })
    }
    console.out(`wrote ${file}; next: watchfloor validate ${file} && watchfloor check --fleet ${file}`)
    return 0
  },
}

async function foundHosts(
  ssh: string | boolean | undefined,
  ansible: string | undefined,
  homeDir: string,
): Promise<{ found: FoundHosts; from: string | null }> {
  if (ssh !== undefined && ansible !== undefined) {
    throw new BadInput({
      name: 'init-two-sources',
      message: 'take hosts from one place at a time',
      remedy: 'Run it twice and join the files.',
    })
  }
  const read = (path: string) =>
    readFile(path, 'utf8').catch(cause => {
      throw new BadInput({ name: 'init-source', message: `${path} cannot be read: ${String(cause.message)}` })
    })
  if (ssh !== undefined) {
    const path = typeof ssh === 'string' ? ssh : `${homeDir}/.ssh/config`
    return { found: (await import('../fleet/import-openssh.ts')).hostsFromOpenSsh(await read(path)), from: path }
  }
  if (ansible !== undefined)
    return { found: (await import('../fleet/import-ansible.ts')).hostsFromAnsible(await read(ansible)), from: ansible }
  return { found: { hosts: [], notes: [] }, from: null }
}
