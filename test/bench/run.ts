// `npm run bench [NAME…]`: one bench after the other, so that none disturbs another, and one table at the end. A missed
// budget is told, not punished: exit code 0 unless a bench itself broke.
import type { Figure } from './exec.ts'

/** What a bench may give: `met` null or absent means that there is no budget, or that the figure was not measured. */
type Row = Omit<Figure, 'met'> & { met?: boolean | null }

const benches: Record<string, () => Promise<readonly Row[]>> = {
  history: async () => (await import('./history.ts')).benchHistory(),
  exec: async () => (await import('./exec.ts')).benchExec(),
  engine: async () => (await import('./engine.ts')).benchEngine(),
  frames: async () => (await import('./frames.ts')).benchFrames(),
}

function verdict({ met, budget, value, unit, note }: Row): string {
  if (met === true) return 'met'
  if (met === false) return 'MISSED'
  return unit === '' && value === 0 ? `skipped (${note ?? 'no reason given'})` : budget === '' ? '' : 'not judged'
}

function lines(rows: readonly Row[]): string[] {
  const cells = rows.map(row => [
    row.name,
    row.unit === '' ? '–' : row.value.toLocaleString('en'),
    row.unit,
    row.budget,
    verdict(row),
  ])
  const head = ['what', 'value', 'unit', 'budget', 'verdict']
  const widths = head.map((word, column) => Math.max(word.length, ...cells.map(row => [...(row[column] ?? '')].length)))
  return [head, ...cells].map(row =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat((widths[column] ?? 0) - [...cell].length)
        return column === 1 ? pad + cell : cell + pad
      })
      .join('  ')
      .trimEnd(),
  )
}

const asked = process.argv.slice(2)
const unknown = asked.filter(name => !(name in benches))
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no ${unknown.join(', ')}; there is ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
const rows: Row[] = []
let broke = false
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  process.stderr.write(`bench: ${name} …\n`)
  try {
    rows.push(...(await bench()))
  } catch (error) {
    broke = true
    process.stderr.write(
      `bench: ${name} broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
  }
}
for (const line of lines(rows)) process.stdout.write(`${line}\n`)
const notes = rows.filter(row => row.note && !verdict(row).startsWith('skipped'))
if (notes.length > 0) process.stdout.write('\n')
for (const { name, note } of notes) process.stdout.write(`${name}\n    ${note}\n`)
process.exit(broke ? 1 : 0)
