// What every test of the pool needs: pools, servers, sockets and folders that end with the test, and the words of an
// error.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'
import type { SshPoolOptions } from '../../../infra/ssh/pool.ts'
import { SshError, type SshPool } from '../../../infra/ssh/ssh.ts'
import { type Behaviour, newKey, newPool, startServer, startTcp, type TestServer } from './server.ts'

const endings: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

export function pool(options: Partial<SshPoolOptions> = {}): SshPool {
  const made = newPool(options)
  endings.push(() => made.close())
  return made
}

export async function server(behaviour: Behaviour = {}): Promise<TestServer> {
  const made = await startServer(behaviour)
  endings.push(() => made.close())
  return made
}

export async function tcp(onSocket: Parameters<typeof startTcp>[0]) {
  const made = await startTcp(onSocket)
  endings.push(() => made.close())
  return { ...made, key: newKey(), clientKey: newKey() }
}

export function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'ssh-pool-'))
  endings.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}

export async function failureOf(promise: Promise<unknown>): Promise<SshError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof SshError) return error
  throw new Error(`expected an SshError, got ${String(error)}`)
}

export const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
export const deadlineMs = 8000
