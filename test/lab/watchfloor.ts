// The program under test, run on HQ as an operator runs it: the one bundled file, argv in, documents out.
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Done, waitFor } from './command.ts'
import type { Lab } from './lab.ts'
import { alertPort } from './place.ts'

const bundle = process.env.WATCHFLOOR_BUNDLE ?? join(import.meta.dirname, '..', '..', 'dist', 'watchfloor.mjs')

export interface CheckDocument {
  fleet: string
  at: string
  nodes: {
    name: string
    health: string
    probes: { kind: string; target: string; ok: boolean | null; ms: number | null; detail: string }[]
  }[]
}

export interface StatusDocument {
  fleet: string
  engine: { pid: number; since: number; version: string; blind: unknown }
  nodes: { name: string; health: string; since: number | null; severity: string | null }[]
  incidents: { scope: string; subject: string; nodes: string[]; severity: string; title: string }[]
}

export interface Watchfloor {
  run(...argv: string[]): Promise<Done>
  check(selector?: string): Promise<CheckDocument & { exit: number | null }>
  status(): Promise<StatusDocument & { exit: number | null }>
  /** Runs an engine in the foreground; `stop` ends it in order. */
  engine(): Promise<{ stop(): Promise<number | null>; output(): string }>
}

export function watchfloor(lab: Lab): Watchfloor {
  if (!existsSync(bundle)) throw new Error('dist/watchfloor.mjs is not there: `npm run build` makes it')
  const argv = (words: readonly string[]) => [process.execPath, bundle, ...words]
  const env = { WATCHFLOOR_FLEET: lab.fleetFile }
  const run = (...words: string[]) => lab.hq.tryRun(argv(words), { timeoutMs: 60_000, env })
  const document = async <T>(...words: string[]): Promise<T & { exit: number | null }> => {
    const done = await run(...words, '--json')
    try {
      return { ...JSON.parse(done.stdout), exit: done.exit }
    } catch {
      throw new Error(`watchfloor ${words.join(' ')}: exit ${done.exit}\n${done.stdout}${done.stderr}`)
    }
  }
  return {
    run,
    check: selector =>
      document<CheckDocument>('check', '--fleet', lab.fleetFile, ...(selector === undefined ? [] : [selector])),
    status: () => document<StatusDocument>('status'),
    async engine() {
      const child = lab.hq.spawn(argv(['engine', 'run']), env)
      const output = outputOf(child)
      const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
      await waitFor('the engine answers', async () => (await run('engine', 'status')).exit === 0, 30_000).catch(
        error => {
          throw new Error(`${error.message}\n${output()}`)
        },
      )
      return {
        output,
        async stop() {
          await run('engine', 'stop')
          return ended
        },
      }
    },
  }
}

/** One probe of one node of a check, or an error that shows what there was. */
export function probeOf(
  check: CheckDocument,
  node: string,
  kind: string,
): CheckDocument['nodes'][number]['probes'][number] {
  const found = check.nodes.find(each => each.name === node)?.probes.find(each => each.kind === kind)
  if (found === undefined) throw new Error(`no ${kind} of ${node} in ${JSON.stringify(check)}`)
  return found
}

export function healthOf(document: CheckDocument | StatusDocument): Record<string, string> {
  return Object.fromEntries(document.nodes.filter(node => node.name !== 'hq').map(node => [node.name, node.health]))
}

// Prints one JSON line a request: title and body as an ntfy server would get them.
const receiver = `require('node:http').createServer((request, response) => {
  let body = ''
  request.on('data', piece => { body += piece })
  request.on('end', () => {
    console.log(JSON.stringify({ path: request.url, headers: request.headers, body }))
    response.end('{}')
  })
}).listen(${alertPort}, '127.0.0.1', () => console.log('listening'))`

export interface Received {
  path: string
  headers: Record<string, string>
  body: string
}

/** Stands in for ntfy on HQ's loopback, so that alerts arrive even while HQ's link is cut. */
export async function receiveAlerts(lab: Lab): Promise<{ received(): Received[] }> {
  const output = outputOf(lab.hq.spawn([process.execPath, '--eval', receiver]))
  await waitFor('the receiver listens', async () => output().includes('listening'), 10_000)
  return {
    received: () =>
      output()
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line)),
  }
}

function outputOf(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8')
    stream?.on('data', piece => {
      text += piece
    })
  }
  return () => text
}
