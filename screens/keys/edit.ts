// One line of text after a key: the same in the filter, the palette and every dialog. Pure.
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Typed } from './tokenizer.ts'

const longestTyped = 2_000

/** Null: the key is none that types, or there was nothing to take away. */
export function edited(text: string, key: Typed): string | null {
  if (key.kind === 'paste') {
    const [line = ''] = key.text.split(/\r\n|\n|\r/)
    return (text + forTerminal(line)).slice(0, longestTyped)
  }
  if (key.name === 'space') return `${text} `.slice(0, longestTyped)
  if (key.name === 'backspace') return text === '' ? null : [...text].slice(0, -1).join('')
  if (key.name === 'ctrl-u') return ''
  if (key.name === 'ctrl-w') return text.replace(/\S*\s*$/, '')
  return [...key.name].length === 1 ? (text + key.name).slice(0, longestTyped) : null
}
