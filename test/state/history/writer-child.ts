// A process that keeps history under a clock that runs fast, says after each commit what is durable, and never ends by
// itself: the kill -9 test ends it. Arguments: directory, start (ms), number of this run.
import { openHistory } from '../../../state/history/open.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'

const [dir = '', start = '0', run = '0'] = process.argv.slice(2)
const clock = new VirtualClock(Number(start))
const history = await openHistory({ dir, clock, bootId: 'boot', sinceBootMs: () => clock.now() })
const nodes = ['paris', 'tokyo', 'virginia']
for (const node of nodes) history.health(node, 'up', clock.now())

for (let step = 0; ; step += 1) {
  history.append(
    nodes.map(node => ({
      node,
      probe: `ping-${step % 3}`,
      at: clock.now(),
      ok: true,
      ms: Number(run),
      values: { step, [`value_${run}`]: 1 },
    })),
  )
  // Ten minutes of five-second ticks between commits: hours close every few steps.
  for (let i = 0; i < 120; i += 1) {
    clock.advance(5000)
    const done = history.tick(clock.now())
    if (i === 119) await done
  }
  process.stdout.write(`${step} ${clock.now()}\n`)
}
