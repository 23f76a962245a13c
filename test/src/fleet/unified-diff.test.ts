// What a change of a text looks like to the person who is asked about it.
import { expect, test } from 'vitest'
import { unifiedDiff } from '../../../src/fleet/unified-diff.ts'

test('a changed line stands with three lines around it, under the name of the file', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\n'
  expect(unifiedDiff(before, before.replace('d\n', 'd\nmore\n'), 'fleet.yaml')).toBe(`--- fleet.yaml
+++ fleet.yaml
@@ -2,6 +2,7 @@
 b
 c
 d
+more
 e
 f
 g
`)
})

test('two changes far apart are two hunks', () => {
  const before = Array.from({ length: 40 }, (_, index) => `line ${index}`)
  const after = before.with(2, 'two').toSpliced(30, 1)
  const shown = unifiedDiff(before.join('\n'), after.join('\n'), 'f')
  expect(shown.match(/^@@ .*@@$/gm)).toEqual(['@@ -1,6 +1,6 @@', '@@ -28,7 +28,6 @@'])
  expect(shown.match(/^[-+][^-+].*$/gm)).toEqual(['-line 2', '+two', '-line 30'])
})
