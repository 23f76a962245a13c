// The upload's command in the shells that nodes have, also in a folder whose owner wants it to write elsewhere.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { uploadArgv } from '../../../infra/ssh/upload.ts'
import { folder } from './pool-room.ts'

const content = 'port = 22\n'
const sha256 = createHash('sha256').update(content).digest('hex')
const word = 'r4nd0m'

interface Shell {
  name: string
  command: string[]
  /** Puts the programs that go with it into this folder. */
  furnish?(bin: string): void
}

function busyboxPrograms(bin: string): void {
  for (const name of ['cat', 'chmod', 'mv', 'rm', 'sha256sum', 'sync'])
    symlinkSync('/usr/bin/busybox', path.join(bin, name))
}

const shells: Shell[] = [
  { name: 'dash', command: ['/bin/dash'] },
  { name: 'bash', command: ['/bin/bash', '--norc', '--posix'] },
  { name: 'busybox', command: ['/usr/bin/busybox', 'sh'], furnish: busyboxPrograms },
  // As a busybox that knows neither `mv -T` nor `sync FILE`.
  {
    name: 'an old busybox',
    command: ['/usr/bin/busybox', 'sh'],
    furnish(bin) {
      for (const name of ['cat', 'chmod', 'rm', 'sha256sum']) symlinkSync('/usr/bin/busybox', path.join(bin, name))
      program(
        bin,
        'mv',
        'case $1 in *T*) echo "mv: unrecognized option: T" >&2; exit 1 ;; esac; exec /usr/bin/busybox mv "$@"',
      )
      program(bin, 'sync', '[ $# -eq 0 ] || exit 1')
    },
  },
]

function program(bin: string, name: string, script: string): void {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

/** Runs the upload; `before` stands in the PATH before what it wraps. */
async function upload(shell: Shell, to: string, mode: number, own: Record<string, string> = {}, sent = content) {
  const bin = folder()
  shell.furnish?.(bin)
  const front = folder()
  for (const [name, script] of Object.entries(own)) program(front, name, script)
  const [, ...args] = uploadArgv(to, mode, sha256, word)
  const [file = '', ...first] = shell.command
  const child = spawn(file, [...first, ...args], {
    env: { PATH: `${front}:${bin}:/usr/bin:/bin`, REST: `${bin}:/usr/bin:/bin` },
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(sent)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', piece => {
    stdout += piece
  })
  child.stderr.on('data', piece => {
    stderr += piece
  })
  const exit = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { exit, stdout, stderr }
}

for (const shell of shells.filter(one => existsSync(one.command[0] ?? ''))) {
  describe(`an upload by ${shell.name}`, () => {
    test.each([0o644, 0o600, 0o750])('is whole, has its mode %o, and leaves nothing beside it', async mode => {
      const home = folder()
      writeFileSync(path.join(home, '-my file'), 'old')
      expect(await upload(shell, path.join(home, '-my file'), mode)).toMatchObject({
        exit: 0,
        stderr: '',
        stdout: expect.stringMatching(`^${sha256}`),
      })
      expect(readdirSync(home)).toEqual(['-my file'])
      expect(readFileSync(path.join(home, '-my file'), 'utf8')).toBe(content)
      expect(statSync(path.join(home, '-my file')).mode & 0o7777).toBe(mode)
    })

    test('that arrived otherwise than it was sent leaves everything as it was', async () => {
      const home = folder()
      writeFileSync(path.join(home, 'file'), 'old')
      expect(await upload(shell, path.join(home, 'file'), 0o644, {}, 'half')).toMatchObject({ exit: 65 })
      expect([readdirSync(home), readFileSync(path.join(home, 'file'), 'utf8')]).toEqual([['file'], 'old'])
    })

    test('to a folder is refused, also when it becomes one meanwhile', async () => {
      const home = folder()
      mkdirSync(path.join(home, 'inner'))
      expect(await upload(shell, path.join(home, 'inner'), 0o644)).toMatchObject({ exit: 73 })
      const late = path.join(home, 'late')
      const makes = { sha256sum: `PATH=$REST; mkdir -p '${late}'; exec sha256sum` }
      const ended = await upload(shell, late, 0o644, makes)
      expect(ended.exit).not.toBe(0)
      expect(ended.stderr).toContain('is a directory')
      expect([readdirSync(late), readdirSync(home).sort()]).toEqual([[], ['inner', 'late']])
    })

    test('whose name is already taken touches nothing', async () => {
      const home = folder()
      const victim = path.join(folder(), 'victim')
      writeFileSync(victim, 'untouched', { mode: 0o600 })
      symlinkSync(victim, path.join(home, `.file.${word}`))
      expect((await upload(shell, path.join(home, 'file'), 0o666)).exit).not.toBe(0)
      expect([readFileSync(victim, 'utf8'), statSync(victim).mode & 0o777]).toEqual(['untouched', 0o600])
      expect(existsSync(path.join(home, 'file'))).toBe(false)
    })

    test('whose name has become a link to a device does not touch the device', async () => {
      const home = folder()
      symlinkSync('/dev/null', path.join(home, `.file.${word}`))
      const touched = path.join(folder(), 'touched')
      const notes = `echo chmod > '${touched}'`
      expect((await upload(shell, path.join(home, 'file'), 0o666, { chmod: notes })).exit).not.toBe(0)
      expect([existsSync(touched), existsSync(path.join(home, 'file'))]).toEqual([false, false])
    })

    // The owner of the folder acts at the moment in which the command has made its file and works on with it.
    test.each(['chmod', 'cat', 'sha256sum'])(
      'whose new file is replaced by a link before %s writes nothing through the link',
      async moment => {
        const home = folder()
        const victim = path.join(folder(), 'victim')
        writeFileSync(victim, 'untouched', { mode: 0o600 })
        const fresh = path.join(home, `.file.${word}`)
        const swap = `PATH=$REST; rm -f '${fresh}'; ln -s '${victim}' '${fresh}'; exec ${moment} "$@"`
        const ended = await upload(shell, path.join(home, 'file'), 0o666, { [moment]: swap })
        expect([readFileSync(victim, 'utf8'), statSync(victim).mode & 0o777]).toEqual(['untouched', 0o600])
        expect(ended).toMatchObject({ exit: 73, stderr: 'somebody replaced the new file\n' })
        expect(readdirSync(home)).toEqual([])
      },
    )
  })
}

test('a folder that becomes a link to another one meanwhile is still the folder', async () => {
  const shell = shells[0]
  if (!shell || spawnSync(shell.command[0] ?? '', ['-c', 'true']).status !== 0) return
  const home = folder()
  const elsewhere = folder()
  chmodSync(elsewhere, 0o755)
  const inner = path.join(home, 'inner')
  mkdirSync(inner)
  const swap = `PATH=$REST; mv '${inner}' '${home}/aside'; ln -s '${elsewhere}' '${inner}'; exec chmod "$@"`
  expect(await upload(shell, path.join(inner, 'file'), 0o644, { chmod: swap })).toMatchObject({ exit: 0 })
  expect([readdirSync(elsewhere), readdirSync(path.join(home, 'aside'))]).toEqual([[], ['file']])
  expect(readlinkSync(inner)).toBe(elsewhere)
})
