// What an adapter needs to know of the account, resolved. Secrets come as functions: asked at the moment of use.
import type { Secret } from '../../state/primitives/secret.ts'

export interface CloudSettings {
  /** Process environment: the SDKs' usual means (AWS_PROFILE, AWS_ENDPOINT_URL…, GOOGLE_APPLICATION_CREDENTIALS, HCLOUD_ENDPOINT …). */
  env: Readonly<Record<string, string | undefined>>
  aws: {
    profile: string | null
    endpoint: string | null
    /** null: the SDK's usual means. */
    keys: (() => Promise<{ accessKey: Secret; secretKey: Secret }>) | null
  }
  gcp: { project: string | null; endpoint: string | null; credentials: (() => Promise<Secret>) | null }
  hetzner: { endpoint: string | null; token: (() => Promise<Secret>) | null }
  /** Wall clock, ms; the reading of prices and billing carries it. */
  now(): number
}
