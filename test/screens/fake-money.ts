// What a fleet like the NOC's costs, as the engine would answer: machines of t4g.nano at the prices of twenty regions with
// their IPv4 address and disk, and HQ at Hetzner for 3.90 EUR.

import type { FleetView } from '../../src/engine/engine.ts'
import type { DriftReport, LaunchOp, MachineRecord, ProvisionPlan } from '../../src/machines/shapes.ts'
import type { CostLine, CostReport, OffersReport } from '../../src/money/shapes.ts'
import type { UptimeRow } from '../../state/history/history.ts'

/** t4g.nano an hour in ten-thousandths of a dollar, in the regions of the NOC's plan. */
const hourly = [42, 50, 46, 44, 67, 47, 47, 48, 46, 43, 51, 48, 54, 28, 53, 53, 53, 48, 52, 58]
const hoursOfMonth = 720
const day = 86_400_000

export function fakeCost(fleet: FleetView, now: number, month: string | null = null): CostReport {
  const names = Object.keys(fleet.nodes)
  const past = month !== null && month < '2026-11'
  const hours = past ? 744 : 516
  const lines = names.flatMap((name, index) => {
    const node = fleet.nodes[name]
    if (node?.lifecycle !== 'live') return []
    const place = { node: name, provider: node.provider, region: node.region ?? 'hq' }
    return node.isHq
      ? [hqLine(place, hours, now)]
      : awsLines(place, hourly[(index - 1) % hourly.length] ?? 48, hours, now)
  })
  const sum = (currency: string, of: (line: CostLine) => number | null) =>
    lines.filter(line => line.currency === currency).reduce((all, line) => all + (of(line) ?? 0), 0)
  const totals = ['USD', 'EUR'].flatMap(currency =>
    lines.some(line => line.currency === currency)
      ? [
          {
            currency,
            accruedMicros: sum(currency, line => line.accruedMicros),
            reportedMicros: currency === 'USD' ? 96_120_000 : null,
            reportedAsOf: currency === 'USD' ? now - day : null,
            projectionMicros: sum(currency, line => line.projectionMicros),
            monthlyMicros: sum(currency, line => line.monthlyMicros),
          },
        ]
      : [],
  )
  const inUsd = (of: (line: CostLine) => number | null) => sum('USD', of) + Math.round(sum('EUR', of) * 1.08)
  const projection = inUsd(line => line.projectionMicros)
  return {
    month: month ?? '2026-11',
    at: now,
    totals,
    converted:
      totals.length < 2
        ? null
        : {
            currency: 'USD',
            rates: [{ from: 'EUR', rate: '1.08', date: '2026-11-20' }],
            accruedMicros: inUsd(line => line.accruedMicros),
            projectionMicros: projection,
            monthlyMicros: inUsd(line => line.monthlyMicros),
          },
    ceiling: {
      currency: 'USD',
      micros: 100_000_000,
      warnMicros: 80_000_000,
      verdict: projection > 100_000_000 ? 'over' : projection > 80_000_000 ? 'warn' : 'within',
      overMicros: projection - 100_000_000,
      monthlyOverMicros: inUsd(line => line.monthlyMicros) - 100_000_000,
    },
    unknown: [],
    lines,
    reported: [],
    differences: [],
    changes: [
      { what: 'came: t4g.nano, IPv4, disk', node: names[5] ?? null, currency: 'USD', monthlyMicros: 7_820_000 },
      { what: 'went: gp3 20 GB', node: names[2] ?? null, currency: 'USD', monthlyMicros: -1_900_000 },
    ],
    hints: [
      {
        what: 'IPv6 only: without public IPv4 addresses',
        nodes: names.slice(1),
        currency: 'USD',
        monthlyMicros: 73_000_000,
      },
    ],
    priceBook: {
      oldestAt: now - 12 * day,
      newestAt: now - 3 * 3_600_000,
      sources: ['AWS Pricing API', 'estimated: nobody read it'],
      bySource: [
        {
          source: 'AWS Pricing API',
          oldestAt: now - 3 * 3_600_000,
          newestAt: now - 3 * 3_600_000,
          isEstimated: false,
          prices: 6,
        },
        {
          source: 'estimated: nobody read it',
          oldestAt: now - 12 * day,
          newestAt: now - 12 * day,
          isEstimated: true,
          prices: 1,
        },
      ],
    },
  }
}

type Placed = Pick<CostLine, 'node' | 'provider' | 'region'>

function awsLines(place: Placed, tenThousandths: number, hours: number, now: number): CostLine[] {
  const hour = (resource: string, sku: string, nanos: number): CostLine => ({
    ...place,
    resource,
    sku,
    quantity: 1,
    currency: 'USD',
    unitPriceMicros: Math.round(nanos / 1_000),
    unitPriceNanos: nanos,
    unit: 'hour',
    hours,
    accruedMicros: Math.round((nanos * hours) / 1_000),
    projectionMicros: Math.round((nanos * hoursOfMonth) / 1_000),
    monthlyMicros: Math.round((nanos * 730) / 1_000),
    source: 'AWS Pricing API',
    pricedAt: now - 3 * 3_600_000,
    running: true,
  })
  const disk = hour('disk', 'gp3', Math.round((8 * 80_000_000) / 730))
  return [
    hour('instance', 't4g.nano', tenThousandths * 100_000),
    hour('ipv4', 'public-ipv4', 5_000_000),
    { ...disk, quantity: 8, unit: 'month', unitPriceNanos: 80_000_000, unitPriceMicros: 80_000 },
  ]
}

function hqLine(place: Placed, hours: number, now: number): CostLine {
  return {
    ...place,
    resource: 'declared',
    sku: 'as declared',
    quantity: 1,
    currency: 'EUR',
    unitPriceMicros: 3_900_000,
    unitPriceNanos: 3_900_000_000,
    unit: 'month',
    hours,
    accruedMicros: Math.round((3_900_000 * hours) / hoursOfMonth),
    projectionMicros: 3_900_000,
    monthlyMicros: 3_900_000,
    source: 'fleet file',
    pricedAt: now - 12 * day,
    running: true,
  }
}

/** One node's price is not known: its lines are there without figures. */
export function withoutPrices(report: CostReport, ...nodes: string[]): CostReport {
  const isOne = (node: string | null) => node !== null && nodes.includes(node)
  const nothing = {
    unitPriceMicros: null,
    unitPriceNanos: null,
    accruedMicros: null,
    projectionMicros: null,
    monthlyMicros: null,
    pricedAt: null,
  }
  return {
    ...report,
    lines: report.lines.map(line => (isOne(line.node) ? { ...line, ...nothing, source: 'nobody' } : line)),
    unknown: nodes.map(node => ({
      node,
      what: 't4g.nano',
      why: 'no price is known in mx-central-1: watchfloor cost --refresh reads it',
    })),
  }
}

export function fakeUptime(names: readonly string[], span: number): UptimeRow[] {
  const seconds = span / 1_000
  return names.map((name, index) => {
    const downS = index % 7 === 3 ? Math.round(seconds * 0.004) : index === 1 ? 1 : 0
    if (index === 2)
      return { name, upS: 0, degradedS: 0, downS: 0, unknownS: seconds, maintenanceS: 0, ratio: null, coverage: 0 }
    const unknownS = Math.round(seconds * 0.01)
    const upS = seconds - downS - unknownS
    return { name, upS, degradedS: 0, downS, unknownS, maintenanceS: 0, ratio: upS / (upS + downS), coverage: 0.99 }
  })
}

export function fakeDrift(fleet: FleetView, now: number, lookedAt = now - 240_000): DriftReport {
  const names = Object.keys(fleet.nodes)
  const regions = ['us-east-1', 'us-west-1', 'ca-central-1', 'sa-east-1', 'eu-west-2', 'eu-west-3', 'eu-central-1']
  const listed = regions.map(region => ({ provider: 'aws', region, listed: true, why: null, at: lookedAt }))
  return {
    at: lookedAt,
    regions: [
      ...listed,
      {
        provider: 'aws',
        region: 'mx-central-1',
        listed: false,
        why: 'the region is not enabled for this account',
        at: null,
      },
      { provider: 'aws', region: 'me-central-1', listed: false, why: 'no answer in 10 s', at: now - 7_200_000 },
    ],
    findings: [
      {
        kind: 'extra',
        id: 'i-0aa11bb22cc33dd44',
        node: names[4] ?? null,
        provider: 'aws',
        region: 'eu-west-3',
        what: 'runs since 2026-11-14 with the tags of this fleet, and no record of it is here',
        remedy: 'O makes it the machine of a node; else watchfloor teardown ends it',
        monthly: { currency: 'USD', micros: 7_820_000 },
      },
      {
        kind: 'missing',
        id: 'i-0123456789abcdef0',
        node: names[3] ?? null,
        provider: 'aws',
        region: 'ap-southeast-3',
        what: 'its machine was ended outside of Watchfloor: Client.UserInitiatedShutdown',
        remedy: 'p on the node plans a new one; lifecycle: retired in the fleet file lets it go',
        monthly: null,
      },
      {
        kind: 'leftover',
        id: 'vol-0fedcba9876543210',
        node: null,
        provider: 'aws',
        region: 'us-east-1',
        what: 'a disk of 8 GB that hangs on no machine since 9 days',
        remedy: 'watchfloor teardown --leftovers us-east-1 deletes it, after a look at what is on it',
        monthly: { currency: 'USD', micros: 640_000 },
      },
    ],
  }
}

export function fakeOffers(now: number): OffersReport {
  const offer = {
    provider: 'aws',
    arch: 'arm64',
    vcpus: 2,
    memoryMib: 512,
    note: null,
    currency: 'USD',
    pricedAt: now - 3 * 3_600_000,
  }
  const nano = (region: string, tenThousandths: number, latencyMs: number | null) => ({
    ...offer,
    region,
    type: 't4g.nano',
    available: true,
    hourlyNanos: tenThousandths * 100_000,
    monthlyMicros: Math.round(tenThousandths * 100 * 730) + 3_650_000 + 640_000,
    latencyMs,
  })
  return {
    rows: [
      nano('us-east-1', 42, 92),
      nano('eu-west-3', 47, 8.4),
      nano('sa-east-1', 67, 201),
      nano('ap-south-1', 28, null),
      {
        ...nano('mx-central-1', 44, null),
        available: null,
        currency: null,
        hourlyNanos: null,
        monthlyMicros: null,
        pricedAt: null,
      },
      {
        ...offer,
        provider: 'hetzner',
        region: 'fsn1',
        type: 'cx23',
        arch: 'x86_64',
        vcpus: 2,
        memoryMib: 4_096,
        available: false,
        note: 'out of stock',
        currency: 'EUR',
        hourlyNanos: 6_400_000,
        monthlyMicros: 4_490_000,
        latencyMs: 3.1,
      },
      {
        ...offer,
        provider: 'hetzner',
        region: 'fsn1',
        type: 'cx22',
        arch: 'x86_64',
        vcpus: 2,
        memoryMib: 4_096,
        available: false,
        note: 'retired by the provider: cx23 takes its place',
        currency: 'EUR',
        hourlyNanos: 6_000_000,
        monthlyMicros: 4_290_000,
        latencyMs: 3.1,
      },
    ],
    unknown: [{ provider: 'aws', region: 'me-central-1', why: 'no answer in 10 s' }],
  }
}

export function fakePlan(fleet: FleetView, nodes: readonly string[], now: number): ProvisionPlan {
  const planned = nodes.flatMap(name => {
    const node = fleet.nodes[name]
    if (!node || node.isHq || node.region === null) return []
    const lines = awsLines({ node: name, provider: node.provider, region: node.region }, 47, 0, now)
    return [
      {
        node: name,
        spec: {
          provider: 'aws' as const,
          region: node.region,
          type: node.type ?? 't4g.nano',
          arch: 'arm64',
          image: null,
          diskGb: 8,
          ipv4: true,
          sshKeys: ['ssh-ed25519 AAAA noc'],
          meshPort: 51_820,
          sshOpen: false,
        },
        lines: lines.map(({ resource, sku, quantity, currency, monthlyMicros, source, pricedAt }) => ({
          resource,
          sku,
          quantity,
          currency,
          monthlyMicros,
          source,
          pricedAt,
        })),
      },
    ]
  })
  const monthly = planned.flatMap(({ lines }) => lines).reduce((sum, line) => sum + (line.monthlyMicros ?? 0), 0)
  const before = fakeCost(fleet, now).converted?.projectionMicros ?? 0
  const after = before + Math.round(monthly * 0.28)
  return {
    nodes: planned,
    refused: nodes
      .filter(name => !planned.some(({ node }) => node === name))
      .map(node => ({
        node,
        why: 'its provider is static',
        remedy: 'Name a provider that makes machines in the fleet file.',
      })),
    monthly: planned.length === 0 ? [] : [{ currency: 'USD', micros: monthly }],
    projection: { currency: 'USD', beforeMicros: before, afterMicros: after },
    verdict: after > 100_000_000 ? 'over' : after > 80_000_000 ? 'warn' : 'within',
    warnings:
      planned.length === 0
        ? []
        : ['T4g bursts: credits are set to standard, so that a busy machine gets slow and not dear'],
  }
}

/** The machine that runs for a node, as a launch would have recorded it. */
export function fakeMachine(node: string, more: Partial<MachineRecord['machine']> = {}): MachineRecord {
  const id = 'i-0abcabcabcabcabca'
  const tags = { fleet: 'clavitor', node, op: 'op-first' }
  const thing = { sku: 'gp3', quantity: 8, createdAt: null, tags, machine: id }
  return {
    node,
    op: 'op-first',
    since: 0,
    reachableAt: 0,
    machine: {
      provider: 'aws',
      region: 'sa-east-1',
      zone: 'sa-east-1a',
      id,
      name: node,
      tags,
      token: null,
      state: 'running',
      stateWhy: null,
      type: 't4g.nano',
      arch: 'arm64',
      image: null,
      addresses: { ipv4: '192.0.2.3', ipv6: null, private: null },
      launchedAt: null,
      checks: 'ok',
      hostkeys: [],
      resources: [
        { ...thing, id, kind: 'instance', sku: 't4g.nano', quantity: 1 },
        { ...thing, id: `${id}/ipv4`, kind: 'ipv4', sku: 'public-ipv4', quantity: 1 },
        { ...thing, id: 'vol-0fedcbafedcbafedc', kind: 'disk' },
      ],
      ...more,
    },
  }
}

/** A launch that is under way. */
export function fakeLaunch(node: string, now: number, more: Partial<LaunchOp> = {}): LaunchOp {
  return {
    id: 'op-1',
    batch: 'batch-1',
    node,
    fleet: null,
    by: 'noc',
    at: now - 95_000,
    trouble: null,
    endedAt: null,
    kind: 'launch',
    spec: {
      provider: 'aws',
      region: 'eu-west-3',
      type: 't4g.nano',
      arch: 'arm64',
      image: null,
      diskGb: 8,
      ipv4: true,
      sshKeys: [],
      meshPort: null,
      sshOpen: false,
    },
    phase: 'settled',
    attempt: 2,
    token: null,
    prepared: null,
    triedZones: [],
    machine: null,
    cancelled: false,
    ...more,
  }
}
