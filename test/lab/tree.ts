// The one Debian tree under all machines: debootstrap once, kept for later runs under a hash of its recipe, so that
// a changed recipe makes a new tree and an unchanged one costs nothing.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './command.ts'
import { labDirectory } from './place.ts'

const recipe = join(import.meta.dirname, 'machine')
const suite = 'bookworm'

/** Makes the tree if it is not there; resolves with its directory, which is never written to afterwards. */
export async function readyTree(say: (line: string) => void): Promise<string> {
  const tree = join(labDirectory(), `tree-${recipeHash()}`)
  if (existsSync(tree)) return tree
  removeOldTrees()
  const building = `${tree}.building`
  rmSync(building, { recursive: true, force: true })
  mkdirSync(labDirectory(), { recursive: true, mode: 0o755 })
  say('debootstrap: one tree for all machines (about a minute; later runs reuse it)')
  await mustRun(['debootstrap', '--variant=minbase', `--include=${packages().join(',')}`, suite, building, mirror()], {
    timeoutMs: 360_000,
  })
  await mustRun(['cp', '--recursive', '--no-preserve=ownership', `${recipe}/tree/.`, building])
  await mustRun(['chroot', building, '/bin/sh', '-s'], {
    input: readFileSync(join(recipe, 'setup.sh'), 'utf8'),
    timeoutMs: 60_000,
  })
  renameSync(building, tree)
  return tree
}

function packages(): string[] {
  return readFileSync(join(recipe, 'packages.txt'), 'utf8').split('\n').filter(Boolean)
}

function recipeHash(): string {
  const hash = createHash('sha256').update(suite)
  const files = readdirSync(recipe, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  for (const path of files.map(file => join(file.parentPath, file.name)).sort()) {
    hash.update(`\n${path.slice(recipe.length)}\n`).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 12)
}

function removeOldTrees(): void {
  if (!existsSync(labDirectory())) return
  for (const name of readdirSync(labDirectory())) {
    if (name.startsWith('tree-')) rmSync(join(labDirectory(), name), { recursive: true, force: true })
  }
}

/** The mirror that this machine's own apt uses for the suite, in either of apt's formats. */
function mirror(directory = '/etc/apt'): string {
  const parts = join(directory, 'sources.list.d')
  const files = [join(directory, 'sources.list')]
  if (existsSync(parts))
    files.push(
      ...readdirSync(parts)
        .sort()
        .map(name => join(parts, name)),
    )
  for (const file of files.filter(path => /\.(list|sources)$/.test(path) && existsSync(path))) {
    const found = mirrorIn(readFileSync(file, 'utf8'))
    if (found !== null) return found
  }
  throw new Error(`no Debian mirror for ${suite} in ${directory}: add one to apt's sources`)
}

function mirrorIn(text: string): string | null {
  for (const paragraph of text.split(/\n\s*\n/)) {
    const field = (name: string) =>
      new RegExp(`^${name}:[ \\t]*(.+)$`, 'm').exec(paragraph)?.[1]?.trim().split(/\s+/) ?? []
    if (field('Types').includes('deb') && field('Suites').includes(suite)) return field('URIs')[0] ?? null
  }
  return new RegExp(`^deb[ \\t]+(?:\\[[^\\]]*\\][ \\t]+)?(\\S+)[ \\t]+${suite}[ \\t]`, 'm').exec(text)?.[1] ?? null
}
