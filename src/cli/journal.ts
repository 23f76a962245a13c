// `watchfloor journal show|verify|export`: reads the files of the home; needs no engine and never writes.
import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { realDisk } from '../../state/disk.ts'
import type { Commit } from '../../state/journal/journal.ts'
import { readCommits } from '../../state/journal/read.ts'
import { Refused } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { verifyHome } from '../../state/store.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { locate, runningEngine } from './session.ts'

export const journalShow: CliCommand = {
  name: 'journal show',
  summary: 'who did what, newest last',
  options: [
    { flags: '--last <n>', description: 'how many commits', default: '50' },
    { flags: '--all', description: "also the engine's own housekeeping" },
  ],
  exits: '1 the journal is damaged',
  async run(call) {
    const count = Math.max(1, Number(text(call.options.last)) || 50)
    const last: Commit[] = []
    for await (const commit of commitsOf(call)) {
      if (!call.options.all && commit.events.every(event => isHousekeeping(event.type))) continue
      last.push(commit)
      if (last.length > count) last.shift()
    }
    for (const commit of last) call.context.console.out(call.options.json ? JSON.stringify(commit) : commitLine(commit))
    return 0
  },
}

export const journalVerify: CliCommand = {
  name: 'journal verify',
  summary: 'walk the whole chain and say what is damaged, missing or was edited',
  exits: '1 damaged',
  async run(call) {
    const { home } = await locate(call, { asleep: true })
    if (!(await mayRead(home))) throw notReadable(home)
    const found = await verifyHome(realDisk, home)
    const { console } = call.context
    if (call.options.json) {
      console.out(JSON.stringify(found))
    } else {
      for (const { file, line, what } of found.findings) console.out(`${file}:${line} ${forTerminal(what)}`)
      if (found.torn)
        console.out(
          `${found.torn.file}:${found.torn.line} a last write was cut short and never acknowledged: no damage`,
        )
      const verdict = found.findings.length === 0 ? 'whole' : `${found.findings.length} findings`
      console.out(`${found.commits} commits, head ${found.head.seq} ${found.head.hash}: ${verdict}`)
    }
    return found.findings.length === 0 ? 0 : 1
  },
}

export const journalExport: CliCommand = {
  name: 'journal export',
  summary: 'every commit as JSON lines, and the hash of what was written on stderr',
  exits: '1 the journal is damaged',
  async run(call) {
    const hash = createHash('sha256')
    let count = 0
    for await (const commit of commitsOf(call)) {
      const line = JSON.stringify(commit)
      hash.update(`${line}\n`)
      call.context.console.out(line)
      count += 1
    }
    call.context.console.err(`${count} commits, sha256 ${hash.digest('hex')}`)
    return 0
  },
}

/** What the engine notes for itself: nobody did or saw anything. */
function isHousekeeping(type: string): boolean {
  return type === 'watch.marked' || type === 'watch.remembered' || type === 'journal.checkpoint'
}

/** From the files; where those are another login's, as in the home of a shared engine, through that engine. */
async function* commitsOf(call: Call): AsyncGenerator<Commit> {
  const location = await locate(call, { asleep: true })
  if (await mayRead(location.home)) {
    yield* readCommits(realDisk, path.join(location.home, 'journal'))
    return
  }
  const engine = await runningEngine(call, location)
  if (!engine) throw notReadable(location.home)
  try {
    let commits: Commit[]
    let after = 0
    do {
      commits = await engine.ask('journal', { after, limit: 1_000 })
      yield* commits
      after = commits.at(-1)?.seq ?? after
    } while (commits.length > 0)
  } finally {
    await engine.close()
  }
}

async function mayRead(home: string): Promise<boolean> {
  return access(path.join(home, 'journal')).then(
    () => true,
    error => error.code !== 'EACCES',
  )
}

function notReadable(home: string): Refused {
  return new Refused({
    name: 'home-not-readable',
    message: `${home} belongs to another login, which keeps it to itself`,
    remedy: 'Run it as that login: `sudo -u LOGIN watchfloor journal …`.',
  })
}

/** One commit for people: when, who, what. */
function commitLine(commit: Commit): string {
  const events = commit.events.map(event => {
    const { type, ...rest } = event
    const about = ['node', 'subject', 'incident', 'id', 'to', 'title', 'reason']
      .map(key => rest[key])
      .filter(value => typeof value === 'string')
      .slice(0, 3)
    return [type, ...about].join(' ')
  })
  const when = new Date(commit.at).toISOString().slice(0, 19)
  return forTerminal(`${String(commit.seq).padStart(6)}  ${when}Z  ${commit.by.padEnd(10)}  ${events.join(' · ')}`)
}
