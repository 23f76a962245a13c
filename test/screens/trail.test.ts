import { describe, expect, test } from 'vitest'
import * as trail from '../../screens/room/trail.ts'
import type { Path, Place } from '../../screens/room/view.ts'

const overview: Place = { screen: 'overview', subject: null }
const node = (subject: string): Place => ({ screen: 'node', subject })
type Trail = Parameters<typeof trail.into>[0]
const first: Trail = { path: [overview], history: { paths: [[overview]], at: 0 } }
const subjects = ({ path }: { path: Path }) => path.map(({ subject }) => subject)

describe('the path', () => {
  test('opening goes down, going up comes back', () => {
    const there = trail.into(first, node('paris'))
    expect(there.path).toEqual([overview, node('paris')])
    expect(trail.up(there)?.path).toEqual([overview])
    expect(trail.up(first)).toBeNull()
  })

  test('opening what is on the path already goes back to it instead of around in circles', () => {
    const deep = trail.into(trail.into(first, node('paris')), node('london'))
    expect(trail.into(deep, node('paris')).path).toEqual([overview, node('paris')])
  })

  test('the next node takes the place of this one, and is one step of what was seen', () => {
    const there = trail.into(first, node('paris'))
    const beside = trail.beside(there, node('london'))
    expect(subjects(beside)).toEqual([null, 'london'])
    expect(beside.history.paths).toHaveLength(there.history.paths.length)
    expect(trail.up(beside)?.path).toEqual([overview])
  })
})

describe('what was seen', () => {
  const three = trail.into(trail.over(trail.into(first, node('paris')), overview), node('london'))

  test('goes back and forth again', () => {
    const before = trail.through(three, -1)
    expect(before?.path).toEqual([overview])
    expect(before && trail.through(before, 1)?.path).toEqual(three.path)
    expect(trail.through(three, 1)).toBeNull()
    expect(trail.through(first, -1)).toBeNull()
  })

  test('what is opened after going back takes the place of what followed', () => {
    const before = trail.through(three, -1) ?? first
    const other = trail.into(before, node('oslo'))
    expect(trail.through(other, 1)).toBeNull()
    expect(subjects(trail.through(other, -1) ?? first)).toEqual([null])
  })

  test('the last place and this one change places', () => {
    const back = trail.last(three) ?? first
    expect(back.path).toEqual([overview])
    expect(trail.last(back)?.path).toEqual(three.path)
  })

  test('new places are taken however many there were: the oldest are forgotten', () => {
    let long = first
    for (let index = 0; index < 250; index++) long = trail.over(long, node(`n${index}`))
    expect(subjects(long)).toEqual(['n249'])
    expect(long.history.paths).toHaveLength(100)
    expect(subjects(trail.through(long, -1) ?? first)).toEqual(['n248'])
  })
})
