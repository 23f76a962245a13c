// The shell's patterns (`*`, `?`, `[…]`, backslash) as used by `case`, `${x#…}` and file names.

export function matches(pattern: string, text: string): boolean {
  let expression = ''
  for (let index = 0; index < pattern.length; index++) {
    const letter = pattern[index] ?? ''
    if (letter === '\\') expression += quoted(pattern[++index] ?? '')
    else if (letter === '*') expression += '[^]*'
    else if (letter === '?') expression += '[^]'
    else if (letter === '[' && pattern.indexOf(']', index + 2) > 0) {
      const end = pattern.indexOf(']', index + 2)
      const set = pattern.slice(index + 1, end).replace(/[\\\]]/g, '\\$&')
      expression += `[${set.replace(/^!/, '^')}]`
      index = end
    } else expression += quoted(letter)
  }
  return new RegExp(`^${expression}$`).test(text)
}

function quoted(letter: string): string {
  return letter.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
