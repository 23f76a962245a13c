import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Evidence, openEvidence } from '../../state/evidence.ts'
import { Secret } from '../../state/primitives/secret.ts'
import { failure, RecordingDisk } from './recording-disk.ts'

const directory = '/evidence'

async function make(): Promise<{ disk: RecordingDisk; evidence: Evidence }> {
  const disk = new RecordingDisk()
  await disk.makeDirectory(directory)
  let serial = 0
  return { disk, evidence: openEvidence({ disk, directory, unique: () => String(serial++) }) }
}

async function textOf(evidence: Evidence, hash: string): Promise<string> {
  const found = await evidence.read(hash)
  return found.kind === 'content' ? Buffer.from(found.bytes).toString('utf8') : found.kind
}

test('what is put is read back by the hash of its content', async () => {
  const { evidence } = await make()
  const kept = await evidence.put('uptime 3 days')
  expect(kept).toEqual({ hash: createHash('sha256').update('uptime 3 days').digest('hex'), bytes: 13, total: 13 })
  expect(await textOf(evidence, kept.hash)).toBe('uptime 3 days')
  expect(await evidence.put('uptime 3 days')).toEqual(kept)
})

test('a secret is gone before the content is hashed and written, also across pieces', async () => {
  const { disk, evidence } = await make()
  const writer = evidence.collect({ secrets: [new Secret('correct-horse')] })
  writer.push(Buffer.from('password=correct-'))
  writer.push(Buffer.from('horse\n'))
  const { hash } = await writer.end()
  expect(await textOf(evidence, hash)).toBe('password=[secret]\n')
  expect(hash).toBe(createHash('sha256').update('password=[secret]\n').digest('hex'))
  expect(await disk.list(directory)).toEqual([hash])
})

test.each([100, 1_000, 1_001, 5_000])('of %i bytes at most 1,000 are kept: the beginning and the end', async size => {
  const { evidence } = await make()
  const writer = evidence.collect({ maxBytes: 1_000 })
  for (let at = 0; at < size; at += 7) writer.push(Buffer.alloc(Math.min(7, size - at), at < size / 2 ? 'a' : 'z'))
  const { hash, bytes, total } = await writer.end()
  const text = await textOf(evidence, hash)
  expect(total).toBe(size)
  expect(bytes).toBe(text.length)
  if (size <= 1_000) expect(text).toHaveLength(size)
  else {
    expect(text).toContain(`\n[${size - 1_000} bytes left out]\n`)
    expect(text.replace(/\n\[.*\]\n/, '')).toHaveLength(1_000)
  }
  expect(text).toMatch(/^a.*z$/s)
})

test('content that was changed on the disk is not believed', async () => {
  const { disk, evidence } = await make()
  const { hash } = await evidence.put('the truth')
  disk.tamper(`${directory}/${hash}`, () => Buffer.from('a lie'))
  expect(await evidence.read(hash)).toEqual({ kind: 'damaged' })
})

test('erased content leaves who, when and why, and does not come back when it is printed again', async () => {
  const { disk, evidence } = await make()
  const { hash } = await evidence.put('a name')
  await evidence.erase(hash, { at: 5, by: 'owner', why: 'asked to' })
  await evidence.put('a name')
  expect(await evidence.read(hash)).toEqual({ kind: 'erased', at: 5, by: 'owner', why: 'asked to' })
  expect(await disk.list(directory)).toEqual([`${hash}.erased`])
})

test('a full disk is said and leaves no piece behind', async () => {
  const { disk, evidence } = await make()
  disk.capacity = 100
  await expect(evidence.put('x'.repeat(500))).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(await disk.list(directory)).toEqual([])
})

test('a failed fsync is no acknowledgement', async () => {
  const { disk, evidence } = await make()
  disk.fault = operation => {
    if (operation === 'syncDirectory') throw failure('EIO', directory)
  }
  await expect(evidence.put('text')).rejects.toMatchObject({ code: 'EIO' })
})

test.each(['../state.json', '', 'ABC', `${'a'.repeat(64)}/x`])('"%s" names no evidence', async name => {
  const { evidence } = await make()
  await expect(evidence.read(name)).rejects.toMatchObject({ name: 'evidence-name' })
})
