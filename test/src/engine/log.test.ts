// The log of an engine that runs for long: at most two files, and no line is lost between them.
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openLog } from '../../../src/engine/log.ts'

test('while the engine runs a large log is set aside, and lines go on in the next', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'watchfloor-log-'))
  try {
    const lines = openLog({ home, alsoStderr: false, level: 'info', clean: line => line, largestBytes: 20_000 })
    for (let count = 0; count < 250; count++) lines.log.info({ count }, 'said')
    await lines.close()
    const dir = path.join(home, 'log')
    expect(await readdir(dir)).toEqual(['engine.log', 'engine.log.1'])
    const [newer, older] = await Promise.all(
      ['engine.log', 'engine.log.1'].map(name => readFile(path.join(dir, name), 'utf8')),
    )
    const counts = `${older}${newer}`
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).count)
    expect(counts).toEqual(Array.from({ length: 250 }, (_, count) => count))
    expect((await stat(path.join(dir, 'engine.log.1'))).size).toBeLessThan(21_000)
    expect((await stat(path.join(dir, 'engine.log'))).mode & 0o777).toBe(0o600)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})
