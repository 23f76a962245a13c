// The registry of providers: an adapter is a folder beside this file and a line here. It is imported when it is first
// asked for, and loads its SDK at its first call, so that a fleet pays only for the providers it has.
import type { Cloud } from './cloud.ts'
import type { CloudSettings } from './settings.ts'
import type { ProviderName } from './shapes.ts'

const adapters: Record<ProviderName, (settings: CloudSettings) => Promise<Cloud>> = {
  aws: async settings => (await import('./aws/index.ts')).createAwsCloud(settings),
  gcp: async settings => (await import('./gcp/cloud.ts')).createGcpCloud(settings),
  hetzner: async settings => (await import('./hetzner/cloud.ts')).createHetznerCloud(settings),
  static: async () => (await import('./static/cloud.ts')).createStaticCloud(),
}

export function createCloud(provider: ProviderName, settings: CloudSettings): Promise<Cloud> {
  return adapters[provider](settings)
}
