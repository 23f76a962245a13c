// Questions and where their answers come from. Reading never waits for a command, and no command waits for it.
import type { Evidence } from '../../state/evidence.ts'
import type { History } from '../../state/history/history.ts'
import type { Journal } from '../../state/journal/journal.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { Scheduler } from '../watch/scheduler.ts'
import { checkRows } from './check-rows.ts'
import type { FleetState } from './fleet-state.ts'
import { journalBack } from './journal-back.ts'
import type { Answerers } from './local.ts'
import { answerLogin, type LoginWorld } from './login.ts'
import { type LogsWorld, readLogs } from './logs.ts'
import type { Past } from './past.ts'
import { selectFrom } from './select-nodes.ts'

/** A day of one probe on 1,000 nodes fits; more is asked for in pieces. */
const mostJournal = 1_000
const mostJournalBytes = 1024 * 1024

export type CloudAnswers = Pick<Answerers, 'cost' | 'whatIf' | 'drift' | 'offers' | 'plan'>

export function createAnswers(options: {
  history: History
  journal: Journal
  evidence: Evidence
  scheduler: Pick<Scheduler, 'checkNow'>
  fleet(): Fleet
  state(): FleetState
  logs: LogsWorld
  past: Past
  login: Omit<LoginWorld, 'fleet'>
  /** Questions that look at clouds and money. */
  clouds: CloudAnswers
}): Answerers {
  const { history, journal, evidence, scheduler } = options
  function knownNodes(wanted: readonly string[] | undefined): string[] {
    const { nodes } = options.fleet()
    return wanted ? wanted.filter(node => nodes.has(node)) : [...nodes.keys()]
  }

  return {
    ...options.clouds,
    async uptime({ from, to, nodes }) {
      const known = knownNodes(nodes)
      return history.uptime({ from, to }, known)
    },
    async slots({ from, to, nodes }) {
      const known = knownNodes(nodes)
      return Object.fromEntries(known.map(node => [node, history.slots(node, { from, to })]))
    },
    series: question => history.series(question),
    rows: question => history.rows(question),
    async journal({ after, limit }) {
      const commits = []
      let bytes = 0
      for await (const commit of journal.read(after)) {
        commits.push(commit)
        bytes += JSON.stringify(commit).length
        if (commits.length >= Math.min(limit, mostJournal) || bytes > mostJournalBytes) break
      }
      return commits
    },
    journalBack: question => journalBack(journal, question, () => performance.now()),
    async check({ selector }) {
      const nodes = selectFrom(options.fleet().nodes.values(), options.fleet().batches, selector)
      const samples = await scheduler.checkNow(nodes)
      return checkRows(options.fleet(), nodes, samples, options.state())
    },
    logs: (question, signal) => readLogs(question, options.logs, signal),
    past: question => options.past.ask(question),
    login: ({ node }) => answerLogin(node, { ...options.login, fleet: options.fleet }),
    async output({ evidence: hash }) {
      const kept = await evidence.read(hash)
      if (kept.kind !== 'content') return null
      return readOutput(kept.bytes)
    },
  }
}

/** Output as evidence: both streams, told apart, readable as it lies there. */
export function writeOutput(output: { stdout: Uint8Array; stderr: Uint8Array }): Uint8Array {
  const head = Buffer.from(`stdout ${output.stdout.length} stderr ${output.stderr.length}\n`)
  return Buffer.concat([head, output.stdout, output.stderr])
}

function readOutput(bytes: Uint8Array): { stdout: string; stderr: string } | null {
  const end = bytes.indexOf(10)
  const match = /^stdout (\d+) stderr (\d+)$/.exec(Buffer.from(bytes.subarray(0, Math.max(0, end))).toString('latin1'))
  if (!match) return null
  const middle = end + 1 + Number(match[1])
  const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('utf8')
  return { stdout: text(end + 1, middle), stderr: text(middle, middle + Number(match[2])) }
}
