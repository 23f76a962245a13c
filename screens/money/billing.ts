// `B`: asks a provider what it has billed. The asking itself costs, so that it says how much before it is done.
import { randomUUID } from 'node:crypto'
import type { ProviderName } from '../../infra/clouds/shapes.ts'
import type { CostReport } from '../../src/money/shapes.ts'
import type { Acting } from '../keys/action.ts'
import { ago } from '../widgets/measure.ts'

/** Providers whose billing answers to a program: Hetzner has none, Google's goes through an export that is not ours. */
const askable: readonly ProviderName[] = ['aws']

/** Of these the report has something that they could say more of. */
export function billed(report: CostReport | null): readonly ProviderName[] {
  return askable.filter(provider => report?.lines.some(line => line.provider === provider))
}

function providerIn(subject: string): ProviderName | null {
  const [, name] = subject.split(' ')
  return askable.find(provider => provider === name) ?? null
}

export const billingAction: Acting = {
  id: 'ask-billing',
  keys: ['B'],
  title: 'ask AWS what it has billed: costs $0.01, at most twice a day',
  short: null,
  danger: 'changes',
  when: () => true,
  form: {
    // The same asking is the same request, however often it is sent.
    subject: ({ found }) => {
      const [provider] = billed(found.money.current)
      return provider === undefined ? null : `billing-${randomUUID()} ${provider}`
    },
    title: () => 'ask the billing',
    fields: [],
    describe: () => [],
    confirm(subject, _, { state, now }) {
      const provider = providerIn(subject) ?? ''
      const asked = state.money.asked[provider]
      const last = asked === undefined ? 'it was not asked before' : `it was asked ${ago(now, asked)}`
      return {
        question: `Ask ${provider} what it has billed? It costs $0.01.`,
        nodes: [],
        command: [
          `Cost Explorer, GetCostAndUsage of this month: $0.01 for each page, which ${provider} bills`,
          `${last}; within twelve hours it is refused`,
        ],
        yes: 'ask, for $0.01',
      }
    },
    async submit({ engine }, subject) {
      const [id = ''] = subject.split(' ')
      const provider = providerIn(subject)
      if (provider === null) throw new Error('this provider has no billing that can be asked')
      await engine.do({ type: 'money.ask-billing', id, provider })
      return `${provider} is being asked; its answer is shown as reported`
    },
  },
}
