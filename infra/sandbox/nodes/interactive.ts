// A login shell at a terminal: a prompt, a line that can be edited a little, history, ctrl-c and ctrl-d.
import type { ServerChannel } from 'ssh2'
import type { Shell } from '../shell/shell.ts'
import { emptySource, type Sink } from '../shell/streams.ts'

export interface Interaction {
  channel: ServerChannel
  shell: Shell
  signal: AbortSignal
  /** False: no terminal was asked for; lines are read without prompt or echo. */
  terminal: boolean
  columns: () => number
}

export async function interact({ channel, shell, signal, terminal }: Interaction): Promise<number> {
  const out: Sink = {
    write(piece) {
      if (channel.destroyed || channel.writableEnded) return false
      const text = typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8')
      channel.write(terminal ? text.replace(/\r?\n/g, '\r\n') : text)
      return true
    },
    close() {},
  }
  const keys = reader(channel)
  const history: string[] = []
  const prompt = () => {
    if (terminal)
      out.write(
        `[${shell.user}@${shell.machine.name}:${shell.cwd.replace(/^\/root/, '~')}]${shell.user === 'root' ? '#' : '$'} `,
      )
  }
  if (terminal) out.write('NixOS 26.05 (sandbox)\n')
  for (;;) {
    prompt()
    const line = await readLine(keys, out, history, terminal)
    if (line === null || signal.aborted) {
      if (terminal) out.write('logout\n')
      return shell.status
    }
    if (line.trim() === '') continue
    history.push(line)
    const interrupt = new AbortController()
    const unwatch = keys.onInterrupt(() => {
      out.write('^C\n')
      interrupt.abort()
    })
    const { leave } = await shell.under(AbortSignal.any([signal, interrupt.signal]), () =>
      shell.line(line, { in: emptySource, out, err: out }),
    )
    unwatch()
    if (leave && !interrupt.signal.aborted) return shell.status
  }
}

interface Keys {
  /** The next character or escape sequence; null at the end. */
  next(): Promise<string | null>
  onInterrupt(listener: () => void): () => void
}

function reader(channel: ServerChannel): Keys {
  let pending: string[] = []
  let ended = false
  let wake: (() => void) | null = null
  let interrupt: (() => void) | null = null
  const stir = () => {
    wake?.()
    wake = null
  }
  channel.on('data', (piece: Buffer) => {
    for (const key of piece.toString('utf8').match(/\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Z]|[\s\S]/gu) ?? []) {
      if (key === '\u0003' && interrupt) interrupt()
      else pending.push(key)
    }
    stir()
  })
  const end = () => {
    ended = true
    stir()
  }
  channel.on('end', end)
  channel.on('close', end)
  return {
    async next() {
      for (;;) {
        const [key, ...rest] = pending
        if (key !== undefined) {
          pending = rest
          return key
        }
        if (ended) return null
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    onInterrupt(listener) {
      interrupt = listener
      return () => {
        interrupt = null
      }
    },
  }
}

async function readLine(keys: Keys, out: Sink, history: readonly string[], echo: boolean): Promise<string | null> {
  let line = ''
  let back = history.length
  const show = (text: string) => {
    if (echo) out.write(text)
  }
  const replace = (text: string) => {
    show('\b \b'.repeat([...line].length))
    line = text
    show(line)
  }
  for (;;) {
    const key = await keys.next()
    switch (key) {
      case null:
        return line === '' ? null : line
      case '\r':
      case '\n':
        show('\n')
        return line
      case '\u0004':
        if (line === '') return null
        break
      case '\u0003':
        show('^C\n')
        return ''
      case '\u007f':
      case '\b':
        if (line !== '') {
          line = [...line].slice(0, -1).join('')
          show('\b \b')
        }
        break
      case '\u0015':
        replace('')
        break
      case '\u001b[A':
      case '\u001bOA':
        back = Math.max(0, back - 1)
        replace(history[back] ?? '')
        break
      case '\u001b[B':
      case '\u001bOB':
        back = Math.min(history.length, back + 1)
        replace(history[back] ?? '')
        break
      default:
        if (key >= ' ' && !key.startsWith('\u001b')) {
          line += key
          show(key)
        }
    }
  }
}
