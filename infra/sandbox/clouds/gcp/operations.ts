// Operations: whatever changes something is accepted as one, and may be DONE with an error in it. The same request id
// gives the same operation again, also one that failed.
import type { CloudReply } from '../emulator.ts'
import type { KeptOperation } from './kept.ts'
import { type Call, type Handler, invalid, json, link, notFound, type Project, stamp } from './project.ts'

const remembered = 2_000
const longestWaitMs = 120_000
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export interface Begun {
  type: string
  scope: string
  target: { link: string; id: string }
  fails?: KeptOperation['fails']
}

/**
 * Carries a change out, once for each request id. `asked` says what it is about, for comparison; `change` may refuse,
 * and then nothing is remembered.
 */
export function operate(
  project: Project,
  call: Call,
  asked: string,
  change: (requestId: string | null) => Begun,
): CloudReply {
  const requestId = requestIdOf(call.query)
  const known = requestId === null ? undefined : project.state.operations.find(one => one.requestId === requestId)
  if (known) {
    if (known.asked !== asked) throw invalid('requestId', `'${requestId}'. It was used for another request.`)
    return json(operationReply(project, call.at.project ?? '', known))
  }
  const begun = change(requestId)
  const started = project.now()
  const id = project.nextId()
  const operation: KeptOperation = {
    id,
    name: `operation-${started}-${Number(id).toString(16)}`,
    type: begun.type,
    scope: begun.scope,
    target: begun.target,
    started,
    ends: started + project.pace,
    fails: begun.fails ?? (call.fault?.kind === 'fails-later' ? internal : null),
    requestId,
    asked,
  }
  project.state.operations = [...project.state.operations, operation].slice(-remembered)
  return json(operationReply(project, call.at.project ?? '', operation))
}

const internal = { code: 'INTERNAL_ERROR', message: 'Internal error. Please try again or contact Google Support.' }

function requestIdOf(query: URLSearchParams): string | null {
  const given = query.get('requestId')
  if (given === null || given === '') return null
  if (!uuid.test(given)) throw invalid('requestId', `'${given}'. Must be a UUID`)
  if (/^[0-]+$/.test(given)) throw invalid('requestId', `'${given}'. The zero UUID is not supported`)
  return given.toLowerCase()
}

function operationReply(project: Project, name: string, operation: KeptOperation) {
  const done = project.now() >= operation.ends
  const path = `projects/${name}/${operation.scope}`
  const [kind = '', place] = operation.scope.split('/')
  return {
    kind: 'compute#operation',
    id: operation.id,
    name: operation.name,
    ...(place === undefined ? {} : { [kind === 'zones' ? 'zone' : 'region']: link(path) }),
    operationType: operation.type,
    targetLink: operation.target.link,
    targetId: operation.target.id,
    status: done ? 'DONE' : 'RUNNING',
    progress: done ? 100 : 0,
    user: 'operator@example.com',
    insertTime: stamp(operation.started),
    startTime: stamp(operation.started),
    ...(done ? { endTime: stamp(operation.ends) } : {}),
    ...(operation.requestId === null ? {} : { clientOperationId: operation.requestId }),
    ...(done && operation.fails
      ? { error: { errors: [operation.fails] }, httpErrorStatusCode: 400, httpErrorMessage: 'BAD REQUEST' }
      : {}),
    selfLink: link(`${path}/operations/${operation.name}`),
  }
}

const scopeOf = ({ zone, region }: Call['at']) =>
  zone !== undefined ? `zones/${zone}` : region !== undefined ? `regions/${region}` : 'global'

function its({ state }: Project, { at }: Call): KeptOperation {
  const found = state.operations.find(
    ({ name, id, scope }) => (name === at.name || id === at.name) && scope === scopeOf(at),
  )
  if (!found) throw notFound(`projects/${at.project}/${scopeOf(at)}/operations/${at.name}`)
  return found
}

export const getOperation: Handler = (project, call) =>
  json(operationReply(project, call.at.project ?? '', its(project, call)))

/** Answers when it is done, or after two minutes as it is then. */
export const waitForOperation: Handler = async (project, call) => {
  const operation = its(project, call)
  const left = Math.min(longestWaitMs, operation.ends - project.now())
  if (left > 0) await project.wait(left)
  return json(operationReply(project, call.at.project ?? '', operation))
}
