import { describe, expect, test } from 'vitest'
import type { Action } from '../../src/event.ts'
import { rulesOf, wall } from '../machine-world.ts'
import { Pair, type Side } from './pair.ts'

const held = ({ machine }: Side): number => machine.snapshot().held

describe('two nodes that meet', () => {
  test('have the same messages afterwards, by one session, which the one with the smaller id opens', () => {
    const pair = new Pair()
    for (const text of ['both', 'x']) pair.give(pair.a, text)
    for (const text of ['both', 'y', 'z']) pair.give(pair.b, text)
    pair.meet('t')
    pair.run(1_500)
    expect([held(pair.a), held(pair.b)]).toEqual([4, 4])
    expect([pair.ends(pair.a), pair.ends(pair.b)]).toEqual([['t done'], ['t done']])
    expect(pair.of(pair.a, 'open').length + pair.of(pair.b, 'open').length).toBe(1)
    const { report, fetched } = pair.of(pair.a, 'compared')[0]!
    expect(fetched).toBe(2)
    expect(report).toMatchObject({ equal: false, complete: true, own: { count: 2 }, peer: { count: 3 } })
    expect(pair.of(pair.a, 'deliver').flatMap(({ messages }) => messages.map(({ via }) => via))).toEqual([
      undefined,
      undefined,
      'history',
      'history',
    ])
  })

  test('have even an empty raw payload afterwards', () => {
    const contentId = (payload: Uint8Array): Uint8Array => Uint8Array.of(1, payload.length)
    const pair = new Pair({ format: 'raw', contentId })
    for (const bytes of [new Uint8Array(0), Uint8Array.of(5)]) {
      const id = bytes.length.toString(16)
      const topic = rulesOf('t').wireName
      pair.tell(pair.a, { type: 'received', topic, from: 'x', gossipId: id, bytes, wall })
    }
    pair.meet('t')
    pair.run(1_500)
    expect([held(pair.a), held(pair.b)]).toEqual([2, 2])
  })

  test('on several topics: compare one after the other', () => {
    const pair = new Pair()
    pair.give(pair.a, 'x')
    pair.give(pair.b, 'y', { topic: 'u' })
    pair.meet('t', 'u')
    pair.run(1_500)
    expect(pair.ends(pair.a).toSorted()).toEqual(['t done', 'u done'])
    expect([held(pair.a), held(pair.b)]).toEqual([2, 2])
  })

  test('do not compare topics of which nothing is kept', () => {
    const pair = new Pair({ delivery: 'best-effort' })
    pair.meet('t', 'u')
    expect(pair.run(60_000)).toBe(0)
    expect([...pair.a.actions, ...pair.b.actions]).toEqual([])
  })

  test('both open at once: the session of the smaller id stands, and what the other wanted comes after it', () => {
    const pair = new Pair()
    pair.give(pair.a, 'x')
    pair.tell(pair.a, { type: 'compare', ref: 1, peer: 'b', topic: 't', mode: 'sync' })
    pair.tell(pair.b, { type: 'compare', ref: 2, peer: 'a', topic: 't', mode: 'verify' })
    // Neither has heard of the other's stream when it opens its own.
    for (const side of [pair.a, pair.b]) side.onAction = ({ type }) => type === 'open'
    pair.tell(pair.a, { type: 'tick' })
    pair.tell(pair.b, { type: 'tick' })
    pair.run(0)
    for (const side of [pair.a, pair.b]) {
      side.onAction = () => false
      pair.carryOut(side, pair.of(side, 'open')[0]!)
    }
    pair.run(1_000)
    expect(pair.of(pair.a, 'compared').map(({ ref, reason }) => [ref, reason])).toContainEqual([1, 'done'])
    expect(pair.of(pair.b, 'compared').map(({ ref, reason }) => [ref, reason])).toContainEqual([2, 'done'])
    expect(held(pair.b)).toBe(1)
  })
})

describe('rounds', () => {
  test('bring what gossip lost, once it is older than three seconds', () => {
    const pair = new Pair()
    pair.meet('t')
    pair.run(2_000)
    pair.give(pair.a, 'lost', { time: pair.wall })
    pair.run(60_000)
    expect(held(pair.b)).toBe(1)
    expect(new Set(pair.ends(pair.a))).toEqual(new Set(['t done']))
  })

  test('of two idle nodes cost a tick each and nothing more', () => {
    const pair = new Pair()
    pair.meet('t', 'u')
    // An interval of ten seconds on each side, two topics, and the ticks that bring a session on.
    expect(pair.run(600_000)).toBeLessThan(600)
    expect(pair.ends(pair.a).length).toBeLessThan(300)
  })
})

describe('a session', () => {
  /** Bytes that a side has sent, as far as they have not left. */
  const payload = new Uint8Array(900).fill(120)
  const text = (at: number): Uint8Array =>
    payload.map((byte, index) => (index === 0 ? at & 255 : index === 1 ? at >> 8 : byte))

  test('sends no more than 256 KiB ahead of what has left, and goes on when it has', () => {
    const pair = new Pair()
    for (let at = 0; at < 1_000; at++) pair.give(pair.b, text(at), { sequence: at + 1 })
    const waiting: Action[] = []
    let isSlow = true
    pair.b.onAction = (action) => {
      if (action.type !== 'send' || !isSlow) return false
      waiting.push(action)
      pair.send(pair.b, action.stream, action.bytes)
      return true
    }
    const unsent = (): number =>
      waiting.reduce((sum, action) => sum + (action.type === 'send' ? action.bytes.length : 0), 0)
    pair.meet('t')
    pair.run(5_000)
    expect(unsent()).toBeGreaterThan(256 << 10)
    expect(unsent()).toBeLessThan((256 + 2 * 64) << 10)
    expect(held(pair.a)).toBeLessThan(1_000)
    isSlow = false
    for (const action of waiting) {
      if (action.type === 'send')
        pair.tell(pair.b, { type: 'flushed', stream: action.stream, size: action.bytes.length })
    }
    pair.run(10_000)
    expect(held(pair.a)).toBe(1_000)
  })

  /** Holds back the checks of signatures of a side; call what comes back to have some done, or all from now on. */
  const holdChecks = (pair: Pair, side: Side): ((count?: number) => void) => {
    const waiting: Action[] = []
    side.onAction = (action) => action.type === 'verify' && waiting.push(action) > 0
    return (count) => {
      if (count === undefined) side.onAction = () => false
      for (const action of waiting.splice(0, count ?? waiting.length)) pair.carryOut(side, action)
    }
  }

  test('asks for more while what came is under check, as far as live traffic of the peer need not wait for it', () => {
    const pair = new Pair()
    for (let at = 0; at < 2_000; at++) pair.give(pair.b, `${at}`, { sequence: at + 1 })
    const check = holdChecks(pair, pair.a)
    pair.meet('t')
    pair.run(5_000)
    const first = pair.of(pair.a, 'verify').length
    check(first / 2)
    pair.run(6_000)
    expect(pair.of(pair.a, 'verify').length).toBe(2 * first)
    expect(pair.of(pair.a, 'pause')).toEqual([])
    check()
    pair.run(10_000)
    expect(held(pair.a)).toBe(2_000)
  })

  test('does not ask for what comes in an envelope that is under check', () => {
    const pair = new Pair()
    const texts = Array.from({ length: 1_000 }, (_, at) => `${at}`)
    pair.give(pair.b, texts)
    pair.give(pair.b, 'next', { sequence: 1_001 })
    const check = holdChecks(pair, pair.a)
    pair.meet('t')
    pair.run(5_000)
    expect(pair.of(pair.a, 'verify').length).toBe(2)
    check()
    pair.run(10_000)
    expect(held(pair.a)).toBe(1_001)
  })

  test('in which nothing moves ends within five seconds where somebody waits to be told how the peer compares', () => {
    const pair = new Pair()
    pair.b.onAction = ({ type }) => type === 'send'
    pair.meet('t')
    pair.run(1_000)
    pair.tell(pair.a, { type: 'compare', ref: 7, peer: 'b', topic: 't', mode: 'verify' })
    pair.run(4_000)
    expect(pair.of(pair.a, 'compared')).toEqual([])
    pair.b.onAction = () => false
    pair.run(6_000)
    expect(pair.of(pair.a, 'compared')).toMatchObject([{ reason: 'closed' }, { ref: 7, reason: 'done' }])
  })

  test('asks for no more while the disk has not taken what came', () => {
    const pair = new Pair({}, { storeBytesMax: 2 << 20 })
    for (let at = 0; at < 1_000; at++) pair.give(pair.b, text(at), { sequence: at + 1 })
    const waiting: Action[] = []
    let isSlow = true
    pair.a.onAction = (action) => {
      if (action.type !== 'store' || !isSlow) return false
      waiting.push(action)
      return true
    }
    pair.meet('t')
    pair.run(2_000)
    const { storingBytes } = pair.a.machine.snapshot()
    expect(storingBytes).toBeGreaterThan(512 << 10)
    expect(storingBytes).toBeLessThan(2 << 20)
    isSlow = false
    for (const action of waiting) pair.carryOut(pair.a, action)
    pair.run(4_900)
    expect(pair.a.records.length).toBe(1_000)
    expect(pair.ends(pair.a)).toEqual(['t done'])
  })

  test('that the host wants to look only neither fetches nor settles what is due', () => {
    const pair = new Pair()
    pair.give(pair.b, 'x')
    pair.tell(pair.b, { type: 'peer-joined', peer: 'a', topic: rulesOf('t').wireName })
    pair.tell(pair.b, { type: 'compare', ref: 7, peer: 'a', topic: 't', mode: 'verify' })
    pair.run(900)
    expect(pair.of(pair.b, 'compared')).toMatchObject([{ ref: 7, reason: 'done', report: { equal: false } }])
    expect(held(pair.a)).toBe(0)
    pair.run(1_000)
    expect(held(pair.a)).toBe(1)
  })

  test('ends when its stream does or its topic is released, and the other side hears of it', () => {
    const pair = new Pair()
    pair.b.onAction = ({ type }) => type === 'send'
    pair.meet('t', 'u')
    pair.run(500)
    const [first] = pair.of(pair.a, 'open')
    pair.cut(pair.a, first!.stream)
    pair.run(600)
    expect(pair.ends(pair.a)).toEqual(['t peer-closed'])
    expect(pair.ends(pair.b)).toEqual(['t peer-closed'])
    pair.tell(pair.a, { type: 'release', topic: 'u' })
    pair.run(700)
    expect(pair.a.machine.snapshot().held).toBe(0)
  })
})
