// What the actions of the fleet file, and those that are everywhere, do.
import {
  copied,
  enter,
  esc,
  left,
  many,
  noClipboard,
  node,
  pageDown,
  pageUp,
  right,
  type Scenario,
  selectedTile,
} from './scenario.ts'

export const roomScenarios: readonly Scenario[] = [
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
