// One instance for one token. Google remembers a request id for an hour, and a name is one instance's in its zone: the
// label `op` says whether what has the name is ours.
import Type, { type Static } from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'
import { CloudError } from '../error.ts'
import { carries, googleLabels, labelsOf } from '../labels.ts'
import type { CloudRim } from '../rim.ts'
import type { OwnerTags } from '../shapes.ts'
import type { GcpCalls } from './calls.ts'
import { tokenLabel } from './machine.ts'
import type { Instance } from './replies.ts'

const word = Type.String({ minLength: 1, maxLength: 300 })
/** What `prepare` settles and the journal keeps. */
export const gcpRequest = checker(
  Type.Object(
    {
      name: word,
      zone: word,
      machineType: word,
      sourceImage: word,
      diskGb: Type.Integer({ minimum: 1 }),
      diskType: word,
      networkTags: Type.Array(word),
      /** `root:ssh-ed25519 AAAA… root` */
      sshKeys: Type.Array(Type.String({ maxLength: 10_000 })),
      startupScript: Type.String({ maxLength: 10_000 }),
    },
    { additionalProperties: false },
  ),
)
export type GcpRequest = Static<typeof gcpRequest.schema>

const mostLooks = 8

export async function launchInstance(
  calls: GcpCalls,
  rim: CloudRim,
  request: GcpRequest,
  tags: OwnerTags,
  token: string,
  signal: AbortSignal,
): Promise<Instance> {
  const { zone, name } = request
  const found = oursOrNull(await calls.instance(zone, name, signal), name, tags)
  if (found) return found
  try {
    await calls.insertInstance(zone, token, instanceOf(request, tags, token), signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof CloudError)) throw error
    // Nothing came of it, unless the name was taken: perhaps by an earlier try of ours.
    if (error.effect === 'none' && error.failure !== 'conflict') throw error
    const there = await calls.instance(zone, name, signal).catch(() => null)
    const ours = oursOrNull(there, name, tags)
    if (ours) return ours
    throw error
  }
  for (let looks = 1; ; looks++) {
    const made = await calls.instance(zone, name, signal).catch((error: unknown) => {
      throw error instanceof CloudError ? notSeen(name, error.message) : error
    })
    if (made) return made
    if (looks >= mostLooks) throw notSeen(name, 'it is not shown yet')
    await rim.pause(500 * looks, signal)
  }
}

function oursOrNull(found: Instance | null, name: string, tags: OwnerTags): Instance | null {
  if (!found) return null
  if (carries(found.labels, tags)) return found
  throw new CloudError({
    failure: 'conflict',
    effect: 'none',
    message: `Compute Engine has an instance named ${name} already, and it is not of this operation`,
    remedy: 'See `watchfloor drift`: adopt it, destroy it, or rename it.',
    code: 'alreadyExists',
  })
}

/** It was made: who asks again finds it. */
function notSeen(name: string, why: string): CloudError {
  return new CloudError({
    failure: 'not-found',
    effect: 'unknown',
    message: `instance ${name} was created, and could not be looked at: ${why}`,
    code: 'notFound',
  })
}

function instanceOf(request: GcpRequest, tags: OwnerTags, token: string) {
  const { name, zone } = request
  const labels = labelsOf(tags, googleLabels)
  return {
    name,
    machineType: `zones/${zone}/machineTypes/${request.machineType}`,
    labels: { ...labels, [tokenLabel]: token },
    tags: { items: request.networkTags },
    disks: [
      {
        boot: true,
        autoDelete: true,
        initializeParams: {
          sourceImage: request.sourceImage,
          diskSizeGb: String(request.diskGb),
          diskType: `zones/${zone}/diskTypes/${request.diskType}`,
          labels,
        },
      },
    ],
    networkInterfaces: [
      {
        network: 'global/networks/default',
        accessConfigs: [{ name: 'External NAT', type: 'ONE_TO_ONE_NAT', networkTier: 'PREMIUM' }],
      },
    ],
    metadata: {
      items: [
        { key: 'ssh-keys', value: request.sshKeys.join('\n') },
        { key: 'enable-guest-attributes', value: 'TRUE' },
        { key: 'startup-script', value: request.startupScript },
      ],
    },
  }
}
