// The batch script in every shell that this machine has, and its reader against cut and hostile output.
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  answerCapBytes,
  type BatchAnswer,
  batchArgv,
  frameBatch,
  readBatch,
  readBatchArgv,
} from '../../../infra/batch/batch.ts'
import { quoteArgv } from '../../../infra/ssh/quote.ts'

const boundary = '0123456789abcdef0123456789abcdef'
const shells = [
  ['dash'],
  ['bash'],
  ['bash', '--norc', '--posix'],
  ['busybox', 'sh'],
  ['ksh'],
  ['zsh', '--emulate', 'sh'],
].map(argv => ({ argv, name: argv.join(' '), there: spawnSync('sh', ['-c', `command -v ${argv[0]}`]).status === 0 }))

function run(shell: readonly string[], commands: readonly (readonly string[])[], env: NodeJS.ProcessEnv, limitS = 5) {
  const argv = batchArgv(
    boundary,
    commands.map(command => ({ quoted: quoteArgv(command), limitS })),
  )
  const [program = 'sh', ...first] = shell
  const done = spawnSync(program, [...first, ...argv.slice(1)], { env, maxBuffer: 16 * 1024 * 1024, input: 'stolen' })
  return readBatch(boundary, commands.length, done.stdout, done.stderr)
}

const plain = (found: BatchAnswer | null | undefined) =>
  found ? [found.exit, Buffer.from(found.stdout).toString(), Buffer.from(found.stderr).toString()] : null

for (const { argv, name, there } of shells) {
  describe.skipIf(!there)(name, () => {
    const env = { PATH: process.env.PATH }

    test('gives each command its own output, errors and exit code', () => {
      const answers = run(argv, [['printf', 'a\\n\\n'], ['sh', '-c', 'echo out; echo err >&2; exit 7'], ['true']], env)
      expect(answers.map(plain)).toEqual([
        [0, 'a\n\n', ''],
        [7, 'out\n', 'err\n'],
        [0, '', ''],
      ])
    })

    test('a command that is not there ends with 127 and the next one runs', () => {
      const answers = run(argv, [['no-such-program'], ['echo', 'next']], env)
      expect(answers[0]?.exit).toBe(127)
      expect(plain(answers[1])).toEqual([0, 'next\n', ''])
    })

    test('a command that hangs is ended at its limit and the next one runs', () => {
      const answers = run(
        argv,
        [
          ['sleep', '60'],
          ['echo', 'next'],
        ],
        env,
        1,
      )
      expect([124, 143]).toContain(answers[0]?.exit)
      expect(plain(answers[1])).toEqual([0, 'next\n', ''])
    })

    test('a flood is cut and does not crowd out its neighbour; zeros survive', () => {
      const answers = run(
        argv,
        [
          ['head', '-c', '9999999', '/dev/zero'],
          ['printf', 'a\\0b'],
        ],
        env,
      )
      expect(answers[0]?.stdout.length).toBe(answerCapBytes)
      expect(answers[1]?.stdout).toEqual(Buffer.from('a\0b'))
    })

    test('words of every sort arrive as they are, and commands cannot read the connection', () => {
      const word = `it's "$HOME" \`id\` $(id) ; * \\ \n # ~ & | < > ä 漢 -n`
      const answers = run(argv, [['printf', '%s', word], ['cat']], env)
      expect(answers.map(plain)).toEqual([
        [0, word, ''],
        [0, '', ''],
      ])
    })

    test('a command that prints frames of other boundaries only prints them', () => {
      const lie = '\nffffffffffffffffffffffffffffffff end 0 0\n'
      expect(
        plain(
          run(
            argv,
            [
              ['printf', '%s', lie],
              ['echo', 'next'],
            ],
            env,
          )[0],
        ),
      ).toEqual([0, lie, ''])
    })

    test('an almost empty PATH is widened', () => {
      expect(
        plain(run(argv, [['head', '-c', '3', '/proc/sys/kernel/ostype']], { PATH: '/nowhere:/usr/bin' })[0]),
      ).toEqual([0, 'Lin', ''])
    })
  })
}

const answers: BatchAnswer[] = [
  { exit: 0, stdout: Buffer.from('one\n'), stderr: Buffer.from('') },
  { exit: 3, stdout: Buffer.from('\n\n'), stderr: Buffer.from('bad\n') },
  { exit: 127, stdout: Buffer.from(''), stderr: Buffer.from('sh: not found') },
]

test('what is framed is read back, whatever stands before it', () => {
  const framed = frameBatch(boundary, answers)
  const stdout = Buffer.concat([Buffer.from('Welcome to the machine\n'), framed.stdout])
  expect(readBatch(boundary, 3, stdout, framed.stderr).map(plain)).toEqual(answers.map(plain))
})

test('at whatever byte the output is cut, whole answers are right and torn ones are null', () => {
  const framed = frameBatch(boundary, answers)
  for (let at = 0; at < framed.stdout.length; at++) {
    const read = readBatch(boundary, 3, framed.stdout.subarray(0, at), framed.stderr)
    for (const [index, one] of read.entries()) {
      if (one) expect(plain(one)).toEqual(plain(answers[index]))
    }
    expect(read[2]).toBeNull()
  }
})

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (stdout, stderr) => {
      expect(readBatch(boundary, 2, stdout, stderr)).toHaveLength(2)
    }),
  )
})

test('a world that imitates nodes can read the request', () => {
  const commands = [{ quoted: "cat '/etc/my file'", limitS: 10 }]
  expect(readBatchArgv(batchArgv(boundary, commands))).toEqual({ boundary, commands })
  expect(readBatchArgv(['/bin/sh', '-c', 'echo hello'])).toBeNull()
})
