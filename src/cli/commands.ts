// Every command once. Help, completion and docs/cli.md are made from this list.
import { adoptCommand } from './adopt.ts'
import { alertTest } from './alert.ts'
import { checkCommand } from './check.ts'
import type { CliCommand } from './command.ts'
import { completionCommand } from './completion.ts'
import { costCommand } from './cost.ts'
import { reportedCommands } from './cost-reported.ts'
import { driftCommand } from './drift.ts'
import { engineRun, engineStart, engineStatus, engineStop } from './engine.ts'
import { engineInstall } from './engine-install.ts'
import { execCommand } from './exec.ts'
import { fleetAccept, fleetShow } from './fleet.ts'
import { incidentCommands } from './incident.ts'
import { initCommand } from './init.ts'
import { journalExport, journalShow, journalVerify } from './journal.ts'
import { offersCommand } from './offers.ts'
import { pricesCommands } from './prices.ts'
import { provisionCommand } from './provision.ts'
import { sandboxChaos, sandboxDown, sandboxLedgerCommand, sandboxRun, sandboxUp } from './sandbox.ts'
import { statusCommand } from './status.ts'
import { teardownCommand } from './teardown.ts'
import { uptimeCommand } from './uptime.ts'
import { validateCommand } from './validate.ts'

export const commands: readonly CliCommand[] = [
  initCommand,
  validateCommand,
  checkCommand,
  statusCommand,
  execCommand,
  uptimeCommand,
  costCommand,
  ...reportedCommands,
  ...pricesCommands,
  offersCommand,
  driftCommand,
  adoptCommand,
  provisionCommand,
  teardownCommand,
  ...incidentCommands,
  alertTest,
  fleetShow,
  fleetAccept,
  engineRun,
  engineStart,
  engineStop,
  engineStatus,
  engineInstall,
  journalShow,
  journalVerify,
  journalExport,
  sandboxUp,
  sandboxDown,
  sandboxChaos,
  sandboxLedgerCommand,
  sandboxRun,
  completionCommand(() => commands),
]
