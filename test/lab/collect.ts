// Writes down what the real programs print, as fixtures for the parsers' tests: `node test/lab/run.ts collect`.
// Each file begins with the argv that made it; the rest is the output as it came.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from './command.ts'
import type { Lab } from './lab.ts'

const unitProperties =
  'Id,LoadState,ActiveState,SubState,Result,Type,NRestarts,ExecMainStatus,InvocationID,UnitFileState'

export async function collect(lab: Lab): Promise<string[]> {
  const directory = join(import.meta.dirname, 'fixtures')
  mkdirSync(directory, { recursive: true })
  const alpha = lab.machine('alpha')
  const written: string[] = []
  const keep = async (name: string, argv: readonly string[], on: 'machine' | 'hq' = 'machine') => {
    const done = await (on === 'hq' ? lab.hq.tryRun(argv) : alpha.tryExec(argv))
    const head = `# ${argv.join(' ')}\n# exit ${done.exit}\n`
    const path = join(directory, `lab-${name}.txt`)
    writeFileSync(path, `${head}${done.stdout}${done.stderr === '' ? '' : `# stderr\n${done.stderr}`}`)
    written.push(path)
  }
  const show = (...units: string[]) => ['systemctl', 'show', '--no-pager', '-p', unitProperties, '--', ...units]

  await keep('systemctl-running', show('ssh.service', 'clavitor.service'))
  await alpha.tryExec(['systemctl', 'start', 'broken.service'])
  const failed = async () => (await alpha.tryExec(['systemctl', 'is-failed', 'broken.service'])).exit === 0
  await waitFor('the broken unit has failed', failed, 5_000)
  await keep('systemctl-failed', show('broken.service'))
  await alpha.stopUnit('clavitor.service')
  await keep('systemctl-stopped', show('clavitor.service'))
  await alpha.startUnit('clavitor.service')
  await keep('systemctl-missing', show('nothing-here.service'))
  await keep('systemctl-oneshot-done', show('clavitor-push.service'))
  await keep('systemctl-timer', show('clavitor-push.timer'))
  await keep('systemctl-many', show('ssh.service', 'broken.service', 'nothing-here.service'))
  await keep('systemctl-status-failed', ['systemctl', 'status', '--no-pager', 'broken.service'])
  await alpha.exec(['logger', '-p', 'user.err', '-t', 'lab', 'umlaut ä, a tab\tand "quotes"'])
  await alpha.exec(['logger', '-p', 'user.err', '-t', 'lab'], {
    input: 'escape \u001b[31mred\u001b[0m and bell \u0007\n',
  })
  await waitFor('the journal has it', () => alpha.exec(['journalctl', '-t', 'lab', '--no-pager', '-q']), 5_000)
  await keep('journalctl-err', ['journalctl', '-o', 'json', '-p', 'err', '--no-pager', '-q', '-n', '20'])
  await keep('journalctl-bad-cursor', ['journalctl', '-o', 'json', '-q', '--after-cursor=s=nothing', '--no-pager'])
  await keep('journalctl-not-root', [
    'runuser',
    '-u',
    'noc',
    '--',
    'journalctl',
    '-o',
    'json',
    '-p',
    'err',
    '--no-pager',
  ])
  for (const what of ['latest-handshakes', 'endpoints', 'transfer', 'peers', 'allowed-ips']) {
    await keep(`wg-${what}`, ['wg', 'show', 'wg0', what])
    await keep(`wg-${what}-hub`, ['wg', 'show', 'wg0', what], 'hq')
  }
  await keep('wg-missing', ['wg', 'show', 'wg7', 'latest-handshakes'])
  await keep('wg-not-root', ['runuser', '-u', 'noc', '--', 'wg', 'show', 'wg0', 'latest-handshakes'])
  await keep('df', ['df', '-P', '-k', '/'])
  await keep('meminfo', ['cat', '/proc/meminfo'])
  await keep('stat', ['cat', '/proc/stat'])
  await keep('loadavg', ['cat', '/proc/loadavg'])
  await keep('uptime', ['cat', '/proc/uptime'])
  await keep('boot-id', ['cat', '/proc/sys/kernel/random/boot_id'])
  const ping = (address: string) => ['ping', '-n', '-c', '3', '-i', '0.2', '-W', '1', address]
  await keep('ping', ping(lab.machine('beta').address), 'hq')
  await lab.machine('beta').cutLink()
  await keep('ping-silent', ping(lab.machine('beta').address), 'hq')
  await lab.machine('beta').restoreLink()
  await lab.hq.cutLink()
  await keep('ping-no-network', ping(lab.machine('beta').address), 'hq')
  await lab.hq.restoreLink()
  return written
}
