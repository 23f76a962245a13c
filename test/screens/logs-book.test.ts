import { describe, expect, test } from 'vitest'
import { type Book, emptyBook, failed, isFull, mostChars, mostLines, taken } from '../../screens/logs/book.ts'
import { keepArgv } from '../../screens/logs/keep.ts'
import { broken, withoutTabs } from '../../screens/logs/line.ts'
import { type Setting, sinceOf } from '../../screens/logs/setting.ts'
import { sift } from '../../screens/logs/shown.ts'
import { restoreLogs } from '../../screens/logs/state.ts'
import type { LogLine, LogsAnswer } from '../../src/engine/logs-shapes.ts'
import { forScreen, nodeText } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'
import { start } from './fake-engine.ts'

const setting: Setting = { node: 'paris', span: 'all', round: 0, priority: null, unit: null }
const limit = 3

function line(index: number, more: Partial<LogLine> = {}): LogLine {
  return {
    cursor: `c${index}`,
    at: start + index * 1_000,
    priority: 6,
    unit: 'nginx.service',
    source: 'nginx',
    boot: 'a'.repeat(32),
    text: nodeText(`line ${index}`),
    ...more,
  }
}
function lines(from: number, to: number): LogLine[] {
  return Array.from({ length: to - from }, (_, at) => line(from + at))
}
function answer(given: LogLine[], more: Partial<LogsAnswer> = {}): LogsAnswer {
  return { lines: given, after: given.at(-1)?.cursor ?? null, truncated: false, failed: null, ...more }
}
const first = { after: null, before: null, limit }
const on = (book: Book) => ({ after: book.after, before: null, limit })
const back = (cursor: string) => ({ after: null, before: cursor, limit })
const begun = (given: Partial<Setting> = {}, since: number | null = null) =>
  emptyBook({ ...setting, ...given }, since, start, null)

/** What is in the book, in a word each. */
function words(book: Book): string[] {
  return book.entries.map(entry => (entry.kind === 'line' ? entry.line.cursor : entry.isLate ? 'late' : 'gap'))
}

describe('a book takes answers', () => {
  test('lines come once, whatever an answer repeats', () => {
    let book = taken(begun(), first, answer(lines(0, 3)), start)
    book = taken(book, on(book), answer(lines(2, 5)), start)
    expect(words(book)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'])
    expect(book.after).toBe('c4')
  })

  test('an answer without lines leaves the cursor where it was', () => {
    const book = taken(begun(), first, answer(lines(0, 2)), start)
    expect(taken(book, on(book), answer([], { after: 'c1' }), start).after).toBe('c1')
  })

  test('older lines stand before the others, and their end is known', () => {
    let book = taken(begun(), first, answer(lines(5, 8), { truncated: true }), start)
    expect(book.older).toBe('more')
    book = taken(book, back('c5'), answer(lines(2, 5), { truncated: true }), start)
    expect(book.older).toBe('more')
    book = taken(book, back('c2'), answer(lines(0, 2)), start)
    expect(words(book)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'])
    expect(book.older).toBe('end')
    expect(book.after).toBe('c7')
  })

  test('a whole page that has more behind it is followed at once, and is no gap', () => {
    let book = taken(begun(), first, answer(lines(0, 1)), start)
    book = taken(book, on(book), answer(lines(1, 4), { truncated: true }), start)
    expect(book.hasMore).toBe(true)
    expect(words(book)).toEqual(['c0', 'c1', 'c2', 'c3'])
  })

  test('lines that the node let go before they were read are a gap', () => {
    let book = taken(begun(), first, answer(lines(0, 1)), start)
    book = taken(book, on(book), answer(lines(7, 8), { truncated: true }), start)
    expect(words(book)).toEqual(['c0', 'gap', 'c7'])
    expect(book.entries[1]).toMatchObject({ from: start, to: start + 7_000 })
  })

  test('what was read late is said where it comes in', () => {
    let book = taken(begun(), first, answer(lines(0, 1)), start)
    book = failed(book, 'connection refused', start + 4_000)
    book = failed(book, 'connection refused', start + 7_000)
    expect(book.failure).toEqual({ from: start, to: start + 7_000, why: 'connection refused' })
    book = taken(book, on(book), answer(lines(1, 3)), start + 9_000)
    expect(words(book)).toEqual(['c0', 'late', 'c1', 'c2'])
    expect(book.failure).toBeNull()
  })

  test('an answer that could not be read whole gives its lines and its complaint', () => {
    let book = taken(begun(), first, answer(lines(0, 2), { failed: 'this login may not read all' }), start)
    book = taken(book, on(book), answer([], { failed: 'this login may not read all' }), start)
    expect(words(book)).toEqual(['c0', 'c1'])
    expect(book).toMatchObject({ complaint: 'this login may not read all', failure: null })
  })

  test('more than it holds is let go from its beginning, and that is known', () => {
    let book = taken(begun(), { ...first, limit: mostLines }, answer(lines(0, mostLines)), start)
    expect(book.older).toBe('end')
    book = taken(book, on(book), answer(lines(mostLines, mostLines + 2)), start)
    expect(book.entries).toHaveLength(mostLines)
    expect(words(book)[0]).toBe('c2')
    expect(book.older).toBe('let go')
  })

  test('a node that writes nothing but the longest lines does not fill the memory', () => {
    const long = nodeText('x'.repeat(8_000), 8_000)
    const many = Array.from({ length: 1_500 }, (_, at) => line(at, { text: long }))
    let book = taken(begun(), { ...first, limit: 2_000 }, answer(many, { truncated: true }), start)
    expect(book.chars).toBeLessThanOrEqual(mostChars)
    expect(isFull(book)).toBe(true)
    expect(words(book).at(-1)).toBe('c1499')
    const before = book.entries.length
    book = taken(book, back('c500'), answer([line(-1, { text: long }), line(-2, { text: long })]), start)
    expect(book.entries).toHaveLength(before)
  })

  test('a window ends where it begins, though a cursor knows no window', () => {
    let book = taken(begun({ span: '1h' }, start + 2_000), first, answer(lines(5, 8), { truncated: true }), start)
    book = taken(book, back('c5'), answer(lines(0, 5), { truncated: true }), start)
    expect(words(book)).toEqual(['c2', 'c3', 'c4', 'c5', 'c6', 'c7'])
    expect(book.older).toBe('end')
  })

  test('this boot is the newest one at first, and then whatever comes', () => {
    const old = (index: number) => line(index, { boot: 'b'.repeat(32) })
    let book = taken(begun({ span: 'boot' }), first, answer([old(0), line(1), line(2)], { truncated: true }), start)
    expect(words(book)).toEqual(['c1', 'c2'])
    expect(book.older).toBe('end')
    book = taken(book, on(book), answer([line(3, { boot: 'c'.repeat(32) })]), start)
    expect(words(book)).toEqual(['c1', 'c2', 'c3'])
  })

  test('units that were seen are remembered when less of the same node is read', () => {
    const book = taken(begun(), first, answer([line(0), line(1, { unit: 'sshd.service' })]), start)
    const next = emptyBook({ ...setting, unit: 'sshd.service' }, null, start, book)
    expect([...next.units.keys()]).toEqual(['nginx.service', 'sshd.service'])
    expect(emptyBook({ ...setting, node: 'london' }, null, start, book).units.size).toBe(0)
  })
})

describe('what of it is shown', () => {
  const kinds = (book: Book, filter: string) => sift(book, filter).items.map(item => item.kind)

  test.each([
    ['', 6],
    ['LINE 3', 1],
    ['!line 3', 5],
    ['@sshd', 1],
    ['@err', 1],
    ['-f ln5', 1],
    ['nothing like it', 0],
  ])('the filter %j leaves %i of 6 lines', (filter, count) => {
    const given = lines(0, 6)
    given[1] = line(1, { unit: 'sshd.service', source: 'sshd' })
    given[2] = line(2, { priority: 3 })
    const shown = sift(taken(begun(), first, answer(given), start), filter)
    expect(shown.lines).toHaveLength(count)
    expect(shown.total).toBe(6)
  })

  test('a new boot and a new day stand between the lines', () => {
    const given = [line(0), line(1, { boot: 'b'.repeat(32) }), line(90_000, { boot: 'b'.repeat(32) })]
    expect(kinds(taken(begun(), first, answer(given), start), '')).toEqual([
      'top',
      'line',
      'boot',
      'line',
      'day',
      'line',
    ])
  })

  test('a new boot is told with its own moment when its first line is filtered away', () => {
    const given = [
      line(0),
      line(1, { boot: 'b'.repeat(32), text: nodeText('hidden') }),
      line(2, { boot: 'b'.repeat(32) }),
    ]
    const { items } = sift(taken(begun(), first, answer(given), start), 'line')
    expect(items[2]).toMatchObject({ kind: 'boot', at: start + 1_000 })
  })

  test('a gap is shown whatever is filtered', () => {
    let book = taken(begun(), first, answer(lines(0, 1)), start)
    book = taken(book, on(book), answer(lines(7, 8), { truncated: true }), start)
    expect(kinds(book, 'nothing like it')).toEqual(['top', 'gap'])
  })
})

describe('texts', () => {
  test.each([
    ['a\tb', 'a       b'],
    ['12345678\tb', '12345678        b'],
    ['\t\tb', '                b'],
    ['漢字\tb', '漢字    b'],
    ['no tab', 'no tab'],
  ])('tabs of %j reach to the next stop', (text, expected) => {
    expect(withoutTabs(text)).toBe(expected)
  })

  test.each([
    ['short', 10],
    ['words that go on and on and on', 10],
    ['x'.repeat(95), 10],
    ['漢'.repeat(33), 7],
    ['a b', 1],
    ['', 10],
  ])('%j in rows of %i columns loses nothing', (text, width) => {
    const rows = broken(forScreen(text), width, Number.POSITIVE_INFINITY)
    expect(rows.join('')).toBe(text)
    for (const row of rows) expect(textWidth(row)).toBeLessThanOrEqual(width)
    expect(rows.length).toBeGreaterThan(0)
  })

  test('more rows than there may be are cut, and that is seen', () => {
    expect(broken(forScreen('x'.repeat(95)), 10, 2)).toEqual(['x'.repeat(10), `${'x'.repeat(9)}…`])
  })
})

describe('the command that keeps lines', () => {
  test('both ends are taken with it, and what narrows the reading narrows it', () => {
    expect(
      keepArgv({ from: 1_700_000_000_123, to: 1_700_000_009_999 }, { priority: 3, unit: 'nginx.service' }),
    ).toEqual([
      'journalctl',
      '--no-pager',
      '-o',
      'short-iso-precise',
      '--since=@1700000000.123',
      '--until=@1700000010.000',
      '--priority=3',
      '--unit=nginx.service',
    ])
  })

  test('everything is kept where nothing narrows it', () => {
    expect(keepArgv({ from: 0, to: 0 }, { priority: null, unit: null })).toHaveLength(6)
  })
})

describe('what was kept of the view', () => {
  test.each([
    [null, {}],
    ['text', {}],
    [{ filter: 7, wraps: 'yes', times: 'never', span: 'yesterday', priority: 9 }, {}],
    [{ priority: 2.5, span: '0s' }, {}],
    [
      { filter: 'x', wraps: true, times: 'full', span: '90m', priority: 3, unit: 'gone.service', selected: 'c1' },
      { filter: 'x', wraps: true, times: 'full', span: '90m', priority: 3 },
    ],
  ])('%j is taken over as far as it is sound', (kept, expected) => {
    const base = restoreLogs(undefined)
    expect(restoreLogs(kept)).toEqual({ ...base, ...expected })
    expect(base).toMatchObject({ follows: true, span: 'all', unit: null })
  })

  test.each([
    ['now', start],
    ['today', Date.UTC(2026, 10, 22)],
    ['1h', start - 3_600_000],
    ['boot', null],
    ['all', null],
  ])('the window %s begins where it says', (span, since) => {
    expect(sinceOf(span, start)).toBe(since)
  })
})
