// The real disk does what its labels promise. Its fsyncs are the only ones there are, so they are watched one floor below.
import { appendFile, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { realDisk } from '../../state/disk.ts'
import { replaceFile } from '../../state/replace.ts'
import { withDirectory } from './engines.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What all file handles share. */
async function handles(directory: string) {
  const handle = await open(directory)
  await handle.close()
  return Object.getPrototypeOf(handle)
}

test('syncing a file is one fsync, and so is syncing a directory', () =>
  withDirectory(async directory => {
    const sync = vi.spyOn(await handles(directory), 'sync')
    const file = await realDisk.open(`${directory}/file`, 'make')
    await file.append(Buffer.from('text'))
    expect(sync).toHaveBeenCalledTimes(0)
    await file.sync('a file')
    expect(sync).toHaveBeenCalledTimes(1)
    await file.close()
    await realDisk.syncDirectory(directory, 'a directory')
    expect(sync).toHaveBeenCalledTimes(2)
  }))

test('a failed fsync is passed on', () =>
  withDirectory(async directory => {
    vi.spyOn(await handles(directory), 'sync').mockRejectedValue(new Error('EIO'))
    const file = await realDisk.open(`${directory}/file`, 'make')
    await expect(file.sync('a file')).rejects.toThrow('EIO')
    await expect(realDisk.syncDirectory(directory, 'a directory')).rejects.toThrow('EIO')
    await file.close()
  }))

test('a kernel that takes only a part of each write gets the rest again', () =>
  withDirectory(async directory => {
    const prototype = await handles(directory)
    const write = prototype.write
    vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...given: unknown[]) {
      const [bytes, from, length] = given
      return write.call(this, bytes, from, Math.min(3, Number(length)))
    })
    const file = await realDisk.open(`${directory}/file`, 'make')
    await file.append(Buffer.from('the whole line\n'))
    await file.close()
    expect(await readFile(`${directory}/file`, 'utf8')).toBe('the whole line\n')
  }))

test('content that does not read back as written never takes the place of a good file', () =>
  withDirectory(async directory => {
    await writeFile(`${directory}/state.json`, 'good')
    const lying: typeof realDisk = {
      ...realDisk,
      async open(path, how) {
        const file = await realDisk.open(path, how)
        return { ...file, append: bytes => file.append(bytes.subarray(0, 2)) }
      },
    }
    const labels = { content: 'a', directory: 'b' }
    const given = { disk: lying, directory, name: 'state.json', bytes: Buffer.from('better'), unique: 'u', labels }
    await expect(replaceFile(given)).rejects.toThrow('does not read back')
    expect(await readFile(`${directory}/state.json`, 'utf8')).toBe('good')
    expect(await realDisk.list(directory)).toEqual(['state.json'])
  }))

test('what is there and what is not is told apart', () =>
  withDirectory(async directory => {
    expect(await realDisk.stat(`${directory}/none`)).toBeNull()
    expect(await realDisk.read(`${directory}/none`)).toBeNull()
    await realDisk.unlink(`${directory}/none`)
    expect(await realDisk.makeDirectory(`${directory}/d`)).toBe(true)
    expect(await realDisk.makeDirectory(`${directory}/d`)).toBe(false)
    expect(await realDisk.stat(`${directory}/d`)).toMatchObject({ kind: 'directory', mode: 0o700 })
    await symlink('nowhere', `${directory}/link`)
    expect(await realDisk.stat(`${directory}/link`)).toMatchObject({ kind: 'other' })
    await expect(realDisk.open(`${directory}/d`, 'make')).rejects.toMatchObject({ code: 'EEXIST' })
  }))

test('a file opened for appending writes at its end, also when somebody else wrote', () =>
  withDirectory(async directory => {
    await mkdir(`${directory}/d`)
    const file = await realDisk.open(`${directory}/d/file`, 'append')
    await file.append(Buffer.from('one '))
    await appendFile(`${directory}/d/file`, 'two ')
    await file.append(Buffer.from('three'))
    expect(Buffer.from(await file.readAt(4, 100)).toString()).toBe('two three')
    await file.truncate(3)
    expect(await file.size()).toBe(3)
    await file.close()
  }))
