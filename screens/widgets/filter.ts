// The grammar of `/`, the same on every screen and in logs: part of the text; `!` inverts, `-f` is fuzzy, `@` is a tag. Pure.

/** What a filter can look at. `text` is lower case. */
export interface Filterable {
  text: string
  tags?: readonly string[]
}

/** A filter as it was typed, made ready to be asked about many things. */
export function filterBy(typed: string): (one: Filterable) => boolean {
  const words = typed.trim().toLowerCase()
  if (words === '' || words === '!') return () => true
  if (words.startsWith('!')) {
    const inner = filterBy(words.slice(1))
    return one => !inner(one)
  }
  if (words.startsWith('@')) {
    const tag = words.slice(1)
    return one => (one.tags ?? []).some(known => known.toLowerCase().startsWith(tag))
  }
  if (words.startsWith('-f')) {
    const letters = words.slice(2).trim()
    return one => isWithin(letters, one.text)
  }
  return one => one.text.includes(words)
}

/** Every letter, in order. */
export function isWithin(letters: string, text: string): boolean {
  let at = 0
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}
