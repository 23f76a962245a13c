// Many commands, one round trip: a constant script runs them in turn on the node and frames each answer.
// Everything that varies is an argument, so no data ever becomes script text. Pure: nothing here connects.

/** One command of a batch, already quoted for a POSIX shell. */
export interface BatchCommand {
  quoted: string
  /** Whole seconds; kept where the node has `timeout`. */
  limitS: number
}

export interface BatchAnswer {
  exit: number | null
  stdout: Uint8Array
  stderr: Uint8Array
}

/** More of one command's output is cut, so that a noisy one cannot crowd out its neighbours. */
export const answerCapBytes = 256 * 1024

/**
 * Runs in dash, busybox sh, bash and ksh. Arguments: boundary, cap, then a limit and a quoted command each.
 *
 * The PATH is widened since a non-login shell may have next to none (NixOS keeps its programs elsewhere).
 * `timeout 1 true` is tried, not looked up: busybox before 1.30 has a `timeout` with other arguments.
 * The exit code travels through descriptor 3 around the `head` that caps the output; the frame is written when
 * both have ended. Standard error is framed on its own stream.
 */
const batchScript = `b=$1; cap=$2; shift 2
PATH=\${PATH:-/usr/bin:/bin}:/run/wrappers/bin:/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C; export PATH LC_ALL
limit=; timeout 1 true >/dev/null 2>&1 && limit=timeout
i=0
exec 4>&1 </dev/null
while [ $# -ge 2 ]; do
  printf '%s begin %s\\n' "$b" "$i"; printf '%s begin %s\\n' "$b" "$i" >&2
  e=$( { { eval "\${limit:+timeout $1} $2" 3>&- 4>&-; echo $? >&3; } | head -c "$cap" >&4; } 3>&1 )
  printf '\\n%s end %s %s\\n' "$b" "$i" "$e"; printf '\\n%s end %s\\n' "$b" "$i" >&2
  shift 2; i=$((i+1))
done`

/** What to execute on the node. `boundary` must be fresh and unguessable: 32 hex digits. */
export function batchArgv(
  boundary: string,
  commands: readonly BatchCommand[],
  capBytes: number = answerCapBytes,
): string[] {
  const pairs = commands.flatMap(command => [String(Math.max(1, Math.ceil(command.limitS))), command.quoted])
  return ['/bin/sh', '-c', batchScript, 'watchfloor', boundary, String(capBytes), ...pairs]
}

/** The reverse of `batchArgv`, for a world that imitates nodes: null when this is no batch. */
export function readBatchArgv(argv: readonly string[]): { boundary: string; commands: BatchCommand[] } | null {
  if (argv[0] !== '/bin/sh' || argv[1] !== '-c' || argv[2] !== batchScript) return null
  const boundary = argv[4]
  if (boundary === undefined) return null
  const commands: BatchCommand[] = []
  for (let at = 6; at + 1 < argv.length; at += 2) {
    commands.push({ limitS: Number(argv[at]), quoted: argv[at + 1] ?? '' })
  }
  return { boundary, commands }
}

/** What the script prints when its commands answer like this; for a world that imitates nodes. */
export function frameBatch(
  boundary: string,
  answers: readonly BatchAnswer[],
): { stdout: Uint8Array; stderr: Uint8Array } {
  const stdout: Uint8Array[] = []
  const stderr: Uint8Array[] = []
  answers.forEach((answer, at) => {
    stdout.push(Buffer.from(`${boundary} begin ${at}\n`), answer.stdout)
    stdout.push(Buffer.from(`\n${boundary} end ${at} ${answer.exit ?? ''}\n`))
    stderr.push(Buffer.from(`${boundary} begin ${at}\n`), answer.stderr, Buffer.from(`\n${boundary} end ${at}\n`))
  })
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
}

/**
 * Answers in the order of the commands; null where the frame is not complete (cut, timed out, never run).
 * Bytes outside of frames are ignored: login banners and motd scripts print there.
 */
export function readBatch(
  boundary: string,
  count: number,
  stdout: Uint8Array,
  stderr: Uint8Array,
): (BatchAnswer | null)[] {
  const out = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength)
  const err = Buffer.from(stderr.buffer, stderr.byteOffset, stderr.byteLength)
  const answers: (BatchAnswer | null)[] = []
  let outAt = 0
  let errAt = 0
  for (let at = 0; at < count; at++) {
    const answer = frameAt(out, outAt, `${boundary} begin ${at}\n`, `\n${boundary} end ${at} `)
    const lineEnd = answer ? out.indexOf(0x0a, answer.end) : -1
    const exit = answer && lineEnd >= 0 ? out.toString('latin1', answer.end, lineEnd) : ''
    if (!answer || !/^\d{1,3}$/.test(exit)) {
      answers.push(null)
      continue
    }
    outAt = lineEnd + 1
    const complaint = frameAt(err, errAt, `${boundary} begin ${at}\n`, `\n${boundary} end ${at}\n`)
    if (complaint) errAt = complaint.end
    answers.push({ exit: Number(exit), stdout: answer.payload, stderr: complaint?.payload ?? new Uint8Array() })
  }
  return answers
}

function frameAt(
  bytes: Buffer,
  from: number,
  opening: string,
  closing: string,
): { payload: Uint8Array; end: number } | null {
  const start = bytes.indexOf(opening, from, 'latin1')
  if (start < 0) return null
  const begin = start + opening.length
  const end = bytes.indexOf(closing, begin, 'latin1')
  if (end < 0) return null
  return { payload: bytes.subarray(begin, end), end: end + closing.length }
}
