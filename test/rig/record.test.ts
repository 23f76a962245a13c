import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startRecording } from './record.ts'
import { type Rig, startRig } from './rig.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-record-'))
const size = { columns: 40, rows: 5 }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const shell = (): Rig =>
  startRig({
    argv: ['/bin/sh', '-c', 'echo "it says ●"; read line; echo "heard $line"'],
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    ...size,
  })

async function talk(rig: Rig): Promise<void> {
  await rig.until('its word', (_, text) => text.includes('it says ●'))
  rig.press('aye\r')
  await rig.until('its answer', (_, text) => text.includes('heard aye'))
  await rig.exited
}

test('a recording holds what two terminals showed and what was typed, in order of time', async () => {
  const recording = startRecording('two words', size, folder)
  await talk(recording.of(shell()))
  recording.mark('once more')
  await talk(recording.of(shell()))
  const file = recording.end()
  expect(file).toBe(path.join(folder, 'two-words.cast'))
  const [head, ...lines] = readFileSync(file ?? '', 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(head).toMatchObject({ version: 2, width: 40, height: 5 })
  const times = lines.map(([at]) => at)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  const shown = lines.filter(([, kind]) => kind === 'o').map(([, , text]) => text)
  expect(shown.join('')).toMatch(/^it says ●[\s\S]*heard aye[\s\S]*\u001bcit says ●[\s\S]*heard aye\s*$/)
  expect(lines.filter(([, kind]) => kind !== 'o').map(([, kind, text]) => [kind, text])).toEqual([
    ['i', 'aye\r'],
    ['m', 'once more'],
    ['i', 'aye\r'],
  ])
})

test('where no folder is named nothing is written', async () => {
  const recording = startRecording('nothing', size, '')
  await talk(recording.of(shell()))
  expect(recording.end()).toBeNull()
  expect(readdirSync(folder)).not.toContain('nothing.cast')
})
