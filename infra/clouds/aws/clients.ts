// The SDK's clients, made when a region is first asked. The packages are loaded at that moment and not before: they are
// tens of megabytes that a fleet without AWS never needs, and the first frame must not wait for them.
import type { CloudSettings } from '../settings.ts'

export type Ec2Sdk = typeof import('@aws-sdk/client-ec2')
type AccountSdk = typeof import('@aws-sdk/client-account')
type PricingSdk = typeof import('@aws-sdk/client-pricing')
type CostSdk = typeof import('@aws-sdk/client-cost-explorer')

export interface Reached<Sdk, Client> {
  sdk: Sdk
  client: Client
}
export type Ec2Reached = Reached<Ec2Sdk, InstanceType<Ec2Sdk['EC2Client']>>

export interface AwsClients {
  /** `once`: the SDK does not repeat what failed, for what must be repeated by who knows the token. */
  ec2(region: string, once: boolean): Promise<Ec2Reached>
  account(region: string): Promise<Reached<AccountSdk, InstanceType<AccountSdk['AccountClient']>>>
  pricing(region: string): Promise<Reached<PricingSdk, InstanceType<PricingSdk['PricingClient']>>>
  costExplorer(): Promise<Reached<CostSdk, InstanceType<CostSdk['CostExplorerClient']>>>
}

/** Without an answer for this long, a request counts as lost, ms. */
const requestTimeout = 30_000
/** While no credentials are found, the chain (which may wait for an instance metadata service) is not walked again, ms. */
const noCredentialsFor = 30_000

export function createAwsClients(settings: CloudSettings): AwsClients {
  const made = new Map<string, unknown>()
  let shared: Promise<Common> | null = null
  const common = () => {
    shared ??= makeCommon(settings)
    // A failure is not kept: the profile may be mended meanwhile.
    shared.catch(() => {
      shared = null
    })
    return shared
  }
  const keep = <Client>(key: string, make: () => Client): Client => {
    const known = made.get(key)
    // Keys name the kind of client, so that what is found is of the kind that is made here.
    if (known !== undefined) return known as Client
    const client = make()
    made.set(key, client)
    return client
  }
  return {
    async ec2(region, once) {
      const [sdk, base] = await Promise.all([import('@aws-sdk/client-ec2'), common()])
      const client = keep(`ec2 ${region} ${once}`, () => {
        return new sdk.EC2Client({ ...base, ...endpointOf('EC2', settings), region, maxAttempts: once ? 1 : 3 })
      })
      return { sdk, client }
    },
    async account(region) {
      const [sdk, base] = await Promise.all([import('@aws-sdk/client-account'), common()])
      const client = keep(`account ${region}`, () => {
        return new sdk.AccountClient({ ...base, ...endpointOf('ACCOUNT', settings), region, maxAttempts: 2 })
      })
      return { sdk, client }
    },
    async pricing(region) {
      const [sdk, base] = await Promise.all([import('@aws-sdk/client-pricing'), common()])
      const client = keep(`pricing ${region}`, () => {
        return new sdk.PricingClient({ ...base, ...endpointOf('PRICING', settings), region, maxAttempts: 3 })
      })
      return { sdk, client }
    },
    async costExplorer() {
      const [sdk, base] = await Promise.all([import('@aws-sdk/client-cost-explorer'), common()])
      const client = keep('cost explorer', () => {
        // It is one for all regions, and each request costs: none is repeated unasked.
        const region = 'us-east-1'
        return new sdk.CostExplorerClient({ ...base, ...endpointOf('COST_EXPLORER', settings), region, maxAttempts: 1 })
      })
      return { sdk, client }
    },
  }
}

type Ec2Config = NonNullable<ConstructorParameters<Ec2Sdk['EC2Client']>[0]>
type Common = Pick<Ec2Config, 'requestHandler' | 'credentials' | 'profile'>

/** One connection pool and one walk of the credential chain for all regions: taken from a first client, which asks nothing. */
async function makeCommon(settings: CloudSettings): Promise<Common> {
  const sdk = await import('@aws-sdk/client-ec2')
  const profile = settings.aws.profile ?? settings.env.AWS_PROFILE
  const named = profile ? { profile } : {}
  const requestHandler = { requestTimeout, connectionTimeout: 10_000, throwOnRequestTimeout: true }
  const first = new sdk.EC2Client({ ...named, requestHandler, region: 'us-east-1' })
  const { keys } = settings.aws
  const inEnv = profile || keys ? null : staticCredentials(settings.env)
  if (keys) return { requestHandler: first.config.requestHandler, credentials: () => identityOf(keys) }
  const credentials = inEnv ? () => Promise.resolve(inEnv) : patient(first.config.credentials, settings.now)
  return { ...named, requestHandler: first.config.requestHandler, credentials }
}

/** Asked at each use: the SDK signs with what the reference says at that moment. */
async function identityOf(keys: NonNullable<CloudSettings['aws']['keys']>): Promise<Identity> {
  const { accessKey, secretKey } = await keys()
  return { accessKeyId: accessKey.reveal(), secretAccessKey: secretKey.reveal() }
}

interface Identity {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export function staticCredentials(env: CloudSettings['env']): Identity | null {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env
  if (!accessKeyId || !secretAccessKey) return null
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

/** Off EC2 the last link of the chain waits for nobody; twenty regions must not do so twenty times. */
export function patient<Found>(find: () => Promise<Found>, now: () => number): () => Promise<Found> {
  let missing: { until: number; error: unknown } | null = null
  let running: Promise<Found> | null = null
  return () => {
    if (missing && now() < missing.until) return Promise.reject(missing.error)
    running ??= find()
      .catch(error => {
        missing = { until: now() + noCredentialsFor, error }
        throw error
      })
      .finally(() => {
        running = null
      })
    return running
  }
}

/** What the fleet file says, else what the environment says; else the SDK looks in the profile, or asks AWS. */
export function endpointOf(
  service: 'EC2' | 'ACCOUNT' | 'PRICING' | 'COST_EXPLORER',
  settings: CloudSettings,
): { endpoint?: string } {
  const { env, aws } = settings
  if (aws.endpoint) return { endpoint: aws.endpoint }
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return {}
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL
  return endpoint ? { endpoint } : {}
}
