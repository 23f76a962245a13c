// What each action of the registry does, as an operator sees it: keys, and what is there afterwards. One line an action; a
// new action without one fails the rig.
import type { Scenario } from './scenario.ts'
import { cloudScenarios } from './scenarios-clouds.ts'
import { nodeScenarios } from './scenarios-nodes.ts'
import { recordScenarios } from './scenarios-records.ts'
import { roomScenarios } from './scenarios-room.ts'

export const scenarios: readonly Scenario[] = [
  ...nodeScenarios,
  ...recordScenarios,
  ...cloudScenarios,
  ...roomScenarios,
]
