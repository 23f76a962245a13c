// Opens the running program in a real terminal on the sandbox and draws what its screen shows: docs/screens/*.svg.
// `node build/screenshots.ts [FOLDER]` after `node build/bundle.mjs`; takes about five minutes, as charts need looks and
// the past has to pass. In the repository are pictures of one size; in any other folder all sizes are drawn.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Rig } from '../test/rig/rig.ts'
import { screenAsSvg } from '../test/rig/svg.ts'
import { makePlace, type Place } from '../test/rig/watchfloor.ts'

const kept = 'docs/screens'
const folder = process.argv[2] ?? kept
/** How long the fleet is watched before most is broken, and half as long again after that. */
const warmMs = Number(process.env.WARM_MS ?? 180_000)
const sizes = [
  { columns: 120, rows: 36, suffix: '' },
  { columns: 80, rows: 24, suffix: '-80x24' },
  { columns: 200, rows: 60, suffix: '-200x60' },
]
const esc = '\u001b'

interface Shot {
  name: string
  /** Keys one after the other, each followed by what must be on the screen before the next. */
  steps: readonly (readonly [string, RegExp])[]
}

/** Each begins on the overview as it is at first, and escapes lead back there. */
const shots: readonly Shot[] = [
  { name: 'overview', steps: [] },
  {
    name: 'table',
    steps: [
      [':group region\r', /grouped by region/],
      ['ddd', /density: table/],
      // The word about the density gives the keys their place back.
      ['', /: do/],
    ],
  },
  { name: 'node', steps: [['g\r', / watched /]] },
  {
    name: 'logs',
    steps: [
      [':open capetown\r', / watched /],
      ['l', /following/],
    ],
  },
  { name: 'incidents', steps: [['6', /incidents/]] },
  {
    name: 'rewind',
    steps: [
      ['{', /as of/],
      ['{', /as of/],
    ],
  },
  {
    name: 'confirm',
    steps: [
      ['j', /live/],
      ['  ', /2 marked/],
      ['E', /at most/],
      ['systemctl status clavitor.service\r', /exactly/],
    ],
  },
  { name: 'help', steps: [['?', /type to search/]] },
]

mkdirSync(folder, { recursive: true })
const place = makePlace()
try {
  await liveThrough(place)
  for (const { columns, rows, suffix } of folder === kept ? sizes.slice(0, 1) : sizes) {
    for (const shot of shots) {
      const rig = place.open(columns, rows, { COLORTERM: 'truecolor' })
      await rig.until('the fleet is shown', (_, text) => /✖ paris/.test(text) && /: do/.test(text), 15_000)
      for (const [keys, shown] of shot.steps) {
        if (keys !== '') rig.press(keys)
        await rig.until(`${shot.name}: ${shown}`, (_, text) => shown.test(text))
      }
      await draw(rig, `${shot.name}${suffix}`)
      await leave(rig)
    }
  }
} finally {
  place.end()
}

/** A while of peace with one trouble that passes, then trouble of several kinds, and what people do about it. */
async function liveThrough({ open, run }: Place): Promise<void> {
  const rig = open(120, 36, { COLORTERM: 'truecolor' })
  const shows = (what: string, shown: RegExp) => rig.until(what, (_, text) => shown.test(text), 90_000)
  await shows('every node is up', / 21 up/)
  run('sandbox', 'chaos', 'stop-service', 'stockholm')
  await shows('stockholm is not well', /[◐✖] stockholm/)
  run('sandbox', 'chaos', 'heal')
  await shows('stockholm is well again', / 21 up/)
  // Lines and charts show something once there has been something to see.
  await pass(warmMs)
  run('sandbox', 'chaos', 'drop-node', 'paris')
  run('sandbox', 'chaos', 'slow-link', 'jakarta', 'ms=400')
  run('sandbox', 'chaos', 'errors', 'capetown')
  await shows('a node is down', /✖ paris/)
  run('exec', 'virginia,montreal', '--', 'uptime')
  run('incident', 'silence', 'jakarta', '--for', '2h', '--reason', 'the carrier is working on the cable')
  run('incident', 'maintain', 'seoul', '--in', '3h', '--for', '1h', '--reason', 'a larger disk')
  await pass(warmMs / 2)
  const [, id = ''] = /"id":"([^"]+)"[^{}]*"title":"paris is down/.exec(run('incident', 'list', '--json').out) ?? []
  run('incident', 'ack', id)
  run('incident', 'note', id, 'asked the provider: the host is being moved')
  await leave(rig)
}

async function draw({ terminal }: Rig, name: string): Promise<void> {
  // What is awaited may be on the screen before the rest of its frame is.
  await pass(700)
  const file = path.join(folder, `${name}.svg`)
  writeFileSync(file, screenAsSvg(terminal, `watchfloor: ${name}`))
  process.stdout.write(`${file}\n`)
}

/** Whatever is open goes first, and every view is as it was at the beginning for the next one. */
async function leave(rig: Rig): Promise<void> {
  for (let step = 0; step < 6; step++) {
    rig.press(esc)
    // Escape alone is an escape only once nothing has followed it.
    await pass(150)
  }
  rig.press('0')
  await pass(150)
  rig.press('q')
  await rig.exited
}

function pass(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
