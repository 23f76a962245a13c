// The pool against OpenSSH's own server, run as the current user with a configuration of its own.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SshError, type SshPool, type SshTarget } from '../../../infra/ssh/ssh.ts'
import { Secret } from '../../../state/primitives/secret.ts'
import { newPool } from './server.ts'

const missing = ['/usr/sbin/sshd', '/usr/bin/ssh-keygen', '/usr/bin/ssh-agent'].filter(file => !existsSync(file))
const why = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not installed)` : ''
const deadlineMs = 15_000
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe.skipIf(missing.length > 0)(`with OpenSSH's server${why}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sshd-test-'))
  const file = (name: string) => path.join(folder, name)
  let pool: SshPool
  let target: SshTarget
  let stop: () => void = () => undefined

  beforeAll(async () => {
    const keys = [
      ['host', '', 'ed25519'],
      ['host_rsa', '', 'rsa'],
      ['id', '', 'ed25519'],
      ['locked', 'open sesame', 'ed25519'],
      ['id_rsa', '', 'rsa'],
    ] as const
    for (const [name, passphrase, type] of keys) {
      execFileSync('ssh-keygen', [
        '-q',
        '-t',
        type,
        '-N',
        passphrase,
        '-m',
        name === 'id_rsa' ? 'PEM' : 'RFC4716',
        '-f',
        file(name),
      ])
    }
    writeFileSync(
      file('authorized'),
      ['id', 'locked', 'id_rsa'].map(name => readFileSync(file(`${name}.pub`), 'utf8')).join(''),
    )
    for (const name of ['authority', 'stranger'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)])
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      file('authority'),
      '-I',
      'paris-host',
      '-h',
      '-n',
      '127.0.0.1',
      '-V',
      '+1d',
      file('host.pub'),
    ])
    const port = await freePort()
    writeFileSync(
      file('config'),
      `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${file('host')}\nHostKey ${file('host_rsa')}\n` +
        `HostCertificate ${file('host-cert.pub')}\n` +
        `AuthorizedKeysFile ${file('authorized')}\nPidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nMaxSessions 4\n` +
        'PermitRootLogin yes\nMaxStartups 200\nLogLevel ERROR\n',
    )
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
    const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], { stdio: 'ignore' })
    stop = () => server.kill()
    await listening(port)
    pool = newPool()
    target = {
      node: 'paris',
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      identities: [identity('id')],
      agent: null,
      hostkeys: [],
      knownHosts: [file('known_hosts')],
      jump: null,
      become: null,
    }
    await pool.remember(target, { file: file('known_hosts'), deadlineMs, expect: null })
  }, 60_000)
  afterAll(async () => {
    await pool?.close()
    stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const identity = (name: string, passphrase: string | null = null) => ({
    label: name,
    key: new Secret(readFileSync(file(name), 'utf8')),
    passphrase: passphrase === null ? null : new Secret(passphrase),
  })

  test('words arrive as they were, through the login shell', async () => {
    const hostile = ['a b', "it's", '$(id)', '`id`', '\n', '*', '', '-n', '~', '💥']
    const result = await pool.exec(target, { argv: ['printf', '%s|', ...hostile], deadlineMs })
    expect(text(result.stdout)).toBe(hostile.map(word => `${word}|`).join(''))
  })

  test('more commands at once than MaxSessions all run, over one connection', async () => {
    const results = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        pool.exec(target, { argv: ['/bin/sh', '-c', `sleep 0.02; echo ${i}`], deadlineMs }),
      ),
    )
    expect(results.map(result => text(result.stdout).trim())).toEqual(Array.from({ length: 16 }, (_, i) => `${i}`))
    expect(pool.stats().open).toBe(1)
  })

  test('exit status, signal and deadline are told apart', async () => {
    const run = (script: string, ms = deadlineMs) =>
      pool.exec(target, { argv: ['/bin/sh', '-c', script], deadlineMs: ms, maxBytes: 1000 })
    expect(await run('exit 3')).toMatchObject({ outcome: 'failed', exit: 3, killedBy: null })
    expect(await run('kill -TERM $$')).toMatchObject({ outcome: 'failed', exit: null, killedBy: 'SIGTERM' })
    expect(await run('exec cat /dev/zero', 400)).toMatchObject({ outcome: 'timeout', exit: null })
  })

  test.each([
    ['an OpenSSH key', () => ({ identities: [identity('id')] }), 'publickey ed25519'],
    [
      'a locked key with its passphrase',
      () => ({ identities: [identity('locked', 'open sesame')] }),
      'publickey ed25519',
    ],
    ['a PEM key', () => ({ identities: [identity('id_rsa')] }), 'publickey rsa'],
  ])('%s lets us in', async (_name, change, method) => {
    expect(await pool.connect({ ...target, ...change() }, { deadlineMs })).toMatchObject({
      method,
      hostkey: { type: 'ssh-ed25519' },
    })
  })

  test.each([
    ['a locked key without its passphrase', () => identity('locked'), 'no passphrase was given'],
    ['a locked key with another passphrase', () => identity('locked', 'wrong'), 'does not open it'],
    ['text that is no key', () => ({ label: 'junk', key: new Secret('junk'), passphrase: null }), 'no private key'],
  ])('%s is refused in words, without a connection', async (_name, key, words) => {
    const error: unknown = await pool
      .connect({ ...target, identities: [key()] }, { deadlineMs })
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SshError)
    expect(String(error)).toContain(words)
  })

  test('the agent lets us in, with all its keys or with the one whose public half is given', async () => {
    const agent = file('agent')
    const running = spawn('ssh-agent', ['-D', '-a', agent], { stdio: 'ignore' })
    try {
      for (let tries = 0; !existsSync(agent) && tries < 500; tries++)
        await new Promise(resolve => setImmediate(resolve))
      const add = (name: string) =>
        spawnSync('ssh-add', ['-q', file(name)], { env: { ...process.env, SSH_AUTH_SOCK: agent } }).status
      expect([add('id_rsa'), add('id')]).toEqual([0, 0])
      expect(await pool.connect({ ...target, identities: [], agent }, { deadlineMs })).toMatchObject({
        method: 'agent',
      })
      const half = { label: 'id.pub', key: new Secret(readFileSync(file('id.pub'), 'utf8')), passphrase: null }
      expect(await pool.connect({ ...target, identities: [half], agent }, { deadlineMs })).toMatchObject({
        method: 'agent',
      })
    } finally {
      running.kill()
    }
  })

  test('a host known by its RSA key alone shows that one, and is not called changed', async () => {
    const key = readFileSync(file('host_rsa.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
    writeFileSync(file('known_rsa'), `[127.0.0.1]:${target.port} ${key}\n`)
    const report = await pool.connect({ ...target, knownHosts: [file('known_rsa')] }, { deadlineMs })
    expect(report.hostkey.type).toBe('ssh-rsa')
  })

  const vouchedBy = (name: string, hosts: string) => {
    writeFileSync(file(`known_${name}`), `@cert-authority ${hosts} ${readFileSync(file(`${name}.pub`), 'utf8')}`)
    return { ...target, knownHosts: [file(`known_${name}`)] }
  }

  test('a host that a known authority vouches for is trusted, and its certificate reported', async () => {
    const report = await pool.connect(vouchedBy('authority', '*'), { deadlineMs })
    expect(report).toMatchObject({ hostCertificate: { keyId: 'paris-host' }, hostkey: { type: 'ssh-ed25519' } })
    expect(report.hostCertificate?.validBefore).toBeGreaterThan(Date.now())
  })

  test.each([
    ['another authority', () => vouchedBy('stranger', '*')],
    ['an authority for other hosts', () => vouchedBy('authority', '10.0.0.*')],
  ])('a host vouched for by %s alone stays unknown', async (_name, change) => {
    await expect(pool.connect(change(), { deadlineMs, fresh: true })).rejects.toMatchObject({
      failure: 'hostkey-unknown',
    })
  })

  test.each([
    ['for every host', '*'],
    ['for this host alone', '127.0.0.1'],
  ])('an authority whose key is revoked %s vouches for nobody', async (_where, hosts) => {
    const authority = readFileSync(file('authority.pub'), 'utf8')
    writeFileSync(file('known_revoked'), `@cert-authority * ${authority}@revoked ${hosts} ${authority}`)
    const revoked = { ...target, knownHosts: [file('known_revoked')] }
    await expect(pool.connect(revoked, { deadlineMs, fresh: true })).rejects.toMatchObject({
      failure: 'hostkey-unknown',
    })
  })

  test('OpenSSH itself accepts the line that we remembered', () => {
    const options = [
      '-o',
      `UserKnownHostsFile=${file('known_hosts')}`,
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      'BatchMode=yes',
    ]
    const done = spawnSync('ssh', [
      '-F',
      'none',
      '-i',
      file('id'),
      ...options,
      '-p',
      String(target.port),
      '127.0.0.1',
      'true',
    ])
    expect(done.status).toBe(0)
  })

  describe('an upload', () => {
    test('is whole, has its mode, leaves nothing beside it, and names its hash', async () => {
      const content = Buffer.alloc(3_000_000, 'content ')
      const sha256 = await pool.upload(target, { path: file('up load'), content, mode: 0o640, deadlineMs })
      expect(readFileSync(file('up load')).equals(content)).toBe(true)
      expect(statSync(file('up load')).mode & 0o7777).toBe(0o640)
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(readdirSync(folder).filter(name => name.startsWith('.up load'))).toEqual([])
    })

    test('takes the place of a link, and does not write through it', async () => {
      writeFileSync(file('secret'), 'untouched')
      symlinkSync(file('secret'), file('link'))
      await pool.upload(target, { path: file('link'), content: Buffer.from('new'), mode: 0o600, deadlineMs })
      expect([readFileSync(file('secret'), 'utf8'), readFileSync(file('link'), 'utf8')]).toEqual(['untouched', 'new'])
    })

    test.each([
      ['a folder', () => folder, 'is a directory'],
      ['a folder that is not there', () => file('none/x'), 'not uploaded'],
      ['no whole path', () => 'relative', 'whole path'],
    ])('to %s is refused', async (_name, to, words) => {
      await expect(
        pool.upload(target, { path: to(), content: Buffer.from('x'), mode: 0o600, deadlineMs }),
      ).rejects.toThrow(words)
    })
  })

  test('a server that goes away in the middle is closed, and its address then refuses', async () => {
    const running = pool.exec(target, { argv: ['/bin/sh', '-c', 'echo begun; kill -9 $PPID; sleep 5'], deadlineMs })
    await expect(running).rejects.toMatchObject({ failure: 'closed' })
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 2000; tries++) {
    const isUp = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (isUp) return
  }
  throw new Error(`no sshd on ${port}`)
}
