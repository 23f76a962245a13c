// A small fleet of real machines on this one: `createLab` boots them, wires them, joins them into a mesh and writes
// the fleet file that watches them. What the sandbox imitates, the lab proves. Needs root on a Debian machine.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clean } from './clean.ts'
import { waitFor } from './command.ts'
import { writeFleetFile } from './fleet-file.ts'
import { Hq, makeMeshKey, raiseMesh } from './hq.ts'
import { guardPassword, hub, type Identity, logins, makeAuthority, planIdentity, writeIdentity } from './identity.ts'
import { Machine, makeKey } from './machine.ts'
import { layWire } from './network.ts'
import { runDirectory } from './place.ts'
import { readyTree } from './tree.ts'

export interface Lab {
  machines: readonly Machine[]
  machine(name: string): Machine
  hq: Hq
  /** Watches every machine with every probe kind that the lab can answer. */
  fleetFile: string
  /** Private key that all logins accept. */
  identityFile: string
  /** OpenSSH known_hosts with the keys that the machines were born with. */
  knownHosts: string
  /** PEM of the authority that signed the machines' certificates. */
  authorityFile: string
  /** OpenSSH's own client as argv, to be run on HQ: strict about host keys, never asking anything. */
  ssh(user: string, address: string, ...argv: string[]): string[]
  /** Pushes by node name: where its telemetry goes. */
  pushUrls: Readonly<Record<string, string>>
  destroy(): Promise<void>
}

export interface LabPlan {
  machines: readonly string[]
  say?: (line: string) => void
}

export async function createLab(plan: LabPlan): Promise<Lab> {
  const say = plan.say ?? (line => process.stderr.write(`lab: ${line}\n`))
  await refuseSecondLab()
  await clean()
  const tree = await readyTree(say)
  const directory = runDirectory()
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  writeFileSync(join(directory, 'owner'), String(process.pid))

  const identityFile = join(directory, 'id_ed25519')
  await makeKey(identityFile, 'lab operator')
  const authority = await makeAuthority(directory)
  const hubKey = await makeMeshKey()
  const tokens = Object.fromEntries(plan.machines.map(name => [name, token(name)]))
  const identities = await Promise.all(
    plan.machines.map((name, index) => planIdentity(name, index, tokens[name] ?? '')),
  )

  const hq = new Hq(directory)
  const machines = identities.map(
    each =>
      new Machine({
        name: each.name,
        address: each.address,
        mesh: each.mesh,
        tree,
        directory: join(directory, each.name),
      }),
  )
  const destroy = async () => {
    await Promise.allSettled([hq.destroy(), ...machines.map(machine => machine.destroy())])
    await clean()
  }

  try {
    const loginKey = readFileSync(`${identityFile}.pub`, 'utf8')
    await Promise.all(
      identities.map(each =>
        writeIdentity(join(directory, each.name, 'upper'), each, { authority, loginKey, hub: hubKey.public, logins }),
      ),
    )
    await layWire(identities)
    const secrets = pushSecrets(tokens)
    await hq.start({ ...secrets, GUARD_PASSWORD: guardPassword })
    for (const machine of machines) machine.start()
    await raiseMesh(hq, writeHub(directory, hubKey.secret, identities))
    await Promise.all(machines.map(machine => machine.booted()))
    await Promise.all(machines.map(machine => reachable(hq, machine)))
    const hostkeys = Object.fromEntries(
      await Promise.all(machines.map(async machine => [machine.name, await machine.hostkey()] as const)),
    )
    const knownHosts = await writeKnownHosts(directory, machines)
    const fleetFile = writeFleetFile(directory, {
      machines,
      hostkeys,
      identityFile,
      authorityFile: authority.certificate,
    })
    say(`${machines.length} machines run; HQ is the network namespace ${hq.namespace}`)
    return {
      machines,
      machine: name => {
        const found = machines.find(each => each.name === name)
        if (found === undefined) throw new Error(`no machine ${name} in the lab`)
        return found
      },
      hq,
      fleetFile,
      identityFile,
      knownHosts,
      authorityFile: authority.certificate,
      ssh: (user, address, ...argv) => [
        ...['ssh', '-F', 'none', '-i', identityFile, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
        ...['-o', 'ConnectTimeout=5', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes'],
        ...[`${user}@${address}`, '--', ...argv],
      ],
      pushUrls: Object.fromEntries(identities.map(each => [each.name, each.pushUrl])),
      destroy,
    }
  } catch (error) {
    await destroy()
    throw error
  }
}

/** Two labs would share names and addresses; the second waits for nobody and says whose turn it is. */
async function refuseSecondLab(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('the lab boots machines: it needs root')
  const owner = join(runDirectory(), 'owner')
  if (!existsSync(owner)) return
  const pid = Number(readFileSync(owner, 'utf8'))
  if (pid !== process.pid && existsSync(`/proc/${pid}/cwd`)) throw new Error(`another lab runs: process ${pid}`)
}

const token = (name: string) => `lab-${name}-`.padEnd(32, '0')

/** As the fleet file refers to them: `env:PUSH_ALPHA`. */
const pushSecrets = (tokens: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(tokens).map(([name, value]) => [`PUSH_${name.toUpperCase()}`, value]))

function writeHub(directory: string, secret: string, identities: readonly Identity[]): string {
  const path = join(directory, 'wg0.conf')
  writeFileSync(path, hub(secret, identities), { mode: 0o600 })
  return path
}

/** From HQ: sshd greets on the wire, and the mesh answers. */
async function reachable(hq: Hq, machine: Machine): Promise<void> {
  await waitFor(
    `HQ reaches ${machine.name}`,
    async () => {
      // Not a bare connection: sshd would log one as an error, and the journal probe would be right to show it.
      const keys = await hq.tryRun(['ssh-keyscan', '-T', '2', '-t', 'ed25519', machine.address])
      const answer = await hq.tryRun(['ping', '-c', '1', '-W', '1', machine.mesh])
      return keys.stdout.includes('ssh-ed25519') && answer.exit === 0
    },
    30_000,
  )
}

async function writeKnownHosts(directory: string, machines: readonly Machine[]): Promise<string> {
  const path = join(directory, 'known_hosts')
  const lines = await Promise.all(
    machines.map(async machine => {
      const key = (await machine.exec(['cat', '/etc/ssh/ssh_host_ed25519_key.pub'])).split(' ').slice(0, 2).join(' ')
      return `${machine.address},${machine.mesh} ${key}\n`
    }),
  )
  writeFileSync(path, lines.join(''))
  return path
}
