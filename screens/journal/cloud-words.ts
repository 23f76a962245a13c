// Events of machines and money as a short sentence each, for the journal. An old journal may hold other fields than today's:
// what is not there is left out. Pure.
import type { StoredEvent } from '../../state/journal/journal.ts'
import { amountOf, monthWords } from '../money/amounts.ts'
import { texts } from '../room/restore.ts'

export interface Said {
  words: string
  /** The lower, the more it is what the commit is about. */
  rank: number
}

/** null: it is of something else. */
export function cloudWords(event: StoredEvent): Said | null {
  const say = (rank: number, words: string): Said => ({ rank, words })
  const of = (name: string) => textOf(event[name])
  switch (event.type) {
    case 'machines.wanted': {
      const over = event.overBudget === true ? ', over the ceiling' : ''
      return say(0, `asked for ${machines(event.launches)}${over}`)
    }
    case 'machines.unwanted': {
      const cancelled = texts(event.cancelled).length
      const given = cancelled === 0 ? '' : `gave up ${counted(cancelled, 'launch', 'launches')}`
      const ends = listOf(event.destroys).length === 0 ? '' : `asked to end ${machines(event.destroys)}`
      return say(0, [ends, given].filter(Boolean).join(', ') || 'asked to end machines that are gone')
    }
    case 'machines.adopting':
      return say(0, `asked to take ${of('machine')} in ${place(event)} as ${of('node')}`)
    case 'machines.settled': {
      const again = typeof event.attempt === 'number' && event.attempt > 1 ? `, attempt ${event.attempt}` : ''
      return say(2, `settled what to ask a provider for${again}`)
    }
    case 'machines.created':
      return say(0, `${machine(event)} was created`)
    case 'machines.troubled': {
      const { failure, message } = fieldsOf(event.trouble)
      const next = nextWords[of('next')]
      return say(0, `${textOf(failure)}: ${textOf(message)}${next === undefined ? '' : `; ${next}`}`)
    }
    case 'machines.reachable':
      return say(0, `${machine(event)} answers`)
    case 'machines.asked':
      return say(1, `asked for the end of ${texts(event.machines).join(', ') || 'what is left'}`)
    case 'machines.destroyed': {
      const left = listOf(event.leftovers).length
      const gone = texts(event.machines).join(', ')
      const words =
        gone === ''
          ? 'nothing of it is there any more'
          : `${gone} ${texts(event.machines).length === 1 ? 'is' : 'are'} gone`
      return say(0, `${words}${left === 0 ? '' : `, and left ${counted(left, 'thing')} behind`}`)
    }
    case 'machines.adopted':
      return say(0, `${machine(event)} is the fleet's`)
    case 'machines.recognised':
      return say(0, `${machine(event)} is ${of('node')}, by its tags`)
    case 'machines.observed':
      return say(4, `saw other machines than before in ${counted(listOf(event.regions).length, 'region')}`)
    case 'money.began':
      return say(3, `money is spent on ${things(event.lifetimes)}`)
    case 'money.ended':
      return say(3, `no more money is spent on ${counted(texts(event.ids).length, 'thing')}`)
    case 'money.paused':
      return say(3, `${counted(texts(event.ids).length, 'thing')} stopped, which spares money`)
    case 'money.resumed':
      return say(3, `money is spent again on ${counted(texts(event.ids).length, 'thing')}`)
    case 'money.priced':
      return say(2, `read ${counted(listOf(event.prices).length, 'price')}`)
    case 'money.reported': {
      const { provider, month, currency, micros, estimated } = fieldsOf(event.reported)
      const amount = typeof micros === 'number' ? amountOf(micros, textOf(currency)) : 'an amount'
      const kind = estimated === true ? ', an estimate' : ''
      return say(0, `${textOf(provider)} reports ${amount} for ${monthWords(textOf(month))}${kind}`)
    }
    case 'money.asking': {
      const whose = of('provider') === '' ? 'all providers' : of('provider')
      return say(0, of('kind') === 'billing' ? `asked ${whose} what is billed` : `asked ${whose} for prices`)
    }
    case 'money.answered': {
      const changed = typeof event.changed === 'number' ? event.changed : 0
      const figures =
        changed === 0 ? 'no figure is other' : `${counted(changed, 'figure')} ${changed === 1 ? 'is' : 'are'} other`
      const trouble = of('trouble')
      // What was asked leads only where it went wrong: else the amount does.
      return say(trouble === '' ? 1 : 0, `answered: ${figures}${trouble === '' ? '' : `; trouble: ${trouble}`}`)
    }
    default:
      return null
  }
}

const nextWords: Readonly<Partial<Record<string, string>>> = {
  again: 'tried again',
  'other-zone': 'tried in another zone',
  anew: 'asked for anew',
  end: 'given up',
}

/** `paris`, `3 machines`. */
function machines(list: unknown): string {
  const nodes = [...new Set(listOf(list).map(one => textOf(fieldsOf(one).node)))]
  const [only = ''] = nodes
  return nodes.length === 1 ? `the machine of ${only}` : counted(nodes.length, 'machine')
}

function machine(event: StoredEvent): string {
  const { id, provider, region } = fieldsOf(event.machine)
  return `${textOf(id)} in ${textOf(provider)} ${textOf(region)}`
}

function place(event: StoredEvent): string {
  return `${textOf(event.provider)} ${textOf(event.region)}`
}

/** `instance t4g.nano`, `3 things`. */
function things(list: unknown): string {
  const all = listOf(list)
  const { kind, sku } = fieldsOf(all[0])
  return all.length === 1 ? `${textOf(kind)} ${textOf(sku)}` : counted(all.length, 'thing')
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
