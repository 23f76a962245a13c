// The room in words, as whoever hears it uses it: by pipes, and in a terminal that is only typed into.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { processesOf } from './processes.ts'
import { type Rig, startRig } from './rig.ts'
import { makePlace, type Place } from './watchfloor.ts'

const bundle = path.resolve(import.meta.dirname, '../../dist/watchfloor.mjs')
let place: Place
let rig: Rig | null = null

beforeAll(async () => {
  place = makePlace()
  expect(place.run('incident', 'add', 'smoke in the rack', '--nodes', 'paris').code).toBe(0)
  await vi.waitFor(() => expect(place.run('status').out).not.toContain('unknown'), { timeout: 15_000 })
})
afterAll(async () => {
  rig?.kill('SIGKILL')
  await rig?.exited
  place.end()
  await vi.waitFor(() => expect(processesOf(`HOME=${place.folder}\0`)).toEqual([]), { timeout: 5_000 })
})

/** What is said to lines that come all at once; end of input ends it well. */
function hear(...lines: string[]): string {
  const done = spawnSync(process.execPath, [bundle, '--plain-ui'], {
    env: place.env,
    cwd: place.folder,
    input: lines.map(line => `${line}\n`).join(''),
    encoding: 'utf8',
  })
  expect(done.stderr).toBe('')
  expect(done.status).toBe(0)
  isSpeech(done.stdout)
  return done.stdout
}

/** No escape sequence, no column, no bar, no frame: nothing that would be spelled out. */
function isSpeech(said: string): void {
  expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  expect(said).not.toMatch(/[\u2190-\u21ff\u2500-\u27bf\u2800-\u28ff]/)
  expect(said).not.toMatch(/ {2,}|[#=_|~-]{3,}|,\s*,/)
  expect(said.split('\n').filter(line => line !== '' && !/[\p{L}\p{N}]/u.test(line))).toEqual([])
}

describe('by a pipe', () => {
  test('it greets, sums up the fleet, says what there is, and opens a node', () => {
    const said = hear('help', 'more', 'paris')
    expect(said).toMatch(/^Watchfloor, the room in words\./)
    expect(said).toMatch(
      /Fleet clavitor, a sandbox: 21 nodes, 21 up\.\nWhat you do is done to zurich\.\nEvery node is up\./,
    )
    expect(said).toMatch(/1\. Incident, SEV3: smoke in the rack, on paris, since [\d:]+Z, nobody has acknowledged it\./)
    expect(said).toMatch(/\d+ more lines: `more` reads on\.[\s\S]*\nThe name of a node opens it\./)
    expect(said).toMatch(/paris is up since [\s\S]*12 probes: 12 well, 0 not\.[\s\S]*units: well, 2 units are active\./)
    expect(said).toMatch(/Detached: the engine goes on watching\.\n$/)
  })

  test('every screen is speech', () => {
    hear(
      'london',
      'logs',
      'back',
      'incidents',
      'journal',
      'runs',
      'overview',
      'nodes',
      'more',
      'fleet-file',
      'sort',
      'cancel',
    )
  })

  test('a filter reads what passes it, a number opens what was read', () => {
    const said = hear('/lond', '1')
    expect(said).toMatch(/Filtered by lond: 1 node of 21\.\nWhat you do is done to london\.\n1\. london is up/)
    expect(said).toMatch(/london is up since [\d:]+Z\.\nIt is in eu-west-2, London/)
  })

  test('only a whole name does something: what resembles one is offered', () => {
    const said = hear('ackn', 'lond', '1', 'nothing of the kind')
    expect(said).toContain('There is nothing by the name lond. A number takes what was meant:\n1. The node london.')
    expect(said).toMatch(/london is up since [\d:]+Z\.\nIt is in/)
    expect(said).toContain('There is nothing by the name nothing of the kind.')
    expect(place.run('incident', 'list').out).toContain('open')
    expect(place.run('journal', 'export').out).not.toContain('incidents.acknowledged')
  })

  test('a form is answered line by line, and what is wrong with it is read out', () => {
    const said = hear('seoul', 'silence', 'for ever', 'new disks', '1h', '')
    expect(said).toMatch(/Question 2 of 3, for how long \(30m 4h 2d, at most 30d\):/)
    expect(said).toMatch(/Refused, for how long: .+\.\nQuestion 2 of 3, for how long \(an empty line keeps for ever\):/)
    expect(said).toContain('Question 3 of 3, reason (an empty line keeps new disks):')
    expect(JSON.parse(place.run('incident', 'list', '--json').out).silences).toMatchObject([
      { selector: 'seoul', reason: 'new disks' },
    ])
  })

  test('a command on many nodes wants the name of the fleet; anything else is a no', () => {
    const no = hear('mark-all', 'exec', 'hostname', 'yes')
    expect(no).toContain('Exactly: hostname\nType the name of the fleet, clavitor, to do it. Anything else cancels.')
    expect(no).toContain('Cancelled: nothing was done.')
    expect(place.run('journal', 'export').out).not.toContain('exec.started')
    hear('mark-all', 'exec', 'hostname', 'clavitor')
    expect(place.run('journal', 'export').out.match(/"exec\.started"/g)).toHaveLength(1)
  })

  test('what hostile text does to a terminal it does not do here', () => {
    expect(
      place.run('incident', 'add', 'red \u001b[31malert\u001b]0;title\u0007 \u202egnp', '--nodes', 'uae').code,
    ).toBe(0)
    expect(hear('incidents', 'uae')).toMatch(/red alert/)
  })
})

test('in a terminal: acknowledging is answered, news come while it waits, and ctrl-d ends it', {
  timeout: 40_000,
}, async () => {
  rig = startRig({
    argv: [process.execPath, bundle, '--plain-ui'],
    env: { ...place.env, TERM: 'dumb' },
    columns: 120,
    rows: 50,
    cwd: place.folder,
  })
  await rig.until('the summary', (_, text) => text.includes('reads all of them.'))
  rig.press('paris\r')
  await rig.until('the node', (_, text) => text.includes('`logs` reads its journal'))
  rig.press('acknowledge\r')
  await rig.until('it is done', (_, text) => /Acknowledged: .*smoke in the rack/.test(text))
  rig.press('note\r')
  await rig.until('that it cannot be done here', (_, text) => text.includes('That cannot be done here'))
  expect(place.run('incident', 'add', 'water in the hall', '--nodes', 'spain').code).toBe(0)
  await rig.until('the news', (_, text) => /News at [\d:]+Z: new incident, SEV3: water in the hall\./.test(text))
  rig.press('\u0004')
  expect(await rig.exited).toEqual({ code: 0, signal: 0 })
  isSpeech(rig.transcript().replaceAll('\r\n', '\n'))
})
