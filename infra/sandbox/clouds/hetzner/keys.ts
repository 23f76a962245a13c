// SSH keys of the project: one of a name, one of a key.
import { createHash } from 'node:crypto'
import type { KeptKey } from './kept.ts'
import { checkLabels } from './labels.ts'
import { narrowed, page } from './lists.ts'
import { find, type Handler, invalid, iso, json, note, nothing, Refusal } from './project.ts'
import { keyRequest, read, renameRequest } from './requests.ts'

const reply = (key: KeptKey) => ({
  id: key.id,
  name: key.name,
  fingerprint: key.fingerprint,
  public_key: key.publicKey,
  labels: key.labels,
  created: iso(key.created),
})

export const getKeys: Handler = ({ state }, { query }) => {
  const fingerprint = query.get('fingerprint')
  const found = narrowed(query, state.keys).filter(key => fingerprint === null || key.fingerprint === fingerprint)
  return page(query, 'ssh_keys', found.map(reply))
}

export const getKey: Handler = ({ state }, { ids }) =>
  json(200, { ssh_key: reply(find('SSH key', state.keys, ids[0])) })

export const createKey: Handler = (project, { body }) => {
  const { state } = project
  const asked = read(keyRequest, body)
  const fingerprint = fingerprintOf(asked.public_key)
  if (!fingerprint) throw invalid('public_key', 'is not a public SSH key')
  if (state.keys.some(key => key.fingerprint === fingerprint)) throw unique('fingerprint')
  if (state.keys.some(key => key.name === asked.name)) throw unique('name')
  const key: KeptKey = {
    id: project.nextId(),
    name: asked.name,
    created: project.now(),
    fingerprint,
    publicKey: asked.public_key.trim(),
    labels: checkLabels(asked.labels ?? {}),
  }
  state.keys.push(key)
  note(project, 'created', { kind: 'key', id: key.id, region: 'global', tags: key.labels })
  return json(201, { ssh_key: reply(key) })
}

const unique = (what: string) =>
  new Refusal(409, 'uniqueness_error', `SSH key with the same ${what} already exists`, {
    fields: [{ name: what === 'name' ? 'name' : 'public_key', messages: ['not unique'] }],
  })

/** MD5, as the API shows it. */
function fingerprintOf(publicKey: string): string | null {
  const [, kind, blob] = /^(ssh-\S+|ecdsa-\S+|sk-\S+) ([A-Za-z0-9+/=]+)/.exec(publicKey.trim()) ?? []
  if (!kind || !blob) return null
  const hex = createHash('md5').update(Buffer.from(blob, 'base64')).digest('hex')
  return hex.match(/../g)?.join(':') ?? null
}

export const changeKey: Handler = ({ state }, { ids, body }) => {
  const key = find('SSH key', state.keys, ids[0])
  const asked = read(renameRequest, body)
  if (asked.name !== undefined) {
    if (state.keys.some(other => other !== key && other.name === asked.name)) throw unique('name')
    key.name = asked.name
  }
  if (asked.labels) key.labels = checkLabels(asked.labels)
  return json(200, { ssh_key: reply(key) })
}

export const deleteKey: Handler = (project, { ids }) => {
  const key = find('SSH key', project.state.keys, ids[0])
  project.state.keys = project.state.keys.filter(other => other !== key)
  note(project, 'deleted', { kind: 'key', id: key.id, region: 'global', tags: key.labels })
  return nothing
}
