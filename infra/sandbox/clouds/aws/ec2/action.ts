// What every EC2 action is: the parameters it knows, and its answer. One family of actions a file.
import type { TakenFault } from '../../faults.ts'
import type { Account } from '../account.ts'
import { AwsProblem } from '../problem.ts'
import type { Parameters } from '../query.ts'
import type { AwsRegion } from '../regions.ts'
import type { XmlValue } from '../xml.ts'

export interface Ec2Call {
  account: Account
  region: AwsRegion
  parameters: Parameters
  now: number
  /** `lag` and `fails-later`, which the action itself acts out; others were answered before. */
  fault: TakenFault | null
}

interface Ec2Action {
  /** Names with `#` for numbers. `DryRun` is known to all. */
  parameters: readonly string[]
  answer(call: Ec2Call): { readonly [member: string]: XmlValue }
}
export type Ec2Actions = Readonly<Record<string, Ec2Action>>

/** What a `lag` does to a thing that is made now. */
export function seenFrom({ fault, now }: Ec2Call): number {
  return fault?.kind === 'lag' ? now + fault.ms : now
}

/** After every check, and before anything is done. */
export function refuseDryRun({ parameters }: Ec2Call): void {
  if (!parameters.flag('DryRun')) return
  throw new AwsProblem('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
}

export const notFound = (code: string, message: string): AwsProblem => new AwsProblem(code, message)
