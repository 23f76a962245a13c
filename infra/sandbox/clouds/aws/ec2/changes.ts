// Changing instances: stop, start, modify, terminate.
import { type InstanceState, stateOf } from '../account.ts'
import { AwsProblem } from '../problem.ts'
import type { KeptInstance } from '../state.ts'
import { type Ec2Actions, type Ec2Call, notFound, refuseDryRun } from './action.ts'
import { groupMissing, inRegion } from './groups.ts'
import { kindsIn } from './images.ts'
import { describeState } from './instance-xml.ts'
import { byId, listedIn } from './instances.ts'

export const changes: Ec2Actions = {
  TerminateInstances: {
    parameters: ['InstanceId.#', 'Force', 'SkipOsShutdown'],
    answer(call) {
      const chosen = named(call)
      const held = chosen.find(instance => instance.protected && instance.endedAt === null)
      // One of them fails all of them.
      if (held) {
        const message = `The instance '${held.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`
        throw new AwsProblem('OperationNotPermitted', message)
      }
      refuseDryRun(call)
      return changed(call, chosen, instance => call.account.endInstance(instance))
    },
  },
  StopInstances: {
    parameters: ['InstanceId.#', 'Force', 'Hibernate', 'SkipOsShutdown'],
    answer(call) {
      const chosen = named(call)
      mustBe(call, chosen, ['running', 'stopping', 'stopped', 'pending'], 'stopped')
      refuseDryRun(call)
      return changed(call, chosen, instance => {
        if (instance.stoppedAt === null) call.account.stopInstance(instance)
      })
    },
  },
  StartInstances: {
    parameters: ['InstanceId.#', 'AdditionalInfo'],
    answer(call) {
      const chosen = named(call)
      mustBe(call, chosen, ['stopped', 'running', 'pending'], 'started')
      refuseDryRun(call)
      return changed(call, chosen, instance => {
        if (instance.stoppedAt !== null) call.account.startInstance(instance)
      })
    },
  },
  ModifyInstanceAttribute: {
    parameters: [
      'InstanceId',
      'GroupId.#',
      'InstanceType.Value',
      'DisableApiTermination.Value',
      'InstanceInitiatedShutdownBehavior.Value',
      'Attribute',
      'Value',
    ],
    answer(call) {
      const { account, region, parameters, now } = call
      const [instance] = byId(listedIn(call), [parameters.must('InstanceId')])
      if (!instance) return { return: true }
      const attribute = parameters.text('Attribute')
      const asked = (name: string, wire: string) => {
        return attribute === wire ? parameters.text('Value') : parameters.part(name).text('Value')
      }
      const type = asked('InstanceType', 'instanceType')
      const held = asked('DisableApiTermination', 'disableApiTermination')
      const onShutdown = asked('InstanceInitiatedShutdownBehavior', 'instanceInitiatedShutdownBehavior')
      const groups = parameters.list('GroupId')
      if (type !== null) {
        if (stateOf(instance, now, account.timings) !== 'stopped') {
          throw new AwsProblem('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'stopped' state.`)
        }
        const fits = kindsIn(region.name).some(kind => kind.type === type && kind.arch === instance.arch)
        if (!fits) throw new AwsProblem('InvalidParameterValue', `Invalid value '${type}' for InstanceType.`)
      }
      const missing = groups.find(id => !inRegion(account, region.name).some(group => group.id === id))
      if (missing) throw groupMissing(missing)
      refuseDryRun(call)
      if (type !== null) instance.type = type
      if (held !== null) instance.protected = held === 'true'
      if (onShutdown !== null) instance.onShutdown = onShutdown
      if (groups.length > 0) instance.groups = groups
      account.touch()
      return { return: true }
    },
  },
  ModifyNetworkInterfaceAttribute: {
    parameters: ['NetworkInterfaceId', 'SecurityGroupId.#'],
    answer(call) {
      const { account, region, parameters } = call
      const id = parameters.must('NetworkInterfaceId')
      const instance = listedIn(call).find(other => other.interface.id === id && other.endedAt === null)
      if (!instance) {
        throw notFound('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`)
      }
      const groups = parameters.list('SecurityGroupId')
      const missing = groups.find(group => !inRegion(account, region.name).some(other => other.id === group))
      if (missing) throw groupMissing(missing)
      refuseDryRun(call)
      if (groups.length > 0) instance.groups = groups
      account.touch()
      return { return: true }
    },
  },
}

function named(call: Ec2Call): KeptInstance[] {
  const ids = call.parameters.list('InstanceId')
  if (ids.length === 0) throw new AwsProblem('MissingParameter', 'The request must contain the parameter InstanceId')
  return byId(listedIn(call), ids)
}

function mustBe(
  { account, now }: Ec2Call,
  chosen: readonly KeptInstance[],
  states: readonly InstanceState[],
  what: string,
): void {
  const wrong = chosen.find(instance => !states.includes(stateOf(instance, now, account.timings)))
  if (!wrong) return
  const message = `The instance '${wrong.id}' is not in a state from which it can be ${what}.`
  throw new AwsProblem('IncorrectInstanceState', message)
}

function changed({ account, now }: Ec2Call, chosen: readonly KeptInstance[], change: (instance: KeptInstance) => void) {
  return {
    instancesSet: chosen.map(instance => {
      const before = stateOf(instance, now, account.timings)
      change(instance)
      return {
        instanceId: instance.id,
        currentState: describeState(stateOf(instance, now, account.timings)),
        previousState: describeState(before),
      }
    }),
  }
}
