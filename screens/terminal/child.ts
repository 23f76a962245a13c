// Another program on the operator's terminal (ssh, an editor), as a shell would run it: same group, same terminal, no
// shell in between. What the operator does to it (ctrl-c, ctrl-z) is not done to the room.
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

export type Ended = { code: number | null; signal: string | null } | { failed: string }

export interface Child {
  ended: Promise<Ended>
  /** The terminal is gone: the child is told, and not waited for. */
  hangUp(): void
}

/** A failure that came sooner than this left words that nobody has read yet. */
const quickMs = 3_000
/** What ssh itself ends with, also hours later, when the link is lost. */
const sshFailed = 255
const stoppedEveryMs = 500
/** Ctrl-c reaches us as well, and may do so after the end of the child that it ended. */
const lateSignalMs = 100

/** Whether the child's last words should stay until they have been read. */
export function hasWordsToRead(ended: Ended, tookMs: number): boolean {
  if ('failed' in ended) return true
  // Its user ended it.
  if (ended.signal === 'SIGINT' || ended.signal === 'SIGHUP' || ended.code === 0) return false
  return ended.code === sshFailed || tookMs < quickMs
}

/** Where the program is; asked before the terminal is given to what may not be there. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): { file: string } | { failed: string } {
  if (name === '') return { failed: 'no program is named' }
  if (name.includes('/')) return isProgram(name) ? { file: name } : { failed: `${name} is no program that can be run` }
  const folders = (env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter(folder => path.isAbsolute(folder))
  const file = folders.map(folder => path.join(folder, name)).find(isProgram)
  return file ? { file } : { failed: `${name} is not installed (it is in no folder of PATH)` }
}

export function startChild(file: string, argv: readonly string[], env: NodeJS.ProcessEnv): Child {
  const restore = ignoreKeyboardSignals()
  const { promise, resolve } = Promise.withResolvers<Ended>()
  let child: ChildProcess
  try {
    child = spawn(file, argv.slice(1), { argv0: argv[0] ?? file, stdio: 'inherit', env })
  } catch (error) {
    restore()
    return { ended: Promise.resolve(failure(argv, error)), hangUp: () => undefined }
  }
  const watch = setInterval(() => comeBackWhenStopped(child), stoppedEveryMs)
  watch.unref()
  function end(how: Ended): void {
    clearInterval(watch)
    setTimeout(() => {
      restore()
      resolve(how)
    }, lateSignalMs)
  }
  child.once('error', error => end(failure(argv, error)))
  child.once('exit', (code, signal) => end({ code, signal }))
  return {
    ended: promise,
    hangUp() {
      clearInterval(watch)
      child.kill('SIGHUP')
      // One that is stopped hears it only when it goes on.
      child.kill('SIGCONT')
      child.unref()
    },
  }
}

function failure(argv: readonly string[], error: unknown): Ended {
  return { failed: `${argv[0]} does not start: ${error instanceof Error ? error.message : error}` }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** Ctrl-c and ctrl-\ go to the whole group: they are the child's now, and whoever listened here hears nothing of them. */
function ignoreKeyboardSignals(): () => void {
  const ignore = () => undefined
  const silenced = (['SIGINT', 'SIGQUIT'] as const).map(signal => {
    const listeners = process.listeners(signal)
    // First the new one: without any listener the signal would end us.
    process.on(signal, ignore)
    for (const listener of listeners) process.off(signal, listener)
    return { signal, listeners }
  })
  return () => {
    for (const { signal, listeners } of silenced) {
      for (const listener of listeners) process.on(signal, listener)
      process.off(signal, ignore)
    }
  }
}

/**
 * A child that stopped itself alone (`~^Z` in ssh) would leave nobody on the terminal. The whole group stops, so that the
 * shell takes over; where no shell does, the child goes on.
 */
function comeBackWhenStopped(child: ChildProcess): void {
  if (child.pid === undefined || !isStopped(child.pid)) return
  process.kill(0, 'SIGTSTP')
  // With a shell this is read after `fg`, which has continued the child already.
  setTimeout(() => child.kill('SIGCONT'), 200).unref()
}

function isStopped(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('T') === true
  } catch {
    return false
  }
}
