// Google's own clients, REST only, each loaded when it is first needed: one file of the package takes a fifth of the time
// of the whole. Where the endpoint is plain http (a sandbox, an emulator), no credentials are looked for at all.
import type { AddressesClient } from '@google-cloud/compute/build/src/v1/addresses_client.js'
import type { DisksClient } from '@google-cloud/compute/build/src/v1/disks_client.js'
import type { FirewallsClient } from '@google-cloud/compute/build/src/v1/firewalls_client.js'
import type { GlobalOperationsClient } from '@google-cloud/compute/build/src/v1/global_operations_client.js'
import type { ImagesClient } from '@google-cloud/compute/build/src/v1/images_client.js'
import type { InstancesClient } from '@google-cloud/compute/build/src/v1/instances_client.js'
import type { MachineTypesClient } from '@google-cloud/compute/build/src/v1/machine_types_client.js'
import type { RegionsClient } from '@google-cloud/compute/build/src/v1/regions_client.js'
import type { ZoneOperationsClient } from '@google-cloud/compute/build/src/v1/zone_operations_client.js'
import type { AuthClient } from 'google-auth-library'
import Type, { type Static } from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'
import { CloudError } from '../error.ts'
import type { CloudSettings } from '../settings.ts'

const scopes = ['https://www.googleapis.com/auth/cloud-platform']

export interface GcpClients {
  project(): Promise<string>
  instances(): Promise<InstancesClient>
  disks(): Promise<DisksClient>
  addresses(): Promise<AddressesClient>
  firewalls(): Promise<FirewallsClient>
  images(): Promise<ImagesClient>
  machineTypes(): Promise<MachineTypesClient>
  regions(): Promise<RegionsClient>
  zoneOperations(): Promise<ZoneOperationsClient>
  globalOperations(): Promise<GlobalOperationsClient>
  /** GET of the price catalogue: its JSON. */
  catalogue(path: string, signal: AbortSignal): Promise<unknown>
}

export function createGcpClients(settings: CloudSettings): GcpClients {
  const account = once(() => openAccount(settings))
  function client<Client>(
    kind: string,
    load: () => Promise<new (options: ReturnType<typeof optionsOf>) => Client>,
  ): () => Promise<Client> {
    return once(async () => {
      const [Made, opened] = await Promise.all([load(), account()])
      return new Made(optionsOf(opened, kind))
    })
  }
  return {
    project: async () => (await account()).project,
    instances: client('Instances', async () => {
      return (await import('@google-cloud/compute/build/src/v1/instances_client.js')).InstancesClient
    }),
    disks: client('Disks', async () => {
      return (await import('@google-cloud/compute/build/src/v1/disks_client.js')).DisksClient
    }),
    addresses: client('Addresses', async () => {
      return (await import('@google-cloud/compute/build/src/v1/addresses_client.js')).AddressesClient
    }),
    firewalls: client('Firewalls', async () => {
      return (await import('@google-cloud/compute/build/src/v1/firewalls_client.js')).FirewallsClient
    }),
    images: client('Images', async () => {
      return (await import('@google-cloud/compute/build/src/v1/images_client.js')).ImagesClient
    }),
    machineTypes: client('MachineTypes', async () => {
      return (await import('@google-cloud/compute/build/src/v1/machine_types_client.js')).MachineTypesClient
    }),
    regions: client('Regions', async () => {
      return (await import('@google-cloud/compute/build/src/v1/regions_client.js')).RegionsClient
    }),
    zoneOperations: client('ZoneOperations', async () => {
      return (await import('@google-cloud/compute/build/src/v1/zone_operations_client.js')).ZoneOperationsClient
    }),
    globalOperations: client('GlobalOperations', async () => {
      return (await import('@google-cloud/compute/build/src/v1/global_operations_client.js')).GlobalOperationsClient
    }),
    async catalogue(path, signal) {
      const { auth, catalogueBase } = await account()
      // No retries of its own: what is worth one is decided in one place.
      const asked = { url: `${catalogueBase}${path}`, method: 'GET', signal, retry: false, timeout: 60_000 } as const
      return (await auth.request<unknown>(asked)).data
    },
  }
}

/** What failed is tried anew at the next call: a credential may be there then. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null
  return () => {
    made ??= make().catch(error => {
      made = null
      throw error
    })
    return made
  }
}

interface Account {
  project: string
  auth: AuthClient
  endpoint: URL | null
  catalogueBase: string
}

async function openAccount({ gcp, env }: CloudSettings): Promise<Account> {
  const text = gcp.endpoint ?? env.CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE ?? null
  const endpoint = text === null ? null : URL.parse(text)
  if (text !== null && !/^https?:$/.test(endpoint?.protocol ?? '')) {
    throw invalid('the endpoint for Compute Engine is no http or https URL', 'Correct it in the fleet file.')
  }
  const override = env.CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBILLING
  const catalogueBase = (override ?? endpoint?.origin ?? 'https://cloudbilling.googleapis.com').replace(/\/+$/, '')
  const given = gcp.project ?? env.GOOGLE_CLOUD_PROJECT ?? env.GCLOUD_PROJECT ?? null
  const library = await import('google-auth-library')
  if (endpoint?.protocol === 'http:') {
    const auth = new library.OAuth2Client()
    auth.setCredentials({ access_token: 'not-needed-here', expiry_date: Number.MAX_SAFE_INTEGER })
    return { project: projectOf(given), auth: onlyObjects(auth), endpoint, catalogueBase }
  }
  if (gcp.credentials) {
    const key = keyOf((await gcp.credentials()).reveal())
    const { project_id } = key
    return {
      project: projectOf(given ?? project_id ?? null),
      auth: onlyObjects(clientOf(library, key)),
      endpoint,
      catalogueBase,
    }
  }
  // What gcloud and the metadata server of Google's own machines know, and GOOGLE_APPLICATION_CREDENTIALS.
  const google = new library.GoogleAuth({ scopes })
  const auth = await google.getClient().catch(() => {
    // Not as the cause: it may hold what was found.
    throw noCredentials('there are no credentials for Google Cloud that can be used')
  })
  const project = projectOf(given ?? (await google.getProjectId().catch(() => null)))
  return { project, auth: onlyObjects(auth), endpoint, catalogueBase }
}

const key = checker(
  Type.Union([
    Type.Object({
      type: Type.Literal('service_account'),
      client_email: Type.String({ minLength: 3 }),
      private_key: Type.String({ minLength: 3 }),
      project_id: Type.Optional(Type.String()),
    }),
    Type.Object({
      type: Type.Literal('authorized_user'),
      client_id: Type.String({ minLength: 3 }),
      client_secret: Type.String({ minLength: 3 }),
      refresh_token: Type.String({ minLength: 3 }),
      project_id: Type.Optional(Type.String()),
    }),
  ]),
)
type Key = Static<typeof key.schema>

function keyOf(text: string): Key {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // Said below, without the text.
  }
  if (key.is(parsed)) return parsed
  throw noCredentials('the credentials for Google Cloud are no key of a service account or a user')
}

function clientOf({ JWT, UserRefreshClient }: typeof import('google-auth-library'), key: Key): AuthClient {
  return key.type === 'service_account'
    ? new JWT({ email: key.client_email, key: key.private_key, scopes })
    : new UserRefreshClient({
        clientId: key.client_id,
        clientSecret: key.client_secret,
        refreshToken: key.refresh_token,
      })
}

function noCredentials(message: string): CloudError {
  return new CloudError({
    failure: 'credentials',
    effect: 'none',
    message,
    remedy:
      'Set clouds.gcp.credentials in the fleet file to the content of a key file, or GOOGLE_APPLICATION_CREDENTIALS.',
  })
}

/**
 * Google's client reads an answer of `[]` or `"yes"` as an object with nothing in it, which a list would show as "nothing is
 * there". What comes back without a brace is no answer.
 */
function onlyObjects(auth: AuthClient): AuthClient {
  auth.transporter.interceptors.response.add({
    async resolved(response) {
      const { config, data, status, statusText, headers } = response
      if (config.responseType !== 'stream' || !response.ok || status === 204) return response
      const body = await response.arrayBuffer()
      const begins = new TextDecoder().decode(body.slice(0, 64)).trimStart()
      if (!begins.startsWith('{')) throw new TypeError('the answer is no JSON object')
      return Object.assign(new Response(body, { status, statusText, headers }), { config, data })
    },
  })
  return auth
}

function projectOf(found: string | null): string {
  if (found !== null && /^[a-z0-9][a-z0-9.:-]{1,99}$/.test(found)) return found
  throw invalid(
    'it is not known which Google Cloud project is meant',
    'Set clouds.gcp.project in the fleet file, or GOOGLE_CLOUD_PROJECT.',
  )
}

function optionsOf({ auth, project, endpoint }: Account, kind: string) {
  // Its own retries go on for ten minutes and ask again what nobody can read.
  const clientConfig = {
    interfaces: {
      [`google.cloud.compute.v1.${kind}`]: { retry_codes: { idempotent: [], non_idempotent: [] }, methods: {} },
    },
  }
  const common = { fallback: 'rest', projectId: project, authClient: auth, clientConfig } as const
  if (!endpoint) return common
  const protocol = endpoint.protocol.slice(0, -1)
  const port = Number(endpoint.port === '' ? (protocol === 'http' ? 80 : 443) : endpoint.port)
  return { ...common, apiEndpoint: endpoint.hostname, port, protocol }
}

function invalid(message: string, remedy: string): CloudError {
  return new CloudError({ failure: 'invalid', effect: 'none', message, remedy })
}
