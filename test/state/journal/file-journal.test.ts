import { expect, test } from 'vitest'
import { type Disk, realDisk } from '../../../state/disk.ts'
import { FileJournal } from '../../../state/journal/file-journal.ts'
import type { Commit, Draft } from '../../../state/journal/journal.ts'
import { verifyJournal } from '../../../state/journal/verify.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import type { BadAnswer } from '../../../state/primitives/errors.ts'
import { withDirectory } from '../engines.ts'
import { failure, RecordingDisk } from '../recording-disk.ts'

const directory = '/journal'

async function emptyDisk(): Promise<RecordingDisk> {
  const disk = new RecordingDisk()
  await disk.makeDirectory(directory)
  return disk
}

function openOn(
  disk: RecordingDisk,
  options: { clock?: VirtualClock; maxFileBytes?: number } = {},
): Promise<FileJournal> {
  const { clock = new VirtualClock(1_000), maxFileBytes = 2_000 } = options
  return FileJournal.open({ disk, directory, clock, maxFileBytes, ballastBytes: 4_096 })
}

function draft(name: string, padding = 0): Draft {
  return {
    at: 7,
    by: 'noc',
    cmd: { id: `c-${name}`, type: 'test.say' },
    events: [{ type: 'test.said', name, padding: 'x'.repeat(padding) }],
  }
}

async function say(journal: FileJournal, ...names: string[]): Promise<Commit[]> {
  return journal.append(
    journal.head().seq,
    names.map(name => draft(name)),
  )
}

async function names(journal: FileJournal, after = 0): Promise<string[]> {
  const found: string[] = []
  for await (const commit of journal.read(after)) found.push(commit.cmd.id)
  return found
}

/** A journal of three files and 24 commits, closed. */
async function written(): Promise<RecordingDisk> {
  const disk = await emptyDisk()
  const journal = await openOn(disk)
  for (let index = 2; index <= 24; index++) await say(journal, String(index))
  await journal.close()
  return disk
}

async function lineCount(disk: RecordingDisk, name: string): Promise<number> {
  const bytes = (await disk.read(`${directory}/${name}`)) ?? new Uint8Array()
  return bytes.filter(byte => byte === 0x0a).length
}

function editLines(disk: RecordingDisk, name: string, edit: (lines: string[]) => string[]): void {
  disk.tamper(`${directory}/${name}`, bytes => {
    const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1)
    return Buffer.from(
      edit(lines)
        .map(line => `${line}\n`)
        .join(''),
      'utf8',
    )
  })
}

test('what is appended is read back in order, across files', async () => {
  const disk = await written()
  const journal = await openOn(disk)
  expect(await names(journal, 20)).toEqual(['c-21', 'c-22', 'c-23', 'c-24', 'epoch-2'])
  expect((await disk.list(directory)).length).toBeGreaterThan(3)
})

test.each([0, 1, 63, 64, 65, 127, 128, 200])('reading after commit %i begins right there', async after => {
  const disk = await emptyDisk()
  const journal = await openOn(disk, { maxFileBytes: 20_000 })
  for (let index = 2; index <= 210; index++) await say(journal, String(index))
  const first = await names(journal, after)
  expect(first).toHaveLength(210 - after)
  expect(await names(journal, after)).toEqual(first)
  const again = await openOn(disk, { maxFileBytes: 20_000 })
  expect((await names(again, after)).slice(0, -1)).toEqual(first)
})

test('each engine that opens the journal gets the next epoch, also when the one before committed nothing', async () => {
  const disk = await emptyDisk()
  for (const epoch of [1, 2, 3]) {
    const journal = await openOn(disk)
    expect(journal.head().epoch).toBe(epoch)
    const [commit] = await say(journal, `e${epoch}`)
    expect(commit?.epoch).toBe(epoch)
    await journal.close()
  }
})

test('a wall clock that was set back changes neither order nor chain', async () => {
  const disk = await written()
  const journal = await openOn(disk, { clock: new VirtualClock(-5_000_000) })
  await say(journal, 'earlier')
  expect(await names(journal, 24)).toEqual(['epoch-2', 'c-earlier'])
  expect((await verifyJournal(disk, directory)).findings).toEqual([])
})

test('a decision on an older state is refused and writes nothing', async () => {
  const journal = await openOn(await emptyDisk())
  await say(journal, 'a')
  await expect(journal.append(1, [draft('late')])).rejects.toMatchObject({ name: 'journal-moved' })
  expect(journal.head().seq).toBe(2)
})

test('of two appends that expect the same head one is refused', async () => {
  const journal = await openOn(await emptyDisk())
  const results = await Promise.allSettled([journal.append(1, [draft('a')]), journal.append(1, [draft('b')])])
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected'])
})

test('a group of drafts costs one fsync', async () => {
  const disk = await emptyDisk()
  const journal = await openOn(disk)
  let syncs = 0
  disk.fault = operation => {
    if (operation === 'sync') syncs += 1
  }
  await say(journal, 'a', 'b', 'c')
  expect(syncs).toBe(1)
})

test('watchers hear what became durable, before the append resolves', async () => {
  const journal = await openOn(await emptyDisk())
  const heard: number[] = []
  const stop = journal.watch(commits => heard.push(...commits.map(commit => commit.seq)))
  await say(journal, 'a', 'b')
  expect(heard).toEqual([2, 3])
  stop()
  await say(journal, 'c')
  expect(heard).toEqual([2, 3])
})

test('what append gives back is what a replay will read', async () => {
  const journal = await openOn(await emptyDisk())
  const [commit] = await journal.append(1, [
    { ...draft('a'), events: [{ type: 'test.said', gone: undefined, when: new Date(0) }] },
  ])
  for await (const read of journal.read(1)) expect(commit).toEqual(read)
  expect(commit?.events).toEqual([{ type: 'test.said', when: '1970-01-01T00:00:00.000Z' }])
})

test('a torn last line is cut, reported, and the journal goes on', async () => {
  const disk = await written()
  const last = `${directory}/${(await disk.list(directory)).filter(name => name.endsWith('jsonl')).at(-1)}`
  disk.tamper(last, bytes => Buffer.concat([bytes, Buffer.from('{"seq":25,"epo')]))
  const checked = await verifyJournal(disk, directory)
  expect(checked).toMatchObject({ findings: [], torn: { bytes: 14 } })
  const journal = await openOn(disk)
  expect(journal.cut).toMatchObject({ bytes: 14 })
  expect(journal.head().seq).toBe(25)
  expect(await verifyJournal(disk, directory)).toMatchObject({ findings: [], torn: null, commits: 25 })
})

test('every flipped bit in the last file stops the engine or is found, and nothing is cut for it', async () => {
  const disk = await written()
  const last = (await disk.list(directory)).filter(name => name.endsWith('jsonl')).at(-1) ?? ''
  const anchor = (await verifyJournal(disk, directory)).head
  const size = (await disk.read(`${directory}/${last}`))?.length ?? 0
  for (let at = 0; at < size; at += 3) {
    const broken = disk.clone()
    broken.tamper(`${directory}/${last}`, bytes => {
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
      return bytes
    })
    const { findings, torn } = await verifyJournal(broken, directory, [{ ...anchor, from: 'a note' }])
    expect([at, findings.length > 0, torn]).toEqual([at, true, null])
  }
})

test.each([
  ['a flipped byte', (lines: string[]) => lines.with(2, (lines[2] ?? '').replace('"noc"', '"nod"'))],
  ['a line that is not JSON', (lines: string[]) => lines.with(2, `#${lines[2]}`)],
  ['a removed line', (lines: string[]) => lines.toSpliced(2, 1)],
  ['a doubled line', (lines: string[]) => lines.toSpliced(2, 0, lines[2] ?? '')],
  ['two lines in each other’s place', (lines: string[]) => lines.with(2, lines[3] ?? '').with(3, lines[2] ?? '')],
  ['an empty line', (lines: string[]) => lines.toSpliced(2, 0, '')],
])('%s in the middle is found and stops the engine with file, line and a way out', async (_what, edit) => {
  const disk = await written()
  editLines(disk, '000002.jsonl', edit)
  const { findings } = await verifyJournal(disk, directory)
  expect(findings[0]).toMatchObject({ file: '000002.jsonl' })
  expect([3, 4]).toContain(findings[0]?.line)
  const error: BadAnswer = await openOn(disk).then(
    () => expect.unreachable(),
    (refused: BadAnswer) => refused,
  )
  expect(error).toMatchObject({ name: 'journal-damaged', exit: 1, remedy: expect.stringContaining('journal verify') })
  expect(error.message).toMatch(/000002\.jsonl line [34] /)
})

test.each(['000001.jsonl', '000002.jsonl'])('a removed file %s is found and stops the engine', async name => {
  const disk = await written()
  await disk.unlink(`${directory}/${name}`)
  expect((await verifyJournal(disk, directory)).findings[0]).toMatchObject({
    file: name,
    what: expect.stringContaining('missing'),
  })
  await expect(openOn(disk)).rejects.toMatchObject({ name: 'journal-damaged', message: expect.stringContaining(name) })
})

test('lines removed at the end are found against an anchor kept elsewhere', async () => {
  const disk = await written()
  const { head } = await verifyJournal(disk, directory)
  const last = (await disk.list(directory)).filter(name => name.endsWith('jsonl')).at(-1) ?? ''
  expect(await lineCount(disk, last)).toBeGreaterThan(1)
  editLines(disk, last, lines => lines.slice(0, -1))
  expect((await verifyJournal(disk, directory)).findings).toEqual([])
  const { findings } = await verifyJournal(disk, directory, [{ ...head, from: 'the notebook' }])
  expect(findings[0]?.what).toContain('the notebook knows commit 24')
})

test('zeros where a group was half written are a torn write; followed by a later commit they are damage', async () => {
  const disk = await emptyDisk()
  const journal = await openOn(disk, { maxFileBytes: 100_000 })
  const start = (await disk.read(`${directory}/000001.jsonl`))?.length ?? 0
  await journal.append(1, [draft('b', 1_500), draft('c', 10)])
  const hole = (bytes: Uint8Array) => bytes.fill(0, Math.ceil(start / 512) * 512, Math.ceil(start / 512) * 512 + 512)
  const torn = disk.clone()
  torn.tamper(`${directory}/000001.jsonl`, hole)
  expect((await openOn(torn)).cut).toMatchObject({ line: 2 })
  await journal.append(3, [draft('d')])
  disk.tamper(`${directory}/000001.jsonl`, hole)
  await expect(openOn(disk)).rejects.toMatchObject({ name: 'journal-damaged' })
})

test('a failed fsync breaks the journal for good', async () => {
  const disk = await emptyDisk()
  const journal = await openOn(disk)
  disk.fault = operation => {
    if (operation === 'sync') throw failure('EIO', 'journal')
  }
  await expect(say(journal, 'a')).rejects.toMatchObject({ name: 'journal-broken' })
  disk.fault = () => undefined
  await expect(say(journal, 'b')).rejects.toMatchObject({ name: 'journal-broken' })
  expect(journal.trouble()).toContain('must end')
})

test('a write error that is no lack of room breaks the journal', async () => {
  const disk = await emptyDisk()
  const journal = await openOn(disk)
  disk.fault = operation => {
    if (operation === 'write') throw failure('EIO', 'journal')
  }
  await expect(say(journal, 'a')).rejects.toMatchObject({ name: 'journal-broken' })
})

test('on a full disk commands are refused, outcomes are written on the ballast, and room heals it', async () => {
  const disk = await emptyDisk()
  const clock = new VirtualClock(1_000)
  const journal = await openOn(disk, { clock, maxFileBytes: 100_000 })
  disk.capacity = ((await disk.read(`${directory}/000001.jsonl`))?.length ?? 0) + 4_096 + 100
  await expect(say(journal, 'command')).rejects.toMatchObject({ name: 'disk-full', exit: 5 })
  const [outcome] = await journal.append(1, [draft('outcome')], { outcome: true })
  expect(outcome?.seq).toBe(2)
  await expect(say(journal, 'command')).rejects.toMatchObject({ name: 'disk-full' })
  expect(journal.trouble()).toContain('full')
  disk.capacity = 1_000_000
  clock.advance(5_000)
  const [command] = await say(journal, 'command')
  expect(command?.seq).toBe(3)
  expect(journal.trouble()).toBeNull()
  expect((await disk.stat(`${directory}/ballast`))?.size).toBe(4_096)
  expect(await verifyJournal(disk, directory)).toMatchObject({ findings: [], torn: null, commits: 3 })
})

test('when the ballast is used up too, outcomes are refused and the journal stays whole', async () => {
  const disk = await emptyDisk()
  const journal = await openOn(disk, { maxFileBytes: 100_000 })
  disk.capacity = ((await disk.read(`${directory}/000001.jsonl`))?.length ?? 0) + 4_096
  await expect(journal.append(1, [draft('big', 10_000)], { outcome: true })).rejects.toMatchObject({
    name: 'disk-full',
  })
  await journal.append(1, [draft('small')], { outcome: true })
  expect(await verifyJournal(disk, directory)).toMatchObject({ findings: [], torn: null, commits: 2 })
})

test('a line of a newer version is refused as such, not as damage', async () => {
  const disk = await written()
  const last = (await disk.list(directory)).filter(name => name.endsWith('jsonl')).at(-1) ?? ''
  editLines(disk, last, lines => [...lines.slice(0, -1), (lines.at(-1) ?? '').replace('"v":1', '"v":2')])
  await expect(openOn(disk)).rejects.toMatchObject({ name: 'journal-newer', exit: 5 })
})

test('a commit that is not one is our bug and is never written', async () => {
  const journal = await openOn(await emptyDisk())
  await expect(journal.append(1, [{ ...draft('a'), by: '' }])).rejects.toMatchObject({
    name: 'commit-malformed',
    exit: 70,
  })
  await expect(journal.append(1, [draft('a', 5_000_000)])).rejects.toMatchObject({ name: 'commit-too-large' })
  expect(journal.head().seq).toBe(1)
})

test('a page is read without reading the file from its start', () =>
  withDirectory(async onDisk => {
    let bytesRead = 0
    const counting: Disk = {
      ...realDisk,
      async open(file, how) {
        const opened = await realDisk.open(file, how)
        return {
          ...opened,
          async readAt(position, length) {
            const piece = await opened.readAt(position, length)
            bytesRead += piece.length
            return piece
          },
        }
      },
    }
    const open = () => FileJournal.open({ disk: counting, directory: onDisk, clock: new VirtualClock(1) })
    const journal = await open()
    for (let index = 0; index < 30; index++) {
      const group = Array.from({ length: 100 }, (_, at) => draft(`${index}-${at}`, 300))
      await journal.append(journal.head().seq, group)
    }
    await journal.close()
    const again = await open()
    await names(again)
    bytesRead = 0
    for await (const commit of again.read(2_990)) {
      expect(commit.seq).toBe(2_991)
      break
    }
    expect(bytesRead).toBeLessThan(300_000)
    await again.close()
  }))

test('a journal passes verification at any moment while an engine appends', async () => {
  const disk = await emptyDisk()
  const journal = await openOn(disk)
  let writing = true
  const write = async () => {
    for (let index = 0; index < 60; index++) await say(journal, `${index}a`, `${index}b`)
    writing = false
  }
  const verify = async () => {
    let seen = 0
    while (writing) {
      const { findings, head } = await verifyJournal(disk, directory)
      expect(findings).toEqual([])
      seen = Math.max(seen, head.seq)
    }
    return seen
  }
  const [, seen] = await Promise.all([write(), verify()])
  expect(seen).toBeGreaterThan(1)
})

async function namesBack(journal: FileJournal, before: number | null): Promise<string[]> {
  const found: string[] = []
  for await (const passed of journal.readBack(before)) {
    const commit = passed.commit()
    expect([passed.seq, passed.by]).toEqual([commit.seq, commit.by])
    expect(JSON.parse(passed.line())).toEqual(commit)
    found.push(commit.cmd.id)
  }
  return found
}

test('backwards from any commit it is what it is forwards, in the other order', async () => {
  const disk = await emptyDisk()
  const first = await openOn(disk, { maxFileBytes: 60_000 })
  for (let index = 2; index <= 600; index++) await say(first, String(index))
  await first.close()
  // Without the places that writing has left.
  const journal = await openOn(disk, { maxFileBytes: 60_000 })
  const forwards = await names(journal)
  for (const before of [null, 1, 2, 63, 64, 65, 66, 128, 300, 599, 600, 601, 9_999]) {
    const expected = forwards.slice(0, before === null ? undefined : before - 1).reverse()
    expect(await namesBack(journal, before)).toEqual(expected)
  }
  expect(await names(journal, 70)).toEqual(forwards.slice(70))
  await say(journal, 'after')
  expect((await namesBack(journal, null)).slice(0, 2)).toEqual(['c-after', forwards.at(-1)])
  await journal.close()
})

test('a line longer than what is read at once is whole backwards too', async () => {
  const journal = await openOn(await emptyDisk(), { maxFileBytes: 10_000_000 })
  for (const size of [1, 700_000, 262_144, 5]) await journal.append(journal.head().seq, [draft(`${size}`, size)])
  expect(await namesBack(journal, null)).toEqual((await names(journal)).reverse())
  await journal.close()
})

test('what is written while somebody reads backwards is not of the answer', async () => {
  const journal = await openOn(await emptyDisk())
  await say(journal, 'one', 'two')
  const found: string[] = []
  for await (const passed of journal.readBack(null)) {
    found.push(passed.commit().cmd.id)
    for (let more = 0; more < 10; more++) await say(journal, `more-${more}`)
  }
  expect(found).toEqual(['c-two', 'c-one', 'epoch-1'])
  await journal.close()
})
