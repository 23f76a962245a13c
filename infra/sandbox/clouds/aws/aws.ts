// An emulated AWS account: EC2, STS, Account, Cost Explorer and Pricing at one endpoint, as AWS_ENDPOINT_URL allows. Which
// service and region is meant stands in the scope of the request's signature; the signature itself is taken on trust.
import type { Clock } from '../../../../state/primitives/clock.ts'
import type { CloudReply, CloudRequest, Emulated } from '../emulator.ts'
import type { TakenFault } from '../faults.ts'
import type { CloudLedger } from '../ledger.ts'
import type { CloudWorld } from '../world.ts'
import { type AwsTimings, bootInstance, createAccount, stateOf, usualTimings } from './account.ts'
import { type ByHand, createByHand } from './by-hand.ts'
import { answerEc2, refusalOf } from './ec2/ec2.ts'
import { explorer } from './explorer.ts'
import { answerJson, type JsonService, jsonRefusal } from './json.ts'
import { pricing } from './pricing.ts'
import { AwsProblem, credentialsRefused } from './problem.ts'
import { parseForm } from './query.ts'
import { type AwsRegion, awsRegions } from './regions.ts'
import { regionsService } from './regions-service.ts'
import { type AwsKept, freshState } from './state.ts'
import { answerSts, stsRefusal } from './sts.ts'

export interface AwsOptions {
  world: CloudWorld
  ledger: CloudLedger
  clock: Clock
  /** 0 to 1: makes ids unlike each other. */
  random(): number
  regions?: readonly AwsRegion[]
  timings?: Partial<AwsTimings>
  costExplorer?: { enabled?: boolean; groupsPerPage?: number }
  /** State to go on from. */
  kept?: AwsKept | null
  /** Called before the answer to whatever changed the state goes out. */
  keep?(state: AwsKept): void
}

export interface AwsEmulator extends Emulated {
  readonly byHand: ByHand
  /** No room for any type in a zone, or room again. */
  setFull(zone: string, full: boolean): void
  /** How many pages of Cost Explorer were asked for. */
  billedQueries(): number
  setCostExplorer(enabled: boolean): void
}

export function createAwsEmulator(options: AwsOptions): AwsEmulator {
  const { world, ledger, clock, random } = options
  const state = options.kept ?? freshState()
  const full = new Set<string>()
  const costExplorer = { enabled: true, groupsPerPage: 1_000, ...options.costExplorer }
  let isChanged = false
  let answered = 0
  const keepChanges = () => {
    if (!isChanged) return
    isChanged = false
    options.keep?.(state)
  }
  const timings = { ...usualTimings, ...options.timings }
  const regions = options.regions ?? awsRegions()
  const account = createAccount({
    state,
    regions,
    world,
    ledger,
    clock,
    random,
    timings,
    full,
    costExplorer,
    touch: () => {
      isChanged = true
    },
  })
  // What was running when the sandbox ended runs again.
  for (const instance of state.instances) {
    if (instance.failsAt === null && ['pending', 'running'].includes(stateOf(instance, clock.now(), timings))) {
      bootInstance(world, instance)
      account.touch()
    }
  }
  keepChanges()

  return {
    provider: 'aws',
    byHand: keeping(createByHand(account), keepChanges),
    setFull: (zone, isFull) => void (isFull ? full.add(zone) : full.delete(zone)),
    billedQueries: () => state.billedQueries.length,
    setCostExplorer: enabled => {
      costExplorer.enabled = enabled
    },
    classify: request => {
      const { service, action, region } = meant(request)
      // A fault that is meant for a launch must not be used up by the rehearsal before it.
      const isRehearsal = service === 'ec2' && new URLSearchParams(request.body).get('DryRun') === 'true'
      return { action: isRehearsal ? `${action} (dry run)` : action, region }
    },
    answer(request, fault) {
      account.settle()
      answered += 1
      const requestId = `00000000-0000-4000-8000-${answered.toString(16).padStart(12, '0')}`
      const reply = answer(request, fault, requestId)
      keepChanges()
      return Promise.resolve(reply)
    },
  }

  function answer(request: CloudRequest, fault: TakenFault | null, requestId: string): CloudReply {
    const { service, action, region, key } = meant(request)
    const refused = refuse(key)
    if (refused) return refusalIn(service, refused, requestId)
    const json = jsonServices[service]
    if (json) return answerJson(json, account, { action, request, fault, requestId })
    if (service === 'sts') return answerSts({ action, fault, requestId })
    return answerEc2(account, { region, action, parameters: parseForm(request.body), fault, requestId })
  }
}

const jsonServices: Readonly<Record<string, JsonService>> = { account: regionsService, ce: explorer, pricing }

interface Meant {
  service: string
  action: string
  region: string
  /** Access key; null: the request is not signed. */
  key: string | null
}

function meant(request: CloudRequest): Meant {
  const scope =
    /^AWS4-HMAC-SHA256 Credential=([^/\s,]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,.*Signature=[0-9a-f]{64}$/
  const [, key = null, region = 'us-east-1', service = 'ec2'] = scope.exec(request.headers.authorization ?? '') ?? []
  return { service, region, key, action: actionOf(service, request) }
}

function actionOf(service: string, request: CloudRequest): string {
  if (service === 'account') {
    const name = request.path.slice(1)
    return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  }
  if (service in jsonServices) return request.headers['x-amz-target']?.split('.')[1] ?? ''
  return new URLSearchParams(request.body).get('Action') ?? ''
}

/** Any key is good but one that says that it is bad. */
function refuse(key: string | null): 'unsigned' | 'bad-key' | null {
  if (key === null) return 'unsigned'
  return /^AKIA.*BAD$/.test(key) ? 'bad-key' : null
}

function refusalIn(service: string, why: 'unsigned' | 'bad-key', requestId: string): CloudReply {
  const unsigned = new AwsProblem('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
  const invalid = 'The security token included in the request is invalid.'
  const json = jsonServices[service]
  if (json) {
    const headers = { 'content-type': json.contentType, 'x-amzn-requestid': requestId }
    return jsonRefusal(why === 'unsigned' ? unsigned : new AwsProblem('UnrecognizedClientException', invalid), headers)
  }
  if (service === 'sts')
    return stsRefusal(why === 'unsigned' ? unsigned : new AwsProblem('InvalidClientTokenId', invalid, 403), requestId)
  return refusalOf(why === 'unsigned' ? unsigned : new AwsProblem('AuthFailure', credentialsRefused, 401), requestId)
}

/** What is done by hand is kept at once as well. */
function keeping(hand: ByHand, keepChanges: () => void): ByHand {
  const then =
    <Arguments extends unknown[], Result>(act: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      const result = act(...given)
      keepChanges()
      return result
    }
  return {
    makeInstance: then(hand.makeInstance),
    makeVolume: then(hand.makeVolume),
    makeAddress: then(hand.makeAddress),
    makeSnapshot: then(hand.makeSnapshot),
    stopInstance: then(hand.stopInstance),
    startInstance: then(hand.startInstance),
    terminateInstance: then(hand.terminateInstance),
    changeType: then(hand.changeType),
    protectInstance: then(hand.protectInstance),
    tagInstance: then(hand.tagInstance),
    addLife: then(hand.addLife),
    instances: hand.instances,
    volumes: hand.volumes,
  }
}
