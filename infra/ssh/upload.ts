// Puts a file on a node such that nobody ever sees half of it: a new file beside the target, its mode set while it is
// still empty, the content, its hash, on disk, then renamed. It is a command with stdin, so it works with sudo and
// without sftp.
import { createHash } from 'node:crypto'
import { nodeText } from '../../state/primitives/node-text.ts'
import { SshError, type SshPool, type SshTarget, type Upload } from './ssh.ts'

// $1 folder, $2 name, $3 name of the new file, $4 mode, $5 sha256. The folder may be another login's and this may run as
// root, so a name in it may mean something else from one line to the next: noclobber makes the new file ours or nobody's
// (O_EXCL), and from then on descriptor 5 is the file. Descriptors above 2 do not reach the programs of every shell,
// hence `>&5`. Without /proc (no Linux) only the name is left. `-ef` and `mv -T` are newer than some busyboxes.
const script = `
set -eu
umask 077
cd "$1"
if [ -d "./$2" ]; then echo "$1/$2 is a directory" >&2; exit 73; fi
own=
trap '[ -z "$own" ] || rm -f -- "./$3"' EXIT
trap 'exit 74' HUP INT TERM
if [ -d /proc/self/fd ]; then
  set -C
  exec 5> "./$3"
  set +C
  own=/proc/self/fd/5
  [ -f $own ] || { echo "the new file is no file" >&2; exit 73; }
  chmod "$4" /proc/self/fd/1 >&5
  cat >&5
else
  ( set -C; : > "./$3" )
  own=./$3
  chmod "$4" "$own"
  cat >> "$own"
fi
sum=$(sha256sum < "$own")
case $sum in
  "$5 "*) ;;
  *) echo "what arrived is not what was sent" >&2; exit 65 ;;
esac
sync "$own" 2>/dev/null || sync
if [ "$own" != "./$3" ]; then
  same=0
  [ "./$3" -ef $own ] 2>/dev/null || same=$?
  if [ $same -eq 1 ] || [ -h "./$3" ]; then echo "somebody replaced the new file" >&2; exit 73; fi
fi
mv -fT -- "./$3" "./$2" 2>/dev/null || {
  if [ -d "./$2" ]; then echo "$1/$2 is a directory" >&2; exit 73; fi
  mv -f -- "./$3" "./$2"
}
trap - EXIT
sync . 2>/dev/null || sync
printf '%s' "$sum"
`

/** The command that reads the content from its stdin; `word` is unguessable text of `[a-z0-9]`. */
export function uploadArgv(path: string, mode: number, sha256: string, word: string): string[] {
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  const fresh = `.${name.slice(0, 200)}.${word}`
  const octal = (mode & 0o7777).toString(8).padStart(4, '0')
  return ['/bin/sh', '-c', script, 'upload', path.slice(0, slash) || '/', name, fresh, octal, sha256]
}

export async function uploadTo(
  pool: Pick<SshPool, 'exec'>,
  target: SshTarget,
  upload: Upload,
  word: () => string,
): Promise<string> {
  const { path, content, mode, deadlineMs, signal } = upload
  if (!path.startsWith('/') || path.endsWith('/')) {
    throw new SshError(target.node, 'refused', nodeText(`an upload needs the whole path of a file, not ${path}`))
  }
  const sha256 = createHash('sha256').update(content).digest('hex')
  const argv = uploadArgv(path, mode, sha256, word())
  const result = await pool.exec(target, { argv, stdin: content, deadlineMs, ...(signal ? { signal } : {}) })
  const said = nodeText(result.stderr, 400).trim()
  switch (result.outcome) {
    case 'timeout':
      throw new SshError(
        target.node,
        'timeout',
        nodeText(`${path} was not uploaded within ${deadlineMs} ms; the old file is untouched or whole`),
      )
    case 'failed':
      throw new SshError(
        target.node,
        'refused',
        nodeText(`${path} was not uploaded: ${said || `exit ${result.exit ?? result.killedBy}`}`),
      )
    case 'ok':
      if (!Buffer.from(result.stdout).toString('latin1').startsWith(sha256)) {
        throw new SshError(target.node, 'refused', nodeText(`${path} was not uploaded: the node named another hash`))
      }
      return sha256
  }
}
