// Every program that a node has. A new one is a function in a file beside this one plus its name here.
import type { Program } from '../program.ts'
import { filePrograms } from './files.ts'
import { journalctl } from './journal.ts'
import { networkPrograms } from './network.ts'
import { systemPrograms } from './system.ts'
import { textPrograms } from './text.ts'
import { systemctl } from './units.ts'

export const programs: ReadonlyMap<string, Program> = new Map(
  Object.entries({ ...systemPrograms, ...filePrograms, ...textPrograms, ...networkPrograms, systemctl, journalctl }),
)
