// From what the fleet file says of a node, and the operator's OpenSSH config for what it leaves open, to the one object
// that every connection uses. What is given wins over the config, as a command line does in OpenSSH.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { BadInput } from '../../state/primitives/errors.ts'
import { Secret } from '../../state/primitives/secret.ts'
import { applyOpenSshConfig, type JumpHost, type OpenSshSettings } from './openssh-config.ts'
import type { SshTarget } from './ssh.ts'

export interface PlainTarget {
  node: string
  /** The address, or a name that may stand in the OpenSSH config. */
  host: string
  /** Null: the OpenSSH config decides, else 22. */
  port: number | null
  /** Null: the OpenSSH config decides, else the login name on HQ. */
  user: string | null
  /** Empty: the OpenSSH config decides, else the agent. */
  identities: SshTarget['identities']
  hostkeys: readonly string[]
  /** Null: the OpenSSH config decides. */
  jump: SshTarget | null
  become: SshTarget['become']
}

export interface TargetContext {
  /** Text of the OpenSSH config; null: there is none, or it is not wanted. */
  openSshConfig: string | null
  home: string
  localUser: string
  /** SSH_AUTH_SOCK, if it is set. */
  agent: string | null
  /** Used where the config names none; default `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`. */
  knownHosts?: readonly string[]
}

const mostHops = 8

export async function targetFor(plain: PlainTarget, context: TargetContext): Promise<SshTarget> {
  return await resolveTarget(plain, context, 0)
}

async function resolveTarget(plain: PlainTarget, context: TargetContext, depth: number): Promise<SshTarget> {
  if (plain.host.startsWith('-')) {
    throw new BadInput({
      name: 'ssh-host',
      message: `${plain.node}: the host ${JSON.stringify(plain.host)} begins with "-"`,
    })
  }
  if (depth > mostHops) {
    throw new BadInput({
      name: 'ssh-jump-loop',
      message: `${plain.node}: more than ${mostHops} jump hosts: do they point at each other?`,
    })
  }
  const said = lookUp(plain, context)
  const jump = plain.jump ?? (await jumpThrough(said?.jumps ?? [], plain, context, depth))
  const known = said?.knownHosts ??
    context.knownHosts ?? [path.join(context.home, '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts']
  return {
    node: plain.node,
    host: said?.host ?? plain.host,
    port: plain.port ?? said?.port ?? 22,
    user: plain.user ?? said?.user ?? context.localUser,
    identities: plain.identities.length > 0 ? plain.identities : await readIdentities(said?.identityFiles ?? []),
    agent: context.agent,
    hostkeys: plain.hostkeys,
    knownHosts: known,
    jump,
    become: plain.become,
  }
}

function lookUp(plain: PlainTarget, context: TargetContext): OpenSshSettings | null {
  if (context.openSshConfig === null) return null
  const { home, localUser } = context
  return applyOpenSshConfig(context.openSshConfig, plain.host, {
    home,
    localUser,
    ...(plain.user === null ? {} : { user: plain.user }),
  })
}

/** The last of the list is the hop next to the target, reached through the ones before it. */
async function jumpThrough(
  jumps: readonly JumpHost[],
  plain: PlainTarget,
  context: TargetContext,
  depth: number,
): Promise<SshTarget | null> {
  let through: SshTarget | null = null
  for (const jump of jumps) {
    const hop: PlainTarget = {
      node: jump.host,
      host: jump.host,
      port: jump.port,
      user: jump.user,
      // The target's own keys are no keys of its jump host: that one has its own lines in the config, or the agent.
      identities: [],
      hostkeys: [],
      jump: through,
      become: null,
    }
    through = await resolveTarget(hop, context, depth + 1 + (plain.jump ? 1 : 0))
  }
  return through
}

/** OpenSSH passes over an IdentityFile that is not there. */
async function readIdentities(files: readonly string[]): Promise<SshTarget['identities']> {
  const read = await Promise.all(
    files.map(async file => {
      const text = await readFile(file, 'utf8').catch(() => null)
      return text === null ? null : { label: file, key: new Secret(text), passphrase: null }
    }),
  )
  return read.filter(identity => identity !== null)
}
