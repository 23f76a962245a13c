// Starts what screens ask the engine for while the room is open.
import { screenIds, screens } from '../screens.ts'
import type { Room } from './room.ts'

export function startFeeds(room: Room, now: () => number): () => void {
  const ends = screenIds().flatMap(id => screens[id].feed?.(room, now) ?? [])
  return () => {
    for (const end of ends) end()
  }
}
