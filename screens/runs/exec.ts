// `E`: runs a command on the nodes that are marked or pointed at. No shell reads it, and what is agreed to is what is run.
import { createHash, randomUUID } from 'node:crypto'
import { quoteWords, splitWords } from '../../state/primitives/argv.ts'
import { parseDuration } from '../../state/primitives/duration.ts'
import type { Acting, Values } from '../keys/action.ts'
import { nodesOf } from '../keys/on-nodes.ts'

/** Timers of the machine go no further than 24 days. */
const longestMs = 7 * 86_400_000

/** Of one asking: the nodes, and what makes its run the same one however often it is sent. */
interface Subject {
  asking: string
  nodes: string[]
}

function readSubject(subject: string): Subject {
  const [asking = '', ...nodes] = subject.split(' ')
  return { asking, nodes }
}

function readValues(values: Values): { argv: string[]; literal: string[]; deadlineMs: number } {
  const split = splitWords(values.command ?? '')
  const deadlineMs = parseDuration((values.for ?? '').trim()) ?? 0
  return split.ok ? { argv: split.words, literal: split.literal, deadlineMs } : { argv: [], literal: [], deadlineMs }
}

/** The same asking with the same command on the same nodes is the same run: sent twice, it runs once. */
function runIdOf(subject: string, argv: readonly string[], deadlineMs: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([subject, argv, deadlineMs]))
    .digest('hex')
  return `exec-${hash.slice(0, 32)}`
}

const several = (count: number) => `${count} ${count === 1 ? 'node' : 'nodes'}`

export const execAction: Acting = {
  id: 'exec',
  keys: ['E'],
  title: 'run a command on the nodes, by ssh, without a shell',
  short: 'run',
  danger: 'changes',
  when: snapshot => nodesOf(snapshot).length > 0,
  form: {
    subject(snapshot) {
      const nodes = nodesOf(snapshot)
      return nodes.length === 0 ? null : [randomUUID(), ...nodes].join(' ')
    },
    title(subject) {
      const { nodes } = readSubject(subject)
      return `run a command on ${nodes.length === 1 ? nodes[0] : several(nodes.length)}`
    },
    fields: [
      {
        name: 'for',
        label: 'at most',
        hint: 'how long on one node: 30s 5m',
        initial: () => '60s',
        check(value) {
          const ms = parseDuration(value.trim())
          if (ms === null || ms < 1) return 'not a duration: 30s or 5m'
          return ms > longestMs ? 'longer than 7 days' : null
        },
      },
      {
        name: 'command',
        label: 'command',
        hint: "uptime · journalctl -u 'my unit' · sh -c 'a | b'",
        initial: () => '',
        check(value) {
          const split = splitWords(value)
          if (!split.ok) return split.message
          return (split.words[0] ?? '') === '' ? 'say what to run' : null
        },
      },
    ],
    describe(_, values) {
      const { argv, literal } = readValues(values)
      const words =
        argv.length === 0 ? [] : [`${argv.length} ${argv.length === 1 ? 'word' : 'words'}: ${quoteWords(argv)}`]
      const [one, ...more] = literal
      const text =
        one === undefined ? 'everything but quotes is' : more.length === 0 ? `${one} is` : `${literal.join(' ')} are`
      return [
        ...words,
        `no shell reads it: ${text} plain text here${one === undefined ? '' : "; sh -c '…' has a shell"}`,
      ]
    },
    confirm(subject, values, _snapshot) {
      const { nodes } = readSubject(subject)
      const { argv } = readValues(values)
      return {
        question: `Run this on ${nodes.length === 1 ? nodes[0] : several(nodes.length)}?`,
        nodes,
        command: [quoteWords(argv)],
        yes: 'Run it',
      }
    },
    async submit({ room, engine }, subject, values) {
      const { nodes } = readSubject(subject)
      const { argv, deadlineMs } = readValues(values)
      const id = runIdOf(subject, argv, deadlineMs)
      await engine.do({ type: 'exec.start', id, nodes, argv, deadlineMs })
      const { dialogs, prompt } = room.snapshot().view
      // Whoever has gone on to something else by now is told, not taken away.
      const isHere = prompt === null && dialogs.every(one => 'action' in one && one.action === 'exec')
      if (isHere) {
        room.set('run', { selected: null, scroll: 0 })
        room.go('run', id)
      }
      return `runs on ${several(nodes.length)}: ${quoteWords(argv)}`
    },
  },
}
