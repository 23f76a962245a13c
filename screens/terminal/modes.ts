// What a terminal is told when the room takes it and gives it back, in the words that this one understands.

export interface Modes {
  entering: string
  leaving: string
  /** What a program that died may have left on: mouse reports, the alternate screen, keypad and keyboard modes. */
  untangling: string
  /** Asks for the background colour; null where nobody would answer. */
  background: string | null
}

// Alternate screen, cursor hidden, bracketed paste (a paste must never become commands), no wrapping at the last column.
const entering = '\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[?7l'
const leaving = '\u001b[0m\u001b[?7h\u001b[?2004l\u001b[?25h\u001b[?1049l'
// Mouse and focus reports, bracketed paste, application cursor keys and keypad off; cursor on. 1047 and not 1049, which
// would move the cursor over the words that were said last.
const untangling =
  '\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?1004l\u001b[?2004l\u001b[?1l\u001b>\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1047l'

export function modesFor(env: NodeJS.ProcessEnv): Modes {
  // The Linux console prints the letters of sequences that it does not know.
  if (isSimple(env)) return { entering, leaving, untangling, background: null }
  return {
    // Keys that are otherwise the same bytes (tab and ctrl-i, escape and the beginning of an arrow) become tellable. The
    // alternate screen has flags of its own: they are pushed after and popped before it goes.
    entering: `${entering}\u001b[>1u`,
    leaving: `\u001b[<u${leaving}`,
    untangling: `${untangling}\u001b[=0u`,
    background: '\u001b]11;?\u001b\\',
  }
}

/** A terminal of which nothing beyond the basics can be expected. */
export function isSimple({ TERM }: NodeJS.ProcessEnv): boolean {
  return TERM === undefined || /^(?:|linux|dumb|vt\d+)$/.test(TERM)
}
