// All probe kinds. A new one is its file and a line here; the compiler proves that it fits.
import type { ProbeKind } from '../probe.ts'
import { boot } from './boot.ts'
import { dns } from './dns.ts'
import { heartbeat } from './heartbeat.ts'
import { http } from './http.ts'
import { journal } from './journal.ts'
import { load } from './load.ts'
import { mesh } from './mesh.ts'
import { ping } from './ping.ts'
import { portClosed } from './port-closed.ts'
import { ssh } from './ssh.ts'
import { tls } from './tls.ts'
import { units } from './units.ts'
import { wireguard } from './wireguard.ts'
import { zerotier } from './zerotier.ts'

const kinds = [
  ping,
  ssh,
  mesh,
  dns,
  http,
  tls,
  portClosed,
  units,
  journal,
  boot,
  load,
  wireguard,
  zerotier,
  heartbeat,
] as const satisfies readonly ProbeKind[]

export const probeKinds: ReadonlyMap<string, ProbeKind> = new Map(kinds.map(kind => [kind.kind, kind]))
