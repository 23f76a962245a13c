import { afterEach, describe, expect, test, vi } from 'vitest'
import { startFeeds } from '../../screens/room/feeds.ts'
import { screens } from '../../screens/screens.ts'
import type { ExecOutcome, ExecRun } from '../../src/engine/exec/shapes.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { type Operator, operate } from './show.ts'

const names = ['zurich', 'paris', 'london', 'oslo']
const ends: (() => void)[] = []
function room(engine: FakeEngine, columns = 80, rows = 24): Operator {
  const operator = operate(engine, { columns, rows }, () => start)
  ends.push(
    startFeeds(operator.room, () => start),
    () => operator.close(),
  )
  return operator
}
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function outcome(node: string, more: Partial<ExecOutcome> = {}): ExecOutcome {
  return { node, outcome: 'ok', exit: 0, ms: 93, evidence: null, detail: null, ...more }
}
function run(id: string, more: Partial<ExecRun> = {}): ExecRun {
  return {
    id,
    by: 'noc',
    at: start - 60_000,
    argv: ['uptime'],
    nodes: names,
    deadlineMs: 60_000,
    outcomes: {},
    endedAt: null,
    ...more,
  }
}
function closed(id: string, outcomes: ExecOutcome[], more: Partial<ExecRun> = {}): ExecRun {
  const counts = { ok: 0, failed: 0, unreachable: 0, timeout: 0 }
  for (const one of outcomes) counts[one.outcome] += 1
  return run(id, {
    outcomes: Object.fromEntries(outcomes.map(one => [one.node, one])),
    nodes: outcomes.map(({ node }) => node),
    counts,
    endedAt: start - 30_000,
    ...more,
  })
}
function withRuns(engine: FakeEngine, open: ExecRun[], done: ExecRun[]): FakeEngine {
  engine.setState(state => ({
    ...state,
    exec: { open: Object.fromEntries(open.map(one => [one.id, one])), closed: done },
  }))
  return engine
}
const mixed = [
  outcome('zurich', { evidence: 'a'.repeat(64) }),
  outcome('paris', { outcome: 'failed', exit: 3, ms: 812, evidence: 'b'.repeat(64) }),
  outcome('london', { outcome: 'unreachable', exit: null, detail: 'no route to host' }),
  outcome('oslo', { outcome: 'timeout', exit: null, ms: 60_000 }),
]

describe('E runs a command', () => {
  test('on the node under the cursor, as words, and opens its page', async () => {
    const engine = fakeEngine(4, { names })
    const operator = room(engine)
    operator.select('paris')
    operator.type('E')
    operator.type("echo 'a  b' $HOME\r")
    operator.type('Y')
    await expect
      .poll(() => engine.did)
      .toMatchObject([{ type: 'exec.start', nodes: ['paris'], argv: ['echo', 'a  b', '$HOME'], deadlineMs: 60_000 }])
    await expect.poll(() => operator.text()).toContain("$ echo 'a  b' '$HOME'")
    expect(operator.place().screen).toBe('run')
    expect(operator.text()).toContain('running for 0 s')
  })

  test('says that no shell reads it, and which signs are therefore text', () => {
    const operator = room(fakeEngine(4, { names }))
    operator.type('E')
    operator.type('ls * | wc')
    expect(operator.text()).toContain("4 words: ls '*' '|' wc")
    expect(operator.text()).toContain('no shell reads it: * | are plain text here')
  })

  test.each([
    ["echo 'open", "the ' at place 6 is never closed"],
    ['', 'say what to run'],
    ["''", 'say what to run'],
  ])('%j is refused before anything is asked', (command, why) => {
    const engine = fakeEngine(4, { names })
    const operator = room(engine)
    operator.type('E')
    operator.type(`${command}\r`)
    expect(operator.text()).toContain(why)
    expect(operator.room.snapshot().view.dialogs).toHaveLength(1)
  })

  test('a deadline that is none is refused', () => {
    const operator = room(fakeEngine(4, { names }))
    operator.type('Euptime\t\u0015soon\t\r')
    expect(operator.text()).toContain('not a duration: 30s or 5m')
  })

  test('sent again after a doubt it is the same run; another command is another one', async () => {
    const engine = fakeEngine(4, { names })
    engine.refuse(new Error('the link is lost'))
    const operator = room(engine)
    operator.type('Euptime\r')
    operator.type('Y')
    await expect.poll(() => operator.text()).toContain('not done: the link is lost')
    operator.type('Y')
    await expect.poll(() => engine.did.length).toBe(2)
    await expect.poll(() => operator.text()).toContain('not done: the link is lost')
    engine.refuse(null)
    operator.type('\u001b')
    operator.type(' -p\r')
    operator.type('Y')
    await expect.poll(() => engine.did.length).toBe(3)
    const ids = engine.did.flatMap(command => (command.type === 'exec.start' ? [command.id] : []))
    expect(ids[0]).toMatch(/^exec-[a-z0-9-]{1,64}$/)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })

  test('the same command asked for anew is a new run', async () => {
    const engine = fakeEngine(4, { names })
    const operator = room(engine)
    for (const count of [1, 2]) {
      operator.room.open('overview')
      operator.type('Euptime\r')
      operator.type('Y')
      await expect.poll(() => engine.did.length).toBe(count)
      await expect.poll(() => operator.place().screen).toBe('run')
    }
    const [first, second] = engine.did
    expect(first).not.toEqual(second)
  })

  test('its name in the palette takes deadline and command, with the blanks in quotes', () => {
    const operator = room(fakeEngine(4, { names }))
    operator.type(":exec 5m echo 'a  b'\r")
    expect(operator.text()).toContain("exactly echo 'a  b'")
  })

  test('where there is no node there is no E', () => {
    const engine = fakeEngine(4, { names })
    const operator = room(engine)
    operator.type('8E')
    expect(operator.room.snapshot().view.dialogs).toEqual([])
  })
})

describe('the list of runs', () => {
  test('opens by its name; newest first, with how they ended', () => {
    const engine = withRuns(
      fakeEngine(4, { names }),
      [run('exec-2', { at: start - 3_000, argv: ['df', '-h'] })],
      [closed('exec-1', mixed)],
    )
    const operator = room(engine, 120, 36)
    operator.type(':runs\r')
    expect(operator.place()).toEqual({ screen: 'runs', subject: null })
    const rows = operator.lines().filter(line => line.includes('4 nodes'))
    expect(rows[0]).toMatch(/10:42:04Z +noc +df -h +4 nodes +running 3 s/)
    expect(rows[1]).toMatch(/10:41:07Z +noc +uptime +4 nodes +● 1 ok +✖ 1 failed +◐ 1 timeout +○ 1 unreachable/)
    expect(operator.lines()[0]).toContain('1 running')
  })

  test('/ filters, enter opens, y copies the command', () => {
    const engine = withRuns(
      fakeEngine(4, { names }),
      [],
      [closed('exec-1', mixed), closed('exec-2', mixed, { argv: ['echo', 'a b'], at: start - 1_000 })],
    )
    const operator = room(engine)
    operator.type(':runs\r')
    operator.type('/uptime\r')
    expect(operator.text()).not.toContain('echo')
    operator.type('\u001b')
    operator.type('gy')
    expect(operator.did).toEqual(["copy the command: echo 'a b'"])
    operator.type('j\r')
    expect(operator.place()).toEqual({ screen: 'run', subject: 'exec-1' })
  })

  test('nothing run yet says how', () => {
    const operator = room(fakeEngine(4, { names }))
    operator.type(':runs\r')
    expect(operator.text()).toContain('nothing has been run yet · E on nodes runs a command')
  })
})

describe('one run', () => {
  function page(columns = 80, rows = 24): { engine: FakeEngine; operator: Operator } {
    const engine = withRuns(fakeEngine(4, { names }), [], [closed('exec-1', mixed)])
    engine.outputs['a'.repeat(64)] = { stdout: '10:42 up 3 days\nload 0.1\n', stderr: 'a warning\n' }
    engine.outputs['b'.repeat(64)] = { stdout: '', stderr: 'no such\u001b[2J thing\n' }
    const operator = room(engine, columns, rows)
    operator.room.open('run', 'exec-1')
    return { engine, operator }
  }

  test('what did not end well stands first, and each node says how it ended', async () => {
    const { operator } = page()
    await expect.poll(() => operator.text()).toContain('10:42 up 3 days')
    const text = operator.text()
    expect(text).toMatch(/✖ paris +failed, exit 3 +812 ms +no such thing/)
    expect(text).toMatch(/○ london +unreachable +93 ms +no route to host/)
    expect(text).toMatch(/◐ oslo +timeout +60000 ms/)
    expect(text).toMatch(/● zurich +ok +93 ms +10:42 up 3 days/)
    expect(text.indexOf('oslo')).toBeLessThan(text.indexOf('zurich  '))
    expect(text).toContain('at most 1m a node')
  })

  test('the output of each node on the screen is asked for once', async () => {
    const { engine, operator } = page()
    await expect.poll(() => operator.text()).toContain('10:42 up 3 days')
    operator.type('jkjk')
    operator.room.freeze(false)
    expect(engine.asked.filter(({ kind }) => kind === 'output')).toHaveLength(2)
  })

  test('enter shows what the node printed, both streams, made harmless', async () => {
    const { operator } = page()
    operator.type('G\r')
    await expect.poll(() => operator.text()).toContain('load 0.1')
    expect(operator.text()).toMatch(/load 0\.1[\s\S]+── stderr ──[\s\S]+a warning/)
    operator.type('\u001b')
    operator.type('g\r')
    await expect.poll(() => operator.text()).toMatch(/stderr ──\s+no such thing/)
    expect(operator.text()).not.toContain('\u001b')
  })

  test('an output that is lost or was erased is not shown as empty', async () => {
    const engine = withRuns(fakeEngine(4, { names }), [], [closed('exec-1', mixed)])
    engine.outputs['b'.repeat(64)] = null
    const operator = room(engine)
    operator.room.open('run', 'exec-1')
    await expect.poll(() => operator.text()).toContain('its output is lost or was erased')
  })

  test('enter on a node that printed nothing says why', () => {
    const { operator } = page()
    operator.type('j\r')
    expect(operator.text()).toContain('london: no route to host')
  })

  test('y copies the command', () => {
    const { operator } = page()
    operator.type('y')
    expect(operator.did).toEqual(['copy the command: uptime'])
  })

  test('while it runs, what is done is shown beside what is not, and the rest once state has it', async () => {
    const engine = withRuns(fakeEngine(4, { names }), [run('exec-1')], [])
    const operator = room(engine)
    operator.room.open('run', 'exec-1')
    expect(operator.text()).toContain('running for 1 m 0 s')
    engine.tell({
      kind: 'live',
      samples: [],
      exec: [{ exec: 'exec-1', ...outcome('paris', { outcome: 'failed', exit: 2 }) }],
    })
    await expect.poll(() => operator.text()).toMatch(/✖ paris +failed, exit 2/)
    expect(operator.text()).toMatch(/oslo +running for/)
    expect(operator.lines()[0]).toContain('✖ 1')
    withRuns(
      engine,
      [],
      [
        closed(
          'exec-1',
          names.map(node => outcome(node)),
        ),
      ],
    )
    await expect.poll(() => operator.text()).toMatch(/● paris +ok/)
    expect(operator.text()).not.toContain('running')
  })

  test('held still, a run does not go on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    ends.push(() => vi.useRealTimers())
    const engine = withRuns(fakeEngine(4, { names }), [run('exec-1')], [])
    const operator = room(engine)
    operator.room.open('run', 'exec-1')
    operator.type('z')
    for (const node of ['paris', 'oslo']) {
      engine.tell({ kind: 'live', samples: [], exec: [{ exec: 'exec-1', ...outcome(node) }] })
      await vi.advanceTimersByTimeAsync(500)
    }
    expect(operator.text()).not.toMatch(/● (paris|oslo)/)
    operator.type('z')
    await vi.advanceTimersByTimeAsync(500)
    expect(operator.text()).toMatch(/● paris +ok/)
    expect(operator.text()).toMatch(/● oslo +ok/)
  })

  test('an old run says how many nodes are not kept by name', () => {
    const counts = { ok: 97, failed: 1, unreachable: 1, timeout: 1 }
    const engine = withRuns(fakeEngine(4, { names }), [], [closed('exec-1', mixed, { counts })])
    const operator = room(engine)
    operator.room.open('run', 'exec-1')
    expect(operator.text()).toContain('of 100 nodes only these are kept by name')
  })

  test('a run that is not known says so', () => {
    const operator = room(fakeEngine(4, { names }))
    operator.room.open('run', 'exec-gone')
    expect(operator.text()).toContain('this run is not known here')
    operator.type('jG\ry')
    expect(operator.did).toEqual([])
  })

  test.each([
    [80, 24],
    [200, 60],
  ])('%i×%i: of a thousand nodes the last one is reached, and every row fits', (columns, rows) => {
    const nodes = Array.from({ length: 1_000 }, (_, at) => nodeName(at))
    const engine = withRuns(
      fakeEngine(1_000),
      [],
      [
        closed(
          'exec-1',
          nodes.map(node => outcome(node)),
        ),
      ],
    )
    const operator = room(engine, columns, rows)
    operator.room.open('run', 'exec-1')
    operator.type('G')
    expect(operator.text()).toContain(nodeName(999))
    for (const line of operator.lines()) expect([...line]).toHaveLength(columns)
  })
})

describe('the fleet file that waits', () => {
  const sha256 = 'c'.repeat(64)
  function waiting(count = 2): FakeEngine {
    const engine = fakeEngine(4, { names })
    const changes = Array.from({ length: count }, (_, at) => ({
      path: `nodes.node-${at}.address`,
      kind: 'changed' as const,
      from: `192.0.2.${at}`,
      to: `198.51.100.${at}`,
      guarded: 'HQ connects to another address',
    }))
    engine.setState(state => ({ ...state, fleet: { ...state.fleet, proposed: { sha256, at: start, changes } } }))
    return engine
  }

  test('the notice names the key', () => {
    expect(room(waiting()).text()).toContain('a changed fleet file waits for a yes · F shows all of it and asks')
  })

  test('F shows every change with its reason, and accepts what was read', async () => {
    const engine = waiting()
    const operator = room(engine)
    operator.type('F')
    expect(operator.text()).toContain('nodes.node-0.address: 192.0.2.0 → 198.51.100.0')
    expect(operator.text()).toContain('needs a yes: HQ connects to another address')
    operator.type('F\r')
    expect(engine.did).toEqual([])
    operator.type('FY')
    await expect.poll(() => engine.did).toEqual([{ type: 'fleet.accept', sha256 }])
  })

  test('fifty changes are read to the last', () => {
    const operator = room(waiting(50))
    operator.type('F')
    expect(operator.text()).not.toContain('node-49')
    operator.type('\u001b[6~'.repeat(30))
    expect(operator.text()).toContain('node-49')
  })

  test('a change that was replaced meanwhile is not shown as what is agreed to', async () => {
    const engine = waiting()
    const operator = room(engine)
    operator.type('F')
    engine.setState(state => {
      const { proposed } = state.fleet
      return { ...state, fleet: { ...state.fleet, proposed: proposed && { ...proposed, sha256: 'd'.repeat(64) } } }
    })
    await expect.poll(() => operator.text()).toContain('this file does not wait any more')
    expect(operator.text()).not.toContain('198.51.100.0')
  })

  test(':fleet-file shows what is refused and what waits', () => {
    const engine = waiting()
    engine.setState(state => ({
      ...state,
      fleet: { ...state.fleet, refused: { sha256, at: start, errors: ['fleet.yaml:3:1 unknown key', 'and more'] } },
    }))
    const operator = room(engine, 100, 40)
    operator.type(':fleet-file\r')
    for (const words of ['unknown key', 'and more', 'nodes.node-1.address', sha256])
      expect(operator.text()).toContain(words)
  })

  test('without one there is no F', () => {
    const operator = room(fakeEngine(4, { names }))
    operator.type('F')
    expect(operator.room.snapshot().view.dialogs).toEqual([])
  })
})

test('a view that was kept and does not resolve any more opens as at first', () => {
  for (const kept of [null, 'x', { filter: 4, selected: {} }]) {
    expect(screens.runs.restore(kept)).toEqual(screens.runs.initial)
    expect(screens.run.restore(kept)).toEqual(screens.run.initial)
  }
})
