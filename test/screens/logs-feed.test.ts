import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { mostLines } from '../../screens/logs/book.ts'
import { startFeeds } from '../../screens/room/feeds.ts'
import type { LogsAnswer, LogsQuestion } from '../../src/engine/logs-shapes.ts'
import { type FakeEngine, fakeEngine, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

let engine: FakeEngine
let operator: Operator
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers({ now: start })
  engine = fakeEngine(3, { names: ['zurich', 'paris', 'london'], now: () => Date.now() })
  operator = operate(engine, { columns: 80, rows: 24 }, () => Date.now())
  stop = startFeeds(operator.room, () => Date.now())
})
afterEach(() => {
  stop()
  operator.close()
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
function questions(): LogsQuestion[] {
  return engine.asked.filter(({ kind }) => kind === 'logs').map(({ question }) => question as LogsQuestion)
}
function texts(): string[] {
  const entries = operator.room.snapshot().found.logs?.entries ?? []
  return entries.flatMap(entry => (entry.kind === 'line' ? [String(entry.line.text)] : []))
}
function write(count: number, node = 'paris'): void {
  for (let at = 0; at < count; at++) engine.log(node, `line ${at}`)
}
/** The journal of paris is on the screen, and what it has is read. */
async function opened(): Promise<void> {
  operator.room.open('logs', 'paris')
  await pass(0)
}

describe('the journal is read on', () => {
  test('every line that is written between two reads comes once, in order', async () => {
    write(5)
    await opened()
    for (let at = 0; at < 40; at++) {
      engine.log('paris', `later ${at}`)
      await pass(170)
    }
    await pass(3_000)
    expect(texts()).toEqual([
      ...Array.from({ length: 5 }, (_, at) => `line ${at}`),
      ...Array.from({ length: 40 }, (_, at) => `later ${at}`),
    ])
  })

  test('a burst of more than a page is read without waiting', async () => {
    write(1)
    await opened()
    write(3_500)
    await pass(1_000)
    expect(texts()).toHaveLength(3_501)
  })

  test('it is asked for each second while lines come, and every three seconds when none do', async () => {
    await opened()
    const times: number[] = []
    for (let ms = 0; ms < 20_000; ms += 500) {
      if (ms < 6_000) engine.log('paris', 'more')
      const before = questions().length
      await pass(500)
      if (questions().length > before) times.push((ms + 500) / 1_000)
    }
    const steps = times.map((time, at) => time - (times[at - 1] ?? 0))
    expect(steps.slice(2, 5)).toEqual([1, 1, 1])
    expect(steps.slice(-3)).toEqual([3, 3, 3])
  })

  test('nothing is read for a screen that is not shown', async () => {
    await opened()
    operator.room.open('overview')
    const before = questions().length
    await pass(30_000)
    expect(questions()).toHaveLength(before)
  })

  test('nothing is read while the picture is held still, and nothing is lost by it', async () => {
    write(2)
    await opened()
    operator.type('z')
    const before = questions().length
    write(2)
    await pass(30_000)
    expect(questions()).toHaveLength(before)
    expect(texts()).toHaveLength(2)
    operator.type('z')
    await pass(0)
    expect(texts()).toHaveLength(4)
  })

  test('an answer that comes while the picture is held still does not move it', async () => {
    write(2)
    await opened()
    const answer = Promise.withResolvers<LogsAnswer>()
    const ask = vi.spyOn(engine, 'ask').mockReturnValueOnce(answer.promise as never)
    await pass(3_000)
    expect(ask).toHaveBeenCalled()
    operator.type('z')
    write(1)
    const line = engine.log('paris', 'late')
    answer.resolve({ lines: [line], after: line.cursor, truncated: false, failed: null })
    await pass(0)
    expect(texts()).toHaveLength(2)
    operator.type('z')
    await pass(3_000)
    expect(texts()).toHaveLength(4)
  })

  test('nothing is asked of a link that is lost, and it goes on from the cursor', async () => {
    write(2)
    await opened()
    engine.tell({ kind: 'link', up: false, why: 'gone' })
    const before = questions().length
    write(1)
    await pass(30_000)
    expect(questions()).toHaveLength(before)
    engine.tell({ kind: 'link', up: true, why: null })
    await pass(0)
    expect(texts()).toHaveLength(3)
    expect(questions().at(-1)).toMatchObject({ after: expect.stringContaining('i=') })
  })

  test('an answer for another node than is shown is dropped', async () => {
    const answer = Promise.withResolvers<LogsAnswer>()
    vi.spyOn(engine, 'ask').mockReturnValueOnce(answer.promise as never)
    operator.room.open('logs', 'paris')
    operator.room.open('logs', 'london')
    engine.log('london', 'from london')
    const line = engine.log('paris', 'from paris')
    await pass(3_000)
    answer.resolve({ lines: [line], after: line.cursor, truncated: false, failed: null })
    await pass(3_000)
    expect(texts()).toEqual(['from london'])
  })

  test('an answer for another setting is dropped', async () => {
    engine.log('paris', { text: 'bad', priority: 3 })
    const answer = Promise.withResolvers<LogsAnswer>()
    vi.spyOn(engine, 'ask').mockReturnValueOnce(answer.promise as never)
    operator.room.open('logs', 'paris')
    operator.type(':priority err\r')
    const line = engine.log('paris', 'harmless')
    answer.resolve({ lines: [line], after: line.cursor, truncated: false, failed: null })
    await pass(3_000)
    expect(texts()).toEqual(['bad'])
  })

  test('nothing is asked any more when the room ends', async () => {
    await opened()
    stop()
    const before = questions().length
    await pass(30_000)
    expect(questions()).toHaveLength(before)
  })
})

describe('what is not read is said', () => {
  test('a failure is a row with its time and its reason, and it is tried again', async () => {
    write(2)
    await opened()
    engine.breakLogs('connection refused')
    await pass(7_000)
    expect(operator.text()).toContain('◐ not read from 10:42:07Z to 10:42:14Z: connection refused; trying again')
    expect(operator.lines()[0]).toContain('◐ not read')
    engine.breakLogs(null)
    engine.log('paris', 'it is back')
    await pass(3_000)
    expect(operator.text()).not.toContain('trying again')
    expect(operator.text()).toContain('connection refused; read late')
    expect(texts()).toEqual(['line 0', 'line 1', 'it is back'])
  })

  test('an engine that refuses the question is told like a node that does', async () => {
    engine.log('paris', 'one')
    await opened()
    // What else the room asks has been asked by then.
    await pass(500)
    vi.spyOn(engine, 'ask').mockRejectedValueOnce(new Error('too many questions at once'))
    await pass(3_000)
    expect(operator.text().replace(/\s+/g, ' ')).toContain('too many questions at once; trying again')
  })

  test('a journal that fails from the beginning says so', async () => {
    engine.breakLogs('no route to host')
    await opened()
    expect(operator.text()).toContain('no route to host; trying again')
  })

  test('lines that the node let go before they were read are a row of their own', async () => {
    write(1)
    await opened()
    write(30)
    engine.rotate('paris', 2)
    await pass(3_000)
    expect(operator.text()).toContain('○ lines may be missing from 10:42:07Z')
  })
})

describe('older lines', () => {
  const keys = { up: 'k', pageUp: '\u001b[5~' }

  test('they come when the operator goes up to the first, and the page stands still', async () => {
    for (let at = 0; at < 2_500; at++) engine.log('paris', `old ${at}.`)
    await opened()
    expect(texts()).toHaveLength(1_000)
    operator.type('g')
    expect(operator.lines()[3]).toContain('old 1500.')
    await pass(0)
    expect(texts()).toHaveLength(2_000)
    expect(operator.lines()[3]).toContain('old 1500.')
    operator.type(keys.up)
    expect(operator.text()).toContain('old 1499.')
    operator.type('g')
    await pass(0)
    expect(texts()).toHaveLength(2_500)
    operator.type('g')
    expect(operator.text()).toContain('nothing older')
    expect(operator.text()).toContain('old 0.')
  })

  test('where nothing passes the filter, going up looks for it further back', async () => {
    engine.log('paris', 'the needle')
    write(1_500)
    await opened()
    operator.type('/needle\r')
    expect(operator.text()).toContain('g looks further back')
    operator.type('g')
    await pass(0)
    expect(operator.text()).toContain('the needle')
    expect(operator.lines()[0]).toContain('1 of 1,501 lines')
  })

  test('they are not asked for while nobody goes up', async () => {
    write(2_500)
    await opened()
    await pass(30_000)
    expect(questions().every(({ before }) => before === null)).toBe(true)
  })

  test('a failure to read them is said and mended', async () => {
    write(1_500)
    await opened()
    engine.breakLogs('connection refused')
    operator.type('g')
    await pass(0)
    expect(operator.text()).toContain('older lines were not read: connection refused; trying again')
    engine.breakLogs(null)
    await pass(3_000)
    expect(texts()).toHaveLength(1_500)
  })

  test('what the operator reads is not pushed out by what comes', async () => {
    write(mostLines + 500)
    await opened()
    for (let at = 0; at < 40; at++) {
      operator.type('g')
      await pass(0)
    }
    expect(texts()).toHaveLength(mostLines)
    expect(operator.text()).toContain('older lines are not shown: no more than these 20,000 fit here')
    const [oldest] = texts()
    write(10)
    await pass(10_000)
    expect(texts()[0]).toBe(oldest)
    operator.type('G')
    await pass(0)
    expect(texts().at(-1)).toBe('line 9')
    expect(texts()).toHaveLength(mostLines)
  })
})

describe('what is read', () => {
  test.each([
    [':interval 1h\r', { since: start - 3_600_000, priority: null, unit: null }],
    [':interval now\r', { since: start, priority: null, unit: null }],
    [':interval 90m\r', { since: start - 5_400_000, priority: null, unit: null }],
    [':interval today\r', { since: Date.UTC(2026, 10, 22), priority: null, unit: null }],
    [':priority warning\r', { since: null, priority: 4, unit: null }],
    [':unit nginx\r', { since: null, priority: null, unit: 'nginx.service' }],
  ])('%j asks for it', async (typed, expected) => {
    await opened()
    operator.type(typed)
    await pass(0)
    expect(questions().at(-1)).toMatchObject({ node: 'paris', after: null, before: null, ...expected })
  })

  test('the same window chosen again begins anew', async () => {
    engine.log('paris', 'before')
    await opened()
    await pass(10)
    operator.type(':interval now\r')
    await pass(5_000)
    engine.log('paris', 'between')
    await pass(5_000)
    expect(texts()).toEqual(['between'])
    operator.type(':interval now\r')
    await pass(5_000)
    expect(texts()).toEqual([])
  })
})
