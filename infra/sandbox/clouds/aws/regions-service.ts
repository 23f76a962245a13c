// The Account service: which regions are on, and switching one on, which takes minutes.

import { type JsonCall, type JsonService, listIn, textIn } from './json.ts'
import { AwsProblem } from './problem.ts'

/** How many may be enabled at once. */
const atOnce = 6

export const regionsService: JsonService = {
  contentType: 'application/json',
  throttled: { code: 'TooManyRequestsException', status: 429 },
  actions: {
    ListRegions: {
      members: ['AccountId', 'MaxResults', 'NextToken', 'RegionOptStatusContains'],
      answer(call) {
        const { body } = call
        const wanted = listIn(body.RegionOptStatusContains)
        const all = call.account.regions.map(({ name }) => ({
          RegionName: name,
          RegionOptStatus: statusOf(call, name),
        }))
        const found = all.filter(({ RegionOptStatus }) => wanted.length === 0 || wanted.includes(RegionOptStatus))
        const size = typeof body.MaxResults === 'number' ? body.MaxResults : 50
        const from = typeof body.NextToken === 'string' ? Number(body.NextToken) : 0
        if (!Number.isInteger(from)) throw new AwsProblem('ValidationException', 'NextToken is not valid')
        const rest = from + size < found.length ? { NextToken: String(from + size) } : {}
        return { Regions: found.slice(from, from + size), ...rest }
      },
    },
    GetRegionOptStatus: {
      members: ['AccountId', 'RegionName'],
      answer(call) {
        const name = textIn(call.body, 'RegionName')
        return { RegionName: name, RegionOptStatus: statusOf(call, name) }
      },
    },
    EnableRegion: {
      members: ['AccountId', 'RegionName'],
      answer(call) {
        const { account, body, now } = call
        const name = textIn(body, 'RegionName')
        const status = statusOf(call, name)
        if (status === 'ENABLED' || status === 'ENABLED_BY_DEFAULT') return null
        if (status === 'ENABLING') throw new AwsProblem('ConflictException', `Region ${name} is being enabled`, 409)
        const running = Object.values(account.state.enabled).filter(at => at > now)
        if (running.length >= atOnce)
          throw new AwsProblem('TooManyRequestsException', `At most ${atOnce} regions are enabled at once`, 429)
        account.state.enabled[name] = now + account.timings.enabling
        account.touch()
        return null
      },
    },
  },
}

function statusOf({ account, now }: JsonCall, name: string): string {
  const region = account.regions.find(other => other.name === name)
  if (!region) throw new AwsProblem('ValidationException', `Region ${name} is not known`)
  if (region.optIn === 'opt-in-not-required') return 'ENABLED_BY_DEFAULT'
  if (account.isEnabled(name)) return 'ENABLED'
  return (account.state.enabled[name] ?? 0) > now ? 'ENABLING' : 'DISABLED'
}
