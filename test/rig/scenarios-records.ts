// What the actions of incidents, of the journal and of runs do.
import { copied, enter, incident, journal, noClipboard, run, runs, type Scenario } from './scenario.ts'

export const recordScenarios: readonly Scenario[] = [
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
]
