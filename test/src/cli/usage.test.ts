// Bad input is refused before anything happens: exit code 2, everything that is wrong on stderr (validate answers on
// stdout, since the errors are its answer), and what was probably meant.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { fleetText, makeWorld, type World } from './world.ts'

let world: World
let fleet: string

beforeAll(async () => {
  world = makeWorld()
  fleet = world.write('fleet.yaml', fleetText(world, await world.server()))
})
afterAll(() => world.close())

const mistakes: [what: string, argv: string[], said: string][] = [
  ['an unknown command', ['chek', 'alpha'], 'Did you mean "check"?'],
  ['an unknown second word', ['engine', 'begin'], "unknown command 'begin'"],
  ['an unknown option', ['check', '--jsn'], "unknown option '--jsn'"],
  ['a choice that does not exist', ['engine', 'run', '--kind', 'mine'], 'Allowed choices are'],
  ['too many arguments', ['status', 'now'], 'too many arguments'],
  ['exec without a command', ['exec', 'alpha'], 'there is no command to run'],
  ['a deadline that is no duration', ['exec', 'alpha', '--deadline', 'soon', '--', 'true'], '"soon" is no duration'],
  ['a window that is no duration', ['uptime', '--window', 'week'], '"week" is no window'],
  ['a selector that fits nothing', ['check', 'alhpa'], 'Did you mean "alpha"?'],
  [
    'a fleet file that is not there',
    ['check', '--fleet', '/nonexistent/fleet.yaml'],
    '/nonexistent/fleet.yaml is not there',
  ],
  ['a third word that is none', ['cost', 'reported', 'ad'], "unknown command 'ad'"],
  ['a month that is none', ['cost', '--month', 'may'], '"may" is no month'],
  ['a provider that nobody knows', ['offers', '--provider', 'azure'], 'Allowed choices are'],
  ['an invoice without an amount', ['cost', 'reported', 'add', '--provider', 'aws'], '--month is missing'],
  ['a shell that has no completion', ['completion', 'tcsh'], 'no completion for "tcsh"'],
]

test.each(mistakes)('%s is bad input: exit code 2, told on stderr only', async (_what, argv, said) => {
  const named =
    argv.includes('--fleet') || ['completion', 'chek', 'engine'].includes(argv[0] ?? '') ? [] : ['--fleet', fleet]
  const border = argv.indexOf('--')
  const whole = border < 0 ? [...argv, ...named] : [...argv.slice(0, border), ...named, ...argv.slice(border)]
  const ran = await world.run(whole)
  expect(ran).toMatchObject({ exit: 2, stdout: '' })
  expect(ran.stderr).toContain(said)
  expect(ran.stderr).not.toContain('bug')
})

test('--version and --help answer on stdout and exit with 0', async () => {
  expect(await world.run(['--version'])).toMatchObject({ exit: 0, stdout: '0.1.0\n', stderr: '' })
  const help = await world.run(['exec', '--help'])
  expect(help).toMatchObject({ exit: 0, stderr: '' })
  expect(help.stdout).toContain('Exit codes: 0 fine · 2 bad input · 1 it failed somewhere')
})

describe('validate', () => {
  test('prints every error with its line, its column and a caret under it', async () => {
    const broken = world.write(
      'broken.yaml',
      'fleet: harbour\nhq: { name: hq, provider: static, address: 127.0.0.1 }\nnodes:\n  paris: { adress: 192.0.2.1 }\n  london: { address: 192.0.2.2, mesh: 300.1.1.1 }\nprobes:\n  - { kind: pong, on: "*" }\n',
    )
    const ran = await world.run(['validate', broken])
    expect(ran.exit).toBe(2)
    const places = [...ran.stdout.matchAll(/broken\.yaml:(\d+):(\d+)/g)].map(match => `${match[1]}:${match[2]}`)
    expect(new Set(places)).toEqual(new Set(['4:12', '5:39', '7:13']))
    const lines = ran.stdout.split('\n')
    const source = lines.findIndex(line => line.includes('300.1.1.1 }'))
    expect(lines[source + 1]?.indexOf('^')).toBe(lines[source]?.indexOf('300.1.1.1'))
    expect(ran.stdout).toContain('address')
    expect(ran.stderr).toMatch(/^watchfloor: \d+ errors\n$/)
  })

  test('tells a good file so, and judges several files at once', async () => {
    const other = world.write('other.yaml', 'fleet: [\n')
    const ran = await world.run(['validate', fleet, other, '--json'])
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { file: fleet, ok: true, nodes: 3, probes: 2, errors: [] },
      { file: other, ok: false },
    ])
    expect(ran).toMatchObject({ exit: 2, stderr: '' })
  })

  test('runs nothing of what the file names', async () => {
    const touched = path.join(world.dir, 'touched')
    const file = world.write(
      'exec.yaml',
      `fleet: harbour\nhq: { name: hq, provider: static, address: 127.0.0.1 }\nnodes:\n  paris: { address: 192.0.2.1, ssh: { identity: "exec:touch ${touched}" } }\nprobes:\n  - { kind: ssh, on: paris }\n`,
    )
    expect((await world.run(['validate', file])).exit).toBe(0)
    expect(() => readFileSync(touched)).toThrow('ENOENT')
  })
})

describe('init', () => {
  test('writes a file that validates, and never over one that is there', async () => {
    const file = path.join(world.dir, 'first', 'fleet.yaml')
    world.write('first/keep', '')
    expect(await world.run(['init', file, '--name', 'clavitor'])).toMatchObject({ exit: 0, stderr: '' })
    expect((await world.run(['validate', file])).exit).toBe(0)
    const text = readFileSync(file, 'utf8')
    const again = await world.run(['init', file])
    expect(again).toMatchObject({ exit: 5, stdout: '' })
    expect(again.stderr).toContain('is already there')
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('takes hosts from an OpenSSH config and from an Ansible inventory', async () => {
    const config = world.write(
      'ssh_config',
      'Host paris\n  HostName 192.0.2.7\n  Port 2222\n  User deploy\nHost *.example\n  User root\n',
    )
    const fromSsh = await world.run(['init', '--from-ssh', config, '--print'])
    expect(fromSsh.exit).toBe(0)
    expect(fromSsh.stdout).toMatch(/paris: \{.*192\.0\.2\.7/)
    const inventory = world.write('hosts.ini', '[web]\nlondon ansible_host=192.0.2.9 ansible_port=2022\n')
    const fromAnsible = await world.run(['init', '--from-ansible', inventory, '--print'])
    expect(fromAnsible.stdout).toMatch(/london: \{.*192\.0\.2\.9/)
    for (const { stdout } of [fromSsh, fromAnsible]) {
      const file = path.join(world.dir, 'taken.yaml')
      writeFileSync(file, stdout)
      expect((await world.run(['validate', file])).exit).toBe(0)
    }
    expect((await world.run(['init', '--from-ssh', config, '--from-ansible', inventory, '--print'])).exit).toBe(2)
  })
})

describe('completion', () => {
  const accepts: Record<string, string[]> = { bash: ['bash', '-n'], zsh: ['zsh', '-n'], fish: ['fish', '--no-execute'] }
  for (const [shell, argv] of Object.entries(accepts)) {
    const installed = spawnSync(argv[0] ?? '', ['-c', 'true']).error === undefined
    test.skipIf(!installed)(
      `${shell} accepts its script${installed ? '' : ` (skipped: ${shell} is not installed)`}`,
      async () => {
        const { stdout, exit } = await world.run(['completion', shell])
        expect(exit).toBe(0)
        const script = world.write(`completion.${shell}`, stdout)
        const done = spawnSync(argv[0] ?? '', [...argv.slice(1), script], { encoding: 'utf8' })
        expect(done).toMatchObject({ status: 0, stderr: '' })
      },
    )
  }

  test('bash offers the commands, their second words and their options', async () => {
    const { stdout } = await world.run(['completion', 'bash'])
    const script = world.write('offered.bash', stdout)
    const ask = (...words: string[]) =>
      spawnSync(
        'bash',
        [
          '-c',
          `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _watchfloor; echo "$COMPREPLY" "\${COMPREPLY[@]}"`,
          script,
          'watchfloor',
          ...words,
        ],
        {
          encoding: 'utf8',
        },
      ).stdout
    expect(ask('che')).toContain('check')
    expect(ask('engine', 'sta')).toMatch(/start.*status/)
    expect(ask('uptime', '--w')).toContain('--window')
  })

  test('every command is in the bash script', async () => {
    const { stdout } = await world.run(['completion', 'bash'])
    for (const { name } of commands) for (const word of name.split(' ')) expect(stdout).toContain(word)
  })
})

describe('engine install', () => {
  test('--print shows a unit of this fleet that systemd accepts', async () => {
    const { stdout, exit } = await world.run(['engine', 'install', '--print', '--fleet', fleet])
    expect(exit).toBe(0)
    expect(stdout).toContain(`engine run --fleet ${fleet} --home ${world.home()}`)
    expect(stdout).toMatch(/^Type=notify$/m)
    expect(stdout).toMatch(/^WatchdogSec=\d+$/m)
    verify(world.write('watchfloor-harbour.service', stdout))
  })

  test('--shared has its own user, state and runtime directory', async () => {
    const { stdout } = await world.run(['engine', 'install', '--shared', '--print', '--fleet', fleet])
    expect(stdout).toMatch(/^User=watchfloor$/m)
    expect(stdout).toMatch(/^StateDirectory=watchfloor\/harbour$/m)
    expect(stdout).toMatch(/^RuntimeDirectory=watchfloor\/harbour$/m)
    expect(stdout).toContain('--home /var/lib/watchfloor/harbour')
  })

  test('writes the unit into the folder that was named', async () => {
    const dir = path.dirname(world.write('units/keep', ''))
    const ran = await world.run(['engine', 'install', '--unit-dir', dir, '--fleet', fleet])
    expect(ran).toMatchObject({ exit: 0, stderr: '' })
    expect(readFileSync(path.join(dir, 'watchfloor-harbour.service'), 'utf8')).toContain('[Service]')
    expect((await world.run(['engine', 'install', '--unit-dir', path.join(dir, 'none'), '--fleet', fleet])).exit).toBe(
      5,
    )
  })

  function verify(unit: string): void {
    const done = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
    if (done.error) return
    expect(done.stderr.split('\n').filter(line => line.includes('watchfloor-harbour'))).toEqual([])
  }
})
