// Reads a page of a node's journal, forwards from a cursor or backwards from one or from the end, so that whoever follows
// gets every line once. What the node answers is hostile: only whole entries with a real cursor count, and every reason
// why nothing could be read is a sentence. How journalctl treats cursors and `-n` was measured with version 252.
import { type BatchAnswer, batchArgv, readBatch } from '../../infra/batch/batch.ts'
import { quoteArgv } from '../../infra/ssh/quote.ts'
import { type ExecResult, SshError, type SshPool, type SshTarget } from '../../infra/ssh/ssh.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import { BadInput } from '../../state/primitives/errors.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { FleetNode } from '../fleet/fleet.ts'
import { isCursor, isUnitName, type JournalEntry, journalFields, readJournal } from '../watch/journal-lines.ts'
import { complaintOf, isUnreadable, needRoot, unseen } from '../watch/probes/answers.ts'
import type { LogLine, LogsAnswer, LogsQuestion } from './logs-shapes.ts'

export interface LogsWorld {
  pool: Pick<SshPool, 'exec'>
  clock: Clock
  /** 32 hex digits that nobody can guess. */
  boundary(): string
  node(name: string): FleetNode | null
  target(node: FleetNode): Promise<SshTarget>
  /** Takes secrets out of a text. */
  clean(text: string): string
}

/** From the question to the answer, whatever the node does. */
const deadlineMs = 10_000
/** More of a message is not shown. */
const textChars = 8_192
/** A page of two thousand ordinary lines is half of it. */
const pageBytes = 4 * 1024 * 1024

export async function readLogs(question: LogsQuestion, world: LogsWorld, signal?: AbortSignal): Promise<LogsAnswer> {
  judge(question)
  const node = world.node(question.node)
  if (!node) return nothing(question, `there is no node ${question.node} in the fleet file`)
  const until = world.clock.mono() + deadlineMs
  try {
    const target = await world.target(node)
    const isRoot = target.user === 'root' || target.become !== null
    const ask = (argv: readonly string[]) => run(target, argv, until, world, signal)
    return await page(question, isRoot, ask, world)
  } catch (error) {
    if (!(error instanceof SshError)) throw error
    const remedy = error.failure === 'become' ? `; ${needRoot}` : ''
    return nothing(question, world.clean(`could not read the journal: ${error.failure}: ${error.detail}${remedy}`))
  }
}

/** What would reach the node as an argument must be what it claims to be. */
function judge(question: LogsQuestion): void {
  const { after, before, unit } = question
  const wrong =
    after !== null && before !== null
      ? 'a page begins after a cursor or ends before one, not both'
      : [after, before].some(cursor => cursor !== null && !isCursor(cursor))
        ? 'that is no cursor of a journal'
        : unit !== null && !isUnitName(unit)
          ? 'that is no name of a unit'
          : null
  if (wrong !== null) throw new BadInput({ name: 'bad-question', message: `logs: ${wrong}` })
}

type Ask = (argv: readonly string[]) => Promise<Heard>

async function page(question: LogsQuestion, isRoot: boolean, ask: Ask, world: LogsWorld): Promise<LogsAnswer> {
  const known = question.after ?? question.before
  let heard = await ask(logsArgv(question, { isRoot, whole: true }))
  let read = readJournal(heard.text, textChars)
  // One message alone was too much: without `--all` journalctl leaves the text of such a one out.
  if (heard.isCut && fresh(read.entries, known).length === 0) {
    heard = await ask(logsArgv(question, { isRoot, whole: false }))
    read = readJournal(heard.text, textChars)
  }
  if (heard.complaint !== null && known !== null && /cursor/i.test(heard.complaint)) {
    // A journal that cannot place the cursor is another one: what it has now is all there is to say.
    const anew = await page({ ...question, after: null, before: null }, isRoot, ask, world)
    return { ...anew, truncated: true }
  }
  const begins = read.entries[0]
  const isGap = question.after !== null && begins?.cursor !== question.after && (await isGone(question.after, ask))
  const entries = fresh(read.entries, known)
  const lines = entries.slice(0, question.limit).flatMap(entry => lineOf(entry, world) ?? [])
  const unread = read.unread + entries.slice(0, question.limit).length - lines.length
  if (question.after === null) lines.reverse()
  return {
    lines: question.before === null || question.until === null ? lines : upTo(lines, question.until),
    after: lines.at(-1)?.cursor ?? question.after,
    truncated: entries.length > question.limit || heard.isCut || isGap || unread > 0,
    failed: heard.complaint === null ? null : world.clean(heard.complaint),
  }
}

/** The line that we stand at comes again, so that one can see that it is still there; it was shown before. */
function fresh(entries: readonly JournalEntry[], known: string | null): readonly JournalEntry[] {
  return known !== null && entries[0]?.cursor === known ? entries.slice(1) : entries
}

/** Was the line that we stood at rotated away? With another filter it is only left out. */
async function isGone(cursor: string, ask: Ask): Promise<boolean> {
  const heard = await ask([
    'journalctl',
    '-o',
    'json',
    '--no-pager',
    '-q',
    '--output-fields=_BOOT_ID',
    `--cursor=${cursor}`,
    '-n',
    '1',
  ])
  return readJournal(heard.text, textChars).entries[0]?.cursor !== cursor
}

function lineOf(entry: JournalEntry, world: LogsWorld): LogLine | null {
  if (entry.cursor === null || entry.at === null) return null
  return {
    cursor: entry.cursor,
    at: entry.at,
    priority: entry.priority,
    unit: entry.unit,
    source: entry.identifier ?? entry.unit ?? 'kernel',
    text: nodeText(world.clean(entry.message), textChars),
    boot: entry.boot,
  }
}

function upTo(lines: readonly LogLine[], until: number): LogLine[] {
  return lines.filter(line => line.at <= until)
}

/**
 * Pure. Forwards from a cursor; else from the newest back, since journalctl then stops by itself at `since`, and a flood
 * cuts off what is oldest. With `-n`, a cursor and no `--after-cursor` the line at the cursor is the first one printed:
 * two more than the page are asked for, that one and one that tells whether there is more.
 */
export function logsArgv(question: LogsQuestion, how: { isRoot: boolean; whole: boolean }): string[] {
  const { after, before, since, until, priority, unit, limit } = question
  const cursor = after ?? before
  return [
    'journalctl',
    '-o',
    'json',
    '--no-pager',
    // Quiet, it would not tell a login that it sees its own messages only.
    ...(how.isRoot ? ['-q'] : []),
    ...(how.whole ? ['--all'] : []),
    `--output-fields=${journalFields}`,
    '-n',
    String(limit + 2),
    ...(after === null ? ['--reverse'] : []),
    ...(cursor === null ? [] : [`--cursor=${cursor}`]),
    ...(cursor === null && since !== null ? [`--since=@${seconds(since)}`] : []),
    ...(before === null && until !== null ? [`--until=@${seconds(until)}`] : []),
    ...(priority === null ? [] : ['-p', String(priority)]),
    ...(unit === null ? [] : [`--unit=${unit}`]),
  ]
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

interface Heard {
  text: string
  /** It ended before all was said. */
  isCut: boolean
  /** Why this is not all that the journal has, for people; null: it is. */
  complaint: string | null
}

/** As the probes ask: the widened PATH and the C locale of a batch, and its limit on the node. */
async function run(
  target: SshTarget,
  argv: readonly string[],
  until: number,
  world: LogsWorld,
  signal: AbortSignal | undefined,
): Promise<Heard> {
  const leftMs = until - world.clock.mono()
  const boundary = world.boundary()
  const command = { quoted: quoteArgv(argv), limitS: Math.max(1, Math.floor(leftMs / 1000)) }
  const result = await world.pool.exec(target, {
    argv: batchArgv(boundary, [command], pageBytes),
    deadlineMs: Math.max(1, leftMs),
    maxBytes: pageBytes + 64 * 1024,
    ...(signal ? { signal } : {}),
  })
  const [answer] = readBatch(boundary, 1, result.stdout, result.stderr)
  if (!answer) return { text: '', isCut: true, complaint: `could not read the journal: ${cutShort(result)}` }
  const isCut = answer.stdout.length >= pageBytes
  return { text: new TextDecoder().decode(answer.stdout), isCut, complaint: isCut ? null : trouble(answer) }
}

function trouble(answer: BatchAnswer): string | null {
  const complaint = complaintOf(answer)
  if (isUnreadable(complaint)) {
    return `this login may not read the whole journal of the node; ${needRoot}`
  }
  const unread = unseen(answer, 'journalctl')
  if (unread) return unread.detail.replace('could not look', 'could not read the journal')
  return answer.exit === 0 ? null : `could not read the journal: journalctl said: ${complaint || `exit ${answer.exit}`}`
}

function cutShort(result: ExecResult): string {
  if (result.outcome === 'timeout') return `the node did not answer within ${deadlineMs / 1000} s`
  const said = new TextDecoder().decode(result.stderr).trim().split('\n')[0]
  return `the node's shell gave no whole answer${said ? `: ${said.slice(0, 200)}` : ''}`
}

function nothing(question: LogsQuestion, failed: string): LogsAnswer {
  return { lines: [], after: question.after, truncated: false, failed }
}
