// What is said, in parts that can be listened to, and what the numbers in it stand for.
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Offer, Told } from './tell.ts'

/** Lines in one breath; `more` reads on. */
const breath = 20

/** What a number stands for: a place, or a line as if it had been typed. */
export type Numbered = ({ kind: 'place' } & Offer) | { kind: 'line'; line: string; says: string }

export interface Speaker {
  say(lines: readonly string[]): void
  /** From its beginning, a part at a time; its numbers replace the ones before. */
  read(told: Told): void
  offerLines(head: string, lines: readonly { line: string; says: string }[]): void
  more(): void
  offer(number: number): Numbered | undefined
  /** How often something was said. */
  count(): number
}

export function createSpeaker(write: (text: string) => void): Speaker {
  let rest: readonly string[] = []
  let offers: readonly Numbered[] = []
  let said = 0
  function say(lines: readonly string[]): void {
    if (lines.length === 0) return
    said += 1
    // Whoever wrote it: nothing of it reaches the terminal but words.
    write(`${lines.map(line => forTerminal(line)).join('\n')}\n`)
  }
  function inParts(lines: readonly string[]): void {
    // A part of two lines more is no burden, being asked for them is.
    const cut = lines.length > breath + 2 ? breath : lines.length
    rest = lines.slice(cut)
    say([...lines.slice(0, cut), ...(rest.length > 0 ? [`${rest.length} more lines: \`more\` reads on.`] : [])])
  }
  function number(list: readonly Numbered[]): string[] {
    if (list.length > 0) offers = list
    return list.map(({ says }, at) => `${at + 1}. ${says}`)
  }
  return {
    say,
    read({ lines, offers: list, hint }) {
      const numbered = number(list.map(offer => ({ kind: 'place', ...offer })))
      inParts([...lines, ...numbered, ...(hint === null ? [] : [hint])])
    },
    offerLines(head, lines) {
      inParts([head, ...number(lines.map(one => ({ kind: 'line', ...one })))])
    },
    more() {
      if (rest.length === 0) say(['That was all.'])
      else inParts(rest)
    },
    offer: at => offers[at - 1],
    count: () => said,
  }
}
