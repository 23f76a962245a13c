// Two texts side by side for people, as `diff -u` writes it. For files of a few thousand lines of which little changed.

interface Line {
  sign: ' ' | '-' | '+'
  text: string
}

/** Empty where nothing differs. */
export function unifiedDiff(before: string, after: string, name: string, context = 3): string {
  if (before === after) return ''
  const lines = compare(before.split('\n'), after.split('\n'))
  const out = [`--- ${name}`, `+++ ${name}`]
  for (const [from, to] of hunksOf(lines, context)) {
    const past = lines.slice(0, from)
    const its = lines.slice(from, to)
    const count = (list: readonly Line[], sign: '-' | '+') =>
      list.filter(line => line.sign === ' ' || line.sign === sign).length
    const place = (sign: '-' | '+') => `${count(past, sign) + 1},${count(its, sign)}`
    out.push(`@@ -${place('-')} +${place('+')} @@`, ...its.map(line => `${line.sign}${line.text}`))
  }
  return `${out.join('\n')}\n`
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1
  let tail = 0
  const most = Math.min(before.length, after.length) - head
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1
  const kept = (text: string): Line => ({ sign: ' ', text })
  return [
    ...before.slice(0, head).map(kept),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(kept),
  ]
}

/** Longest common subsequence; what is too long for that is shown as replaced. */
function middle(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length * after.length > 4_000_000) {
    return [...before.map((text): Line => ({ sign: '-', text })), ...after.map((text): Line => ({ sign: '+', text }))]
  }
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  const at = (row: number, column: number) => common[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const lines: Line[] = []
  let row = 0
  let column = 0
  while (row < before.length || column < after.length) {
    const old = before[row]
    const text = after[column]
    if (old !== undefined && old === text) {
      lines.push({ sign: ' ', text: old })
      row += 1
      column += 1
    } else if (text === undefined || (old !== undefined && at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ sign: '-', text: old ?? '' })
      row += 1
    } else {
      lines.push({ sign: '+', text })
      column += 1
    }
  }
  return lines
}

function hunksOf(lines: readonly Line[], context: number): [number, number][] {
  const hunks: [number, number][] = []
  for (const [index, line] of lines.entries()) {
    if (line.sign === ' ') continue
    const last = hunks.at(-1)
    const to = Math.min(lines.length, index + context + 1)
    if (last && index - context <= last[1]) last[1] = to
    else hunks.push([Math.max(0, index - context), to])
  }
  return hunks
}
