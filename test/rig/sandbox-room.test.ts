// The room on living nodes: what its keys do is seen on the nodes, in the journal and in the evidence, not only on the screen.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseDocument } from 'yaml'
import { processesOf } from './processes.ts'
import type { Rig } from './rig.ts'
import { makePlace, type Place } from './watchfloor.ts'

const esc = '\u001b'
const enter = '\r'

let place: Place
let rig: Rig
let other: Rig

beforeAll(async () => {
  place = makePlace()
  rig = place.open(140, 40)
  await rig.until('all nodes are up', (_, text) => text.includes('● 21 up') && text.includes('? help'), 20_000)
  other = place.open(140, 40)
  await other.until('the room is open', (_, text) => text.includes('● 21 up'))
})
afterAll(async () => {
  for (const one of [rig, other]) {
    one?.kill('SIGKILL')
    await one?.exited
  }
  place.end()
  await vi.waitFor(() => expect(processesOf(`HOME=${place.folder}\0`)).toEqual([]), { timeout: 5_000 })
})

/** Back to an overview that shows everything. */
async function home(): Promise<void> {
  rig.press(`${esc}[27u`)
  // The room is deaf for a moment after another program had its terminal: once more does no harm.
  await vi.waitFor(
    () => {
      rig.press('01')
      expect(rig.lines()[0]).not.toContain('▸')
      expect(rig.text()).toMatch(/faults first/)
    },
    { timeout: 5_000, interval: 100 },
  )
}

async function goTo(node: string): Promise<void> {
  await home()
  rig.press(`:open ${node}`)
  await rig.until('the palette', (_, text) => text.includes(`open ${node}▏`))
  rig.press(enter)
  await rig.until('its page', lines => lines[0]?.includes(`▸ ${node}`) === true)
}

async function press(keys: string, shows: RegExp): Promise<void> {
  rig.press(keys)
  await rig.until(String(shows), (_, text) => shows.test(text))
}

type Commit = { by: string; events: ({ type: string } & Record<string, unknown>)[] }

function commits(type: string): Commit[] {
  const { out } = place.run('journal', 'export')
  const all: Commit[] = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  return all.filter(({ events }) => events.some(event => event.type === type))
}

describe('on the living sandbox', () => {
  test('l follows the journal of a node: what goes wrong now is there by itself, and W keeps it as evidence', {
    timeout: 40_000,
  }, async () => {
    await goTo('london')
    await press('l', /▸ london[\s\S]*(live|follow)/)
    expect(rig.text()).not.toContain('clavitor.service: Failed')
    expect(place.run('sandbox', 'chaos', 'stop-service', 'london').code).toBe(0)
    await rig.until('its last words', (_, text) => /clavitor.*(fail|exit)/i.test(text), 15_000)
    await press('W', /kept as evidence: run exec-\S+/)
    const [run = ''] = /exec-[0-9a-f-]+/.exec(rig.text()) ?? []
    const [started] = commits('exec.started').filter(commit => JSON.stringify(commit).includes(run))
    expect(started?.events[0]).toMatchObject({ nodes: ['london'], argv: expect.arrayContaining(['journalctl']) })
    const [ended] = commits('exec.ended').filter(commit => JSON.stringify(commit).includes(run))
    const [, hash = ''] = /"evidence":"([0-9a-f]{64})"/.exec(JSON.stringify(ended)) ?? []
    const kept = readFileSync(path.join(sandboxHome(), 'evidence', hash), 'utf8')
    expect(kept).toMatch(/clavitor.*(fail|exit)/i)
  })

  test('s is the real ssh on the node, and the room is back after it', async () => {
    await goTo('paris')
    rig.press('s')
    await rig.until('the prompt', (_, text) => /ssh to paris, [\s\S]*[#$] *$/.test(text.trimEnd()), 15_000)
    rig.press('hostname\r')
    await rig.until('its answer', lines => lines.some(line => line.trim() === 'paris'))
    rig.press('exit\r')
    await rig.until(
      'the room',
      (lines, text) => lines[0]?.includes('▸ paris') === true && text.includes('back from paris'),
    )
    expect(processesOf(`HOME=${place.folder}\0`).filter(({ command }) => /^ssh\b/.test(command))).toEqual([])
  })

  test('E on two marked nodes names them, waits for a yes, and shows what each printed', async () => {
    await home()
    await press('/spain\r', /filter spain/)
    await press('a', /1 marked/)
    await press('/', / \/ /)
    await press('\u0015mumbai\r', /filter mumbai/)
    await press('a', /2 marked/)
    await press('E', /enter next/)
    await press('hostname', /hostname▏/)
    await press(enter, /Run this on 2 nodes\?/)
    expect(rig.text()).toMatch(/mumbai/)
    expect(rig.text()).toMatch(/spain/)
    expect(commits('exec.started').filter(commit => JSON.stringify(commit).includes('"hostname"'))).toEqual([])
    rig.press('Y')
    await rig.until('both have ended', (_, text) => /ok/.test(text) && /hostname/.test(text))
    rig.press(':runs')
    await rig.until('the palette', (_, text) => text.includes('go to runs'))
    await press(enter, /▸ runs[\s\S]*hostname/)
    await press(enter, /▸ runs ▸[\s\S]*spain[\s\S]*/)
    await press(enter, /esc closes/)
    expect(rig.text()).toMatch(/(mumbai|spain)\n/)
    await press(esc, /▸ runs ▸/)
  })

  test('S and M are in the state: alerts are silenced, a window is open', async () => {
    await goTo('seoul')
    await press('S', /enter next/)
    await press('1h', /for how long +1h▏/)
    await press(enter, /▸ reason/)
    await press('new disks', /new disks▏/)
    rig.press(enter)
    await rig.until('it is done', (_, text) => !text.includes('new disks▏'))
    await goTo('hongkong')
    await press('M', /enter next/)
    await press('1h', /1h▏/)
    await press(enter, /▸ reason/)
    await press('new fans', /new fans▏/)
    rig.press(enter)
    await vi.waitFor(() => {
      const { out } = place.run('incident', 'list', '--json')
      const state = JSON.parse(out)
      expect(state.silences).toMatchObject([{ selector: 'seoul', reason: 'new disks' }])
      expect(state.maintenance).toMatchObject([{ selector: 'hongkong', reason: 'new fans' }])
    })
  })

  test('what one operator acknowledges, the other sees', async () => {
    expect(place.run('incident', 'add', 'smoke in the rack', '--nodes', 'uae').code).toBe(0)
    await goTo('uae')
    await rig.until('the incident', lines => lines[0]?.includes('nobody has acknowledged') === true)
    await press('K', /acknowledged/)
    other.press('6')
    await other.until('whose it is', (_, text) => new RegExp(`smoke in the rack.*${whoAmI()}`).test(text))
  })

  test('{ shows the fleet as it was, where nothing can be changed; forth of it is now', async () => {
    await home()
    await press('{', /as of/)
    rig.press('E')
    await rig.until('it is refused', (_, text) => !text.includes('enter next') && /as of/.test(text))
    rig.press('}'.repeat(20))
    await rig.until('now', (_, text) => !/as of/.test(text))
  })

  test('F accepts a fleet file that changes where HQ connects to, after showing it', async () => {
    await home()
    const file = path.join(place.env.WATCHFLOOR_SANDBOX ?? '', 'fleet.yaml')
    const document = parseDocument(readFileSync(file, 'utf8'))
    const at = ['nodes', 'mexicocity', 'address']
    const moved = String(document.getIn(at)).replace(/\d+$/, '99')
    document.setIn(at, moved)
    writeFileSync(file, String(document))
    await rig.until('it waits', (_, text) => text.includes('a changed fleet file waits for a yes'))
    expect(commits('fleet.accepted')).toHaveLength(1)
    await press('F', /Accept this fleet file\? \d+ changes?/)
    expect(rig.text()).toContain(moved)
    await press('Y', /the fleet file is accepted and runs/)
    expect(commits('fleet.accepted').map(({ by }) => by)).toEqual(['engine', whoAmI()])
  })
})

function sandboxHome(): string {
  return path.join(place.env.XDG_STATE_HOME ?? '', 'watchfloor', 'sandbox', 'home')
}

/** The login that the engine has proven. */
function whoAmI(): string {
  const [, by = ''] = /attached: (\S+)/.exec(place.run('engine', 'status').out) ?? []
  return by
}
