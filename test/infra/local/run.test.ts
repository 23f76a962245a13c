// Local programs for probes: what comes back, and what they cannot do.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createRunLocal } from '../../../infra/local/run.ts'
import { systemClock } from '../../../state/primitives/clock.ts'

const run = createRunLocal(systemClock, process.env.PATH ?? '/usr/bin:/bin')
const never = new AbortController().signal

test('output, errors and exit code come back', async () => {
  const result = await run(['sh', '-c', 'echo out; echo err >&2; exit 3'], { timeoutMs: 5000, signal: never })
  expect(result).toMatchObject({ exit: 3, timedOut: false, missing: false })
  expect(Buffer.from(result.stdout).toString()).toBe('out\n')
  expect(Buffer.from(result.stderr).toString()).toBe('err\n')
})

test('a program that is not there is missing, not failed', async () => {
  expect(await run(['no-such-program'], { timeoutMs: 5000, signal: never })).toMatchObject({
    missing: true,
    exit: null,
  })
})

test('at the deadline the program and all that it started are ended', async () => {
  const result = await run(['sh', '-c', 'sleep 600 & echo $!; wait'], { timeoutMs: 200, signal: never })
  expect(result).toMatchObject({ timedOut: true, exit: null })
  const child = Number(Buffer.from(result.stdout).toString())
  expect(child).toBeGreaterThan(1)
  // `close` came, so nobody holds the pipe any more: the grandchild is dead or dying.
  await expect.poll(() => isAlive(child)).toBe(false)
})

test('an aborted signal ends it at once', async () => {
  const controller = new AbortController()
  const running = run(['sleep', '600'], { timeoutMs: 60_000, signal: controller.signal })
  controller.abort()
  expect(await running).toMatchObject({ timedOut: true })
})

test("secrets in the engine's environment are not passed on", async () => {
  process.env.WATCHFLOOR_TEST_SECRET = 'hunter2'
  const result = await run(['env'], { timeoutMs: 5000, signal: never })
  delete process.env.WATCHFLOOR_TEST_SECRET
  const seen = Buffer.from(result.stdout).toString()
  expect(seen).toContain('LC_ALL=C')
  expect(seen).not.toContain('hunter2')
})

test('a flood is capped', async () => {
  const result = await run(['head', '-c', '5000000', '/dev/zero'], { timeoutMs: 5000, signal: never })
  expect(result.stdout.length).toBe(1024 * 1024)
})

test('standard input never hangs', async () => {
  expect(await run(['cat'], { timeoutMs: 5000, signal: never })).toMatchObject({ exit: 0 })
})

/** A zombie that its new parent has not collected yet runs no more. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
