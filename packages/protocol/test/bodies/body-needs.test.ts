import { describe, expect, test } from 'vitest'
import type { Action, Judgement } from '../../src/event.ts'
import { only, publish, received } from '../machine-world.ts'
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

describe('what was put off, and its body is gone', () => {
  /** Has a hundred envelopes put off, and their bodies lost; when they are judged again, nobody has them. */
  function flooded(host: BodyHost): void {
    host.peers.set('mallory', body)
    for (let sequence = 1; sequence <= 100; sequence++) {
      const { ref } = only(host.feed(announced(body, { sequence, from: 'mallory' })), 'judge')
      host.feed({ type: 'judged', ref, judgements: [{ verdict: 'defer', forMs: 1_000 }] })
    }
    host.disk.clear()
    host.peers.set('mallory', 'silent')
  }

  test('does not hold up small messages that are judged again', () => {
    const { machine, host } = start({ judged: true })
    flooded(host)
    const small = only(host.feed(received(['small'], { sequence: 1_000, from: 'alice' })), 'judge')
    host.feed({ type: 'judged', ref: small.ref, judgements: [{ verdict: 'defer', forMs: 2_000 }] })
    expect(machine.snapshot().parked).toBe(101)
    const again = host.runTo(3_000)
    expect(told(again)).toEqual(['judge 5'])
    const done = host.feed(
      { type: 'judged', ref: only(again, 'judge').ref, judgements: [{ verdict: 'accept' }] },
      3_000,
    )
    expect(told(done)).toContain('deliver 5')
    expect(host.runTo(400_000).filter(({ type }) => type === 'settled')).toHaveLength(100)
    expect(machine.snapshot()).toMatchObject({ parked: 0, awaiting: 0, bodyBytes: 0 })
  })

  test('goes with its topic, and its body is looked for no more', () => {
    const { machine, host } = start({ judged: true })
    flooded(host)
    host.runTo(3_000)
    const told100 = host.feed({ type: 'release', topic: 't' }, 3_000).filter(({ type }) => type === 'settled')
    expect(told100).toHaveLength(100)
    expect(machine.snapshot()).toMatchObject({ parked: 0, bodyBytes: 0 })
    host.peers.set('mallory', body)
    expect(told(host.runTo(400_000))).toEqual([])
  })
})
