// Who the credentials are: the one STS call that is made.
import type { CloudReply } from '../emulator.ts'
import type { TakenFault } from '../faults.ts'
import { accountId, accountUser } from './account.ts'
import { AwsProblem } from './problem.ts'
import { toXml } from './xml.ts'

const headers = { 'content-type': 'text/xml' }
const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

export function answerSts({
  action,
  fault,
  requestId,
}: {
  action: string
  fault: TakenFault | null
  requestId: string
}): CloudReply {
  const refused = refusedBy(action, fault)
  if (refused) return stsRefusal(refused, requestId)
  const result = toXml('GetCallerIdentityResult', {
    Arn: accountUser,
    UserId: 'AIDAWATCHFLOOREXAMPLE',
    Account: accountId,
  })
  const metadata = toXml('ResponseMetadata', { RequestId: requestId })
  return {
    status: 200,
    headers,
    body: `<GetCallerIdentityResponse xmlns="${namespace}">${result}${metadata}</GetCallerIdentityResponse>`,
  }
}

function refusedBy(action: string, fault: TakenFault | null): AwsProblem | null {
  if (fault?.kind === 'throttle') return new AwsProblem('Throttling', 'Rate exceeded')
  if (fault?.kind === 'server-error') return new AwsProblem('InternalFailure', 'Internal error', 500)
  if (fault?.kind === 'rights')
    return new AwsProblem('AccessDenied', `${accountUser} is not authorized to perform: sts:${action}`, 403)
  return action === 'GetCallerIdentity' ? null : new AwsProblem('InvalidAction', `Could not find operation ${action}`)
}

export function stsRefusal({ code, message, status }: AwsProblem, requestId: string): CloudReply {
  const error = toXml('Error', { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message })
  return {
    status,
    headers,
    body: `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`,
  }
}
