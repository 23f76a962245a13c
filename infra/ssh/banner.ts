// Whether an SSH server answers somewhere: a connection and its first line, and nothing more. For a machine that has just
// been made and whose key nobody knows yet.
import { connect } from 'node:net'

/** Bytes that a server may say before its version (RFC 4253, 4.2, lets it greet). */
const mostGreeting = 8 * 1024

export function answersSsh(host: string, port: number, deadlineMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    let heard = ''
    const end = (answers: boolean) => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(answers)
    }
    const stop = () => end(false)
    signal.addEventListener('abort', stop, { once: true })
    socket.setTimeout(deadlineMs, stop)
    socket.on('error', stop)
    socket.on('end', stop)
    socket.on('data', piece => {
      heard += piece.toString('latin1')
      if (/^SSH-2\.0-/m.test(heard)) end(true)
      else if (heard.length > mostGreeting) end(false)
    })
    if (signal.aborted) end(false)
  })
}
