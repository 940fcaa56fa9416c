import { describe, expect, test } from 'vitest'
import { encodeBody, encodeEnvelope } from '../src/envelope.ts'
import { alice, self, signature, text, wall } from './machine-world.ts'
import { run, StoreNode } from './store-world.ts'

const second = 1_000_000
const minute = 60 * second

/** A message of an author whose clock says this. */
const said = (payload: string, time: number, author = alice, sequence = 1): Uint8Array =>
  encodeEnvelope(encodeBody({ author, epoch: 1, sequence, time, parents: [], messages: [text(payload)] }), signature)

function pair() {
  const [one, other] = [new StoreNode(1), new StoreNode(2)]
  StoreNode.link(one, other)
  return { one, other }
}

const textsOf = ({ delivered }: StoreNode): string[] => delivered.map(({ payload }) => Buffer.from(payload).toString())
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('a message from the future', () => {
  test('is not asked for in a session, is not refused for ever, and comes when its time has come', () => {
    const { one, other } = pair()
    one.wall = wall + 10 * minute
    one.receive(said('early', wall + 10 * minute))
    run([one])
    expect(textsOf(one)).toEqual(['early'])
    expect(other.compare(one, 'sync')).toMatchObject({ reason: 'done', fetched: 0, report: { equal: true } })
    expect(one.compare(other, 'sync')).toMatchObject({ reason: 'done', report: { lackedByPeer: { missing: 0 } } })
    other.wall = wall + 8 * minute
    expect(other.compare(one, 'sync')).toMatchObject({ fetched: 1, refused: 0 })
    expect(textsOf(other)).toEqual(['early'])
  })

  test('that a peer forces on us is ignored as future, live and fetched, and taken later', () => {
    const { other } = pair()
    const bytes = said('early', wall + 3 * minute)
    const fetched = { type: 'fetched', topic: 't', from: 'peer', bytes } as const
    other.receive(bytes)
    other.push({ ...fetched, ref: -1, wall })
    run([other])
    expect(other.decisions).toEqual(['future', 'future'])
    expect(other.machine.snapshot().refused).toBe(0)
    other.push({ ...fetched, ref: -2, wall: wall + minute })
    run([other])
    expect(textsOf(other)).toEqual(['early'])
  })

  test('within two minutes is kept by all, and no difference in what is compared', () => {
    const { one, other } = pair()
    one.receive(said('ahead', wall + minute))
    one.receive(said('settled', wall - minute, self))
    other.receive(said('settled', wall - minute, self))
    run([one, other])
    expect(other.compare(one, 'verify').report).toMatchObject({
      equal: true,
      end: wall - 10 * second,
      own: { count: 1 },
    })
    other.compare(one, 'sync')
    one.wall = other.wall = wall + 2 * minute
    expect(other.compare(one, 'verify').report).toMatchObject({ equal: true, own: { count: 2 } })
  })
})

describe('a node whose clock is wrong', () => {
  test('five minutes behind: lacks what is new for as long, calls it neither missing nor refused, and catches up', () => {
    const { one, other } = pair()
    other.wall = wall - 5 * minute
    for (const at of numbers(5)) one.receive(said(`${at}`, wall - at * minute, alice, at + 1))
    run([one])
    expect(other.compare(one, 'sync')).toMatchObject({ fetched: 2, refused: 0 })
    expect(other.compare(one, 'verify').report).toMatchObject({ equal: true, lackedByUs: { missing: 0, refused: 0 } })
    // The range ends where the slower clock says, whoever asks.
    expect(one.compare(other, 'verify').report).toMatchObject({ equal: true, end: wall - 5 * minute - 10 * second })
    other.wall = wall
    expect(other.compare(one, 'sync')).toMatchObject({ fetched: 3, refused: 0 })
  })

  test('a minute ahead: what it says is taken by all', () => {
    const { one, other } = pair()
    one.wall = wall + minute
    one.receive(said('hasty', wall + minute))
    other.receive(said('hasty', wall + minute))
    run([one, other])
    expect([textsOf(one), textsOf(other)]).toEqual([['hasty'], ['hasty']])
    expect(one.compare(other, 'verify').report).toMatchObject({ equal: true })
  })
})

describe('an author that backdates', () => {
  test('moves no floor, and nobody else’s messages: a session full of it leaves the rest as it was', () => {
    const { one, other } = pair()
    for (const at of numbers(20)) other.receive(said(`honest ${at}`, wall - minute + at, self, at + 1))
    for (const at of numbers(1000)) one.receive(said(`old ${at}`, 1 + at * second, alice, at + 1))
    run([one, other])
    const before = other.machine.summary('t', wall - 2 * minute, wall)
    expect(other.compare(one, 'sync')).toMatchObject({ reason: 'done', fetched: 1000 })
    expect(other.machine.summary('t', wall - 2 * minute, wall)).toEqual(before)
    expect(other.machine.summary('t', 0, wall)).toMatchObject({ from: 0, count: 1020 })
    expect(other.compare(one, 'verify').report).toMatchObject({ equal: true })
    // In the order in which they came: what is backdated is not put before what was delivered.
    expect(textsOf(other).slice(0, 20)).toEqual(numbers(20).map((at) => `honest ${at}`))
  })

  test('below a floor is ignored as expired, and not compared', () => {
    const { one, other } = pair()
    other.push({ type: 'floor', topic: 't', time: wall - 5 * minute })
    one.receive(said('old', wall - 6 * minute))
    one.receive(said('new', wall - 4 * minute, alice, 2))
    other.receive(said('old', wall - 6 * minute))
    run([one, other])
    expect(other.decisions).toEqual(['expired'])
    expect(other.compare(one, 'sync')).toMatchObject({ fetched: 1, refused: 0 })
    const range = { from: wall - 5 * minute, end: wall - 10 * second, equal: true }
    expect(other.compare(one, 'verify').report).toMatchObject(range)
    expect(one.compare(other, 'verify').report).toMatchObject(range)
  })

  test('below a floor of its own is refused once, whatever the others keep', () => {
    const { one, other } = pair()
    other.push({ type: 'floor', topic: 't', time: wall - minute, author: alice })
    one.receive(said('too much', wall - 2 * minute))
    one.receive(said('of another', wall - 2 * minute, self))
    run([one, other])
    expect(other.compare(one, 'sync')).toMatchObject({ fetched: 2, refused: 1 })
    expect(other.compare(one, 'sync')).toMatchObject({ fetched: 0, report: { lackedByUs: { missing: 0, refused: 1 } } })
    expect(other.machine.summary('t', 0, wall).refused).toEqual({ expired: 1 })
  })
})
