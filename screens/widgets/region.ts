// Regions are long and end with what tells them apart: they are shortened in the middle, not cut.

const shorter: readonly (readonly [RegExp, string])[] = [
  [/northeast/, 'ne'],
  [/northwest/, 'nw'],
  [/southeast/, 'se'],
  [/southwest/, 'sw'],
  [/central/, 'c'],
  [/north/, 'n'],
  [/south/, 's'],
  [/east/, 'e'],
  [/west/, 'w'],
]

/** `ap-southeast-3` as it is where it fits, `ap-se-3` where it does not. */
export function shortRegion(region: string, width: number): string {
  if (region.length <= width) return region
  const found = shorter.find(([long]) => long.test(region))
  return found ? region.replace(found[0], found[1]) : region
}
