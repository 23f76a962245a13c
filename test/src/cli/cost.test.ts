// Money from the command line: the figures apart, the verdict, what is unknown, and what is refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TSchema } from 'typebox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { money, price } from '../../../src/cli/amounts.ts'
import { cost } from '../../../src/cli/cost.ts'
import { addReported, refreshReported } from '../../../src/cli/cost-reported.ts'
import { offers } from '../../../src/cli/offers.ts'
import { refreshPrices, showPrices } from '../../../src/cli/prices.ts'
import { doneDocument } from '../../../src/cli/shapes.ts'
import { costAnswer, offersDocument, pricesDocument } from '../../../src/cli/shapes-clouds.ts'
import { priceKey } from '../../../src/money/book.ts'
import { snapshotPrices } from '../../../src/money/snapshot.ts'
import { Refused } from '../../../state/primitives/errors.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { start } from '../../screens/fake-engine.ts'
import { costReport } from './cost-report.ts'
import { type CliRig, cliRig, type Said } from './fake-call.ts'

let rig: CliRig
beforeEach(() => {
  rig = cliRig(['virginia', 'paris'])
  rig.answers.cost = () => costReport()
  rig.cwd = mkdtempSync(path.join(tmpdir(), 'wf-'))
})
afterEach(() => rmSync(rig.cwd, { recursive: true, force: true }))

function judged(said: Said, schema: TSchema) {
  const document = JSON.parse(said.out)
  expect(checker(schema).errors(document)).toEqual([])
  expect(said.out).not.toContain('\n')
  return document
}

describe('amounts', () => {
  test.each([
    [12_345_000, '12.35 USD'],
    [12_344_999, '12.34 USD'],
    [0, '0.00 USD'],
    [4_000, '<0.01 USD'],
    [-4_000, '-<0.01 USD'],
    [-1_500_000, '-1.50 USD'],
    [null, 'unknown USD'],
  ])('%s micro-units are %s', (micros, shown) => expect(money(micros, 'USD')).toBe(shown))

  test.each([
    [4_200_000, '0.0042'],
    [10_400_000, '0.0104'],
    [1_000_000_000, '1.00'],
    [1, '0.000000001'],
    [null, 'unknown'],
  ])('a price of %s billionths is %s', (nanos, shown) => expect(price(nanos)).toBe(shown))
})

describe('cost', () => {
  test('shows the three figures apart, by how much the ceiling is missed, and what is unknown', async () => {
    const { exit, out, err } = await rig.run(cost)
    expect([exit, err]).toEqual([1, ''])
    expect(out).toMatch(/accrued +reported +projection/)
    expect(out).toMatch(/USD +117\.12 USD +98\.50 USD \(2026-11-21\) +160\.00 USD/)
    expect(out).toMatch(/EUR +<0\.01 EUR +nothing reported +3\.90 EUR/)
    expect(out).toContain('1 EUR = 1.08 USD of 2026-11-20')
    expect(out).toContain('ceiling 100.00 USD: MISSED by 64.22 USD')
    expect(out).toContain('paris: traffic: no provider says how much there was')
    expect(out).toMatch(/virginia +us-east-1 +2\.62 USD +3\.66 USD +3\.66 USD/)
    expect(out).toMatch(/\(no node\) aws +us-east-1 +unknown USD/)
    // What this month says already is not said again.
    expect(out).not.toContain('a full month of what')
    expect(out).toContain('3.65 USD  IPv6 only (virginia)')
    expect(out).toContain('-3.65 USD   ended')
    expect(out).toMatch(/2026-11-20 +2 +AWS Pricing API, page 2\n/)
    expect(out).toMatch(/2026-11-20 +1 +ESTIMATE +estimated: nobody read it$/)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('says by how much a full month misses the ceiling that this month keeps', async () => {
    const ceiling = { currency: 'USD', micros: 100_000_000, warnMicros: 80_000_000, verdict: 'within' as const }
    rig.answers.cost = () =>
      costReport({ ceiling: { ...ceiling, overMicros: -70_000_000, monthlyOverMicros: 57_690_000 } })
    expect((await rig.run(cost)).out).toContain(
      'ceiling 100.00 USD: kept, 70.00 USD of room\na full month of what runs now misses it by 57.69 USD\n',
    )
  })

  test('a month that is over has no full month to come, and nothing of it is called ended', async () => {
    const report = costReport()
    const lines = report.lines.map(line => ({ ...line, running: false }))
    const totals = report.totals.map(total => ({ ...total, monthlyMicros: null }))
    rig.answers.cost = () => costReport({ month: '2026-10', lines, totals, converted: null, changes: [] })
    const { out } = await rig.run(cost, { month: '2026-10' })
    expect(out).toMatch(/virginia +us-east-1 +2\.62 USD +3\.66 USD$/m)
    expect(out).not.toMatch(/ended|full month/)
  })

  test('--lines shows every resource of a node with its price', async () => {
    const { out } = await rig.run(cost, { lines: true })
    expect(out).toMatch(/virginia +us-east-1 +instance +t4g\.nano +515 h +2\.16 USD +3\.02 USD/)
    expect(out).toMatch(/\(no node\) aws +us-east-1 +traffic +egress +unknown USD/)
  })

  test('a node of which only a part has a price says that there is more', async () => {
    const [line] = costReport().lines
    if (!line) throw new Error('no line')
    const nothing = { accruedMicros: null, projectionMicros: null, monthlyMicros: null }
    rig.answers.cost = () => costReport({ lines: [line, { ...line, ...nothing, resource: 'disk' }] })
    expect((await rig.run(cost)).out).toMatch(/virginia +us-east-1 +2\.16 USD \+\? +3\.02 USD \+\? +3\.02 USD \+\?/)
  })

  test('what a node had before is in what it cost, and not in its full month', async () => {
    const [line] = costReport().lines
    if (!line) throw new Error('no line')
    rig.answers.cost = () => costReport({ lines: [{ ...line, running: false }, line] })
    expect((await rig.run(cost)).out).toMatch(/virginia +us-east-1 +4\.32 USD +6\.05 USD +3\.02 USD +1 ended/)
  })

  test('--json is one document in its shape, with what the issue asks of it', async () => {
    const document = judged(await rig.run(cost, { json: true, month: '2026-11' }), costAnswer)
    expect(rig.engine.asked.at(-1)).toEqual({ kind: 'cost', question: { month: '2026-11' } })
    expect(document.totals[0]).toEqual({
      currency: 'USD',
      accrued_micros: 117_123_456,
      reported_micros: 98_500_000,
      reported_as_of: '2026-11-21T00:00:00.000Z',
      projection_micros: 160_004_999,
      monthly_micros: 160_100_000,
    })
    expect(document.totals[1]).toMatchObject({ reported_micros: null, reported_as_of: null })
    expect(document.converted).toMatchObject({ currency: 'USD', rate: '1.08', rate_date: '2026-11-20' })
    expect(document.ceiling).toMatchObject({ currency: 'USD', micros: 100_000_000, verdict: 'over' })
    expect(document.lines[2]).toMatchObject({ accrued_micros: null, unit_price_micros: null, priced_at: null })
  })

  test.each([
    ['within', 0],
    ['warn', 0],
    ['over', 1],
    ['unknown', 3],
  ] as const)('a verdict of %s ends with %i', async (verdict, wanted) => {
    const ceiling = {
      currency: 'USD',
      micros: 100_000_000,
      warnMicros: 80_000_000,
      verdict,
      overMicros: -5_000_000,
      monthlyOverMicros: null,
    }
    rig.answers.cost = () => costReport({ ceiling })
    const said = await rig.run(cost, { json: true })
    expect(said.exit).toBe(wanted)
    const document = judged(said, costAnswer)
    expect(document.ceiling.verdict).toBe(verdict === 'warn' ? 'within' : verdict)
    expect(document.ceiling.warn).toBe(verdict === 'warn')
  })

  test('no budget is no verdict', async () => {
    rig.answers.cost = () => costReport({ ceiling: null, converted: null })
    expect(await rig.run(cost)).toMatchObject({ exit: 0, out: expect.stringContaining('no ceiling') })
  })

  test('--csv gives a row a line, and no cell that a spreadsheet would run', async () => {
    const { out } = await rig.run(cost, { csv: true })
    const [head, first, , last] = out.split('\n')
    expect(head).toMatch(/^month,node,resource,sku,/)
    expect(first).toMatch(/^2026-11,virginia,instance,t4g\.nano,1,aws,us-east-1,USD,hour,0\.0042,514\.7,2\.16/)
    expect(last).toContain(`,"'=cmd|""calc""!A1",`)
  })

  test('what a provider calls a thing cannot steer the terminal', async () => {
    const [line] = costReport().lines
    if (!line) throw new Error('no line')
    rig.answers.cost = () => costReport({ lines: [{ ...line, sku: '\u001b[2Jevil\u202e' }] })
    const { out } = await rig.run(cost, { lines: true })
    expect(out).toContain('evil')
    expect(out).not.toMatch(/[\u001b\u202e]/)
  })

  test('--what-if prices the nodes of another file beside this one, and its verdict counts', async () => {
    const file = path.join(rig.cwd, 'other.yaml')
    const fleet =
      'fleet: other\nnodes:\n  a: { provider: aws, region: us-east-1, type: t4g.nano, disk: 10, ipv4: false }\n  b:\n'
    writeFileSync(file, fleet, { mode: 0o600 })
    rig.answers.whatIf = () =>
      costReport({
        ceiling: {
          currency: 'USD',
          micros: 1,
          warnMicros: 1,
          verdict: 'within',
          overMicros: -1,
          monthlyOverMicros: -1,
        },
      })
    const said = await rig.run(cost, { whatIf: 'other.yaml', json: true })
    expect(said.exit).toBe(0)
    expect(judged(said, costAnswer)).toMatchObject({ ceiling: { verdict: 'over' }, what_if: { file: 'other.yaml' } })
    expect(rig.engine.asked.at(-1)).toEqual({
      kind: 'whatIf',
      question: {
        nodes: [
          {
            name: 'a',
            provider: 'aws',
            region: 'us-east-1',
            type: 't4g.nano',
            diskGb: 10,
            ipv4: false,
            lifecycle: 'planned',
            cost: null,
          },
          expect.objectContaining({ name: 'b', provider: 'static', ipv4: true }),
        ],
      },
    })
    expect((await rig.run(cost, { whatIf: 'other.yaml' })).out).toContain('what if other.yaml:')
  })

  test.each<[string, Record<string, string | boolean>, string]>([
    ['a month that is none', { month: '2026-13' }, '"2026-13" is no month'],
    ['a month in words', { month: 'november' }, 'Say YEAR-MONTH'],
    ['two forms at once', { csv: true, json: true }, '--csv does not go with --json'],
    ['a what-if of a month', { whatIf: 'x.yaml', month: '2026-10' }, 'it goes with no --month'],
    ['a what-if that is not there', { whatIf: 'x.yaml' }, 'x.yaml is not there'],
  ])('%s is bad input', async (_what, options, said) => {
    const ran = await rig.run(cost, options)
    expect(ran).toMatchObject({ exit: 2, out: '', err: expect.stringContaining(said) })
    expect(rig.engine.asked).toEqual([])
  })
})

describe('cost reported add', () => {
  const good = { provider: 'hetzner', month: '2026-10', amount: '12.345678', currency: 'EUR' }
  const home = (dir: string) => rig.engine.setLive(live => ({ ...live, engine: { ...live.engine, home: dir } }))

  test('an invoice is written down exactly, and its bytes are evidence', async () => {
    home(rig.cwd)
    const { mkdirSync } = await import('node:fs')
    mkdirSync(path.join(rig.cwd, 'evidence'), { mode: 0o700 })
    const bytes = Buffer.from([37, 80, 68, 70, 0, 255, 10])
    writeFileSync(path.join(rig.cwd, 'in=voice.pdf'), bytes)
    const said = await rig.run((call, engine) => addReported(call, engine, start), {
      ...good,
      invoice: 'in=voice.pdf',
      json: true,
    })
    expect([said.exit, said.err]).toEqual([0, ''])
    expect(judged(said, doneDocument)).toEqual({ seq: 7, ids: [] })
    const [command] = rig.engine.did
    if (command?.type !== 'money.report') throw new Error('not reported')
    expect(command.reported).toEqual({
      provider: 'hetzner',
      month: '2026-10',
      currency: 'EUR',
      micros: 12_345_678,
      asOf: start,
      estimated: false,
      source: 'invoice in=voice.pdf',
      evidence: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const kept = readFileSync(path.join(rig.cwd, 'evidence', command.reported.evidence ?? ''))
    expect(kept).toEqual(bytes)
  })

  test('where the home is not ours, the hash alone is kept, and that is said', async () => {
    home(path.join(rig.cwd, 'not-there'))
    writeFileSync(path.join(rig.cwd, 'invoice.pdf'), 'x')
    const said = await rig.run(addReported, { ...good, amount: '-1.50', invoice: 'invoice.pdf' })
    expect(said.exit).toBe(0)
    expect(said.err).toContain('its bytes are yours to keep')
    expect(said.out).toBe('hetzner reported -1.50 EUR for 2026-10')
    expect(rig.engine.did).toMatchObject([
      {
        reported: {
          micros: -1_500_000,
          evidence: null,
          source: expect.stringMatching(/^invoice invoice\.pdf, not kept here, sha256 [0-9a-f]{64}$/),
        },
      },
    ])
  })

  test.each<[string, Record<string, string>, string]>([
    ['no provider', { ...good, provider: '' }, '--provider is missing'],
    ['no amount', { provider: 'x', month: '2026-10', currency: 'EUR' }, '--amount is missing'],
    ['an amount with a comma', { ...good, amount: '12,34' }, '"12,34" is not an amount of money'],
    ['an amount too fine', { ...good, amount: '1.1234567' }, 'at most six decimals'],
    ['an amount beyond counting', { ...good, amount: '9999999999' }, 'is not an amount'],
    ['a currency that is none', { ...good, currency: 'EUX' }, '"EUX" is not a currency'],
    ['a month that is none', { ...good, month: 'last' }, '"last" is no month'],
    ['an invoice that is not there', { ...good, invoice: 'none.pdf' }, 'cannot be taken as an invoice'],
    ['an invoice that is a folder', { ...good, invoice: '.' }, 'it is no file'],
  ])('%s is bad input and writes nothing', async (_what, options, said) => {
    expect(await rig.run(addReported, options)).toMatchObject({ exit: 2, out: '', err: expect.stringContaining(said) })
    expect(rig.engine.did).toEqual([])
  })
})

describe('cost reported refresh', () => {
  test('says what asking costs, waits for the answer and shows it', async () => {
    rig.onCommand = command => {
      if (command.type !== 'money.ask-billing') return
      const [reported] = costReport().reported
      if (!reported) return
      rig.engine.setState(state => ({
        ...state,
        money: {
          ...state.money,
          reported: { 'aws/2026-11': reported },
          closed: [{ id: command.id, kind: 'billing', provider: 'aws', endedAt: start, changed: 1, trouble: null }],
        },
      }))
      return []
    }
    const said = await rig.run(refreshReported, { provider: 'aws' })
    expect(said.exit).toBe(0)
    expect(said.err).toContain('costs $0.01')
    expect(said.out).toBe('aws says 98.50 USD for 2026-11 (an estimate), as of 2026-11-21; asking cost 0.01 USD')
  })

  test('asked again too soon, the engine refuses, and nothing is spent', async () => {
    rig.onCommand = () => {
      throw new Refused({ name: 'asked-already', message: 'aws was asked three hours ago' })
    }
    expect(await rig.run(refreshReported, { provider: 'aws' })).toMatchObject({ exit: 5, out: '' })
  })
})

describe('prices', () => {
  const priced = {
    provider: 'aws',
    region: 'us-east-1',
    kind: 'instance',
    sku: 't4g.nano',
    currency: 'USD',
    hourlyNanos: 4_200_000,
    monthlyNanos: null,
    source: 'AWS Pricing API',
    at: start,
  } as const

  test('show has the whole book, and says what was read at a provider since', async () => {
    rig.engine.setState(state => ({ ...state, money: { ...state.money, prices: { [priceKey(priced)]: priced } } }))
    const said = await rig.run(showPrices)
    expect(said).toMatchObject({ exit: 0, err: '' })
    expect(said.out).toMatch(/aws +us-east-1 +instance +t4g\.nano +0\.0042/)
    expect(said.out).toMatch(/hetzner +fsn1 +instance +cx23 .* EUR +2026-09-03 +hetzner\.com/)
    expect(said.out).toMatch(/^1 read at providers by this home, \d+ come with the program/m)
    const { prices, book } = judged(await rig.run(showPrices, { json: true }), pricesDocument)
    expect(prices.filter((one: { carried: boolean }) => !one.carried)).toMatchObject([
      { sku: 't4g.nano', region: 'us-east-1', hourly_nanos: 4_200_000, monthly_nanos: null },
    ])
    expect(prices).toHaveLength(snapshotPrices().length)
    expect(book.by_source).toContainEqual(expect.objectContaining({ source: 'AWS Pricing API', estimated: false }))
  })

  test.each([
    [null, 0],
    ['hetzner: credentials are not accepted', 1],
  ])('refresh waits for its end: trouble %s gives %i', async (trouble, exit) => {
    rig.onCommand = command => {
      if (command.type !== 'money.refresh-prices') return
      setImmediate(() =>
        rig.engine.setState(state => ({
          ...state,
          money: {
            ...state.money,
            closed: [
              { id: command.id, kind: 'prices', provider: command.provider, endedAt: start, changed: 3, trouble },
            ],
          },
        })),
      )
      return []
    }
    const said = await rig.run(refreshPrices, { provider: 'hetzner', json: true })
    expect(said.exit).toBe(exit)
    expect(judged(said, pricesDocument).refresh).toEqual({ changed: 3, trouble })
    expect(rig.engine.did).toMatchObject([{ type: 'money.refresh-prices', provider: 'hetzner' }])
  })
})

test('offers are shown with price, stock and latency; a region that could not be asked is told and ends with 3', async () => {
  const row = {
    provider: 'hetzner',
    region: 'fsn1',
    type: 'cx23',
    arch: 'x86_64',
    vcpus: 2,
    memoryMib: 4096,
    available: false,
    note: null,
    currency: 'EUR',
    hourlyNanos: 6_400_000,
    monthlyMicros: 4_500_000,
    pricedAt: start,
    latencyMs: 12.4,
  }
  const bare = { ...row, type: 'cx22', available: null, note: 'retired', currency: null, hourlyNanos: null }
  rig.answers.offers = () => ({
    rows: [row, { ...bare, monthlyMicros: null, pricedAt: null, latencyMs: null }],
    unknown: [{ provider: 'aws', region: 'us-east-1', why: 'not asked' }],
  })
  const said = await rig.run(offers, { provider: 'hetzner' })
  expect(said.exit).toBe(3)
  expect(said.out).toMatch(/cx23 .*4096 MiB +0\.0064 +4\.50 EUR +2026-11-22 +12 ms +out of stock/)
  expect(said.out).toMatch(/cx22 .*unknown +unknown +stock unknown; retired/)
  expect(said.out).toContain('UNKNOWN aws us-east-1: not asked')
  judged(await rig.run(offers, { json: true }), offersDocument)
  expect(rig.engine.asked[0]).toEqual({
    kind: 'offers',
    question: { provider: 'hetzner', region: null, type: null },
  })
})
