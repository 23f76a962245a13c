// Waiting for what the engine does in its own time.
import { afterEach, expect, test, vi } from 'vitest'
import { follow } from '../../../src/cli/requests.ts'
import { fakeEngine } from '../../screens/fake-engine.ts'

afterEach(() => void vi.useRealTimers())

function lost() {
  vi.useFakeTimers()
  const engine = fakeEngine(0, { names: ['paris'] })
  const link = (up: boolean) => engine.tell({ kind: 'link', up, why: null })
  const waiting = follow(engine, { isOver: () => false, deadlineMs: 600_000, what: 'batch-1' }).catch(error => error)
  return { link, waiting }
}

test('a link that stays lost ends the waiting, however often it is tried in vain meanwhile', async () => {
  const { link, waiting } = lost()
  for (let tries = 0; tries < 20; tries += 1) {
    link(false)
    await vi.advanceTimersByTimeAsync(2_000)
  }
  expect(await Promise.race([waiting, 'waits still'])).toMatchObject({ name: 'link-lost' })
})

test('a link that heals in time is waited with, from the next loss on as long as before', async () => {
  const { link, waiting } = lost()
  for (let losses = 0; losses < 3; losses += 1) {
    link(false)
    await vi.advanceTimersByTimeAsync(25_000)
    link(true)
  }
  expect(await Promise.race([waiting, 'waits still'])).toBe('waits still')
})
