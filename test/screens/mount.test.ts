// What goes through Ink comes out as what it is, however fast rows change: the newest picture is always the last one shown.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mountPicture } from '../../screens/terminal/mount.tsx'

const texts = fc.constantFrom('one', 'two', '\u001b[1mthree\u001b[0m', '', '0a', '漢字')
const pictures = fc.array(fc.array(texts, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 4 })

test('after any changes, several of them at once, the last frame is the newest picture', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pictures, { minLength: 1, maxLength: 6 }), async bursts => {
      let rows: readonly string[] = ['first', 'second', 'third']
      let shown = ''
      const listeners = new Set<() => void>()
      const picture = mountPicture({
        subscribe(listener) {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        rows: () => rows,
        size: () => ({ columns: 40, rows: 3 }),
        show: frame => {
          shown = frame
        },
      })
      for (const burst of bursts) {
        // All of a burst come in one turn of the loop, as keys of one packet do.
        for (const next of burst) {
          rows = next
          for (const listener of listeners) listener()
        }
        await new Promise<void>(resolve => setImmediate(resolve))
        expect(shown).toBe(rows.join('\n'))
      }
      picture.unmount()
    }),
    { numRuns: 60 },
  )
})
