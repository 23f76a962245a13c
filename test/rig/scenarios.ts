// What each action of the registry does, as an operator sees it: keys, and what is there afterwards. One line an action; a
// new action without one fails the rig.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Rig } from './rig.ts'

export interface World {
  rig: Rig
  folder: string
  /** The commits that were written, as lines. */
  journal(): string
  /** A file of the operator's; empty while it is not there. */
  file(...steps: string[]): string
  /** What another program was started with. */
  ran(program: string): string
}

export interface Scenario {
  action: string
  does: string
  /** Keys, and what is waited for before the next: letters typed before a dialog is there would be other keys. */
  steps: readonly (string | RegExp)[]
  /** True once it has done what it is for. */
  shows(screen: string, world: World, lines: readonly string[]): boolean
  /** The room is left by it. */
  leaves?: true
  env?: Record<string, string>
}

export function worldOf(rig: Rig, folder: string): World {
  const file = (...steps: string[]) => {
    const at = path.join(folder, ...steps)
    return existsSync(at) ? readFileSync(at, 'utf8') : ''
  }
  return {
    rig,
    folder,
    file,
    journal: () => file('journal.jsonl'),
    ran: program => file(`${program}.ran`),
  }
}

const esc = '\u001b'
const enter = '\r'
const left = `${esc}[D`
const right = `${esc}[C`
const pageDown = `${esc}[6~`
const pageUp = `${esc}[5~`
/** To the page of the node that is down; the cursor begins on it. */
const node = [enter, /▸ node-00003/] as const
/** The cursor on a probe with several values. */
const load = [...node, /load/, 'jjjjj', / load ram % .*now/] as const
const logs = ['l', /it broke/] as const
const incident = ['6', /open \(1\)/, enter, /is down: no answer/] as const
const journal = ['8', /ran `uptime`/] as const
const runs = [':runs', /go to runs/, enter, /uptime/] as const
const run = [...runs, enter, /ok/] as const
const money = ['5', /over by/] as const
const drift = [':drift', /go to drift/, enter, /looked/] as const
/** The plan of a node that is planned. */
const plan = [':node-00006', /node-00006/, enter, /▸ node-00006/, 'p', /would create 1 machine/] as const
const selectedTile = (lines: readonly string[]) => /█[◆✖●○◐ ]+(node-\d+)/.exec(lines.join('\n'))?.[1] ?? ''
/** A clipboard that no terminal has: copies go into a file. */
const noClipboard = { TERM: 'linux', LANG: 'C.UTF-8' }
/** Shown as a table. */
const many = { FAKE_NODES: '200' }
const copied = ({ file }: World) => file('room', 'copies', 'copied.txt')

export const scenarios: readonly Scenario[] = [
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

  // Incidents.
  { action: 'incidents', does: 'opens the incidents', steps: ['6'], shows: screen => screen.includes('▸ incidents') },
  {
    action: 'open-incident',
    does: 'opens an incident',
    steps: ['6', /open \(1\)/, enter],
    shows: screen => /▸ incidents? ▸/.test(screen) || /opened/.test(screen),
  },
  {
    action: 'open-only',
    does: 'leaves closed ones out',
    steps: ['6', /the old trouble/, 'f'],
    shows: screen => !screen.includes('the old trouble'),
  },
  {
    action: 'open-node-of-incident',
    does: 'opens the node of the incident',
    steps: [...incident, enter],
    shows: (_screen, _world, lines) => / ▸ node-00003 +✖ down/.test(lines[0] ?? ''),
  },
  {
    action: 'acknowledge',
    does: 'acknowledges',
    steps: ['K'],
    shows: (_, { journal }) => journal().includes('incidents.acknowledged'),
  },
  {
    action: 'note',
    does: 'writes a note',
    steps: [...incident, 'N', /enter next/, 'it was the disk', enter],
    shows: (_, { journal }) => /incidents\.noted.*it was the disk/.test(journal()),
  },
  {
    action: 'resolve',
    does: 'closes the incident',
    steps: ['6', /open \(1\)/, 'C', /enter next/, 'disk replaced', enter],
    shows: (_, { journal }) => /incidents\.resolved.*disk replaced/.test(journal()),
  },
  {
    action: 'end-silence',
    does: 'ends a silence',
    steps: ['6', /being moved/, 'j', 'C'],
    shows: (_, { journal }) => journal().includes('incidents.silence-ended'),
  },
  {
    action: 'silence',
    does: 'silences',
    steps: [':silence node-00003 4h disks', /: silence node/, enter],
    shows: (_, { journal }) => /incidents\.silenced".*node-00003.*disks/.test(journal()),
  },
  {
    action: 'maintain',
    does: 'opens a maintenance window',
    steps: ['M', /enter next/, '\u0015node-00003\r', '\u0015now\r', '\u00152h\r', 'disks\r'],
    shows: (_, { journal }) => /incidents\.maintained.*node-00003.*disks/.test(journal()),
  },
  {
    action: 'incident-by-hand',
    does: 'writes an incident down',
    steps: ['I', /enter next/, enter, enter, 'smoke in the rack', enter],
    shows: (_, { journal }) => /incidents\.opened.*smoke in the rack/.test(journal()),
  },

  // The journal and the runs.
  {
    action: 'journal',
    does: 'opens the journal',
    steps: ['8'],
    shows: screen => screen.includes('ran `uptime` on 2 nodes'),
  },
  {
    action: 'open-commit',
    does: 'opens a commit',
    steps: [...journal, enter],
    shows: screen => screen.includes('"exec.started"'),
  },
  {
    action: 'everyone',
    does: 'shows what the engine did too',
    steps: [...journal, 'a'],
    shows: screen => /engine +.*node-00003/.test(screen),
  },
  {
    action: 'copy-commit',
    does: 'copies the commit',
    steps: [...journal, enter, /exec\.started/, 'y'],
    env: noClipboard,
    shows: (_, world) => copied(world).includes('exec.started'),
  },
  {
    action: 'runs',
    does: 'opens the runs',
    steps: [':runs', /go to runs/, enter],
    shows: screen => screen.includes('▸ runs'),
  },
  {
    action: 'open-run',
    does: 'opens a run',
    steps: [...runs, enter],
    shows: screen => /node-00001/.test(screen) && /ok/.test(screen) && screen.includes('▸ runs ▸'),
  },
  {
    action: 'copy-command-of-list',
    does: 'copies the command of the run',
    steps: [...runs, 'y'],
    env: noClipboard,
    shows: (_, world) => copied(world).includes('uptime'),
  },
  {
    action: 'copy-command',
    does: 'copies the command',
    steps: [...run, 'y'],
    env: noClipboard,
    shows: (_, world) => copied(world).includes('uptime'),
  },
  {
    action: 'output',
    does: 'shows what the node printed',
    steps: [...run, enter],
    shows: screen => /what it printed/.test(screen) && screen.includes('esc closes'),
  },
  {
    action: 'exec',
    does: 'runs a command after a yes',
    steps: ['E', /enter next/, enter, 'systemctl is-failed', enter, /Cancel/, 'Y'],
    shows: (_, { journal }) => /exec\.started.*"systemctl","is-failed"/.test(journal()),
  },

  // Money, and what is in the clouds.
  {
    action: 'money',
    does: 'opens money',
    steps: ['5'],
    shows: screen => /▸ money/.test(screen) && /over by/.test(screen),
  },
  {
    action: 'open-cost',
    does: 'opens the node of the row',
    steps: [...money, enter],
    shows: screen => /▸ money ▸ node-/.test(screen),
  },
  {
    action: 'expand-cost',
    does: 'shows what it costs line by line',
    steps: [...money, 'x'],
    shows: screen => screen.includes('public-ipv4'),
  },
  {
    action: 'group-cost',
    does: 'shows rows by region',
    steps: [...money, 'b'],
    shows: screen => screen.includes('by region · dearest first'),
  },
  {
    action: 'sort-cost',
    does: 'orders rows by name',
    steps: [...money, ':sort-cost name', /: sort-cost name/, enter],
    shows: screen => screen.includes('by node · by name'),
  },
  {
    action: 'month-before',
    does: 'shows the month before',
    steps: [...money, ','],
    shows: screen => /October 2026 +accrued/.test(screen),
  },
  {
    action: 'month-after',
    does: 'comes back to this month',
    steps: [...money, ',', /October 2026 +accrued/, '.'],
    shows: screen => /November 2026 +accrued/.test(screen),
  },
  {
    action: 'open-drift',
    does: 'opens drift',
    steps: [...money, 'd'],
    shows: screen => screen.includes('▸ money ▸ drift'),
  },
  {
    action: 'refresh-prices',
    does: 'has prices read anew',
    steps: [...money, 'Q'],
    shows: (_, { journal }) => /"money\.asking".*"prices"/.test(journal()),
  },
  {
    action: 'ask-billing',
    does: 'asks the billing after a yes',
    steps: [...money, 'B', /costs \$0\.01[\s\S]*Cancel/, 'Y'],
    shows: (_, { journal }) => /"money\.asking".*"billing".*"aws"/.test(journal()),
  },
  {
    action: 'drift',
    does: 'opens drift',
    steps: [':drift', /go to drift/, enter],
    shows: screen => screen.includes('▸ drift') && screen.includes('could not be listed'),
  },
  {
    action: 'look-again',
    does: 'lists every region now',
    steps: [...drift, 'r'],
    shows: screen => screen.includes('looked just now'),
  },
  {
    action: 'open-finding',
    does: 'shows a finding whole',
    steps: [...drift, enter],
    shows: screen => screen.includes('esc closes') && screen.includes('i-0123456789abcdef0'),
  },
  {
    action: 'adopt',
    does: 'owns a machine after a yes',
    steps: [...drift, 'j', 'O', /enter next/, enter, /Cancel/, 'Y'],
    shows: (_, { journal }) => /"machines\.adopting".*"node-00004".*"i-0aa11bb22cc33dd44"/.test(journal()),
  },
  {
    action: 'offers',
    does: 'opens the offers',
    steps: [':offers', /go to offers/, enter],
    shows: screen => screen.includes('▸ offers') && screen.includes('mx-central-1'),
  },
  {
    action: 'open-offers',
    does: 'opens the offers',
    steps: [...money, 'w'],
    shows: screen => screen.includes('▸ money ▸ offers'),
  },
  {
    action: 'open-offer',
    does: 'shows how an offer is written down',
    steps: [...money, 'w', /mx-central-1/, enter],
    shows: screen => screen.includes('lifecycle: planned'),
  },
  {
    action: 'plan-machines',
    does: 'shows what would be created',
    steps: plan.slice(0, -1),
    shows: screen => screen.includes('would create 1 machine'),
  },
  {
    action: 'provision',
    does: 'launches after a yes',
    env: { FAKE_VERDICT: 'within' },
    steps: [...plan, 'L', /Cancel/, 'Y'],
    shows: (_, { journal }) => /"machines\.wanted".*"node-00006".*"overBudget":false/.test(journal()),
  },
  {
    action: 'provision-over',
    does: 'launches over the ceiling after it is written out, and a yes',
    steps: [...plan, 'L', /type over/, 'over', enter, /Cancel/, 'Y'],
    shows: (_, { journal }) => /"machines\.wanted".*"node-00006".*"overBudget":true/.test(journal()),
  },
  {
    action: 'teardown',
    does: 'tears down after a yes',
    steps: ['T', /vol-|disk gp3[\s\S]*Cancel/, 'Y'],
    shows: (_, { journal }) => /"machines\.unwanted".*"node-00003"/.test(journal()),
  },

  // The fleet file.
  {
    action: 'accept',
    does: 'accepts the changed fleet file after a yes',
    steps: ['F', /Cancel/, 'Y'],
    shows: (_, { journal }) => /"by":"noc".*fleet\.accepted/.test(journal()),
  },
  {
    action: 'fleet-file',
    does: 'shows what a changed fleet file changes',
    steps: [':fleet-file', /fleet-file/, enter],
    shows: screen => screen.includes('192.0.2.33') && screen.includes('esc closes'),
  },
  {
    action: 'edit',
    does: 'opens the editor at the node',
    steps: ['e'],
    env: { EDITOR: 'vi' },
    shows: (_, { ran }) => /\+2 .*fleet\.yaml/.test(ran('vi')),
  },

  // Nodes.
  { action: 'shell', does: 'opens ssh', steps: ['s'], shows: (_, { ran }) => ran('ssh').includes('-- node-00003') },
  {
    action: 'look-now',
    does: 'looks at the node',
    steps: ['r'],
    shows: screen => screen.includes('looked at node-00003: nothing fails'),
  },

  // Everywhere.
  { action: 'back', does: 'goes back', steps: [...node, esc], shows: screen => /█✖ node-00003/.test(screen) },
  {
    action: 'copy',
    does: 'copies the name of the node',
    steps: [':copy name', /: copy name/, enter],
    env: noClipboard,
    shows: (_, world) => copied(world) === 'node-00003\n',
  },
  {
    action: 'filter',
    does: 'filters',
    steps: ['/', / \/ /, '00017', enter],
    shows: screen => screen.includes('node-00017') && !screen.includes('node-00004'),
  },
  {
    action: 'before',
    does: 'goes to what was seen before',
    steps: ['6', /open \(1\)/, '['],
    shows: screen => !screen.includes('▸ incidents'),
  },
  {
    action: 'after',
    does: 'goes forth again',
    steps: ['6', /open \(1\)/, '[', /node-00004/, ']'],
    shows: screen => screen.includes('▸ incidents'),
  },
  {
    action: 'last-place',
    does: 'changes places',
    steps: ['6', /open \(1\)/, '8', /uptime/, '-'],
    shows: screen => screen.includes('▸ incidents'),
  },
  { action: 'freeze', does: 'holds the picture', steps: ['z'], shows: screen => screen.includes('frozen since') },
  {
    action: 'theme',
    does: 'changes the colours',
    steps: [':theme light', /light/, enter, 'q'],
    leaves: true,
    shows: (_, { file }) => file('room', 'session.json').includes('"theme":"light"'),
  },
  {
    action: 'glyphs',
    does: 'changes the signs',
    steps: [':glyphs ascii', /ascii/, enter],
    shows: screen => screen.includes('X node-00003'),
  },
  {
    action: 'settings',
    does: 'shows mistakes in the settings',
    steps: [':settings', /settings/, enter],
    shows: screen => screen.includes('there is no action "fautls"') && screen.includes('esc closes'),
  },
  {
    action: 'palette',
    does: 'opens the palette',
    steps: [':'],
    shows: screen => screen.includes('type to search actions'),
  },
  { action: 'help', does: 'opens the help', steps: ['?'], shows: screen => screen.includes('type to search keys') },
  {
    action: 'detach',
    does: 'leaves',
    steps: ['q'],
    leaves: true,
    shows: screen => screen.includes('detached: the engine goes on'),
  },
  {
    action: 'redraw',
    does: 'draws everything again',
    steps: ['\u000c'],
    shows: (_, { rig }) => (rig.transcript().match(/\u001b\[2J/g) ?? []).length >= 2,
  },
  {
    action: 'suspend',
    does: 'gives the terminal back for a while',
    steps: ['\u001a'],
    shows: (_, { rig }) => rig.transcript().includes('\u001b[?1049l'),
  },
  {
    action: 'reset',
    does: 'sets every view back',
    steps: ['f', /faults only/, '0'],
    shows: screen => !screen.includes('faults only') && screen.includes('node-00004'),
  },
  {
    action: 'overview',
    does: 'opens the overview',
    steps: ['6', /open \(1\)/, '1'],
    shows: screen => !screen.includes('▸ incidents'),
  },
  { action: 'down', does: 'moves down', steps: ['j'], shows: screen => screen.includes('▌✖ node-00003') },
  {
    action: 'up',
    does: 'moves up',
    steps: ['j', /▌✖ node-00003/, 'k'],
    shows: screen => screen.includes('█✖ node-00003'),
  },
  {
    action: 'right',
    does: 'moves right',
    steps: [right],
    shows: (_, _world, lines) => selectedTile(lines) === 'node-00000',
  },
  {
    action: 'left',
    does: 'moves left',
    steps: [right, right, left],
    shows: (_, _world, lines) => selectedTile(lines) === 'node-00000',
  },
  {
    action: 'first',
    does: 'goes to the first',
    steps: ['jj', /▌✖ node-00003/, 'g'],
    shows: screen => screen.includes('█✖ node-00003'),
  },
  { action: 'last', does: 'goes to the last', steps: ['G'], shows: screen => screen.includes('▌✖ node-00003') },
  {
    action: 'page-down',
    does: 'goes a page down',
    steps: [pageDown],
    env: many,
    shows: screen => screen.includes('? help') && !screen.includes('✖ down'),
  },
  {
    action: 'page-up',
    does: 'goes a page up',
    steps: ['G', /^(?![\s\S]*✖ down)[\s\S]*\? help/, pageUp, pageUp, pageUp, pageUp, pageUp, pageUp, pageUp, pageUp],
    env: many,
    shows: screen => screen.includes('✖ down'),
  },
]
