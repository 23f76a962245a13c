// Accounts at providers and rates of exchange: what a schema cannot see, and what they come to.
import { BlockList, isIP, isIPv6 } from 'node:net'
import { parseRate } from '../../state/primitives/money.ts'
import { parseSecretRef, type SecretRef } from '../../state/primitives/secret.ts'
import type { FileClouds } from './clouds-schema.ts'
import { quote } from './explain.ts'
import type { Fleet } from './fleet.ts'
import { nearest } from './nearest.ts'
import type { FleetFile } from './schema.ts'
import type { Complaint, Path } from './source.ts'

export function cloudsOf({ aws, gcp, hetzner }: FileClouds): NonNullable<Fleet['clouds']> {
  const { credentials, ...google } = gcp ?? {}
  const { token, ...plain } = hetzner ?? {}
  const { accessKey, secretKey, ...amazon } = aws ?? {}
  return {
    ...(aws
      ? { aws: { ...amazon, ...referenceOf('accessKey', accessKey), ...referenceOf('secretKey', secretKey) } }
      : {}),
    ...(gcp ? { gcp: { ...google, ...referenceOf('credentials', credentials) } } : {}),
    ...(hetzner ? { hetzner: { ...plain, ...referenceOf('token', token) } } : {}),
  }
}

function referenceOf<K extends string>(key: K, written: string | undefined): { [P in K]?: SecretRef } {
  const ref = written === undefined ? null : parseSecretRef(written)
  const out: { [P in K]?: SecretRef } = {}
  if (ref) out[key] = ref
  return out
}

export function ratesOf(rates: NonNullable<NonNullable<FleetFile['budget']>['rates']>) {
  return Object.entries(rates).flatMap(([currency, { rate, date }]) => {
    const exact = parseRate(rate)
    return exact === null ? [] : [{ currency, rate: exact, date }]
  })
}

export function checkRates({ budget }: FleetFile): Complaint[] {
  if (!budget?.rates) return []
  const real = new Set(Intl.supportedValuesOf('currency'))
  return Object.entries(budget.rates).flatMap(([currency, { rate }]): Complaint[] => {
    const path = ['budget', 'rates', currency]
    const found: Complaint[] = []
    if (!real.has(currency)) {
      found.push({
        path,
        key: true,
        message: `${quote(currency)} is not a currency`,
        allowed: 'an ISO 4217 code, such as EUR or USD',
        suggestion: nearest(currency, real),
      })
    } else if (currency === budget.currency) {
      const message = `${currency} is the budget's own currency: it needs no rate`
      found.push({ path, key: true, message, allowed: 'rates of other currencies' })
    }
    if (parseRate(rate) === null) {
      found.push({
        path: [...path, 'rate'],
        message: `${quote(rate)} is not a rate of exchange`,
        allowed: 'more than 0 with at most twelve decimals, such as 1.08; in quotes with more than 15 digits',
      })
    }
    return found
  })
}

export function checkClouds({ clouds }: FleetFile): Complaint[] {
  const { aws, gcp, hetzner } = clouds ?? {}
  return [
    ...Object.entries(clouds ?? {}).flatMap(([provider, cloud]): Complaint[] => {
      const wrong = cloud.endpoint === undefined ? null : wrongEndpoint(cloud.endpoint)
      return wrong ? [{ path: ['clouds', provider, 'endpoint'], ...wrong }] : []
    }),
    ...checkReference(['clouds', 'aws', 'accessKey'], aws?.accessKey),
    ...checkReference(['clouds', 'aws', 'secretKey'], aws?.secretKey),
    ...checkKeyPair(aws),
    ...checkReference(['clouds', 'gcp', 'credentials'], gcp?.credentials),
    ...checkReference(['clouds', 'hetzner', 'token'], hetzner?.token),
  ]
}

const endpointForm = 'https://HOST[:PORT][/PATH]; http:// only on loopback (localhost, 127.0.0.1, [::1])'

/** Credentials travel to it: in the clear only where nobody else listens. */
function wrongEndpoint(text: string): Pick<Complaint, 'message' | 'allowed'> | null {
  // Never quoted: it may hold a password.
  if (text.includes('@')) {
    return { message: 'an address with a login in it stands open in the file', allowed: 'an address without USER@' }
  }
  const no = { message: `${quote(text)} is not an address of an API`, allowed: endpointForm }
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return no
  const url = new URL(text)
  if (url.search !== '' || url.hash !== '' || /[?#\\]/.test(text)) return no
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return null
  return {
    message: `${quote(text)} would send requests and credentials in the clear`,
    allowed: 'https:// for every host but loopback (localhost, 127.0.0.1, [::1])',
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 0) return host === 'localhost'
  return loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}

/** Templates are for what stands once and is many: an account is one. */
function checkReference(path: Path, written: string | undefined): Complaint[] {
  if (written === undefined || !/^env:.*[{}]/.test(written)) return []
  return [{ path, message: 'an account takes no template', allowed: 'env:NAME without {…}' }]
}

/** Half a pair of keys would be no keys, silently. */
function checkKeyPair(aws: FileClouds['aws']): Complaint[] {
  const { accessKey, secretKey } = aws ?? {}
  if ((accessKey === undefined) === (secretKey === undefined)) return []
  const [there, missing] = accessKey === undefined ? ['secretKey', 'accessKey'] : ['accessKey', 'secretKey']
  return [
    {
      path: ['clouds', 'aws', there],
      key: true,
      message: `${there} stands without ${missing}`,
      allowed: 'both, or neither: then profile and environment decide',
    },
  ]
}
