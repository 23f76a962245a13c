// Places of some commits in a file of the journal, so that a page is read from near where it begins, in either direction.
export interface Place {
  seq: number
  offset: number
}

/** Where a page that ends before the commit `end` may begin to be read backwards; null: nobody has been so far yet. */
export function startOfPage(places: readonly Place[], end: number): number | null {
  return places.find(place => place.seq >= end)?.offset ?? null
}

/** Keeps them ascending, each once. */
export function rememberPlace(places: Place[], place: Place): void {
  let at = places.length
  while (at > 0 && (places[at - 1]?.seq ?? 0) > place.seq) at -= 1
  if (places[at - 1]?.seq !== place.seq) places.splice(at, 0, place)
}
