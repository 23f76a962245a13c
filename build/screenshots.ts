// Opens the running program in a real terminal on the sandbox and draws what its screen shows: docs/screens/*.svg.
// `node build/screenshots.ts [FOLDER]` after `node build/bundle.mjs`; takes about four minutes, as the charts need looks.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { screenAsSvg } from '../test/rig/svg.ts'
import { makePlace } from '../test/rig/watchfloor.ts'

const folder = process.argv[2] ?? 'docs/screens'
/** How long the fleet is watched before it is drawn. */
const warmMs = Number(process.env.WARM_MS ?? 180_000)
const sizes = [
  { columns: 120, rows: 36, suffix: '' },
  { columns: 80, rows: 24, suffix: '-80x24' },
  { columns: 200, rows: 60, suffix: '-200x60' },
]
/** Only these are kept in the repository; all sizes are drawn for whoever wants to look at them. */
const kept = new Set(['overview', 'node'])

mkdirSync(folder, { recursive: true })
const place = makePlace()
try {
  const first = place.open(120, 36, { COLORTERM: 'truecolor' })
  await first.until('every node is up', (_, text) => / 21 up/.test(text), 30_000)
  // Lines and charts show something once there has been something to see.
  await new Promise(resolve => setTimeout(resolve, warmMs))
  place.run('sandbox', 'chaos', 'drop-node', 'paris')
  place.run('sandbox', 'chaos', 'slow-link', 'jakarta', 'ms=400')
  place.run('sandbox', 'chaos', 'errors', 'capetown')
  await first.until('a node is down', (_, text) => /✖ [12] down/.test(text), 60_000)
  first.press('q')
  await first.exited
  for (const { columns, rows, suffix } of sizes) {
    const rig = place.open(columns, rows, { COLORTERM: 'truecolor' })
    await rig.until('the fleet is shown', (_, text) => / ✖ paris/.test(text) && /: do/.test(text), 15_000)
    const draw = async (name: string) => {
      // What is awaited may be on the screen before the rest of its frame is.
      await new Promise(resolve => setTimeout(resolve, 500))
      if (folder === 'docs/screens' && (suffix !== '' || !kept.has(name))) return
      const file = path.join(folder, `${name}${suffix}.svg`)
      writeFileSync(file, screenAsSvg(rig.terminal, `watchfloor: ${name}`))
      process.stdout.write(`${file}\n`)
    }
    await draw('overview')
    rig.press('g\r')
    await rig.until('the history has come', (_, text) => text.includes('watched'), 10_000)
    await draw('node')
    rig.press('?')
    await rig.until('the help', (_, text) => text.includes('type to search'))
    await draw('help')
    rig.press('\u001b')
    await rig.until('no help', (_, text) => !text.includes('type to search'))
    rig.press('q')
    await rig.exited
  }
} finally {
  place.end()
}
