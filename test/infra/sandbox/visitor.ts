// Looks at a sandbox the way the outside does: a real SSH client, real HTTPS, the supplied ping program.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { runSandbox, type SandboxStatus } from '../../../infra/sandbox/world.ts'

export function temporaryDir(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'watchfloor-sandbox-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

export interface Running {
  status: SandboxStatus
  stop(): Promise<void>
}

export async function startWorld(dir: string, pushEveryMs?: number): Promise<Running> {
  const stopping = new AbortController()
  let ready: (status: SandboxStatus) => void = () => {}
  const up = new Promise<SandboxStatus>(resolve => {
    ready = resolve
  })
  const signal = stopping.signal
  const ended = runSandbox({ dir, signal, ready, ...(pushEveryMs === undefined ? {} : { pushEveryMs }) })
  const status = await Promise.race([up, ended.then(() => Promise.reject(new Error('the world ended at once')))])
  return {
    status,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

export function nodeOf(status: SandboxStatus, name: string): SandboxStatus['nodes'][number] {
  const node = status.nodes.find(each => each.name === name)
  if (!node) throw new Error(`no node ${name}`)
  return node
}

export interface Login {
  fingerprint: string
  exec(
    command: string,
    stdin?: string | Uint8Array,
  ): Promise<{ exit: number | null; out: string; err: string; raw: Buffer; rawErr: Buffer }>
  closed: Promise<void>
  close(): void
}

export function logIn(dir: string, host: string, options: { key?: string; timeoutMs?: number } = {}): Promise<Login> {
  const client = new ssh2.Client()
  let fingerprint = ''
  const closed = new Promise<void>(resolve => client.on('close', () => resolve()))
  return new Promise((resolve, reject) => {
    client.on('error', reject)
    client.on('ready', () =>
      resolve({
        fingerprint,
        closed,
        close: () => client.end(),
        exec: (command, stdin) =>
          new Promise((done, failed) => {
            client.exec(command, (error, channel) => {
              if (error) return failed(error)
              const out: Buffer[] = []
              const err: Buffer[] = []
              let exit: number | null = null
              channel.on('data', (piece: Buffer) => out.push(piece))
              channel.stderr.on('data', (piece: Buffer) => err.push(piece))
              channel.on('exit', (code: number | null) => {
                exit = code
              })
              channel.on('close', () => {
                const [raw, rawErr] = [Buffer.concat(out), Buffer.concat(err)]
                done({ exit, out: raw.toString('utf8'), err: rawErr.toString('utf8'), raw, rawErr })
              })
              channel.end(stdin ?? '')
            })
          }),
      }),
    )
    client.connect({
      host,
      port: portOf(dir, 'ssh'),
      username: 'root',
      privateKey: options.key ?? readFileSync(join(dir, 'client_key'), 'utf8'),
      readyTimeout: options.timeoutMs ?? 8000,
      hostVerifier: (key: Buffer) => {
        fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
        return true
      },
    })
  })
}

export function portOf(dir: string, name: string): number {
  const world = JSON.parse(readFileSync(join(dir, 'world.json'), 'utf8')) as { ports: Record<string, number> }
  return world.ports[name] ?? 0
}

export function fetchHealth(
  dir: string,
  name: string,
  host: string,
  timeoutMs = 5000,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(
      {
        host,
        port: portOf(dir, 'https'),
        path: '/health',
        servername: `${name}.clavitor.example`,
        ca: readFileSync(join(dir, 'ca.pem')),
        agent: false,
        timeout: timeoutMs,
      },
      response => {
        let body = ''
        response.on('data', piece => {
          body += piece
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      },
    )
    request.on('timeout', () => request.destroy(new Error('timed out')))
    request.on('error', reject)
  })
}

/** Runs a program to its end: the pings of the fleet file. */
export function runProgram(argv: readonly string[]): Promise<{ exit: number | null; out: string; err: string }> {
  const [program = '', ...args] = argv
  return new Promise(resolve => {
    const child = spawn(program, args)
    let [out, err] = ['', '']
    child.stdout.on('data', piece => {
      out += piece
    })
    child.stderr.on('data', piece => {
      err += piece
    })
    child.on('close', exit => resolve({ exit, out, err }))
  })
}

/** Asks until the answer is there; fails with the test's own timeout. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 25))
}
