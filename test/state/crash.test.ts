// Promise: nothing acknowledged is ever lost, at kill -9 or a power cut, and every fsync in the code is there for a reason.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { firstLoss, liveOnce } from './crash-scenario.ts'

const gauntlet = Number(process.env.WATCHFLOOR_GAUNTLET ?? '1')

/** Labels as they are written in the code of this part. */
function labelsInCode(): string[] {
  const labels = new Set<string>()
  for (const file of readdirSync('state', { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.startsWith('history')) continue
    const text = readFileSync(`state/${file}`, 'utf8')
    for (const [, label] of text.matchAll(/\b(?:sync|syncDirectory)\([^()]*'([^']+)'\)/g)) if (label) labels.add(label)
    for (const [, content, directory] of text.matchAll(/labels: \{ content: '([^']+)', directory: '([^']+)' \}/g)) {
      if (content && directory) labels.add(content).add(directory)
    }
  }
  return [...labels].sort()
}

/** Fsyncs that only a migration makes; `migrations.test.ts` takes them away. */
const ofMigrations = labelsInCode().filter(label => label.startsWith('backup'))
const labels = labelsInCode().filter(label => !label.startsWith('backup'))

describe('a power cut', () => {
  test('at any moment, whatever it drops or reorders, loses nothing acknowledged', { timeout: 120_000 }, async () => {
    const { moments } = await liveOnce()
    let states = 0
    for (let seed = 1; seed <= 2 * gauntlet; seed++) {
      const { loss, judged } = await firstLoss(moments, seed)
      expect(loss).toBeNull()
      states += judged
    }
    expect(states).toBeGreaterThan(900 * gauntlet)
  })

  test('the life that is judged passes every fsync in the code', async () => {
    expect([...(await liveOnce()).labels].sort()).toEqual(labels)
    expect(ofMigrations.length).toBeGreaterThan(0)
  })

  test.each(labels)('without the fsync "%s" something is lost', async label => {
    const { moments } = await liveOnce([label])
    expect((await firstLoss(moments, 7)).loss).not.toBeNull()
  })
})
