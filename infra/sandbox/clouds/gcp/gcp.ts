// The emulated Compute Engine of one project, and the price catalogue of Cloud Billing at the same place. Helpers do what
// others than the product would do, in the console.
import type { Clock } from '../../../../state/primitives/clock.ts'
import type { CloudReply, CloudRequest, Emulated } from '../emulator.ts'
import type { TakenFault } from '../faults.ts'
import type { CloudLedger } from '../ledger.ts'
import type { CloudWorld } from '../world.ts'
import { addAddress } from './addresses.ts'
import { addDisk } from './disks.ts'
import { addInstance } from './instance-insert.ts'
import { visibleInstances } from './instance-replies.ts'
import { bootInstance, endInstance, switchInstance } from './instances.ts'
import { emptyProject, type Kept, type Labels } from './kept.ts'
import { notFound, type Project, Refusal, refusal, regionOf } from './project.ts'
import { route } from './routes.ts'

export type { Kept as KeptGcp } from './kept.ts'

export interface GcpOptions {
  world: CloudWorld
  ledger: CloudLedger
  clock: Clock
  random(): number
  kept?: Kept | null
  /** Called after whatever changes something, before anybody is told. */
  keep?(state: Kept): void
  /** The one access token that is good; absent: any. */
  token?: string
  /** How long an operation takes, ms. */
  pace?: number
}

export interface GcpEmulator extends Emulated {
  state(): Kept
  /** An instance that the product did not make; its id. */
  addInstance(instance: { name: string; zone?: string; type?: string; labels?: Labels; autoDelete?: boolean }): string
  addDisk(disk: { name: string; zone?: string; sizeGb?: number; labels?: Labels }): string
  /** A static address that belongs to nothing. */
  addAddress(address: { name: string; region?: string; labels?: Labels }): string
  switchInstance(id: string, on: boolean): void
  setType(id: string, type: string): void
  setLabels(id: string, labels: Labels): void
  protect(id: string, on: boolean): void
  /** In the console. */
  removeInstance(id: string): void
}

export function createGcpEmulator(options: GcpOptions): GcpEmulator {
  const { world, ledger, clock, random } = options
  const state = structuredClone(options.kept ?? emptyProject())
  const project: Project = {
    state,
    world,
    ledger,
    pace: options.pace ?? 1_500,
    now: () => clock.now(),
    wait: ms => new Promise(resolve => void clock.after(ms, resolve)),
    random,
    nextId: () => {
      const id = state.nextId
      state.nextId += 1 + Math.floor(random() * 1_000)
      return String(id)
    },
  }

  for (const instance of state.instances) if (instance.on && instance.goneAt === null) bootInstance(project, instance)

  function keep(): void {
    const now = clock.now()
    const there = ({ goneAt }: { goneAt: number | null }) => goneAt === null || now < goneAt
    state.instances = state.instances.filter(there)
    state.disks = state.disks.filter(there)
    options.keep?.(structuredClone(state))
  }

  async function answer(request: CloudRequest, fault: TakenFault | null): Promise<CloudReply> {
    try {
      checkToken(request, options.token)
      const found = route(request.method, request.path)
      if (!found) throw new Refusal(404, 'notFound', `The requested URL ${request.path} was not found on this server.`)
      const refused = fault && ofFault(fault, found.name, random)
      if (refused) throw refused
      const call = { at: found.at, query: request.query, body: bodyOf(request), fault }
      const reply = await found.handler(project, call)
      if (request.method !== 'GET') keep()
      if (fault?.kind === 'error-after-effect') throw backendError()
      return reply
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return refusal(error)
    }
  }

  const its = (id: string) => {
    const found = visibleInstances(project).find(one => one.id === id)
    if (!found) throw notFound(id)
    return found
  }
  const kept = <T>(result: T): T => {
    keep()
    return result
  }

  return {
    provider: 'gcp',
    classify({ method, path }) {
      const found = route(method, path)
      const { zone, region } = found?.at ?? {}
      return { action: found?.name ?? `${method} ${path}`, region: zone ? regionOf(zone) : (region ?? 'global') }
    },
    answer,
    state: () => structuredClone(state),
    addInstance({ name, zone = 'us-central1-a', type = 'e2-micro', labels = {}, autoDelete = true }) {
      const made = { sizeGb: 10, type: 'pd-balanced', image: null, labels: {} }
      const plain = {
        tags: [],
        metadata: [],
        description: '',
        deletionProtection: false,
        network: 'default',
        nat: true,
      }
      const asked = { name, zone, type, labels, ...plain, disks: [{ name, made, autoDelete, boot: true }] }
      const instance = addInstance(project, asked, { id: project.nextId(), token: null, lag: 0 })
      // It has been there for a while.
      instance.phases = []
      return kept(instance.id)
    },
    addDisk: ({ name, zone = 'us-central1-a', sizeGb = 10, labels = {} }) =>
      kept(addDisk(project, { name, zone, sizeGb, labels, type: 'pd-balanced', image: null }).id),
    addAddress: ({ name, region = 'us-central1', labels = {} }) =>
      kept(addAddress(project, { name, region, labels }).id),
    switchInstance(id, on) {
      switchInstance(project, its(id), on, clock.now())
      keep()
    },
    setType(id, type) {
      its(id).type = type
      keep()
    },
    setLabels(id, labels) {
      its(id).labels = labels
      keep()
    },
    protect(id, on) {
      its(id).deletionProtection = on
      keep()
    },
    removeInstance(id) {
      endInstance(project, its(id), clock.now())
      keep()
    },
  }
}

function checkToken({ headers }: CloudRequest, good: string | undefined): void {
  const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
  if (given !== undefined && (good === undefined || given === good)) return
  const message =
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.'
  throw new Refusal(401, 'authError', message, { status: 'UNAUTHENTICATED' })
}

function bodyOf({ body }: CloudRequest): unknown {
  if (body === '') return {}
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(400, 'parseError', 'Parse Error')
  }
}

const backendError = () => new Refusal(503, 'backendError', 'Backend Error', { status: 'UNAVAILABLE' })

/** Faults that the API answers instead of doing anything. No room and no quota show later where an operation is begun. */
function ofFault({ kind }: TakenFault, action: string, random: () => number): Refusal | null {
  switch (kind) {
    case 'throttle':
      return new Refusal(
        random() < 0.5 ? 403 : 429,
        'rateLimitExceeded',
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'compute.googleapis.com'",
        { status: 'RESOURCE_EXHAUSTED' },
      )
    case 'rights':
      return new Refusal(403, 'forbidden', `Required 'compute.${action}' permission`, { status: 'PERMISSION_DENIED' })
    case 'account':
      return new Refusal(403, 'accessNotConfigured', 'This API method requires billing to be enabled.', {
        status: 'PERMISSION_DENIED',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'BILLING_DISABLED', domain: 'googleapis.com' },
        ],
      })
    case 'capacity':
    case 'quota':
      if (action === 'instances.insert' || action === 'instances.start') return null
      return kind === 'quota' ? new Refusal(403, 'quotaExceeded', 'Quota exceeded.') : backendError()
    case 'server-error':
      return backendError()
    default:
      return null
  }
}
