// Reads a journal that another process may be writing: no lock, no cut, just the lines that are whole.
import type { Disk } from '../disk.ts'
import { parseCommit } from './commit.ts'
import { damaged, fileName, fileNumbers, readLines } from './files.ts'
import type { Commit } from './journal.ts'

/** All commits, oldest first. Throws BadAnswer `journal-damaged` at a line that is none; an unfinished last line is left out. */
export async function* readCommits(disk: Disk, directory: string): AsyncGenerator<Commit> {
  for (const number of await fileNumbers(disk, directory)) {
    const name = fileName(number)
    const file = await disk.open(`${directory}/${name}`, 'read')
    try {
      for await (const line of readLines(file, 0)) {
        if (!line.ended) return
        const parsed = parseCommit(line.bytes)
        if (!parsed.ok) throw damaged(name, line.number, parsed.why)
        yield parsed.commit
      }
    } finally {
      await file.close()
    }
  }
}
