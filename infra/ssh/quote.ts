// The one way from an argv to a line for a remote shell. SSH carries a command as one string, so every word that goes
// to a node passes here and nowhere else.

// Words of these characters alone mean themselves in every shell, wherever they stand but as an assignment.
const plain = /^[A-Za-z0-9_/:.,@%+-]+$/

/** Quotes words for a POSIX shell: what the program on the node gets as argv is exactly what was given. */
export function quoteArgv(argv: readonly string[]): string {
  if (argv.length === 0) throw new Error('a command needs at least one word')
  return argv.map(quoteWord).join(' ')
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new Error('a command word contains a NUL byte, which no argv can carry')
  if (!word.isWellFormed()) throw new Error('a command word contains half a character (a lone surrogate)')
  return plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
