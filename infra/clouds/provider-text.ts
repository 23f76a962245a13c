// The words of a provider on their way into an error or a summary: cleaned, shortened, and without the secret that a
// provider (or who stands in its place) might repeat.
import { forTerminal, nodeText } from '../../state/primitives/node-text.ts'

export function providerText(raw: unknown, options: { most?: number; without?: readonly string[] } = {}): string {
  const { most = 300, without = [] } = options
  if (typeof raw !== 'string') return ''
  // Cleaned before it is searched: what a terminal ignores could stand inside the secret.
  let text = forTerminal(raw.slice(0, 20_000))
  for (const secret of without) if (secret !== '') text = text.replaceAll(secret, '[secret]')
  return nodeText(text, most)
}

/** Of a shape's field that takes at most so many characters; null where nothing is left. */
export function providerWord(raw: unknown, most = 200): string | null {
  const text = providerText(raw, { most })
  return text === '' ? null : text
}
