// The EC2 query service: which action, whether it is allowed, and its answer as XML.
import type { CloudReply } from '../../emulator.ts'
import type { TakenFault } from '../../faults.ts'
import { type Account, accountUser } from '../account.ts'
import { AwsProblem, credentialsRefused, internalError } from '../problem.ts'
import { type Parameters, refuseUnknown } from '../query.ts'
import { toXml, type XmlValue } from '../xml.ts'
import { type Ec2Actions, refuseDryRun } from './action.ts'
import { changes } from './changes.ts'
import { groups } from './groups.ts'
import { images } from './images.ts'
import { instances } from './instances.ts'
import { keys } from './keys.ts'
import { places } from './places.ts'
import { noCapacity, overQuota, run } from './run.ts'
import { things } from './things.ts'

export const ec2Actions: Ec2Actions = {
  ...places,
  ...images,
  ...groups,
  ...keys,
  ...run,
  ...instances,
  ...changes,
  ...things,
}

export function answerEc2(
  account: Account,
  { region: name, action, parameters, fault, requestId }: Ec2Request,
): CloudReply {
  try {
    const region = account.regions.find(other => other.name === name)
    // One that is not enabled says the same as bad credentials: that is the trap.
    if (!region || !account.isEnabled(name)) throw new AwsProblem('AuthFailure', credentialsRefused, 401)
    if (fault) refuseBy(fault.kind, action, parameters)
    const known = ec2Actions[action]
    if (!known) throw new AwsProblem('InvalidAction', `The action ${action} is not valid for this web service.`)
    refuseUnknown(parameters, [...known.parameters, 'DryRun'])
    const call = { account, region, parameters, now: account.clock.now(), fault }
    const answer = known.answer(call)
    // A question changes nothing: it is rehearsed by asking it. What changes something says so before it does.
    refuseDryRun(call)
    if (fault?.kind === 'error-after-effect') throw internalError()
    return replyWith(200, `${action}Response`, { requestId, ...answer })
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error
    return refusalOf(error, requestId)
  }
}

interface Ec2Request {
  region: string
  action: string
  parameters: Parameters
  fault: TakenFault | null
  requestId: string
}

export function refusalOf({ code, message, status }: AwsProblem, requestId: string): CloudReply {
  const error = toXml('Error', { Code: code, Message: message })
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`
  return { status, headers, body }
}

const headers = { 'content-type': 'text/xml;charset=UTF-8' }

function replyWith(status: number, element: string, members: { readonly [name: string]: XmlValue }): CloudReply {
  const inner = Object.entries(members)
    .map(([name, value]) => toXml(name, value))
    .join('')
  const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'
  return {
    status,
    headers,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<${element} xmlns="${namespace}">${inner}</${element}>`,
  }
}

/** Faults that keep the action from being done. */
function refuseBy(kind: TakenFault['kind'], action: string, parameters: Parameters): void {
  switch (kind) {
    case 'throttle':
      throw new AwsProblem('RequestLimitExceeded', 'Request limit exceeded.', 503)
    case 'capacity':
      throw noCapacity(parameters.text('InstanceType') ?? 'instance', null)
    case 'quota':
      throw overQuota(1)
    case 'rights': {
      const message = `You are not authorized to perform this operation. User: ${accountUser} is not authorized to perform: ec2:${action} because no identity-based policy allows the ec2:${action} action`
      throw new AwsProblem('UnauthorizedOperation', message, 403)
    }
    case 'account': {
      const message =
        'Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete. We will notify you by email once your request has been validated. While normally resolved within minutes, please allow up to 4 hours for this process to complete.'
      throw new AwsProblem('PendingVerification', message)
    }
    case 'server-error':
      throw internalError()
    default:
  }
}
