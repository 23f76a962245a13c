// A thousand machines in one process: one SSH server and one HTTPS server that listen on every loopback address, with
// real handshakes and real framing, and answers that are written down beforehand. Started by `engine.ts`; it ends when
// its stdin does.
import { createHash } from 'node:crypto'
import { createServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import ssh2, { type ServerChannel } from 'ssh2'
import { type BatchAnswer, frameBatch, readBatchArgv } from '../../infra/batch/batch.ts'

const key = ssh2.utils.generateKeyPairSync('ed25519')
const parsed = ssh2.utils.parseKey(key.public)
if (parsed instanceof Error) throw parsed
const fingerprint = `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`
const bytes = (text: string) => new TextEncoder().encode(text)

/** What the commands of the probes `boot load units journal` print on a healthy small server. */
const answers: [begins: string, stdout: string][] = [
  ["'cat' '/proc/sys/kernel/random/boot_id'", '3f1c5a52-94d0-4a2e-9a43-0c1d5a8f7e11\n'],
  ["'cat' '/proc/uptime'", '8640000.12 17000000.00\n'],
  ["'cat' '/proc/loadavg'", '0.08 0.05 0.01 1/120 4711\n'],
  ["'cat' '/proc/meminfo'", 'MemTotal: 1014632 kB\nMemFree: 100000 kB\nMemAvailable: 624632 kB\n'],
  ["'head' '-n' '1' '/proc/stat'", 'cpu  10132153 290696 3084719 46828483 16683 0 25195 0 0 0\n'],
  ["'nproc'", '2\n'],
  ["'df'", 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/nvme0n1p1 8000000 3280000 4720000 41% /\n'],
  [
    "'systemctl' 'show'",
    'Id=sshd.service\nLoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nType=notify\nNRestarts=0\nExecMainStatus=0\nInvocationID=0123456789abcdef0123456789abcdef\nUnitFileState=enabled\n',
  ],
  ["'journalctl'", ''],
]

function answer(quoted: string): BatchAnswer {
  const plain = quoted.replaceAll("'", '')
  const found = answers.find(([begins]) => plain.startsWith(begins.replaceAll("'", '')))
  return { exit: found ? 0 : 127, stdout: bytes(found?.[1] ?? ''), stderr: bytes('') }
}

/** Words of a command line in which everything is in single quotes or plain, as the pool writes it. */
function words(line: string): string[] {
  const found: string[] = []
  for (const [word] of line.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)) {
    found.push(word.replace(/'([^']*)'|\\(.)/g, (_all, quoted?: string, escaped?: string) => quoted ?? escaped ?? ''))
  }
  return found
}

function run(command: string, channel: ServerChannel): void {
  const batch = command.includes('watchfloor') ? readBatchArgv(words(command)) : null
  if (batch) {
    const { stdout, stderr } = frameBatch(
      batch.boundary,
      batch.commands.map(one => answer(one.quoted)),
    )
    channel.write(Buffer.from(stdout))
    channel.stderr.write(Buffer.from(stderr))
  }
  channel.exit(0)
  channel.end()
}

const ssh = new ssh2.Server({ hostKeys: [key.private] }, connection => {
  connection.on('error', () => undefined)
  connection.on('authentication', context =>
    context.method === 'publickey' ? context.accept() : context.reject(['publickey']),
  )
  connection.on('session', accept =>
    accept().on('exec', (acceptExec, _reject, info) => run(info.command, acceptExec())),
  )
})
const sshPort = createTcpServer(socket => {
  socket.on('error', () => undefined)
  socket.setNoDelay(true)
  ssh.injectSocket(socket)
})
const [certificate, privateKey] = [process.env.BENCH_CERT ?? '', process.env.BENCH_KEY ?? '']
const https = createServer({ cert: certificate, key: privateKey }, (_request, response) => response.end('ok\n'))
https.on('error', () => undefined)

const portOf = (server: { address(): unknown }): number => {
  const address = server.address()
  return typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : 0
}
sshPort.listen(0, '0.0.0.0', 1024, () =>
  https.listen(0, '0.0.0.0', 1024, () => {
    process.stdout.write(`${JSON.stringify({ ssh: portOf(sshPort), https: portOf(https), fingerprint })}\n`)
  }),
)
process.stdin.on('end', () => process.exit(0)).resume()
