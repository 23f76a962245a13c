// What became known of machines, offered as a change of the fleet file: what is declared stays in the file, so a person
// sees the change before it counts, and accepts it like any other of a host key or an address.
import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { own } from '../../state/primitives/record.ts'
import type { Engine } from '../engine/engine.ts'
import type { NodeKnown } from '../fleet/patch.ts'
import { unifiedDiff } from '../fleet/unified-diff.ts'
import type { Call } from './command.ts'
import { addressOf } from './operations.ts'
import { recordOf } from './provision.ts'

export interface ProposedPatch {
  patch: string | null
  written: boolean
}

const nothing: ProposedPatch = { patch: null, written: false }

/**
 * Shows what the fleet file should say of these nodes' machines, and with `--write` writes it. Never throws: the machines
 * are there, whatever becomes of the file.
 */
export async function proposePatch(call: Call, engine: Engine, nodes: readonly string[]): Promise<ProposedPatch> {
  const { console } = call.context
  const file = engine.live().engine.fleetFile
  const known = nodes.flatMap(node => knownOf(engine, node) ?? [])
  if (known.length === 0) return nothing
  const byHand = (why: string): ProposedPatch => {
    console.err(forTerminal(`watchfloor: ${file} is left as it is: ${why}. Write it by hand:`))
    for (const one of known) console.err(forTerminal(`  ${one.node}: ${handWords(one)}`))
    return nothing
  }
  try {
    const target = await realpath(file)
    const before = await readFile(target)
    const text = before.toString('utf8')
    const patched = await patchedText(file, text, known)
    if (typeof patched !== 'string') return byHand(patched.why)
    const after = patched
    if (after === text) return nothing
    const patch = unifiedDiff(text, after, path.basename(file))
    if (call.options.json !== true) {
      for (const line of patch.trimEnd().split('\n')) console.out(forTerminal(line))
    }
    if (call.options.write !== true) {
      console.err('the fleet file is left as it is; --write changes it so')
      return { patch, written: false }
    }
    await writeWhole(target, before, Buffer.from(after))
    console.err(
      forTerminal(`wrote ${file}; addresses and host keys wait for a yes: \`watchfloor fleet show\`, then accept`),
    )
    return { patch, written: true }
  } catch (error) {
    return byHand(error instanceof Error ? error.message : String(error))
  }
}

/** The new text, once it loads and says what it should. */
async function patchedText(
  file: string,
  text: string,
  known: readonly NodeKnown[],
  isSecond = false,
): Promise<string | { why: string }> {
  // YAML is only loaded where a file is changed: other commands start faster without.
  const { patchFleetText } = await import('../fleet/patch.ts')
  const after = patchFleetText(text, known)
  if (after === null) return { why: 'it cannot be changed in place' }
  const { judgeFile } = await import('./judge-file.ts')
  const judged = judgeFile(file, Buffer.from(after))
  if (!judged.ok) return { why: 'it would not load any more' }
  const { nodes } = judged.fleet
  if (!known.every(one => says(nodes.get(one.node), one))) return { why: 'it would not say what it should' }
  // An address alone makes a node live, unless the file says otherwise in so many words.
  const isStill = (node: string) => ['planned', 'provisioning'].includes(nodes.get(node)?.lifecycle ?? '')
  if (isSecond || !known.some(one => isStill(one.node))) return after
  return patchedText(
    file,
    text,
    known.map(one => ({ ...one, isLive: isStill(one.node) })),
    true,
  )
}

const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}$/

function knownOf(engine: Engine, node: string): NodeKnown | null {
  const machine = recordOf(engine, node)
  if (!machine) return null
  const declared = own(engine.live().fleet.nodes, node)
  const { provider, region, type } = machine
  const address = addressOf(machine)
  return {
    node,
    // What a provider says goes into a file that HQ connects by: nothing but addresses and fingerprints.
    address: address !== null && /^[0-9A-Fa-f.:]+$/.test(address) && address !== declared?.address ? address : null,
    hostkeys: machine.hostkeys.filter(key => fingerprint.test(key)),
    made: declared ? null : { provider, region, type },
    isLive: false,
  }
}

function handWords({ address, hostkeys, made }: NodeKnown): string {
  return [
    made && `provider: ${made.provider}, region: ${made.region}, type: ${made.type}`,
    address && `address: "${address}"`,
    hostkeys.length > 0 && `ssh: { hostkey: [${hostkeys.map(key => `"${key}"`).join(', ')}] }`,
  ]
    .filter(words => typeof words === 'string')
    .join(', ')
}

function says(
  node: { address: string | null; ssh: { hostkeys: readonly string[] } } | undefined,
  known: NodeKnown,
): boolean {
  if (!node || (known.address !== null && node.address !== known.address)) return false
  return known.hostkeys.every(key => node.ssh.hostkeys.includes(key))
}

/** Only if nobody changed it meanwhile; a crash leaves the old file or the new one, with the old one's owner and mode. */
async function writeWhole(file: string, before: Uint8Array, after: Uint8Array): Promise<void> {
  const { mode, uid, gid } = await stat(file)
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    try {
      await handle.writeFile(after)
      await handle.chmod(mode & 0o777)
      const written = await handle.stat()
      if (written.uid !== uid || written.gid !== gid) await handle.chown(uid, gid)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (Buffer.compare(await readFile(file), before) !== 0) throw new Error('somebody changed it at the same moment')
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  const folder = await open(path.dirname(file), 'r')
  await folder.sync().finally(() => folder.close())
}
