// The lint rule of the house: imports go down only (screens → src → infra → state).
// src/main.ts, the composition root, may import every floor; screens see of src only the engine's interface, nouns'
// shapes and selectors. Exported for its own test; run directly it judges the tree.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const floors = ['state', 'infra', 'src', 'screens']
const root = 'src/main.ts'
/** Of src, the files that screens may see: interfaces, shapes, selectors. */
const visibleToScreens = [
  /^src\/engine\/(engine|fleet-state|nouns)\.ts$/,
  /\/shapes\.ts$/,
  /\/select(or)?s?\.ts$/,
  /^src\/fleet\/fleet\.ts$/,
  /^src\/watch\/probe\.ts$/,
]

/** What is wrong with one file's imports; empty if nothing. */
export function judge(file: string, text: string): string[] {
  const from = floorOf(file)
  if (from < 0 || file === root) return []
  const findings: string[] = []
  const imports = text.matchAll(/(?:from\s+|import\s+|import\(\s*)['"](\.[^'"]+)['"]/g)
  for (const [, target = ''] of imports) {
    const to = path.posix.normalize(path.posix.join(path.posix.dirname(file), target))
    const floor = floorOf(to)
    if (floor > from) findings.push(`${file}: imports upward: ${to}`)
    if (to === root) findings.push(`${file}: imports the composition root`)
    if (from === 3 && floor < 3 && !isVisible(to)) findings.push(`${file}: screens may not see ${to}`)
  }
  return findings
}

function floorOf(file: string): number {
  return floors.indexOf(file.split('/')[0] ?? '')
}

function isVisible(to: string): boolean {
  if (to.startsWith('state/primitives/') || to === 'state/history/history.ts' || to === 'state/journal/journal.ts')
    return true
  return visibleToScreens.some(pattern => pattern.test(to))
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.posix.join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(file)
    else if (/\.tsx?$/.test(entry.name)) yield file
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const findings = floors.flatMap(floor => [...sources(floor)].flatMap(file => judge(file, readFileSync(file, 'utf8'))))
  for (const finding of findings) process.stderr.write(`${finding}\n`)
  process.exit(findings.length > 0 ? 1 : 0)
}
