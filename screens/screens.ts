// The registry of screens: adding one is a folder and a line here.

import { driftScreen } from './drift/screen.ts'
import { incidentScreen, incidentsScreen } from './incidents/screen.ts'
import { commitScreen, journalScreen } from './journal/screen.ts'
import { logsScreen } from './logs/screen.ts'
import { moneyScreen } from './money/screen.ts'
import { nodeScreen } from './node/screen.ts'
import { offersScreen } from './offers/screen.ts'
import { overviewScreen } from './overview/screen.ts'
import { provisioningScreen } from './provisioning/screen.ts'
import { runScreen, runsScreen } from './runs/screen.ts'

export const screens = {
  overview: overviewScreen,
  node: nodeScreen,
  logs: logsScreen,
  incidents: incidentsScreen,
  incident: incidentScreen,
  journal: journalScreen,
  commit: commitScreen,
  runs: runsScreen,
  run: runScreen,
  money: moneyScreen,
  drift: driftScreen,
  offers: offersScreen,
  provisioning: provisioningScreen,
}

export type ScreenId = keyof typeof screens
/** How each screen is looked at. */
export type Views = { [K in ScreenId]: (typeof screens)[K]['initial'] }
/** What each screen was answered. */
export type Founds = { [K in ScreenId]: (typeof screens)[K]['nothing'] }

export function screenIds(): readonly ScreenId[] {
  return Object.keys(screens).filter(isScreenId)
}

export function isScreenId(id: unknown): id is ScreenId {
  return typeof id === 'string' && Object.hasOwn(screens, id)
}
