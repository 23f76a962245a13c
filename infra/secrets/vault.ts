// `vault:PATH#KEY`: HashiCorp Vault or OpenBao, key-value engine version 2, over its HTTP API. The path is the API's own
// (`secret/data/fleet`), where version 2 puts `data/` after the mount; `secret/fleet` as the vault command line shows it works too.
import type { SecretRef } from '../../state/primitives/secret.ts'
import { secretTrouble } from './trouble.ts'

const largestBytes = 1024 * 1024

export async function readVault(
  ref: SecretRef,
  env: Readonly<Record<string, string | undefined>>,
  deadlineMs: number,
): Promise<string> {
  const [path = '', key = ''] = ref.reference.split('#')
  const { VAULT_ADDR: address, VAULT_TOKEN: token, VAULT_NAMESPACE: namespace } = env
  if (!address || !token) throw secretTrouble(ref, 'needs VAULT_ADDR and VAULT_TOKEN', 'Set both for the engine.')
  const url = apiUrl(address, path)
  if (!url) throw secretTrouble(ref, 'has no usable address', 'VAULT_ADDR is https://HOST:PORT; http only on loopback.')
  const headers = { 'X-Vault-Token': token, ...(namespace ? { 'X-Vault-Namespace': namespace } : {}) }
  let answer: Response
  let body: string
  try {
    // No redirects: the token must not follow one to another host.
    answer = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(deadlineMs) })
    body = await limited(answer)
  } catch {
    throw secretTrouble(
      ref,
      `had no answer from ${url.host} within ${deadlineMs / 1000} s`,
      'Is Vault up and unsealed?',
    )
  }
  if (answer.status === 403)
    throw secretTrouble(ref, 'is refused by Vault (403)', 'Check the token and its policy: it names paths with data/.')
  if (answer.status === 404) throw secretTrouble(ref, 'is not in Vault (404)', `Asked was ${url.pathname}.`)
  if (answer.status === 503) throw secretTrouble(ref, 'cannot be read: Vault is sealed (503)', 'Unseal it.')
  if (!answer.ok) throw secretTrouble(ref, `had the answer ${answer.status} from Vault`, 'See the log of Vault.')
  const value = valueIn(body, key)
  if (value === null) throw secretTrouble(ref, `has no text under the key ${key}`, 'Keys are told apart by case.')
  return value
}

/** Mount, then `data`, then the rest; each step escaped. Null when a token would travel in the clear. */
export function apiUrl(address: string, path: string): URL | null {
  const steps = path.split('/').filter(step => step !== '')
  const [mount = '', ...rest] = steps
  if (rest.length === 0 || steps.some(step => step === '.' || step === '..')) return null
  const full = rest[0] === 'data' ? steps : [mount, 'data', ...rest]
  const base = URL.canParse(address) ? new URL(address) : null
  if (!base) return null
  const loopback = ['localhost', '[::1]'].includes(base.hostname) || base.hostname.startsWith('127.')
  if (base.protocol !== 'https:' && !(base.protocol === 'http:' && loopback)) return null
  return new URL(`/v1/${full.map(encodeURIComponent).join('/')}`, base)
}

async function limited(answer: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece, { stream: true })
    if (text.length > largestBytes) throw new Error('too long')
  }
  return text
}

function valueIn(body: string, key: string): string | null {
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch {
    return null
  }
  const value = member(member(member(answer, 'data'), 'data'), key)
  return typeof value === 'string' && value !== '' ? value : null
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Object.entries(value).find(([name]) => name === key)?.[1]
}
