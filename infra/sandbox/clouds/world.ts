// What an emulated cloud asks of the world it lives in: a machine that was launched is to be a real node on loopback.
import type { ProviderName } from '../../clouds/shapes.ts'

export interface BornMachine {
  provider: ProviderName
  region: string
  id: string
  /** Name or tags that say which node it is; null where nothing does. */
  node: string | null
  type: string
  sshKeys: readonly string[]
}

export interface CloudWorld {
  /** Its addresses, at once; it boots meanwhile. Of one that is known: it runs, as before or again. */
  begin(machine: BornMachine): { ipv4: string; private: string; hostkeys: readonly string[] }
  /** It is stopped or ends. */
  end(id: string): void
  /** Its servers answer. */
  isUp(id: string): boolean
}

/** A world of addresses only (TEST-NET-1 and -2 of RFC 5737), where every machine is up at once. */
export function emptyWorld(): CloudWorld {
  const seen = new Map<string, number>()
  return {
    begin({ id }) {
      const number = seen.get(id) ?? seen.size + 1
      seen.set(id, number)
      return { ipv4: `198.51.100.${number % 250}`, private: `192.0.2.${number % 250}`, hostkeys: [] }
    },
    end: () => {},
    isUp: id => seen.has(id),
  }
}
