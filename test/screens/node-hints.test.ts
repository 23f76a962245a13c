import { afterEach, describe, expect, test } from 'vitest'
import { hintFor } from '../../screens/node/hints.ts'
import type { LiveProbe } from '../../src/engine/engine.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const name = nodeName(1)
const ends: (() => void)[] = []

function page(engine: FakeEngine, columns = 120, rows = 40): Operator {
  const operator = operate(engine, { columns, rows }, () => start)
  operator.room.open('node', name)
  ends.push(() => operator.close())
  return operator
}
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

describe('where to look first', () => {
  type Sample = Partial<LiveProbe> & { probe: string }
  const hint = (...samples: Sample[]) => {
    const probes = samples.map(({ probe, ...more }) => {
      const [kind = probe] = probe.split(':')
      const detail = nodeText('clavitor.service is failed')
      return { node: name, probe, kind, ok: true, ms: 1, detail, at: start, target: 'x', everyMs: 30_000, ...more }
    })
    return hintFor(Object.fromEntries(probes.map(probe => [probe.probe, probe])), start - 60_000, start)
  }
  const bad = { ok: false } as const

  test.each<[string, Sample[], string | null]>([
    [
      'the mesh alone',
      [{ probe: 'http' }, { probe: 'ping:mesh', ...bad }],
      'the service answers in public, the mesh does not: look at WireGuard first',
    ],
    [
      'the mesh alone, with the age of the handshake',
      [{ probe: 'http' }, { probe: 'ping:mesh', ...bad }, { probe: 'wireguard', values: { newest_handshake_s: 380 } }],
      'look at WireGuard first (handshake 6 m 20 s old)',
    ],
    [
      'a ZeroTier mesh',
      [{ probe: 'http' }, { probe: 'ssh:mesh', ...bad }, { probe: 'zerotier' }],
      'look at ZeroTier first',
    ],
    [
      'public alone',
      [{ probe: 'http', ...bad }, { probe: 'ping:mesh' }],
      'look at the public address and its firewall',
    ],
    [
      'everything',
      [
        { probe: 'http', ...bad },
        { probe: 'ping:mesh', ...bad },
        { probe: 'heartbeat', ...bad },
      ],
      "look at the provider's console first",
    ],
    [
      'everything but pushes',
      [{ probe: 'http', ...bad }, { probe: 'ping:public', ...bad }, { probe: 'heartbeat' }],
      'look at the way from HQ first',
    ],
    [
      'everything, with a push from before it did',
      [
        { probe: 'http', ...bad },
        { probe: 'ping:public', ...bad },
        { probe: 'heartbeat', at: start - 30_000 },
      ],
      "look at the provider's console first",
    ],
    ['the service', [{ probe: 'http', ...bad }, { probe: 'ping:public' }], 'look at the unit and its journal first'],
    [
      'the service and its unit',
      [{ probe: 'http', ...bad }, { probe: 'ssh:public' }, { probe: 'units', ...bad }],
      'the service does not answer and clavitor.service is failed',
    ],
    [
      'the service and its certificate',
      [{ probe: 'http', ...bad }, { probe: 'ssh:public' }, { probe: 'tls', ...bad }],
      'renew the certificate first',
    ],
    ['ssh', [{ probe: 'ssh:public', ...bad }, { probe: 'http' }], 'look at sshd, its port and the firewall first'],
    ['dns', [{ probe: 'dns', ...bad }, { probe: 'http' }], 'look at the DNS record first'],
    ['pushes', [{ probe: 'heartbeat', ...bad }, { probe: 'http' }], 'look at its push timer'],
    [
      'a full disk',
      [
        { probe: 'http', ...bad },
        { probe: 'load', values: { disk_pct: 97 } },
      ],
      'the disk is 97 % full',
    ],
    ['nothing', [{ probe: 'http' }, { probe: 'load', values: { disk_pct: 60 } }], null],
    [
      'nothing that was looked at lately',
      [{ probe: 'http', ...bad, at: start - 600_000 }, { probe: 'ping:mesh' }],
      null,
    ],
    ['what could not be looked at', [{ probe: 'http', ok: null }, { probe: 'ping:mesh' }], null],
  ])('of what fails: %s', (_, samples, expected) => {
    if (expected === null) expect(hint(...samples)).toBeNull()
    else expect(hint(...samples)).toContain(expected)
  })

  test('it stands below the reason, in place of the one that the engine ends a reason with', () => {
    const engine = fakeEngine(21)
    engine.sample(name, { probe: 'ping:mesh', ok: false })
    const reason = 'ping:mesh: no answer; it answers in public but not over the mesh: look at WireGuard or ZeroTier'
    engine.setHealth(name, 'down', { reason, causes: ['ping:mesh'] })
    const operator = page(engine)
    expect(operator.text()).toMatch(/ping:mesh: no answer {2}since/)
    expect(operator.text()).toMatch(/→ the service answers in public, the mesh does not: look at WireGuard first/)
    expect(operator.text()).not.toContain('WireGuard or ZeroTier')
    engine.sample(name, { probe: 'ping:mesh', ok: true })
    operator.room.freeze(false)
    expect(operator.text()).toMatch(/→ it answers in public but not over the mesh: look at WireGuard or ZeroTier/)
    engine.setHealth(name, 'up')
    operator.room.freeze(false)
    expect(operator.text()).not.toContain('→')
  })
})
