import { expect, test } from 'vitest'
import { randomFrom } from '../../src/catchup/random.ts'
import { Schedule } from '../../src/catchup/schedule.ts'

const intervalMs = 10_000
const anyone = (): boolean => true
const scheduleOf = (self = 'a'): Schedule => new Schedule({ self, intervalMs, random: randomFrom(1) })

test('of two peers that meet, the one with the smaller id begins at once, and the other after a second', () => {
  const smaller = scheduleOf('a')
  const larger = scheduleOf('c')
  for (const schedule of [smaller, larger]) schedule.joined('b', 't', 100)
  expect(smaller.take(100, anyone)).toEqual({ peer: 'b', topic: 't', isRound: false })
  expect(larger.take(100, anyone)).toBeUndefined()
  expect(larger.nextAt(anyone)).toBe(1_100)
  expect(larger.take(1_100, anyone)).toEqual({ peer: 'b', topic: 't', isRound: false })
})

test('a session of the peer makes that of the other unnecessary', () => {
  const schedule = scheduleOf('c')
  schedule.joined('b', 't', 0)
  schedule.done('b', 't', 'equal', 500)
  expect(schedule.take(1_000, anyone)).toBeUndefined()
})

test('sessions on one topic with one peer are two seconds apart, except to go on with what is left over', () => {
  const schedule = scheduleOf()
  schedule.joined('b', 't', 0)
  expect(schedule.take(0, anyone)).toBeDefined()
  schedule.done('b', 't', 'more', 100)
  expect(schedule.take(100, anyone)).toBeDefined()
  schedule.done('b', 't', 'again', 200)
  expect(schedule.take(2_199, anyone)).toBeUndefined()
  expect(schedule.take(2_200, anyone)).toBeDefined()
  schedule.done('b', 't', 'equal', 2_300)
  schedule.joined('b', 't', 2_400)
  expect(schedule.nextAt(anyone)).toBe(4_300)
})

test('the pair that is due longest comes first, and peers that are taken are passed over', () => {
  const schedule = scheduleOf()
  schedule.joined('b', 't', 20)
  schedule.joined('c', 't', 10)
  schedule.joined('c', 'u', 30)
  expect(schedule.take(40, anyone)?.peer).toBe('c')
  expect(schedule.take(40, (peer) => peer !== 'b')).toEqual({ peer: 'c', topic: 'u', isRound: false })
  expect(schedule.take(40, (peer) => peer !== 'b')).toBeUndefined()
  expect(schedule.nextAt((peer) => peer !== 'b')).toBeGreaterThan(40)
  expect(schedule.take(40, anyone)?.peer).toBe('b')
})

test('a peer that fails is left alone for half a minute, on every topic, unless it leaves and comes back', () => {
  const schedule = scheduleOf()
  schedule.joined('b', 't', 0)
  schedule.take(0, anyone)
  schedule.done('b', 't', 'failed', 1_000)
  schedule.joined('b', 'u', 2_000)
  expect(schedule.take(30_999, anyone)).toBeUndefined()
  expect(schedule.take(31_000, anyone)?.topic).toBe('u')
  schedule.done('b', 'u', 'failed', 32_000)
  schedule.left('b')
  schedule.joined('b', 't', 33_000)
  expect(schedule.take(33_000, anyone)?.topic).toBe('t')
})

test('in each round every topic is compared with one of its peers, and each of them has its turn', () => {
  const schedule = scheduleOf()
  for (const peer of ['b', 'c', 'd']) for (const topic of ['t', 'u']) schedule.joined(peer, topic, 0)
  const take = (now: number): string[] => {
    const taken: string[] = []
    for (let due = schedule.take(now, anyone); due !== undefined; due = schedule.take(now, anyone)) {
      if (due.isRound) taken.push(`${due.topic} ${due.peer}`)
      schedule.done(due.peer, due.topic, 'equal', now)
    }
    return taken
  }
  expect(take(0)).toEqual([])
  const seen = new Set<string>()
  let now = 0
  for (let round = 0; round < 20; round++) {
    const next = schedule.nextAt(anyone)!
    expect(next).toBeGreaterThanOrEqual(now + intervalMs / 2)
    expect(next).toBeLessThanOrEqual(now + intervalMs * 1.5)
    now = next
    const taken = take(now)
    expect(taken.map((pair) => pair[0]!).toSorted()).toEqual(['t', 'u'])
    for (const pair of taken) seen.add(pair)
  }
  expect(seen.size).toBe(6)
})

test('of a hundred topics a round takes up 32, and four rounds take up all', () => {
  const schedule = scheduleOf()
  for (let topic = 0; topic < 100; topic++) schedule.joined('b', `t${topic}`, 0)
  const seen = new Set<string>()
  for (let round = -1; round < 4; round++) {
    const now = round < 0 ? 0 : schedule.nextAt(anyone)!
    let count = 0
    for (let due = schedule.take(now, anyone); due !== undefined; due = schedule.take(now, anyone)) {
      count++
      if (round >= 0) seen.add(due.topic)
      schedule.done('b', due.topic, 'equal', now)
    }
    expect(count).toBe(round < 0 ? 100 : 32)
  }
  expect(seen.size).toBe(100)
})

test('a released topic and a peer that left are forgotten, whatever ends after that', () => {
  const schedule = scheduleOf()
  schedule.joined('b', 't', 0)
  schedule.joined('b', 'u', 0)
  schedule.released('t')
  expect(schedule.peersOf('t')).toEqual([])
  expect(schedule.peersOf('u')).toEqual(['b'])
  schedule.left('b')
  schedule.done('b', 'u', 'again', 10)
  schedule.done('b', 'u', 'failed', 10)
  expect(schedule.nextAt(anyone)).toBeUndefined()
  expect(schedule.take(100_000, anyone)).toBeUndefined()
})
