// Closes a part: its lines are sorted by node and packed into blocks, and rolled up into minutes and an hour on the way.
// Works in small pieces so that the event loop is never held, and in passes so that memory stays bounded.
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { newerSchema, readBlockFile, writeBlockFile } from './block-file.ts'
import type { Catalogue, Part } from './catalogue.ts'
import { dayMs, partName } from './catalogue.ts'
import type { HistoryDisk } from './disk.ts'
import type { HistoryRow } from './history.ts'
import { packNode } from './node-block.ts'
import { mergeRollup, type NodeRollup, packRollup, rollUp, unpackRollup } from './rollup.ts'
import { hourMs, SampleReader, sampleSchema } from './sample-lines.ts'

const pieceBytes = 32_768
const rowsPerPass = 50_000
const minuteMs = 60_000

/** Hands on whole lines, in pieces, and lets other work run between them. */
export async function eachLine(
  disk: HistoryDisk,
  path: string,
  take: (line: string) => void,
  until = Number.POSITIVE_INFINITY,
): Promise<void> {
  const file = await disk.open(path, 'read')
  try {
    let position = 0
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const piece = await file.read(position, Math.min(pieceBytes, until - position))
      if (piece.byteLength === 0) return
      position += piece.byteLength
      const bytes = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece])
      const end = bytes.lastIndexOf(10)
      if (end < 0) {
        rest = bytes
        continue
      }
      for (const line of bytes.toString('utf8', 0, end).split('\n')) take(line)
      rest = bytes.subarray(end + 1)
      await yieldToEvents()
    }
  } finally {
    await file.close()
  }
}

/** The number that a sample's line begins with, without parsing the line; -1 for every other line. */
export function leadingNode(line: string): number {
  if (line.charCodeAt(0) !== 91) return -1
  let number = -1
  for (let i = 1; i < line.length; i += 1) {
    const digit = line.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return line.charCodeAt(i) === 44 ? number : -1
    number = (number < 0 ? 0 : number * 10) + digit
  }
  return -1
}

/** Closes one part. Returns how many bad lines it skipped. At no moment is neither form readable. */
export async function closePart(catalogue: Catalogue, part: Part): Promise<number> {
  const { disk } = catalogue
  const path = catalogue.openPath(part)
  const reader = new SampleReader(part.start)
  const counts = new Map<number, number>()
  await eachLine(disk, path, line => {
    const node = leadingNode(line)
    if (node < 0) reader.read(line)
    else counts.set(node, (counts.get(node) ?? 0) + 1)
  })
  if (reader.schema > sampleSchema) throw newerSchema(path, reader.schema, sampleSchema)

  const samples = await writeBlockFile(disk, catalogue.closedPath('samples', part))
  const minutes = await writeBlockFile(disk, catalogue.closedPath('minutes', part))
  const hours = await writeBlockFile(disk, catalogue.closedPath('hours', part))
  try {
    let total = 0
    for (const pass of passes(counts)) {
      const rowsOf = new Map<number, HistoryRow[]>()
      for (const node of pass) rowsOf.set(node, [])
      await eachLine(disk, path, line => {
        const rows = rowsOf.get(leadingNode(line))
        const row = rows ? reader.read(line) : null
        if (row) rows?.push(row)
      })
      for (const [index, rows] of rowsOf) {
        const node = reader.nodeName(index)
        if (node === null || rows.length === 0) continue
        total += rows.length
        await samples.add(node, packNode(rows, part.start))
        await minutes.add(node, packRollup(rollUp(rows, minuteMs), part.start, minuteMs))
        await hours.add(node, packRollup(rollUp(rows, hourMs), part.start, hourMs))
        rowsOf.set(index, [])
      }
    }
    const about = { start: part.start, rows: total, bad: reader.bad }
    // The samples' file comes last: while it is not there, the open form counts and the rollups beside it do not.
    const bytes = { hours: await hours.finish(about), minutes: await minutes.finish(about), samples: 0 }
    bytes.samples = await samples.finish(about)
    for (const tier of ['samples', 'minutes', 'hours'] as const) {
      catalogue.closed[tier].set(part.name, { ...part, bytes: bytes[tier] })
    }
  } catch (error) {
    for (const writer of [samples, minutes, hours]) await writer.discard()
    throw error
  }
  await catalogue.forgetOpen(part)
  return reader.bad
}

/** Groups of nodes whose rows fit in memory together. */
function passes(counts: ReadonlyMap<number, number>): number[][] {
  const groups: number[][] = []
  let group: number[] = []
  let rows = 0
  for (const [node, count] of [...counts].sort((a, b) => a[0] - b[0])) {
    if (group.length > 0 && rows + count > rowsPerPass) {
      groups.push(group)
      group = []
      rows = 0
    }
    group.push(node)
    rows += count
  }
  if (group.length > 0) groups.push(group)
  return groups
}

/** Names the parts that a day's file holds: no node can have an empty name. */
const sourcesBlock = ''
const nodesAtOnce = 64

/**
 * Puts the hours of one finished day into one file: two years of a series are then 730 reads instead of 17,520.
 * The hours go only after the day is durable; a crash between is swept by `sweepDays`.
 */
export async function packDay(catalogue: Catalogue, day: number): Promise<void> {
  const own = hoursOf(catalogue, day)
  if (!own.some(part => part.spanMs === hourMs)) return
  const number = Math.max(-1, ...own.filter(part => part.spanMs === dayMs).map(part => part.number)) + 1
  const target: Part = { name: partName(day, dayMs, number), start: day, spanMs: dayMs, number, bytes: 0 }
  const names = new Set<string>()
  for (const part of own) {
    await readBlockFile(catalogue.disk, catalogue.closedPath('hours', part), async index => {
      for (const node of index.blocks.keys()) if (node !== sourcesBlock) names.add(node)
    })
  }
  const sorted = [...names].sort()
  const writer = await writeBlockFile(catalogue.disk, catalogue.closedPath('hours', target))
  try {
    for (let from = 0; from < sorted.length; from += nodesAtOnce) {
      const merged = new Map<string, NodeRollup>(sorted.slice(from, from + nodesAtOnce).map(node => [node, new Map()]))
      for (const part of own) {
        await readBlockFile(catalogue.disk, catalogue.closedPath('hours', part), async (_index, block) => {
          for (const [node, rollup] of merged) {
            const bytes = await block(node)
            if (bytes) mergeRollup(rollup, unpackRollup(bytes, part.start, hourMs))
          }
        })
      }
      for (const [node, rollup] of merged) await writer.add(node, packRollup(rollup, day, hourMs))
    }
    await writer.add(sourcesBlock, Buffer.from(JSON.stringify(own.map(part => part.name))))
    target.bytes = await writer.finish({ start: day })
  } catch (error) {
    await writer.discard()
    throw error
  }
  catalogue.closed.hours.set(target.name, target)
  for (const part of own) await catalogue.forgetClosed('hours', part)
}

function hoursOf(catalogue: Catalogue, day: number): Part[] {
  return [...catalogue.closed.hours.values()].filter(part => part.start >= day && part.start < day + dayMs)
}

/** Removes hours that a day's file already holds: a crash came between making the one and removing the others. */
export async function sweepDays(catalogue: Catalogue): Promise<void> {
  for (const whole of [...catalogue.closed.hours.values()]) {
    if (whole.spanMs !== dayMs || hoursOf(catalogue, whole.start).length < 2) continue
    const held: unknown = await readBlockFile(catalogue.disk, catalogue.closedPath('hours', whole), async (_, block) =>
      JSON.parse(((await block(sourcesBlock)) ?? Buffer.from('[]')).toString('utf8')),
    )
    if (!Array.isArray(held)) continue
    for (const name of held) {
      const part = typeof name === 'string' ? catalogue.closed.hours.get(name) : undefined
      if (part) await catalogue.forgetClosed('hours', part)
    }
  }
}

export async function readRollup(
  catalogue: Catalogue,
  tier: 'minutes' | 'hours',
  part: Part,
  node: string,
  probe?: string,
): Promise<NodeRollup> {
  return readBlockFile(catalogue.disk, catalogue.closedPath(tier, part), async (_index, block) => {
    const bytes = await block(node)
    return bytes ? unpackRollup(bytes, part.start, tier === 'minutes' ? minuteMs : hourMs, probe) : new Map()
  })
}
