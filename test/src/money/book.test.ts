// The prices that the program carries: where each is from, and what it does not pretend to know.
import { describe, expect, test } from 'vitest'
import { price } from '../../../infra/clouds/shapes.ts'
import { plannedNodes } from '../../../infra/sandbox/plan.ts'
import { bookOf, priceKey } from '../../../src/money/book.ts'
import { snapshotPrices } from '../../../src/money/snapshot.ts'
import { checker } from '../../../state/primitives/schema.ts'

const prices = snapshotPrices()
const book = bookOf({ prices: {} })

describe('the prices that the program carries', () => {
  test('are well-formed, each once, with a source and a date that is not in the future', () => {
    const check = checker(price)
    for (const one of prices) expect(check.errors(one)).toEqual([])
    expect(new Set(prices.map(priceKey)).size).toBe(prices.length)
    expect(prices.every(one => one.source !== '' && one.at > Date.UTC(2023, 0, 1))).toBe(true)
    expect(Math.max(...prices.map(one => one.at))).toBeLessThanOrEqual(Date.UTC(2026, 10, 24))
  })

  test('have machine, address and disk of all twenty regions of the plan', () => {
    const regions = plannedNodes.flatMap(node => node.region ?? [])
    expect(regions).toHaveLength(20)
    for (const region of regions) {
      expect(book.find('aws', region, 'instance', 't4g.nano')).not.toBeNull()
      expect(book.find('aws', region, 'ipv4', 'public-ipv4')?.hourlyNanos).toBe(5_000_000)
      expect(book.find('aws', region, 'disk', 'gp3')).not.toBeNull()
    }
  })

  test('say which of them are estimated', () => {
    expect(book.find('aws', 'mx-central-1', 'instance', 't4g.nano')?.source).toMatch(/^estimated/)
    expect(book.find('aws', 'ap-southeast-5', 'instance', 't4g.nano')?.source).toMatch(/^estimated/)
    expect(book.find('aws', 'us-east-1', 'instance', 't4g.nano')?.source).not.toMatch(/estimated/)
  })

  // Figures of a month of 730 hours as they were looked up: us-east-1 7.36, sa-east-1 9.76, ap-south-1 6.42 …
  test.each([
    ['us-east-1', 7.36],
    ['us-west-1', 8.07],
    ['ca-central-1', 7.71],
    ['mx-central-1', 7.53],
    ['sa-east-1', 9.76],
    ['eu-west-2', 7.82],
    ['eu-west-3', 7.82],
    ['eu-central-1', 7.92],
    ['eu-south-2', 7.71],
    ['eu-north-1', 7.46],
    ['me-central-1', 8.15],
    ['il-central-1', 7.89],
    ['af-south-1', 8.43],
    ['ap-south-1', 6.42],
    ['ap-southeast-1', 8.29],
    ['ap-southeast-2', 8.29],
    ['ap-southeast-3', 8.29],
    ['ap-southeast-5', 7.85],
    ['ap-northeast-2', 8.18],
    ['ap-east-1', 8.73],
  ])('make a nano with address and 8 GB cost %s dollars a month of 730 hours', (region, dollars) => {
    const hour = (book.find('aws', region, 'instance', 't4g.nano')?.hourlyNanos ?? 0) + 5_000_000
    const disk = 8 * (book.find('aws', region, 'disk', 'gp3')?.monthlyNanos ?? 0)
    expect(Math.round((hour * 730 + disk) / 1e7) / 100).toBe(dollars)
  })

  test('make a Hetzner server with its address cost what its shop shows', () => {
    const address = book.find('hetzner', 'fsn1', 'ipv4', 'public-ipv4')?.monthlyNanos ?? 0
    const shown = ['cx23', 'cx33', 'cax11', 'cpx12'].map(type => {
      const server = book.find('hetzner', 'fsn1', 'instance', type)?.monthlyNanos ?? 0
      return (server + address) / 1e9
    })
    expect(shown).toEqual([5.99, 8.99, 6.49, 11.99])
  })

  test('know nothing of what nobody looked up', () => {
    expect(book.find('aws', 'eu-west-3', 'instance', 't4g.2xlarge')).toBeNull()
    expect(book.find('hetzner', 'fsn1', 'instance', 'cx22')).toBeNull()
    expect(book.find('aws', '__proto__', 'instance', 'constructor')).toBeNull()
  })

  test('an address that hangs on nothing costs as one in use, but not at Google', () => {
    expect(book.find('aws', 'eu-west-3', 'address', 'public-ipv4')?.hourlyNanos).toBe(5_000_000)
    expect(book.find('gcp', 'us-central1', 'address', 'public-ipv4')).toBeNull()
  })
})
