// Keys of drift: look again, read a finding whole, and own a machine that nothing here knows.
import { randomUUID } from 'node:crypto'
import { type ProviderName, providerName } from '../../infra/clouds/shapes.ts'
import type { DriftFinding } from '../../src/machines/shapes.ts'
import { forScreen } from '../../state/primitives/node-text.ts'
import type { Action } from '../keys/action.ts'
import { amountOf } from '../money/amounts.ts'
import type { Snapshot } from '../room/room.ts'
import { createTheme } from '../theme/tokens.ts'
import { wrap } from '../widgets/row.ts'
import { keyOf, lookAgain } from './state.ts'
import { pointedFinding } from './view.ts'

/** What is under the cursor does not depend on how it looks. */
const plain = createTheme('none', 'ascii')

function providerOf(finding: DriftFinding): ProviderName | null {
  return providerName.enum.find(one => one === finding.provider) ?? null
}

/** Only a machine that runs without a record can become a node's. */
function adoptable(snapshot: Snapshot): DriftFinding | null {
  const finding = pointedFinding(snapshot, plain)
  if (finding === null || providerOf(finding) === null) return null
  return finding.kind === 'extra' || finding.kind === 'orphan' ? finding : null
}

/** What it was asked about; null: it is not found any more. */
function askedAbout(subject: string, { found }: Pick<Snapshot, 'found'>): { id: string; finding: DriftFinding } | null {
  const [id = ''] = subject.split(' ')
  const key = subject.slice(id.length + 1)
  const finding = found.drift.report?.findings.find(one => keyOf(one) === key)
  return finding ? { id, finding } : null
}

export const driftActions: readonly Action[] = [
  {
    id: 'open-finding',
    keys: ['enter'],
    title: 'the finding whole',
    short: 'whole',
    danger: 'looks',
    when: snapshot => pointedFinding(snapshot, plain) !== null,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const finding = pointedFinding(snapshot, plain)
      if (finding === null) return
      const { kind, id, node, provider, region, what, remedy, monthly } = finding
      const cost = monthly === null ? 'unknown' : `${amountOf(monthly.micros, monthly.currency)} a month`
      const facts = [
        `id       ${id}`,
        `node     ${node ?? 'none'}`,
        `where    ${provider} ${region}`,
        `costs    ${cost}`,
      ]
      const words = [what, '', remedy]
      const lines = [...facts, '', ...words].flatMap(line =>
        line === '' ? [forScreen('')] : wrap(line, snapshot.columns - 2, 50),
      )
      room.change({ dialogs: [...snapshot.view.dialogs, { kind: 'text', title: kind, lines, scroll: 0 }] })
    },
  },
  {
    id: 'look-again',
    keys: ['r'],
    title: 'look again: every region of every provider is listed now',
    short: 'look again',
    danger: 'looks',
    when: ({ link }) => link.up,
    run: ({ room }) => lookAgain(room),
  },
  {
    id: 'adopt',
    keys: ['O'],
    title: 'own the machine: from now on it is the one of a node',
    short: 'own',
    danger: 'changes',
    when: snapshot => adoptable(snapshot) !== null,
    form: {
      subject(snapshot) {
        const finding = adoptable(snapshot)
        return finding === null ? null : `batch-${randomUUID()} ${keyOf(finding)}`
      },
      title: (subject, snapshot) => `own ${askedAbout(subject, snapshot)?.finding.id ?? 'the machine'}`,
      fields: [
        {
          name: 'node',
          label: 'node',
          hint: 'whose machine it is from now on',
          initial: (subject, snapshot) => askedAbout(subject, snapshot)?.finding.node ?? '',
          check(value, _, { live, state }) {
            const node = value.trim()
            if (node === '') return 'name a node of the fleet file'
            if (!Object.hasOwn(live.fleet.nodes, node)) return `${node} is not in the fleet file: write it there first`
            return Object.hasOwn(state.machines.machines, node) ? `${node} has a machine already` : null
          },
        },
      ],
      describe(subject, _, snapshot) {
        const asked = askedAbout(subject, snapshot)
        return asked === null ? ['it is not found any more: look again'] : [asked.finding.what]
      },
      confirm(subject, values, snapshot) {
        const asked = askedAbout(subject, snapshot)
        const node = (values.node ?? '').trim()
        const { provider, region, id, monthly } = asked?.finding ?? {
          provider: '',
          region: '',
          id: 'it',
          monthly: null,
        }
        const cost =
          monthly === null ? 'what it costs is not known' : `${amountOf(monthly.micros, monthly.currency)} a month`
        return {
          question: `Own this machine as ${node}?`,
          nodes: [node],
          command: [`${provider} ${region} ${id} gets the tags of ${node}, and ends with it`, cost],
          yes: 'own it',
        }
      },
      async submit({ engine, room }, subject, values) {
        const asked = askedAbout(subject, room.snapshot())
        const provider = asked === null ? null : providerOf(asked.finding)
        if (asked === null || provider === null) throw new Error('it is not found any more: look again')
        const { id, finding } = asked
        const node = (values.node ?? '').trim()
        const { region, id: machine } = finding
        const fleet = engine.live().fleet.name
        await engine.do({ type: 'machines.adopt', id, node, provider, region, machine, fleet })
        return `${finding.id} becomes the machine of ${node}`
      },
    },
  },
]
