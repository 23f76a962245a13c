// Puts a file on a node such that nobody ever sees half of it: a new file beside the target, its mode set while it is
// still empty, the content, its hash, on disk, then renamed. It is a command with stdin, so it works with sudo and
// without sftp.
import { createHash } from 'node:crypto'
import { nodeText } from '../../state/primitives/node-text.ts'
import { SshError, type SshPool, type SshTarget, type Upload } from './ssh.ts'

// $1 target, $2 new file, $3 mode, $4 sha256. Noclobber makes the new file ours or nobody's (O_EXCL).
const script = `
set -eu
umask 077
if [ -d "$1" ]; then echo "$1 is a directory" >&2; exit 73; fi
( set -C; : > "$2" )
trap 'rm -f -- "$2"' EXIT
trap 'exit 74' HUP INT TERM
chmod "$3" "$2"
cat >> "$2"
sum=$(sha256sum < "$2")
case $sum in
  "$4 "*) ;;
  *) echo "what arrived is not what was sent" >&2; exit 65 ;;
esac
sync "$2" 2>/dev/null || sync
mv -f -- "$2" "$1"
trap - EXIT
sync "$(dirname -- "$1")" 2>/dev/null || sync
printf '%s' "$sum"
`

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
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1).slice(0, 200)
  const fresh = `${path.slice(0, slash + 1)}.${name}.${word()}`
  const sha256 = createHash('sha256').update(content).digest('hex')
  const argv = ['/bin/sh', '-c', script, 'upload', path, fresh, (mode & 0o7777).toString(8).padStart(4, '0'), sha256]
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
