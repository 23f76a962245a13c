// Programs that get the terminal for a while: ssh to a node, the operator's editor on the fleet file. What they are told
// is an argv; nothing passes a shell.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Engine } from '../../src/engine/engine.ts'
import { splitWords } from '../../state/primitives/argv.ts'
import type { Program } from '../keys/action.ts'
import type { Room } from '../room/room.ts'
import type { Terminal } from './terminal.ts'

export function createPrograms(options: {
  room: Pick<Room, 'say'>
  engine: Engine
  terminal: Pick<Terminal, 'run'>
  env: NodeJS.ProcessEnv
}): Program {
  const { room, engine, terminal, env } = options

  let giveUp: (() => void) | null = null

  async function shell(node: string): Promise<void> {
    room.say(`asking how to reach ${node} … esc gives up`)
    let folder: string | null = null
    let isGivenUp = false
    giveUp = () => {
      isGivenUp = true
      giveUp = null
      room.say(`no ssh to ${node}: given up`)
    }
    try {
      const { argv, knownHosts, where } = await engine.ask('login', { node })
      if (isGivenUp) return
      const [ssh = 'ssh', ...rest] = argv
      const known: string[] = []
      if (knownHosts.length > 0) {
        // Keys that the fleet file pins are not in the operator's own known_hosts: ssh is given them for this once.
        folder = mkdtempSync(path.join(env.XDG_RUNTIME_DIR || tmpdir(), 'watchfloor-ssh-'))
        const file = path.join(folder, 'known_hosts')
        writeFileSync(file, `${knownHosts.join('\n')}\n`, { mode: 0o600 })
        known.push('-o', `UserKnownHostsFile="${file}"`, '-o', 'GlobalKnownHostsFile=none')
      }
      const notice = `ssh to ${node}, ${where}: nothing there is written down; exit comes back`
      const ended = await terminal.run([ssh, ...known, ...rest], { notice })
      if ('failed' in ended) room.say(ended.failed, 'failed')
      else if (ended.code === 0) room.say(`back from ${node}`)
      else room.say(`back from ${node}: ssh ended with ${ended.code ?? ended.signal}`)
    } catch (error) {
      if (!isGivenUp) room.say(`no ssh to ${node}: ${error instanceof Error ? error.message : String(error)}`, 'failed')
    } finally {
      if (!isGivenUp) giveUp = null
      if (folder !== null) rmSync(folder, { recursive: true, force: true })
    }
  }

  async function edit(node: string | null): Promise<void> {
    const { fleetFile } = engine.live().engine
    const wished = env.VISUAL || env.EDITOR || 'vi'
    const split = splitWords(wished)
    const [editor, ...words] = split.ok ? split.words : []
    if (editor === undefined) {
      room.say(`$EDITOR is no command: ${wished}`, 'failed')
      return
    }
    const line = node === null ? null : lineOf(node, fleetFile)
    const ended = await terminal.run([editor, ...words, ...placeFor(editor, line), fleetFile])
    if ('failed' in ended) room.say(`${ended.failed}; $EDITOR says which editor is used`, 'failed')
    else if (ended.code === 0) room.say('a changed fleet file runs at once, or waits for a yes where it must')
    else room.say(`the editor ended with ${ended.code ?? ended.signal}`, 'failed')
  }

  return { shell, edit, opening: () => giveUp }
}

/** Editors that take `+LINE` before the file. */
const takesLine = /^(?:[nm]?vim?|nvim|view|nano|pico|emacs|emacsclient|micro|kak|joe|jed|mg|ne)$/

function placeFor(editor: string, line: number | null): string[] {
  return line !== null && takesLine.test(path.basename(editor)) ? [`+${line}`] : []
}

/** Where the node stands in the file, from 1; null: it cannot be found or read. */
function lineOf(node: string, file: string): number | null {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    const at = lines.findIndex(line => {
      const [, quoted] = /^\s+(["']?)/.exec(line) ?? []
      return quoted !== undefined && line.trimStart().startsWith(`${quoted}${node}${quoted}:`)
    })
    return at < 0 ? null : at + 1
  } catch {
    return null
  }
}
