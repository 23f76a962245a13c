// The emulated Hetzner Cloud: one project, any token unless it is told which. Helpers do what others than the product
// would do, in the console.
import type { Clock } from '../../../../state/primitives/clock.ts'
import type { CloudReply, CloudRequest, Emulated } from '../emulator.ts'
import type { TakenFault } from '../faults.ts'
import type { CloudLedger } from '../ledger.ts'
import type { CloudWorld } from '../world.ts'
import { addAddress, looseIp } from './addresses.ts'
import { emptyProject, type Kept, type KeptServer, type Labels } from './kept.ts'
import { type Project, Refusal, refusal } from './project.ts'
import { route } from './routes.ts'
import { addServer, noRoom } from './server-create.ts'
import { visibleServer } from './server-replies.ts'
import { bootServer, endServer, switchServer } from './servers.ts'
import { addVolume } from './volumes.ts'

export type { Kept as KeptHetzner } from './kept.ts'

export interface HetznerOptions {
  world: CloudWorld
  ledger: CloudLedger
  clock: Clock
  random(): number
  kept?: Kept | null
  /** Called after whatever changes something, before anybody is told. */
  keep?(state: Kept): void
  /** The one token that is good; absent: any. */
  token?: string
  /** How long an action takes, ms. */
  pace?: number
  /** Requests an hour. */
  requestLimit?: number
  serverLimit?: number
}

export interface HetznerEmulator extends Emulated {
  state(): Kept
  /** A server that the product did not make. */
  addServer(server: { name: string; location?: string; type?: string; labels?: Labels; ipv4?: boolean }): number
  addVolume(volume: { name: string; location?: string; sizeGb?: number; labels?: Labels }): number
  /** A primary IPv4 address that belongs to nothing. */
  addPrimaryIp(address: { name: string; location?: string; labels?: Labels }): number
  /** An image of one's own, of NixOS say. */
  addSnapshot(snapshot: { description: string; architecture?: 'x86' | 'arm'; labels?: Labels }): number
  switchServer(id: number, on: boolean): void
  setType(id: number, type: string): void
  setLabels(id: number, labels: Labels): void
  protect(id: number, on: boolean): void
  /** In the console. */
  removeServer(id: number): void
  setSoldOut(type: string, location: string, soldOut: boolean): void
}

export function createHetznerEmulator(options: HetznerOptions): HetznerEmulator {
  const { world, ledger, clock, random, requestLimit = 3_600 } = options
  const state = structuredClone(options.kept ?? emptyProject(clock.now(), requestLimit))
  const project: Project = {
    state,
    world,
    ledger,
    pace: options.pace ?? 1_500,
    serverLimit: options.serverLimit ?? 100,
    now: () => clock.now(),
    random,
    nextId: () => {
      const id = state.nextId
      state.nextId += 1 + Math.floor(random() * 7)
      return id
    },
  }
  const keep = () => options.keep?.(structuredClone(state))
  for (const server of state.servers) if (server.on && server.goneAt === null) bootServer(project, server)

  /** Tokens of the bucket come back all the time, so that it is full again after an hour. */
  function spend(): { left: number; reset: number } {
    const perMs = requestLimit / 3_600_000
    const now = clock.now()
    const exactly = Math.min(requestLimit, state.budget.left + Math.max(0, now - state.budget.at) * perMs)
    // So that a token that took its time is a whole one, whatever binary fractions make of it.
    const grown = Math.round(exactly * 1e6) / 1e6
    const left = grown >= 1 ? grown - 1 : grown
    state.budget = { left, at: now }
    return { left: grown >= 1 ? Math.floor(left) : -1, reset: Math.ceil((now + (requestLimit - left) / perMs) / 1_000) }
  }

  async function answer(request: CloudRequest, fault: TakenFault | null): Promise<CloudReply> {
    const reply = carefully(request, fault)
    if (request.method !== 'GET') {
      const now = clock.now()
      state.servers = state.servers.filter(({ goneAt }) => goneAt === null || now < goneAt)
      keep()
    }
    return reply
  }

  function carefully(request: CloudRequest, fault: TakenFault | null): CloudReply {
    let limits = { left: 0, reset: Math.ceil(clock.now() / 1_000) + 1 }
    const headers = () => ({
      'ratelimit-limit': String(requestLimit),
      'ratelimit-remaining': String(limits.left),
      'ratelimit-reset': String(limits.reset),
    })
    try {
      checkToken(request, options.token)
      if (fault?.kind === 'throttle') throw tooMany()
      const { left, reset } = spend()
      limits = { left: Math.max(0, left), reset }
      if (left < 0) throw tooMany()
      const refused = fault && ofFault(fault, project)
      if (refused) throw refused
      const { ids, handler, name } = route(request.method, request.path)
      if (!handler) throw new Refusal(404, 'not_found', `no such endpoint: ${name}`)
      const { method, query } = request
      const reply = handler(project, { method, ids, query, body: bodyOf(request), fault })
      if (fault?.kind === 'error-after-effect') throw serverError()
      return { ...reply, headers: { ...reply.headers, ...headers() } }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const reply = refusal(error)
      return { ...reply, headers: { ...reply.headers, ...headers() } }
    }
  }

  const its = (id: number): KeptServer => visibleServer(project, id)
  const kept = <T>(result: T): T => {
    keep()
    return result
  }

  return {
    provider: 'hetzner',
    classify: request => ({ action: route(request.method, request.path).name, region: regionOf(project, request) }),
    answer,
    state: () => structuredClone(state),
    addServer({ name, location = 'fsn1', type = 'cx23', labels = {}, ipv4 = true }) {
      const asked = { name, location, type, labels, ipv4, image: null, keys: [], ipv6: true, firewalls: [] }
      const { server } = addServer(project, asked, { on: true, fails: false, lag: 0 })
      // It has been there for a while.
      server.phases = []
      server.lockedUntil = 0
      return kept(server.id)
    },
    addVolume: ({ name, location = 'fsn1', sizeGb = 10, labels = {} }) =>
      kept(addVolume(project, { name, location, sizeGb, labels, server: null }).id),
    addPrimaryIp({ name, location = 'fsn1', labels = {} }) {
      const loose = { server: null, autoDelete: false, ofServer: false, family: 'ipv4' } as const
      return kept(addAddress(project, { name, location, labels, ip: looseIp(project, 'ipv4'), ...loose }).id)
    },
    addSnapshot({ description, architecture = 'x86', labels = {} }) {
      const id = project.nextId()
      state.snapshots.push({ id, description, architecture, labels, created: clock.now() })
      return kept(id)
    },
    switchServer(id, on) {
      switchServer(project, its(id), on)
      its(id).phases = []
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
      its(id).protectedAgainstDeletion = on
      keep()
    },
    removeServer(id) {
      const server = its(id)
      endServer(project, server)
      server.goneAt = clock.now()
      keep()
    },
    setSoldOut(type, location, soldOut) {
      const entry = `${type}@${location}`
      state.soldOut = [...state.soldOut.filter(other => other !== entry), ...(soldOut ? [entry] : [])]
      keep()
    },
  }
}

function checkToken({ headers }: CloudRequest, good: string | undefined): void {
  const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
  if (given === undefined || (good !== undefined && given !== good)) {
    throw new Refusal(401, 'unauthorized', 'unable to authenticate')
  }
}

function bodyOf({ body }: CloudRequest): unknown {
  if (body === '') return {}
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(400, 'json_error', 'invalid JSON in request')
  }
}

function regionOf({ state }: Project, { method, path, body }: CloudRequest): string {
  const { name, ids } = route(method, path)
  const [, kind] = /^\w+ \/(\w+)/.exec(name) ?? []
  const all = kind === 'servers' ? state.servers : kind === 'volumes' ? state.volumes : state.addresses
  const known = ids[0] !== undefined ? all.find(({ id }) => id === ids[0])?.location : undefined
  if (known !== undefined) return known
  const [, asked] = /"location"\s*:\s*"([a-z0-9-]+)"/.exec(body) ?? []
  return asked ?? 'global'
}

const tooMany = () => new Refusal(429, 'rate_limit_exceeded', 'limit of 3600 requests per hour reached')
const serverError = () => new Refusal(503, 'unavailable', 'the service is currently unavailable')

/** Faults that the API answers instead of doing anything. */
function ofFault(fault: TakenFault, project: Project): Refusal | null {
  switch (fault.kind) {
    case 'capacity':
      return noRoom(project)
    case 'quota':
      return new Refusal(403, 'resource_limit_exceeded', 'server limit exceeded', {
        limits: [{ name: 'server_limit' }],
      })
    case 'rights':
      return new Refusal(403, 'token_readonly', 'this token is only allowed to perform GET requests')
    case 'account':
      return new Refusal(403, 'forbidden', 'the account is not verified yet')
    case 'server-error':
      return serverError()
    default:
      return null
  }
}
