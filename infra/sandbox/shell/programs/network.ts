// What a node says about the mesh, and what it can reach itself: wg, zerotier-cli, ping and ssh to other nodes.
import { createHash } from 'node:crypto'
import { fraction } from '../../nodes/figures.ts'
import type { Machine } from '../../nodes/machine.ts'
import type { Program, Run } from '../program.ts'
import { pause } from './system.ts'

interface Peer {
  publicKey: string
  endpoint: string
  allowed: string
  handshake: number
  received: number
  sent: number
}

/** The hub has every node as a peer, a spoke only the hub. */
function peersOf({ machine, world }: Run): Peer[] {
  const others = world.all().filter(other => (machine.isHq ? !other.isHq : other.isHq))
  const now = Math.floor(machine.clock.now() / 1000)
  return others.map(other => {
    const reachable = world.roundTrip(machine, other, 'mesh') !== null
    // WireGuard renews its handshake every two minutes while the peers talk; a silent peer's one only gets older.
    const age = reachable
      ? (now + other.plan.octet * 7 + machine.plan.octet * 11) % 120
      : silentFor(machine, other, now)
    const minutes = Math.floor(machine.uptimeMs() / 60_000)
    return {
      publicKey: world.wireguard.publicKey(other.name),
      endpoint: `${other.addresses.public}:51820`,
      allowed: machine.isHq ? `${other.addresses.mesh}/32` : '127.0.0.0/8',
      handshake: now - age,
      received: minutes * (5200 + Math.round(900 * fraction(other.name))),
      sent: minutes * (4100 + Math.round(800 * fraction(machine.name))),
    }
  })
}

function silentFor(machine: Machine, other: Machine, now: number): number {
  const since = Math.max(machine.silentSince ?? 0, other.silentSince ?? 0)
  return since === 0 ? 400 : Math.max(0, now - Math.floor(since / 1000)) + 30
}

const wg: Program = run => {
  const { machine, args, out, err, shell, world } = run
  if (args[0] === 'pubkey' || args[0] === 'genkey') {
    out.write(`${createHash('sha256').update(`${machine.name}${args[0]}`).digest('base64')}\n`)
    return 0
  }
  if (shell.user !== 'root') {
    err.write('Unable to access interface wg0: Operation not permitted\n')
    return 1
  }
  const words = args[0] === 'show' ? args.slice(1) : args
  const [device = 'all', what] = words
  if (device === 'interfaces') {
    out.write('wg0\n')
    return 0
  }
  if ((device !== 'wg0' && device !== 'all') || !machine.isActive('wireguard-wg0.service')) {
    err.write(`Unable to access interface: No such device\n`)
    return 1
  }
  const prefix = device === 'all' ? 'wg0\t' : ''
  const peers = peersOf(run)
  const own = world.wireguard.publicKey(machine.name)
  const rows = (cell: (peer: Peer) => string) => {
    for (const peer of peers) out.write(`${prefix}${peer.publicKey}\t${cell(peer)}\n`)
    return 0
  }
  switch (what) {
    case 'latest-handshakes':
      return rows(peer => String(peer.handshake))
    case 'endpoints':
      return rows(peer => peer.endpoint)
    case 'transfer':
      return rows(peer => `${peer.received}\t${peer.sent}`)
    case 'allowed-ips':
      return rows(peer => peer.allowed)
    case 'persistent-keepalive':
      return rows(() => '25')
    case 'peers':
      for (const peer of peers) out.write(`${peer.publicKey}\n`)
      return 0
    case 'public-key':
      out.write(`${own}\n`)
      return 0
    case 'listen-port':
      out.write('51820\n')
      return 0
    case 'dump':
      out.write(
        `${prefix}${createHash('sha256').update(`private/${machine.name}`).digest('base64')}\t${own}\t51820\toff\n`,
      )
      return rows(
        peer => `(none)\t${peer.endpoint}\t${peer.allowed}\t${peer.handshake}\t${peer.received}\t${peer.sent}\t25`,
      )
    case undefined: {
      out.write(`interface: wg0\n  public key: ${own}\n  private key: (hidden)\n  listening port: 51820\n`)
      const now = Math.floor(machine.clock.now() / 1000)
      for (const peer of peers) {
        out.write(
          `\npeer: ${peer.publicKey}\n  endpoint: ${peer.endpoint}\n  allowed ips: ${peer.allowed}\n` +
            `  latest handshake: ${now - peer.handshake} seconds ago\n` +
            `  transfer: ${peer.received} B received, ${peer.sent} B sent\n  persistent keepalive: every 25 seconds\n`,
        )
      }
      return 0
    }
    default:
      err.write(`Invalid argument: ${what}\n`)
      return 1
  }
}

const operators = [
  { name: 'laptop', endpoint: '198.51.100.23/9993', rttMs: 14 },
  { name: 'desk', endpoint: '203.0.113.8/9993', rttMs: 6 },
]

const zerotier: Program = ({ machine, args, out, err }) => {
  if (!machine.isActive('zerotierone.service')) {
    err.write(
      machine.unit('zerotierone.service')
        ? 'Error connecting to the ZeroTier service: connection refused\n'
        : 'sh: 1: zerotier-cli: not found\n',
    )
    return machine.unit('zerotierone.service') ? 1 : 127
  }
  const json = args.includes('-j')
  const command = args.find(arg => !arg.startsWith('-')) ?? 'info'
  const addressOf = (name: string) => createHash('sha256').update(`zt/${name}`).digest('hex').slice(0, 10)
  const now = machine.clock.now()
  switch (command) {
    case 'info':
    case 'status': {
      const online = !machine.conditions().silentPublic
      if (json) {
        out.write(
          `${JSON.stringify({ address: addressOf(machine.name), clock: now, config: { settings: { primaryPort: 9993 } }, online, tcpFallbackActive: false, version: '1.16.0' }, null, 1)}\n`,
        )
      } else out.write(`200 info ${addressOf(machine.name)} 1.16.0 ${online ? 'ONLINE' : 'OFFLINE'}\n`)
      return 0
    }
    case 'listnetworks': {
      const network = {
        nwid: 'b6079f73c63a2f81',
        name: 'clavitor-admin',
        mac: '32:5a:11:9c:40:01',
        status: 'OK',
        type: 'PRIVATE',
        assignedAddresses: ['10.147.20.1/24'],
        portDeviceName: 'ztrfygo3lq',
        routes: [{ target: '10.147.20.0/24', via: null }],
      }
      if (json) out.write(`${JSON.stringify([network], null, 1)}\n`)
      else
        out.write(
          `200 listnetworks ${network.nwid} ${network.name} ${network.mac} OK PRIVATE ${network.portDeviceName} 10.147.20.1/24\n`,
        )
      return 0
    }
    case 'listpeers':
    case 'peers': {
      // The operators' own machines: no node but headquarters is in this network, so that a lost node is no trouble here.
      const peers = operators.map(({ name, endpoint, rttMs }) => {
        const cut = machine.conditions().silentPublic
        const path = { address: endpoint, active: true, expired: false, preferred: true, lastReceive: now - 4000 }
        return {
          address: addressOf(name),
          role: 'LEAF',
          latency: cut ? -1 : rttMs,
          version: '1.16.0',
          tunneled: false,
          paths: cut ? [] : [path],
        }
      })
      if (json) out.write(`${JSON.stringify(peers, null, 1)}\n`)
      else for (const peer of peers) out.write(`200 listpeers ${peer.address} ${peer.latency} 1.16.0 LEAF\n`)
      return 0
    }
    default:
      err.write(`Unknown command ${command}\n`)
      return 1
  }
}

const ping: Program = async ({ machine, world, args, out, err, signal }) => {
  const rest = [...args]
  let count = Number.POSITIVE_INFINITY
  let waitMs = 1000
  let intervalMs = 1000
  let quiet = false
  let target = ''
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '-c') count = Number(rest.shift())
    else if (arg === '-W' || arg === '-w') waitMs = Number(rest.shift()) * 1000
    else if (arg === '-i') intervalMs = Number(rest.shift()) * 1000
    else if (arg === '-s' || arg === '-I') rest.shift()
    else if (arg.startsWith('-')) quiet ||= arg.includes('q')
    else target = arg
  }
  const found = world.find(target)
  if (!found) {
    err.write(`ping: ${target}: Name or service not known\n`)
    return 2
  }
  const address = found.machine.addresses[found.via]
  out.write(`PING ${target} (${address}) 56(84) bytes of data.\n`)
  const times: number[] = []
  let sent = 0
  while (sent < count && !signal.aborted) {
    sent++
    const rtt = found.machine === machine ? 0.04 : world.roundTrip(machine, found.machine, found.via)
    const answered = rtt !== null && rtt <= waitMs
    if (!(await pause(answered ? rtt : waitMs, signal))) break
    if (answered) {
      times.push(rtt)
      if (!quiet)
        out.write(`64 bytes from ${address}: icmp_seq=${sent} ttl=64 time=${rtt.toFixed(rtt < 10 ? 2 : 1)} ms\n`)
    }
    if (sent < count && !(await pause(Math.max(0, intervalMs - (rtt ?? waitMs)), signal))) break
  }
  const loss = sent === 0 ? 0 : Math.round((100 * (sent - times.length)) / sent)
  out.write(`\n--- ${target} ping statistics ---\n`)
  out.write(
    `${sent} packets transmitted, ${times.length} received, ${loss}% packet loss, time ${sent * intervalMs}ms\n`,
  )
  if (times.length > 0) {
    const average = times.reduce((sum, time) => sum + time, 0) / times.length
    const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - average) ** 2, 0) / times.length)
    const cells = [Math.min(...times), average, Math.max(...times), deviation].map(time => time.toFixed(3))
    out.write(`rtt min/avg/max/mdev = ${cells.join('/')} ms\n`)
  }
  return times.length > 0 ? 0 : 1
}

const ssh: Program = async ({ machine, world, args, err, signal }) => {
  const rest = [...args]
  let timeoutMs = 10_000
  let destination: string | null = null
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (/^-[oiplFJ]$/.test(arg)) {
      const value = rest.shift() ?? ''
      const seconds = /^ConnectTimeout=(\d+)$/.exec(value)?.[1]
      if (seconds !== undefined) timeoutMs = Number(seconds) * 1000
    } else if (!arg.startsWith('-')) {
      destination = arg
      break
    }
  }
  const host = destination?.split('@').at(-1) ?? ''
  const found = world.find(host)
  if (!found) {
    err.write(`ssh: Could not resolve hostname ${host}: Name or service not known\n`)
    return 255
  }
  const rtt = world.roundTrip(machine, found.machine, found.via)
  if (rtt === null) {
    await pause(timeoutMs, signal)
    err.write(`ssh: connect to host ${host} port 22: Connection timed out\n`)
    return 255
  }
  // A login takes about six round trips.
  await pause(6 * rtt, signal)
  if (!world.serves(found.machine, 'ssh')) {
    err.write(`ssh: connect to host ${host} port 22: Connection refused\n`)
    return 255
  }
  return 0
}

export const networkPrograms: Readonly<Record<string, Program>> = { wg, 'zerotier-cli': zerotier, ping, ssh }
