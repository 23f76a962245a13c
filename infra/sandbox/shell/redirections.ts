// Where a command's descriptors lead: to streams, to files of the node, to each other.
import { DiskFull } from '../nodes/machine.ts'
import { type Scope, single } from './expansion.ts'
import { absolutePath, openForReading } from './paths.ts'
import { emptySource, gather, nowhere, type Sink, type Source, sourceOf } from './streams.ts'
import type { Redirect } from './syntax.ts'

/** What each descriptor is joined to. */
export type Files = Map<number, { source?: Source; sink?: Sink }>

interface RedirectScope extends Scope {
  readonly signal: AbortSignal
}

export function standardFiles(streams: { in: Source; out: Sink; err: Sink }): Files {
  return new Map([
    [0, { source: streams.in }],
    [1, { sink: streams.out }],
    [2, { sink: streams.err }],
  ])
}

/** Redirections; `finish` writes collected files and gives 1 if that failed. Null: already reported. */
export async function openRedirects(
  redirects: readonly Redirect[],
  outer: Files,
  scope: RedirectScope,
): Promise<{ files: Files; finish: () => number } | null> {
  if (redirects.length === 0) return { files: outer, finish: () => 0 }
  const files: Files = new Map(outer)
  const closing: (() => void)[] = []
  const err = outer.get(2)?.sink ?? nowhere
  for (const { fd, operator, target } of redirects) {
    if (operator === '<<') {
      files.set(fd, { source: sourceOf(await single(target, scope)) })
      continue
    }
    const word = await single(target, scope)
    if (operator === '>&' || operator === '<&') {
      const from = word === '-' ? {} : files.get(Number(word))
      if (!from) {
        err.write(`sh: 1: ${word}: Bad file descriptor\n`)
        return null
      }
      files.set(fd, from)
      continue
    }
    if (word === '/dev/null') {
      files.set(fd, { source: emptySource, sink: nowhere })
      continue
    }
    const standard = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2, '/dev/tty': 1 }[word]
    if (standard !== undefined) {
      files.set(fd, files.get(standard) ?? {})
      continue
    }
    const path = absolutePath(scope.cwd, word)
    if (operator === '<') {
      const content = openForReading(scope.machine, path)
      if (content === null) {
        err.write(`sh: 1: cannot open ${word}: No such file\n`)
        return null
      }
      files.set(fd, { source: sourceOf(content) })
      continue
    }
    if (scope.machine.file(path)?.directory) {
      err.write(`sh: 1: cannot create ${word}: Is a directory\n`)
      return null
    }
    const before = scope.machine.file(path)
    const start = operator === '>>' && before ? scope.machine.content(before) : Buffer.alloc(0)
    const collected = gather()
    try {
      if (operator === '>' || !before) scope.machine.putFile(path, start, before?.mode ?? 0o644)
    } catch (error) {
      if (!(error instanceof DiskFull)) throw error
      err.write(`sh: 1: cannot create ${word}: No space left on device\n`)
      return null
    }
    closing.push(() => {
      const bytes = collected.bytes()
      if (bytes.length > 0) scope.machine.putFile(path, Buffer.concat([start, bytes]), null)
    })
    files.set(fd, { sink: collected })
  }
  return {
    files,
    finish: () => {
      // A session that broke off leaves the file that the redirection made, empty: never a whole one by accident.
      if (scope.signal.aborted) return 143
      try {
        for (const close of closing) close()
        return 0
      } catch (error) {
        if (!(error instanceof DiskFull)) throw error
        err.write('sh: 1: write error: No space left on device\n')
        return 1
      }
    },
  }
}
