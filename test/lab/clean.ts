// Removes what a lab has left behind, whatever ended it: processes, namespaces, control groups, files. Only things
// inside the lab's own namespaces and directories are touched, so it is safe to run at any time on any machine.
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run, waitFor } from './command.ts'
import { labNamespaces, processesIn, removeNamespace } from './network.ts'
import { cgroupRoots, prefix, runDirectory } from './place.ts'

export async function clean(): Promise<void> {
  const namespaces = await labNamespaces()
  await waitFor(
    'nothing runs in the namespaces of the lab',
    async () => {
      const left = (await Promise.all(namespaces.map(processesIn))).flat()
      for (const pid of left) kill(pid)
      return left.length === 0
    },
    20_000,
  )
  for (const namespace of namespaces) await removeNamespace(namespace)
  await waitFor('the control groups of the lab are gone', async () => removeGroups(), 10_000)
  for (const mount of labMounts()) await run(['umount', '--lazy', mount])
  rmSync(runDirectory(), { recursive: true, force: true })
  for (const name of listed('/run/systemd/nspawn/propagate')) {
    if (name.startsWith(prefix))
      await run(['rm', '-rf', '--one-file-system', join('/run/systemd/nspawn/propagate', name)])
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}

/** True when none is left. A group goes only when the groups in it are gone. */
function removeGroups(): boolean {
  let left = 0
  for (const root of cgroupRoots) {
    for (const name of listed(root).filter(each => each.startsWith(prefix)))
      left += removeGroup(join(root, name)) ? 0 : 1
  }
  return left === 0
}

function removeGroup(group: string): boolean {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(group, entry.name))
  }
  try {
    rmdirSync(group)
    return true
  } catch {
    return false
  }
}

function labMounts(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[1] ?? '')
    .filter(path => path.startsWith(`${runDirectory()}/`))
    .reverse()
}

function listed(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}
