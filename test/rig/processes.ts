// What a place started and what still runs of it, whoever's child it has become: told by a mark in the environment, which a
// process cannot lose.
import { readdirSync, readFileSync } from 'node:fs'

export interface Running {
  pid: number
  parent: number
  command: string
}

/** Everything that runs with the mark in its environment, zombies left out (they have none). */
export function processesOf(mark: string): Running[] {
  return pids().flatMap(pid => {
    const environment = read(`/proc/${pid}/environ`)
    if (environment === null || !environment.includes(mark)) return []
    const status = statusOf(pid)
    const command = (read(`/proc/${pid}/cmdline`) ?? '').split('\0').join(' ').trim()
    return status === null ? [] : [{ pid, parent: status.parent, command }]
  })
}

/** Children of this process that ended and were never asked how. */
export function zombies(): number[] {
  return pids().filter(pid => {
    const status = statusOf(pid)
    return status?.parent === process.pid && status.state === 'Z'
  })
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
}

function statusOf(pid: number): { state: string; parent: number } | null {
  // The name in brackets may hold anything.
  const [state = '', parent = ''] = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ') ?? []
  return state === '' ? null : { state, parent: Number(parent) }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It ended meanwhile, or is another login's.
    return null
  }
}
