// When a node began to run, as far as it is known: by its boot probe, by what that remembers, by incidents about it. Pure.
import type { Snapshot } from '../room/room.ts'

export interface Boot {
  key: string
  said: { at: number; words: string; detail: readonly string[]; isUnexpected: boolean }
}

/** Newest first. */
export function bootsOf({ live, state }: Pick<Snapshot, 'live' | 'state'>, name: string): Boot[] {
  const boots: Boot[] = []
  const probes = Object.values(live.probes[name] ?? {})
  for (const probe of probes.filter(({ kind }) => kind === 'boot')) {
    const seconds = probe.values?.uptime_s
    if (seconds === undefined) continue
    const id = probe.facts?.boot_id
    const detail = id === undefined ? [] : [`boot id ${id}`]
    boots.push({
      // A second more or less of rounding is no other boot.
      key: id ?? 'now',
      said: { at: probe.at - seconds * 1000, words: 'up since', detail, isUnexpected: probe.ok === false },
    })
  }
  if (boots.length === 0) {
    const push = probes.find(({ kind, values }) => kind === 'heartbeat' && values?.uptime_s !== undefined)
    const seconds = push?.values?.uptime_s
    if (push && seconds !== undefined) {
      const said = {
        at: push.at - seconds * 1000,
        words: 'up since, as it says itself',
        detail: [],
        isUnexpected: false,
      }
      boots.push({ key: 'pushed', said })
    }
  }
  for (const [probe, memory] of Object.entries(state.watch.memory[name] ?? {})) {
    const at = Number(memory.noticed)
    if (memory.noticed === undefined || !Number.isFinite(at)) continue
    const detail = [`boot id before ${memory.before ?? 'unknown'}`, `boot id since ${memory.boot_id ?? 'unknown'}`]
    boots.push({
      key: `noticed ${probe}`,
      said: { at, words: 'a reboot that nobody announced', detail, isUnexpected: true },
    })
  }
  for (const incident of [...Object.values(state.incidents.open), ...state.incidents.closed]) {
    if (!incident.nodes.includes(name) || !/\breboot/i.test(incident.title)) continue
    const { id, openedAt: at, title, severity } = incident
    boots.push({ key: `incident ${id}`, said: { at, words: `${severity} ${title}`, detail: [], isUnexpected: true } })
  }
  return boots.sort((a, b) => b.said.at - a.said.at)
}
