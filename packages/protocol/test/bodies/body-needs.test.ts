import { describe, expect, test } from 'vitest'
import type { Action, Judgement } from '../../src/event.ts'
import { only, publish } from '../machine-world.ts'
import { announced, body, type BodyHost, start, told } from './body-world.ts'

describe('a body that several need', () => {
  const judged = (host: BodyHost, ref: number, judgement: Judgement, now = 1): string[] =>
    told(host.feed({ type: 'judged', ref, judgements: [judgement] }, now))
  const askOf = (actions: readonly Action[]): number => only(actions, 'judge').ref

  test('stays for what a validator put off when it rejects another, and goes with the last', () => {
    const { host } = start({ judged: true })
    host.peers.set('peer', body)
    const putOff = askOf(host.feed(announced(body)))
    expect(judged(host, putOff, { verdict: 'defer', forMs: 5_000 })).toEqual([])
    const other = askOf(host.feed(announced(body, { sequence: 2 })))
    expect(judged(host, other, { verdict: 'reject' })).toEqual(['settled rule-rejected'])
    const again = host.runTo(6_000)
    expect(told(again)).toEqual([`judge ${body.length}`])
    expect(judged(host, askOf(again), { verdict: 'reject' }, 6_000)).toEqual(['dropBody', 'settled rule-rejected'])
  })

  test('goes when what a validator put off is given up', () => {
    const { host } = start({ judged: true })
    host.peers.set('peer', body)
    const ref = askOf(host.feed(announced(body)))
    expect(judged(host, ref, { verdict: 'defer', forMs: 9_000_000 })).toEqual(['dropBody', 'settled deferred-too-long'])
  })

  test('stays for a message of our own when it rejects another, and the other way round', () => {
    const { host } = start({ judged: true })
    host.peers.set('peer', body)
    const own = askOf(host.feed(publish(1, body)))
    const other = askOf(host.feed(announced(body)))
    expect(judged(host, other, { verdict: 'reject' })).toEqual(['settled rule-rejected'])
    const third = askOf(host.feed(announced(body, { sequence: 2 })))
    expect(judged(host, own, { verdict: 'reject' })).toEqual(['refused rejected'])
    expect(judged(host, third, { verdict: 'ignore' })).toEqual(['dropBody', 'settled rule-ignored'])
  })

  test('stays for a record that is on its way to disk', () => {
    const { host } = start({ judged: true, delivery: 'lossless' })
    host.peers.set('peer', body)
    const kept = askOf(host.feed(announced(body)))
    host.feed({ type: 'judged', ref: kept, judgements: [{ verdict: 'accept' }] })
    const { ref } = only(host.actions, 'store')
    const other = askOf(host.feed(announced(body, { sequence: 2 })))
    expect(judged(host, other, { verdict: 'reject' })).toEqual(['settled rule-rejected'])
    host.feed({ type: 'stored', ref, failure: 'disk' })
    const third = askOf(host.feed(announced(body, { sequence: 3 })))
    expect(judged(host, third, { verdict: 'reject' })).toEqual(['dropBody', 'settled rule-rejected'])
  })
})
