import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../state/primitives/duration.ts'
import { formatAmount, parseAmount } from '../../../state/primitives/money.ts'
import { formatPercent, parsePercent } from '../../../state/primitives/percent.ts'
import { formatSize, parseSize } from '../../../state/primitives/size.ts'

describe('durations', () => {
  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['6h', 21_600_000],
    ['21d', 1_814_400_000],
    ['2w', 1_209_600_000],
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })
  test.each(['', '5', '5 m', '-5m', '5M', 'm', '1e3s', '5mm', '99999999d'])('%j is none', text => {
    expect(parseDuration(text)).toBeNull()
  })
  test('what is written is read back', () => {
    fc.assert(fc.property(fc.nat({ max: 1e12 }), ms => parseDuration(formatDuration(ms)) === ms))
  })
})

describe('sizes', () => {
  test.each([
    ['512MB', 512_000_000],
    ['0.5GiB', 536_870_912],
    ['10kB', 10_000],
    ['3 KiB', 3072],
    ['7B', 7],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })
  test.each(['512', '512mb', '-1B', '1e9B', 'MB', '1PB'])('%j is none', text => {
    expect(parseSize(text)).toBeNull()
  })
  test.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [1_536_000, '1.54MB'],
    [999_999, '1MB'],
    [5e15, '5000TB'],
  ])('%i bytes are shown as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })
})

describe('shares', () => {
  test.each([
    ['80%', 0.8],
    ['7%', 0.07],
    ['2.5%', 0.025],
    ['0%', 0],
    ['100%', 1],
  ])('%s is %d', (text, ratio) => {
    expect(parsePercent(text)).toBe(ratio)
    expect(formatPercent(ratio)).toBe(text)
  })
  test.each(['80', '101%', '-1%', '80 %', '%'])('%j is none', text => {
    expect(parsePercent(text)).toBeNull()
  })
})

describe('money', () => {
  test.each([
    [3.9, 3_900_000, '3.90'],
    ['3.90', 3_900_000, '3.90'],
    [100, 100_000_000, '100.00'],
    [0.1, 100_000, '0.10'],
    ['0.000001', 1, '0.000001'],
    ['0.0052', 5_200, '0.0052'],
  ])('%s is %i micro-units, shown as %s', (amount, micros, text) => {
    expect(parseAmount(amount)).toBe(micros)
    expect(formatAmount(micros)).toBe(text)
  })
  test.each([-1, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, '1,000', '3.1234567', ''])('%s is none', amount => {
    expect(parseAmount(amount)).toBeNull()
  })
  test('what is written is read back to the micro-unit', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 31 - 1 }), micros => parseAmount(formatAmount(micros)) === micros))
  })
})
