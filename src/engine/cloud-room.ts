// The engine's providers: an adapter each, made when it is first needed and made anew when another fleet file runs, or when
// the provider refuses its credentials and the fleet file's references give others by now.
import type { Cloud } from '../../infra/clouds/cloud.ts'
import type { CloudSettings } from '../../infra/clouds/settings.ts'
import type { ProviderName } from '../../infra/clouds/shapes.ts'
import { formatSecretRef, type Secret, type SecretRef } from '../../state/primitives/secret.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { FleetState } from './fleet-state.ts'
import { renewingCloud } from './renewing-cloud.ts'

export interface CloudRoom {
  cloud(provider: ProviderName): Promise<Cloud>
  /** Providers that the fleet has an account or a node at, or that something of ours runs at. */
  providers(): ProviderName[]
  /** Regions of a provider that the fleet names, or that something of ours is known in. */
  regionsOf(provider: ProviderName): string[]
  /** Types that the fleet names or has at a provider. */
  typesOf(provider: ProviderName): string[]
  /** Another fleet file runs. */
  forget(): void
}

/** An adapter, and the secrets that it was given. */
interface Made {
  cloud: Promise<Cloud>
  used: Map<string, { ref: SecretRef; value: Secret }>
  at: number
  renewing: Promise<boolean> | null
}

/** So young an adapter found what the SDK's usual means have; looking again at once would find the same. */
const usualMeansMs = 30_000

export function createCloudRoom(options: {
  fleet(): Fleet
  state(): FleetState
  /** Loads the adapter of a provider; nothing of it is loaded before. */
  load(provider: ProviderName, settings: CloudSettings): Promise<Cloud>
  secret(ref: SecretRef): Promise<Secret>
  /** As `secret`, but resolved anew. */
  secretAnew(ref: SecretRef): Promise<Secret>
  env: Readonly<Record<string, string | undefined>>
  now(): number
}): CloudRoom {
  const { fleet, state } = options
  const made = new Map<ProviderName, Made>()

  function adapter(provider: ProviderName): Made {
    const known = made.get(provider)
    if (known) return known
    const used: Made['used'] = new Map()
    async function secret(ref: SecretRef): Promise<Secret> {
      const value = await options.secret(ref)
      used.set(formatSecretRef(ref), { ref, value })
      return value
    }
    const loading = options.load(provider, settingsOf(fleet(), secret, options.env, options.now))
    const fresh: Made = { cloud: loading, used, at: options.now(), renewing: null }
    // One that could not be loaded (a secret that is not there) is tried again.
    loading.catch(() => {
      if (made.get(provider) === fresh) made.delete(provider)
    })
    made.set(provider, fresh)
    return fresh
  }

  async function cloud(provider: ProviderName): Promise<Cloud> {
    return renewingCloud(await adapter(provider).cloud, refused => renew(provider, refused))
  }

  async function renew(provider: ProviderName, refused: Cloud): Promise<Cloud | null> {
    const now = adapter(provider)
    const cloud = await now.cloud
    // Somebody else was refused before, and it is renewed.
    if (cloud !== refused) return cloud
    // Twenty regions are refused at once; the reference is resolved once.
    now.renewing ??= isOutdated(now).finally(() => {
      now.renewing = null
    })
    if (!(await now.renewing)) return null
    if (made.get(provider) === now) made.delete(provider)
    return adapter(provider).cloud
  }

  /** By its references; the SDK's usual means (profiles, sign-ins) cannot be compared, and are read anew now and then. */
  async function isOutdated({ used, at }: Made): Promise<boolean> {
    if (used.size === 0) return options.now() - at >= usualMeansMs
    for (const { ref, value } of used.values()) {
      const again = await options.secretAnew(ref).catch(() => null)
      if (again !== null && again.reveal() !== value.reveal()) return true
    }
    return false
  }

  function providers(): ProviderName[] {
    const { machines } = state()
    const inUse = [
      ...Object.values(machines.machines).map(({ machine }) => machine.provider),
      ...Object.values(machines.open).map(op => (op.kind === 'launch' ? op.spec.provider : op.provider)),
    ]
    const accounts = Object.keys(fleet().clouds ?? {})
    const named = [...fleet().nodes.values()].map(({ provider }) => provider)
    const all = new Set<string>([...accounts, ...named, ...inUse])
    return (['aws', 'gcp', 'hetzner'] as const).filter(name => all.has(name))
  }

  function regionsOf(provider: ProviderName): string[] {
    const { machines } = state()
    const named = [...fleet().nodes.values()].filter(node => node.provider === provider).map(({ region }) => region)
    const seen = Object.values(machines.machines).map(({ machine }) => machine)
    const inUse = seen.filter(machine => machine.provider === provider).map(({ region }) => region)
    const listed = provider === 'static' ? [] : (fleet().clouds?.[provider]?.regions ?? [])
    return [...new Set([...named, ...inUse, ...listed])].filter(region => region !== null).sort()
  }

  function typesOf(provider: ProviderName): string[] {
    const { machines } = state()
    const named = [...fleet().nodes.values()].filter(node => node.provider === provider).map(({ type }) => type)
    const seen = Object.values(machines.machines).map(({ machine }) => machine)
    const inUse = seen.filter(machine => machine.provider === provider).map(({ type }) => type)
    return [...new Set([...named, ...inUse])].filter(type => type !== null).sort()
  }

  return { cloud, providers, regionsOf, typesOf, forget: () => made.clear() }
}

function settingsOf(
  { clouds = {} }: Fleet,
  secret: (ref: SecretRef) => Promise<Secret>,
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
): CloudSettings {
  const { aws = {}, gcp = {}, hetzner = {} } = clouds
  const { accessKey, secretKey } = aws
  const asked = (ref: SecretRef | undefined) => (ref ? () => secret(ref) : null)
  return {
    env,
    now,
    aws: {
      profile: aws.profile ?? null,
      endpoint: aws.endpoint ?? null,
      keys:
        accessKey && secretKey
          ? async () => ({ accessKey: await secret(accessKey), secretKey: await secret(secretKey) })
          : null,
    },
    gcp: { project: gcp.project ?? null, endpoint: gcp.endpoint ?? null, credentials: asked(gcp.credentials) },
    hetzner: { endpoint: hetzner.endpoint ?? null, token: asked(hetzner.token) },
  }
}
