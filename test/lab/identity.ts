// What makes a machine itself: keys, names, certificate, mesh. Written into its overlay before it boots, so that the
// shared tree stays untouched and two machines never share a secret.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mustRun } from './command.ts'
import { makeMeshKey } from './hq.ts'
import { makeKey } from './machine.ts'
import { heartbeatPort, mesh, wire } from './place.ts'

export interface Authority {
  certificate: string
  key: string
}

export interface Identity {
  name: string
  address: string
  mesh: string
  meshKey: { secret: string; public: string }
  /** Where its telemetry goes. */
  pushUrl: string
}

/** The lab's own certificate authority, trusted by its fleet file alone. */
export async function makeAuthority(directory: string): Promise<Authority> {
  const authority = { certificate: join(directory, 'ca.pem'), key: join(directory, 'ca.key') }
  await mustRun([
    ...[
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '60',
    ],
    ...['-subj', '/CN=Watchfloor lab authority', '-keyout', authority.key, '-out', authority.certificate],
  ])
  return authority
}

/** A key pair on the mesh and the address that telemetry is pushed to. */
export async function planIdentity(name: string, index: number, token: string): Promise<Identity> {
  return {
    name,
    address: wire.machine(index),
    mesh: mesh.machine(index),
    meshKey: await makeMeshKey(),
    pushUrl: `http://${mesh.hq}:${heartbeatPort}/api/push/${token}`,
  }
}

/** Fills the overlay of one machine. `loginKey` is the public line that may log in, for all three logins. */
export async function writeIdentity(
  upper: string,
  identity: Identity,
  surroundings: { authority: Authority; loginKey: string; hub: string; logins: readonly Login[] },
): Promise<void> {
  const put = (path: string, content: string, mode = 0o644) => {
    const file = join(upper, path)
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
    writeFileSync(file, content, { mode })
  }
  put('etc/hostname', `${identity.name}\n`)
  put('etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${identity.name}\n${mesh.hq} hq\n`)
  put('etc/machine-id', `${(await mustRun(['openssl', 'rand', '-hex', '16'])).trim()}\n`, 0o444)
  put('etc/clavitor/push.env', `PUSH_URL=${identity.pushUrl}\n`, 0o600)
  put('etc/wireguard/wg0.conf', spoke(identity, surroundings.hub), 0o600)
  for (const login of surroundings.logins) {
    put(join(login.home, '.ssh/authorized_keys'), surroundings.loginKey, 0o600)
    await mustRun(['chmod', '0700', join(upper, login.home), join(upper, login.home, '.ssh')])
    await mustRun(['chown', '--recursive', `${login.uid}:${login.uid}`, join(upper, login.home)])
  }
  mkdirSync(join(upper, 'etc/ssh'), { recursive: true })
  await makeKey(join(upper, 'etc/ssh/ssh_host_ed25519_key'), `${identity.name} host key`)
  await certify(join(upper, 'etc/clavitor'), identity, surroundings.authority)
}

export interface Login {
  user: string
  uid: number
  /** Without the leading slash. */
  home: string
}

/** As `setup.sh` makes them. */
export const logins: readonly Login[] = [
  { user: 'root', uid: 0, home: 'root' },
  { user: 'noc', uid: 1000, home: 'home/noc' },
  { user: 'guard', uid: 1001, home: 'home/guard' },
]

/** What `guard` must say to sudo. */
export const guardPassword = 'correct horse'

async function certify(directory: string, identity: Identity, authority: Authority): Promise<void> {
  const request = join(directory, 'request.pem')
  const extensions = join(directory, 'extensions.cnf')
  writeFileSync(
    extensions,
    `subjectAltName=IP:${identity.address},IP:${identity.mesh},DNS:${identity.name}.lab.internal\nextendedKeyUsage=serverAuth\n`,
  )
  await mustRun([
    ...['openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', `/CN=${identity.name}.lab.internal`, '-keyout', join(directory, 'key.pem'), '-out', request],
  ])
  await mustRun([
    ...['openssl', 'x509', '-req', '-in', request, '-CA', authority.certificate, '-CAkey', authority.key],
    ...['-CAcreateserial', '-days', '30', '-extfile', extensions, '-out', join(directory, 'cert.pem')],
  ])
}

function spoke(identity: Identity, hub: string): string {
  return [
    '[Interface]',
    `PrivateKey = ${identity.meshKey.secret}`,
    `Address = ${identity.mesh}/24`,
    '',
    '[Peer]',
    `PublicKey = ${hub}`,
    `Endpoint = ${wire.hq}:${mesh.port}`,
    `AllowedIPs = ${mesh.cidr}`,
    'PersistentKeepalive = 5',
    '',
  ].join('\n')
}

/** HQ's side of the mesh, as `wg-quick` reads it. */
export function hub(secret: string, spokes: readonly Identity[]): string {
  const peers = spokes.flatMap(each => [
    '',
    '[Peer]',
    `PublicKey = ${each.meshKey.public}`,
    `AllowedIPs = ${each.mesh}/32`,
    'PersistentKeepalive = 5',
  ])
  return [
    '[Interface]',
    `PrivateKey = ${secret}`,
    `Address = ${mesh.hq}/24`,
    `ListenPort = ${mesh.port}`,
    ...peers,
    '',
  ].join('\n')
}
