// What the actions of money and of what is in the clouds do.
import { drift, enter, money, plan, type Scenario } from './scenario.ts'

export const cloudScenarios: readonly Scenario[] = [
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
]
