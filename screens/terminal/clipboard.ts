// The operator's own clipboard, at the other end of the SSH session: OSC 52 asks the terminal to fill it. Where none can,
// the text goes into a private file. What is pasted later may run: no control gets in but the ends of lines.
import { randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { isSimple } from './modes.ts'

export type Copied = { how: 'terminal' } | { how: 'file'; path: string } | { how: 'failed'; why: string }

/** Of base64. Terminals drop a longer one without a word (xterm and hterm take 100,000 bytes, sequence and all). */
const longest = 74_994
/** GNU screen takes strings of 256 bytes, the sequence around them included, in its oldest versions. */
const screenChunk = 240

/** Lines as one text without escapes and controls; a line break inside of a line stays visible as `⏎`. */
export function textToCopy(lines: readonly string[]): string {
  return lines.map(line => forTerminal(line)).join('\n')
}

/** What to write so that the terminal's clipboard is `text`; null when it cannot be asked, or not for that much. */
export function copyBytes(text: string, env: NodeJS.ProcessEnv): string | null {
  if (isSimple(env)) return null
  // Cleaned here too: what a clipboard holds is pasted into shells.
  const payload = Buffer.from(textToCopy(text.split('\n'))).toString('base64')
  if (payload.length > longest) return null
  const plain = `\u001b]52;c;${payload}\u0007`
  // Both keep the sequence for themselves unless it is wrapped, or take it themselves if their settings say so (tmux's
  // `set-clipboard on` needs it plain, `allow-passthrough on` wrapped). The whole text comes last: it stays.
  if (env.TMUX || env.TERM?.startsWith('tmux')) {
    return `\u001bPtmux;${plain.replaceAll('\u001b', '\u001b\u001b')}\u001b\\${plain}`
  }
  if (env.STY || env.TERM?.startsWith('screen')) {
    const chunks = plain.match(new RegExp(`.{1,${screenChunk}}`, 'g')) ?? []
    return `${chunks.map(chunk => `\u001bP${chunk}\u001b\\`).join('')}${plain}`
  }
  return plain
}

/** The text as a file for its owner alone, `copied.txt`: the newest copy, whole. */
export async function saveCopy(text: string, directory: string): Promise<Copied> {
  const file = path.join(directory, 'copied.txt')
  const temporary = path.join(directory, `.copied.${randomUUID()}.tmp`)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // Not through a link that somebody planted.
    const found = await lstat(directory)
    if (!found.isDirectory() || found.uid !== process.getuid?.()) {
      return { how: 'failed', why: `${directory} is not a folder of yours` }
    }
    await chmod(directory, 0o700)
    try {
      const handle = await open(temporary, 'wx', 0o600)
      try {
        await handle.writeFile(`${text}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, file)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    return { how: 'file', path: file }
  } catch (error) {
    return { how: 'failed', why: error instanceof Error ? error.message : String(error) }
  }
}
