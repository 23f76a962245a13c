// What the actions of the overview, of a node and of its journal do.
import { copied, enter, load, logs, noClipboard, node, type Scenario } from './scenario.ts'

export const nodeScenarios: readonly Scenario[] = [
  // The overview.
  {
    action: 'open',
    does: 'opens the node under the cursor',
    steps: [enter],
    shows: screen => screen.includes('▸ node-00003'),
  },
  {
    action: 'faults',
    does: 'shows faults only',
    steps: ['f'],
    shows: screen => screen.includes('node-00003') && !screen.includes('node-00004'),
  },
  {
    action: 'density',
    does: 'changes the density',
    steps: ['dd'],
    shows: screen => screen.includes('density: compact'),
  },
  { action: 'mark', does: 'marks the node', steps: [' '], shows: screen => screen.includes('1 marked') },
  {
    action: 'mark-range',
    does: 'marks up to the cursor',
    steps: [' ', /1 marked/, 'jj', 'v'],
    shows: screen => /[3-9] marked|1\d marked/.test(screen),
  },
  { action: 'mark-all', does: 'marks all', steps: ['a'], shows: screen => screen.includes('21 marked') },
  {
    action: 'columns',
    does: 'shows another column',
    steps: ['ddd', /density: table/, ':columns tags', /: columns tags/, enter],
    shows: (_, _world, lines) => lines.some(line => / node .* tags/.test(line)),
  },
  {
    action: 'sort',
    does: 'orders by name',
    steps: ['j', ':sort node', /: sort node/, enter],
    shows: screen => screen.includes('sorted by node'),
  },
  {
    action: 'group',
    does: 'groups by region',
    steps: ['j', ':group region', /: group region/, enter],
    shows: screen => screen.includes('grouped by region'),
  },
  {
    action: 'earlier',
    does: 'shows the fleet as it was',
    steps: ['<'],
    shows: screen => screen.includes('as of') && screen.includes('✖ 21'),
  },
  {
    action: 'later',
    does: 'comes forth to now',
    steps: ['<', /as of/, '>>'],
    shows: screen => !screen.includes('as of') && /● 20/.test(screen),
  },
  {
    action: 'event-before',
    does: 'goes back to what happened',
    steps: ['{'],
    shows: screen => screen.includes('as of'),
  },
  {
    action: 'event-after',
    does: 'goes forth to now after the last event',
    steps: ['<<', /as of/, '}}}}}}}}}}'],
    shows: screen => !screen.includes('as of'),
  },
  {
    action: 'as-of',
    does: 'shows a moment that was named',
    steps: [':as-of -2h', /as-of/, enter],
    shows: screen => /as of .*2 h ago/.test(screen),
  },

  // A node.
  {
    action: 'window',
    does: 'changes the span of the chart',
    steps: [...node, / (?:10 m|1 h|24 h|7 d) .*now/, 'w'],
    shows: screen => / 7 d .*now/.test(screen),
  },
  {
    action: 'open-row',
    does: 'shows a probe whole',
    steps: [...node, /probes/, 'g', enter],
    shows: screen => screen.includes('esc closes') && /every|looks/.test(screen),
  },
  {
    action: 'next-value',
    does: 'draws the next value of the probe',
    steps: [...load, 'c'],
    shows: screen => / load (?:disk|cpu) % .*now/.test(screen),
  },
  {
    action: 'value',
    does: 'draws a value by its name',
    steps: [...load, ':value disk_pct', /: value disk_pct/, enter],
    shows: screen => / load disk % .*now/.test(screen),
  },

  // The journal of a node.
  { action: 'logs', does: 'opens the journal of the node', steps: ['l'], shows: screen => screen.includes('it broke') },
  {
    action: 'whole-line',
    does: 'shows a line whole',
    steps: [...logs, enter],
    shows: screen => /sshd\.service/.test(screen) && /esc closes/.test(screen),
  },
  {
    action: 'follow',
    does: 'stops following',
    steps: [...logs, /following/, 'f'],
    shows: screen => screen.includes('not following'),
  },
  {
    action: 'wrap',
    does: 'wraps long lines',
    steps: [...logs, 'w'],
    shows: screen => /wrapped/.test(screen),
  },
  {
    action: 'interval',
    does: 'shows another window',
    steps: [...logs, ':interval 90m', /: interval 90m/, enter],
    shows: screen => screen.includes('the last 1h30m, since'),
  },
  {
    action: 'priority',
    does: 'shows errors only',
    steps: [...logs, ':priority err', /err/, enter],
    shows: screen => screen.includes('it broke') && !screen.includes('first line'),
  },
  {
    action: 'unit',
    does: 'shows one unit only',
    steps: [...logs, ':unit sshd.service', /sshd/, enter],
    shows: screen => screen.includes('it broke') && !screen.includes('first line'),
  },
  { action: 'mark-line', does: 'marks the line', steps: [...logs, 'm'], shows: screen => screen.includes('1 marked') },
  {
    action: 'times',
    does: 'shows times in full',
    steps: [...logs, 't'],
    shows: screen => /\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}/.test(screen),
  },
  {
    action: 'copy-lines',
    does: 'copies the line',
    steps: [...logs, 'y'],
    env: noClipboard,
    shows: (_, world) => copied(world).includes('it broke'),
  },
  {
    action: 'keep-lines',
    does: 'keeps the lines as evidence',
    steps: [...logs, 'W'],
    shows: (_, { journal }) => /"exec\.started".*"journalctl"/.test(journal()),
  },
]
