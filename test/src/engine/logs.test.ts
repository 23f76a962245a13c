import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { frameBatch, readBatchArgv } from '../../../infra/batch/batch.ts'
import { calm, Machine } from '../../../infra/sandbox/nodes/machine.ts'
import { addressesOf, plannedNodes } from '../../../infra/sandbox/plan.ts'
import { programs } from '../../../infra/sandbox/shell/programs/index.ts'
import { Shell } from '../../../infra/sandbox/shell/shell.ts'
import { gather, sourceOf } from '../../../infra/sandbox/shell/streams.ts'
import { quoteArgv } from '../../../infra/ssh/quote.ts'
import { type ExecRequest, type ExecResult, SshError } from '../../../infra/ssh/ssh.ts'
import { type LogsWorld, logsArgv, readLogs } from '../../../src/engine/logs.ts'
import type { LogsQuestion } from '../../../src/engine/logs-shapes.ts'
import { systemClock } from '../../../state/primitives/clock.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { temporaryDir } from '../../infra/sandbox/visitor.ts'
import { plainTarget } from '../../infra/ssh/plain-target.ts'
import { node } from '../fleet/sample.ts'

const { dir, remove } = temporaryDir()
afterAll(remove)
const boundary = '0123456789abcdef0123456789abcdef'
const all: LogsQuestion = {
  node: 'paris',
  after: null,
  before: null,
  since: null,
  until: null,
  priority: null,
  unit: null,
  limit: 100,
}
const plain: Omit<ExecResult, 'stdout' | 'stderr'> = { outcome: 'ok', exit: 0, killedBy: null, ms: 1, truncated: false }

function worldOf(exec: (request: ExecRequest) => Promise<ExecResult>, change: Partial<LogsWorld> = {}): LogsWorld {
  return {
    pool: { exec: (_target, request) => exec(request) },
    clock: systemClock,
    boundary: () => boundary,
    node: name => (name === 'paris' ? node('paris') : null),
    target: async () => plainTarget('paris', '192.0.2.1'),
    clean: text => text.replaceAll('hunter2', '[secret]'),
    ...change,
  }
}

/** A node whose journalctl says this, one answer after the other; the last one again and again. */
function says(...answers: { stdout?: string; stderr?: string; exit?: number }[]) {
  const asked: string[] = []
  const world = worldOf(async request => {
    asked.push(readBatchArgv(request.argv)?.commands[0]?.quoted ?? '')
    const one = answers[Math.min(asked.length, answers.length) - 1] ?? {}
    const bytes = { stdout: Buffer.from(one.stdout ?? ''), stderr: Buffer.from(one.stderr ?? '') }
    return { ...plain, ...frameBatch(boundary, [{ exit: one.exit ?? 0, ...bytes }]) }
  })
  return { world, asked }
}

function entry(number: number, fields: Readonly<Record<string, unknown>> = {}): string {
  const time = String(1_700_000_000_000_000 + number)
  return `${JSON.stringify({ __CURSOR: `s=1;i=${number}`, __REALTIME_TIMESTAMP: time, MESSAGE: `line ${number}`, ...fields })}\n`
}

describe('what is asked of the node', () => {
  test.each<[string, Partial<LogsQuestion>, string[]]>([
    ['the newest lines', {}, ['-n', '102', '--reverse']],
    ['what came after a cursor', { after: 's=1;i=2', since: 5 }, ['-n', '102', '--cursor=s=1;i=2']],
    ['what was before a cursor', { before: 's=1;i=2', limit: 7 }, ['-n', '9', '--reverse', '--cursor=s=1;i=2']],
    ['a span', { since: 1500, until: 2000 }, ['-n', '102', '--reverse', '--since=@1.500', '--until=@2.000']],
    [
      'one unit, errors',
      { priority: 3, unit: 'sshd.service' },
      ['-n', '102', '--reverse', '-p', '3', '--unit=sshd.service'],
    ],
  ])('%s', (_what, change, words) => {
    const argv = logsArgv({ ...all, ...change }, { isRoot: true, whole: true })
    expect(argv.slice(argv.indexOf('-n'))).toEqual(words)
    expect(argv.slice(0, 6)).toEqual(['journalctl', '-o', 'json', '--no-pager', '-q', '--all'])
  })

  test.each<[string, Partial<LogsQuestion>]>([
    ['a cursor with a space', { after: 's=1 --file=/etc/shadow' }],
    ['a cursor with a line break', { before: 's=1\nx' }],
    ['a unit that begins like an option', { unit: '--file=/etc/shadow' }],
    ['a unit with a quote', { unit: "a'b" }],
    ['both cursors', { after: 's=1', before: 's=2' }],
  ])('%s never reaches it', async (_what, change) => {
    const { world, asked } = says({})
    await expect(readLogs({ ...all, ...change }, world)).rejects.toMatchObject({ name: 'bad-question', exit: 2 })
    expect(asked).toEqual([])
  })
})

describe('what a node may answer', () => {
  test.each<[string, unknown, string]>([
    ['text of several lines', 'one\ntwo', 'one\ntwo'],
    ['bytes', [...Buffer.from('caf\u00e9 \u0007')], 'caf\u00e9 \u0007'],
    ['a message said twice', ['a', 'b'], 'a / b'],
    ['a message that journalctl left out', null, '(a message too long to show)'],
    ['a secret of ours', 'password hunter2', 'password [secret]'],
  ])('%s', async (_what, message, text) => {
    const { world } = says({ stdout: entry(1, { MESSAGE: message }) })
    expect((await readLogs(all, world)).lines.map(line => line.text)).toEqual([text])
  })

  test('a huge message is cut at 8 kB and says so', async () => {
    const { world } = says({ stdout: entry(1, { MESSAGE: 'x'.repeat(1_000_000) }) })
    const [line] = (await readLogs(all, world)).lines
    expect([line?.text.length, line?.text.at(-1)]).toEqual([8192, '…'])
  })

  test('an entry keeps who wrote it, how bad it is, and in which boot', async () => {
    const boot = 'b'.repeat(32)
    const fields = { PRIORITY: '3', _SYSTEMD_UNIT: 'sshd.service', SYSLOG_IDENTIFIER: 'sshd', _BOOT_ID: boot }
    const { world } = says({ stdout: entry(2, { PRIORITY: '99', _BOOT_ID: '../..' }) + entry(1, fields) })
    expect(await readLogs(all, world)).toEqual({
      lines: [
        {
          cursor: 's=1;i=1',
          at: 1_700_000_000_000.001,
          priority: 3,
          unit: 'sshd.service',
          source: 'sshd',
          text: 'line 1',
          boot,
        },
        {
          cursor: 's=1;i=2',
          at: 1_700_000_000_000.002,
          priority: null,
          unit: null,
          source: 'kernel',
          text: 'line 2',
          boot: null,
        },
      ],
      after: 's=1;i=2',
      truncated: false,
      failed: null,
    })
  })

  test.each([
    ['a line that is no JSON', '{"__CURSOR":\n'],
    ['a line without a cursor', '{"MESSAGE":"x"}\n'],
    ['a cursor that is none', entry(9, { __CURSOR: 'rm -rf /' })],
    ['an entry without a time', entry(9, { __REALTIME_TIMESTAMP: 'now' })],
  ])('%s is left out, and the answer says that it is not all', async (_what, line) => {
    const { world } = says({ stdout: entry(2) + line + entry(1) })
    expect(await readLogs(all, world)).toMatchObject({
      lines: [{ text: 'line 1' }, { text: 'line 2' }],
      after: 's=1;i=2',
      truncated: true,
    })
  })

  test('a login that may not read the journal is told what to do', async () => {
    const stderr = 'Hint: You are currently not seeing messages from other users and the system.\n'
    const { world } = says({ stdout: entry(1), stderr })
    const answer = await readLogs(all, { ...world, target: async () => plainTarget('paris', 'x', { user: 'noc' }) })
    expect(answer.lines).toHaveLength(1)
    expect(answer.failed).toMatch(/may not read the whole journal.*become/)
  })

  test.each([
    [{ exit: 127 }, 'no journalctl on the node'],
    [{ exit: 124 }, 'did not end in time'],
    [{ exit: 1, stderr: 'Failed to open: I/O error\n' }, 'I/O error'],
  ])('journalctl that ends with %j is no empty journal', async (said, words) => {
    const answer = await readLogs({ ...all, after: 's=1;i=4' }, says(said).world)
    expect(answer).toMatchObject({ lines: [], after: 's=1;i=4' })
    expect(answer.failed).toContain(words)
  })

  test.each([
    ['unreachable', 'connection refused', 'unreachable: connection refused'],
    ['become', 'sudo wants hunter2', 'become: sudo wants [secret]; log in as root'],
  ] as const)('a node that is %s says why, and the cursor stays', async (failure, detail, words) => {
    const world = worldOf(() => Promise.reject(new SshError('paris', failure, nodeText(detail))))
    const answer = await readLogs({ ...all, after: 's=1;i=4' }, world)
    expect(answer).toMatchObject({ lines: [], after: 's=1;i=4' })
    expect(answer.failed).toContain(words)
  })

  test('a node that does not answer within ten seconds is given up', async () => {
    let deadlineMs = 0
    const world = worldOf(async request => {
      deadlineMs = request.deadlineMs
      return { ...plain, outcome: 'timeout', exit: null, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
    })
    expect((await readLogs(all, world)).failed).toContain('did not answer within 10 s')
    expect(deadlineMs).toBeGreaterThan(9_000)
    expect(deadlineMs).toBeLessThanOrEqual(10_000)
  })

  test('a node that nobody knows is a sentence, not an error', async () => {
    expect((await readLogs({ ...all, node: 'atlantis' }, says({}).world)).failed).toContain('no node atlantis')
  })

  test('a line that was rotated away is a gap that is told, another filter is none', async () => {
    const gone = says({ stdout: entry(9) }, { stdout: entry(8) })
    expect(await readLogs({ ...all, after: 's=1;i=4' }, gone.world)).toMatchObject({
      after: 's=1;i=9',
      truncated: true,
    })
    const filtered = says({ stdout: entry(9) }, { stdout: entry(4) })
    expect(await readLogs({ ...all, after: 's=1;i=4', priority: 3 }, filtered.world)).toMatchObject({
      lines: [{ text: 'line 9' }],
      truncated: false,
    })
    expect(filtered.asked[1]).not.toContain(' -p ')
  })

  test('a cursor that the journal cannot place begins anew, and says that lines are missing', async () => {
    const bad = { exit: 1, stderr: 'Failed to seek to cursor: Invalid argument\n' }
    const { world, asked } = says(bad, { stdout: entry(2) + entry(1) })
    expect(await readLogs({ ...all, after: 's=other' }, world)).toMatchObject({
      lines: [{ text: 'line 1' }, { text: 'line 2' }],
      after: 's=1;i=2',
      truncated: true,
      failed: null,
    })
    expect(asked[1]).not.toContain('--cursor')
  })

  test('one message that is larger than an answer does not stop those who follow', async () => {
    const cut = `${entry(4)}${entry(5, { MESSAGE: 'x'.repeat(5 * 1024 * 1024) })}`.slice(0, 4 * 1024 * 1024)
    const { world, asked } = says(
      { stdout: cut, exit: 141 },
      { stdout: entry(4) + entry(5, { MESSAGE: null }) + entry(6) },
    )
    const answer = await readLogs({ ...all, after: 's=1;i=4' }, world)
    expect(answer.lines.map(line => line.text)).toEqual(['(a message too long to show)', 'line 6'])
    expect(asked.map(line => line.includes('--all'))).toEqual([true, false])
  })
})

describe('a node of the sandbox', () => {
  const [plan] = plannedNodes.filter(one => one.name === 'paris')
  if (!plan) throw new Error('no paris')
  const folder = path.join(dir, 'paris')
  mkdirSync(folder, { recursive: true })
  const machine = new Machine({
    plan,
    addresses: addressesOf(plan, 84),
    dir: folder,
    clock: systemClock,
    ledger: { add() {}, close() {} },
    conditions: () => calm,
    born: () => ({ hostKey: '', certificate: { key: '', certificate: '', notAfter: 0 } }),
    changed: () => {},
  })
  const world = worldOf(async request => {
    const [out, err] = [gather(), gather()]
    const around = {
      programs,
      find: () => null,
      all: () => [machine],
      roundTrip: () => null,
      wireguard: { publicKey: () => '' },
      serves: () => true,
    }
    const shell = new Shell({ machine, world: around, user: 'root', signal: AbortSignal.timeout(5000) })
    const exit = await shell.script(quoteArgv(request.argv), { in: sourceOf(''), out, err })
    return { ...plain, exit, stdout: out.bytes(), stderr: err.bytes() }
  })
  let number = 0
  const log = (count: number, priority = 6) => {
    for (let left = count; left > 0; left--) {
      machine.journal.add({
        atMs: systemClock.now(),
        bootId: machine.kept.bootId,
        priority,
        unit: 'tester.service',
        identifier: 'tester',
        pid: 1,
        message: `line ${++number}`,
      })
    }
  }
  const ours: LogsQuestion = { ...all, unit: 'tester.service', limit: 7 }

  test('who follows by the cursor sees every line once, in order', async () => {
    log(3)
    const first = await readLogs(ours, world)
    const seen = first.lines.map(line => `${line.text}`)
    let { after } = first
    for (const burst of [0, 1, 20, 0, 7, 8, 6]) {
      log(burst)
      for (let more = true; more; ) {
        const answer = await readLogs({ ...ours, after }, world)
        expect(answer.lines.length).toBeLessThanOrEqual(7)
        seen.push(...answer.lines.map(line => line.text))
        more = answer.truncated
        after = answer.after
      }
    }
    expect(seen).toEqual(Array.from({ length: number }, (_, at) => `line ${at + 1}`))
  })

  test('who scrolls back gets what was before, to the beginning', async () => {
    const newest = await readLogs(ours, world)
    expect(newest.truncated).toBe(true)
    let seen = newest.lines
    for (let more = true; more; ) {
      const answer = await readLogs({ ...ours, before: seen[0]?.cursor ?? null }, world)
      seen = [...answer.lines, ...seen]
      more = answer.truncated
    }
    expect(seen.map(line => line.text)).toEqual(Array.from({ length: number }, (_, at) => `line ${at + 1}`))
  })

  test('errors alone', async () => {
    log(2, 3)
    log(2, 6)
    const answer = await readLogs({ ...ours, priority: 3 }, world)
    expect(answer.lines.map(line => line.priority)).toEqual([3, 3])
  })
})
