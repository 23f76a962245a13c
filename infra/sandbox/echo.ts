// Ping without ICMP: sandbox addresses all live on loopback, where a real echo would answer at once and could never be
// lost. The world answers UDP datagrams after the round trip of the asked address, and the supplied program prints
// what `ping` and `fping` would have printed.
import { createSocket } from 'node:dgram'
import { bind } from './dns-server.ts'

export interface EchoServer {
  close(): Promise<void>
}

export interface EchoOptions {
  address: string
  port: number
  /** The round trip to the address now; null: no answer comes. */
  roundTrip(address: string): number | null
}

/** A question is `ID ADDRESS`, the answer `ID`, sent after the round trip. */
export async function startEcho(options: EchoOptions): Promise<EchoServer> {
  const socket = createSocket('udp4')
  await bind(socket, options.address, options.port)
  const timers = new Set<NodeJS.Timeout>()
  let closed = false
  socket.on('error', () => {})
  socket.on('message', (message, from) => {
    const [id = '', address = ''] = message.toString('latin1').split(' ')
    const rtt = options.roundTrip(address)
    if (rtt === null || id.length > 40) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      if (!closed) socket.send(id, from.port, from.address)
    }, rtt)
    timers.add(timer)
  })
  return {
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      return new Promise(resolve => socket.close(() => resolve()))
    },
  }
}

/**
 * The program, written beside the fleet file: `node ping.cjs ping|fping ADDRESS PORT …` where ADDRESS and PORT are the
 * world's. A file of its own and not our command line, since it starts every few seconds. Supported: `ping -n -q -c -W
 * -i`, and fping's alive mode (`-e -r -t -i`, on stdout) and count mode (`-C -q -p -t`, per target on stderr).
 */
export const pingProgram = `'use strict'
const dgram = require('node:dgram')
const [form, worldAddress, worldPort, ...args] = process.argv.slice(2)
const socket = dgram.createSocket('udp4')
const waiting = new Map()
let next = 0
socket.on('message', message => {
  const id = message.toString('latin1')
  const entry = waiting.get(id)
  if (!entry) return
  waiting.delete(id)
  clearTimeout(entry.timer)
  entry.resolve(performance.now() - entry.sent)
})
socket.on('error', () => {})
function echo(address, timeoutMs) {
  return new Promise(resolve => {
    const id = String(process.pid) + '.' + ++next
    const timer = setTimeout(() => { waiting.delete(id); resolve(null) }, timeoutMs)
    waiting.set(id, { sent: performance.now(), timer, resolve })
    socket.send(id + ' ' + address, Number(worldPort), worldAddress)
  })
}
const pause = ms => new Promise(resolve => setTimeout(resolve, Math.max(0, ms)))
const shown = ms => ms < 1 ? ms.toFixed(3) : ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)
function options(withValue) {
  const values = {}
  const targets = []
  let only = false
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]
    if (only || !arg.startsWith('-')) targets.push(arg)
    else if (arg === '--') only = true
    else if (withValue.includes(arg[1])) values[arg[1]] = Number(arg.length > 2 ? arg.slice(2) : args[++at])
    else for (const letter of arg.slice(1)) values[letter] = true
  }
  return { values, targets }
}
async function ping() {
  const { values, targets } = options('cWwisIlt')
  const address = targets[0]
  if (!address) { process.stderr.write('ping: usage error: Destination address required\\n'); return 2 }
  const timeoutMs = (values.W ?? 2) * 1000
  process.stdout.write('PING ' + address + ' (' + address + ') 56(84) bytes of data.\\n')
  const times = []
  const count = values.c ?? Infinity
  const started = performance.now()
  let sent = 0
  while (sent < count) {
    sent++
    const turn = performance.now()
    const ms = await echo(address, timeoutMs)
    if (ms !== null) {
      times.push(ms)
      if (!values.q) process.stdout.write('64 bytes from ' + address + ': icmp_seq=' + sent + ' ttl=64 time=' + shown(ms) + ' ms\\n')
    }
    if (sent < count) await pause((values.i ?? 1) * 1000 - (performance.now() - turn))
  }
  const loss = Math.round(100 * (sent - times.length) / sent)
  process.stdout.write('\\n--- ' + address + ' ping statistics ---\\n' + sent + ' packets transmitted, ' + times.length +
    ' received, ' + loss + '% packet loss, time ' + Math.round(performance.now() - started) + 'ms\\n')
  if (times.length === 0) return 1
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
  const deviation = Math.sqrt(times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / times.length)
  process.stdout.write('rtt min/avg/max/mdev = ' +
    [Math.min(...times), mean, Math.max(...times), deviation].map(ms => ms.toFixed(3)).join('/') + ' ms\\n')
  return 0
}
async function fping() {
  const { values, targets } = options('BbcCfHiIlOprStT')
  const count = values.C ?? values.c
  const timeoutMs = values.t ?? 500
  if (count !== undefined) {
    const periodMs = values.p ?? 1000
    const results = await Promise.all(targets.map(async address => {
      const times = []
      for (let turn = 0; turn < count; turn++) {
        const from = performance.now()
        times.push(await echo(address, timeoutMs))
        if (turn < count - 1) await pause(periodMs - (performance.now() - from))
      }
      return times
    }))
    const width = Math.max(...targets.map(address => address.length))
    results.forEach((times, at) => process.stderr.write(targets[at].padEnd(width) + ' : ' +
      times.map(ms => ms === null ? '-' : shown(ms)).join(' ') + '\\n'))
    return results.every(times => times.some(ms => ms !== null)) ? 0 : 1
  }
  const alive = await Promise.all(targets.map(async (address, at) => {
    await pause((values.i ?? 10) * at)
    let ms = null
    for (let attempt = 0; ms === null && attempt <= (values.r ?? 3); attempt++) {
      ms = await echo(address, timeoutMs * (values.B ?? 1.5) ** attempt)
    }
    process.stdout.write(address + (ms === null ? ' is unreachable' : ' is alive' + (values.e ? ' (' + shown(ms) + ' ms)' : '')) + '\\n')
    return ms !== null
  }))
  return alive.every(Boolean) ? 0 : 1
}
(form === 'fping' ? fping() : ping()).then(code => { process.exitCode = code; socket.close() })
`
