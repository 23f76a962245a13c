// Becoming root with and without a password.
import type { ServerChannel } from 'ssh2'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../state/primitives/secret.ts'
import { deadlineMs, failureOf, pool, server, text } from './pool-room.ts'
import { type Behaviour, finish, type TestServer, targetAt } from './server.ts'

describe('become with a password', () => {
  /** Plays sudo: asks with the prompt of `-p`, then runs the mark and the command as `sh -c` would. */
  const sudo =
    (password: string, needsPassword = true) =>
    (command: string, channel: ServerChannel) => {
      commands.push(command)
      const prompt = /-p '([^']+)'/.exec(command)?.[1] ?? ''
      const mark = /(\[watchfloor \w+\] begins\n)/.exec(command)?.[1] ?? ''
      let input = ''
      let isIn = !needsPassword
      if (isIn) channel.stderr.write(mark)
      else channel.stderr.write(prompt.slice(0, 5))
      if (!isIn) setImmediate(() => channel.stderr.write(prompt.slice(5)))
      channel.on('data', (piece: Buffer) => {
        input += piece.toString()
        if (isIn || !input.includes('\n')) return
        const line = input.slice(0, input.indexOf('\n'))
        input = input.slice(line.length + 1)
        isIn = line === password
        channel.stderr.write(isIn ? `${mark}warning` : `Sorry, try again.\n${prompt}`)
      })
      channel.on('end', () => {
        channel.write(`read:${input}`)
        finish(channel, 0)
      })
    }
  const commands: string[] = []
  const target = (far: TestServer, password: string) =>
    targetAt(far, { become: { method: 'sudo', password: secret(password) } })
  const secret = (value: string) => new Secret(value)

  test.each([true, false])('gives it only when asked (asked: %s); stdin belongs to the command', async asked => {
    const far = await server({ run: sudo('geheim', asked) })
    const result = await pool().exec(target(far, 'geheim'), { argv: ['tee', '/x'], stdin: 'mine', deadlineMs })
    expect(text(result.stdout)).toBe('read:mine')
    expect(text(result.stderr)).toBe(asked ? 'warning' : '')
    expect(commands.join()).not.toContain('geheim')
  })

  test('a wrong one is a failure of become, and shows nothing of it', async () => {
    const far = await server({ run: sudo('geheim') })
    const error = await failureOf(pool().exec(target(far, 'falsch'), { argv: ['id'], deadlineMs }))
    expect(error.failure).toBe('become')
    expect(error.detail).toContain('Sorry')
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('falsch')
  })

  test.each([
    ['as it is', (typed: string) => typed],
    [
      'with the prompt in the middle',
      (typed: string, prompt: string) => `${typed.slice(0, 5)}${prompt}${typed.slice(5)}`,
    ],
    ['in base64', (typed: string) => Buffer.from(typed).toString('base64')],
  ])('a node that echoes the password (%s) does not get it into the error', async (_how, echo) => {
    const password = 'wörd-of-the-opérator'
    const far = await server({
      run: (command, channel) => {
        const prompt = /-p '([^']+)'/.exec(command)?.[1] ?? ''
        channel.stderr.write(prompt)
        channel.on('data', (piece: Buffer) =>
          channel.stderr.write(`you typed ${echo(piece.toString().trim(), prompt)}, which is wrong\n${prompt}`),
        )
      },
    })
    const error = await failureOf(pool().exec(target(far, password), { argv: ['id'], deadlineMs }))
    expect(error.failure).toBe('become')
    expect(error.detail).toContain('you typed [secret]')
    expect(error.detail).toContain('which is wrong')
    for (const form of [password, echo(password, '')]) expect(`${error.stack}`).not.toContain(form)
  })

  test('without a password, sudo that refuses is a failure of become; a command that fails is not', async () => {
    const says = (words: string, exit: number): Behaviour => ({
      run: (_command, channel) => {
        channel.stderr.write(words)
        finish(channel, exit)
      },
    })
    const bare = (far: TestServer) => targetAt(far, { become: { method: 'sudo', password: null } })
    const refusing = await server(says('sudo: a password is required\n', 1))
    expect((await failureOf(pool().exec(bare(refusing), { argv: ['id'], deadlineMs }))).failure).toBe('become')
    const failing = await server(says('id: no such user\n', 1))
    expect(await pool().exec(bare(failing), { argv: ['id'], deadlineMs })).toMatchObject({ outcome: 'failed', exit: 1 })
  })
})
