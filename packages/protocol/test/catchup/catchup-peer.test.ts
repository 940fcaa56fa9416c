import { describe, expect, test } from 'vitest'
import type { Action } from '../../src/event.ts'
import { sha256 } from '../../src/id.ts'
import { encodeFrame } from '../../src/reconcile/frame-encode.ts'
import { decodeFrame } from '../../src/reconcile/frame-decode.ts'
import { rulesOf, wall } from '../machine-world.ts'
import { madeUpKeys, Pair, type Side } from './pair.ts'

const held = ({ machine }: Side): number => machine.snapshot().held
const openFrame = (topic = 't'): Uint8Array =>
  encodeFrame({
    type: 'open',
    topic: rulesOf(topic).wireName,
    mode: 'sync',
    floor: 0,
    end: Number.MAX_SAFE_INTEGER,
  })
const none = new Uint8Array(0)
/** How long a silent session lasts, and how long a peer that failed is left alone. */
const silenceMs = 15_000
const quietMs = 30_000

describe('a peer', () => {
  test('that is busy is asked again after two seconds, not at once', () => {
    const pair = new Pair()
    pair.b.onAction = (action) => {
      if (action.type !== 'open') return false
      pair.tell(pair.b, { type: 'closed', stream: action.stream })
      return true
    }
    // A stream of an earlier life of `a`, of which `b` has not heard that it is over.
    pair.tell(pair.b, { type: 'opened', stream: -1_000, peer: 'a', wall })
    pair.meet('t')
    pair.run(10_000)
    expect(new Set(pair.ends(pair.a))).toEqual(new Set(['t busy']))
    const times = pair.a.actions.filter(({ action }) => action.type === 'open').map(({ at }) => at)
    expect(times).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000])
    pair.run(silenceMs + 2_000)
    expect(pair.ends(pair.a).at(-1)).toBe('t done')
  })

  test('that does not hold the topic, or does not keep it, says so and is left alone for half a minute', () => {
    const pair = new Pair()
    pair.b.machine.handle({ type: 'release', topic: 't' }, 0)
    pair.b.machine.handle({ type: 'hold', rules: rulesOf('u') }, 0)
    for (const topic of ['t', 'u']) {
      pair.tell(pair.a, { type: 'peer-joined', peer: 'b', topic: rulesOf(topic).wireName })
    }
    pair.run(quietMs - 1)
    expect(pair.ends(pair.a)).toEqual(['t not-held'])
    pair.run(quietMs)
    expect(pair.ends(pair.a)).toEqual(['t not-held', 'u not-held'])
  })

  test('that is gone by the time it is asked costs one attempt', () => {
    const pair = new Pair()
    pair.a.onAction = ({ type, ...action }) => {
      if (type !== 'open') return false
      pair.tell(pair.a, { type: 'peer-left', peer: 'b' })
      pair.tell(pair.a, { type: 'closed', stream: (action as Action & { type: 'open' }).stream })
      return true
    }
    pair.tell(pair.a, { type: 'peer-joined', peer: 'b', topic: rulesOf('t').wireName })
    pair.run(120_000)
    expect(pair.of(pair.a, 'open').length).toBe(1)
    expect(pair.a.machine.nextWakeup).toBeUndefined()
  })

  test('that says it is busy after it has left is forgotten all the same', () => {
    const pair = new Pair()
    pair.tell(pair.b, { type: 'opened', stream: -1_000, peer: 'a', wall })
    pair.tell(pair.a, { type: 'peer-joined', peer: 'b', topic: rulesOf('t').wireName })
    pair.a.onAction = ({ type }) => {
      if (type === 'open') pair.tell(pair.a, { type: 'peer-left', peer: 'b' })
      return false
    }
    pair.run(120_000)
    expect(pair.ends(pair.a)).toEqual(['t busy'])
  })

  test('that says nothing is given up after fifteen seconds', () => {
    const pair = new Pair()
    pair.b.onAction = () => true
    pair.meet('t')
    pair.run(silenceMs - 1)
    expect(pair.ends(pair.a)).toEqual([])
    pair.run(silenceMs)
    expect(pair.ends(pair.a)).toEqual(['t closed'])
    expect(pair.of(pair.a, 'close').length).toBeGreaterThan(0)
  })

  test('that moves just enough is given up after two minutes, so that it cannot keep others out', () => {
    const pair = new Pair()
    pair.b.onAction = () => true
    pair.meet('t')
    pair.run(0)
    const { stream } = pair.of(pair.a, 'open')[0]!
    for (let now = 10_000; now < 120_000; now += 10_000) {
      pair.run(now)
      pair.tell(pair.a, { type: 'flushed', stream, size: 0 })
    }
    pair.run(119_999)
    expect(pair.ends(pair.a)).toEqual([])
    pair.run(120_000)
    expect(pair.ends(pair.a)).toEqual(['t closed'])
  })

  test('that opens a stream and says nothing on it is given up too, and no more than six do at once', () => {
    const pair = new Pair()
    for (let peer = 0; peer < 10; peer++) {
      pair.tell(pair.a, { type: 'opened', stream: -100 - peer, peer: `x${peer}`, wall })
    }
    pair.run(silenceMs - 1)
    const refused = pair.of(pair.a, 'send').map(({ stream, bytes }) => [stream, decodeFrame(bytes)])
    expect(refused).toEqual([-106, -107, -108, -109].map((stream) => [stream, { type: 'end', code: 'busy' }]))
    pair.run(silenceMs)
    expect(pair.of(pair.a, 'close').map(({ stream }) => stream)).toEqual([
      -106, -107, -108, -109, -100, -101, -102, -103, -104, -105,
    ])
    expect(pair.a.machine.nextWakeup).toBeUndefined()
  })

  test.each<[string, Uint8Array]>([
    ['junk', Uint8Array.of(1, 2, 3)],
    ['what nobody asked', encodeFrame({ type: 'ask-symbols', to: 100 })],
    ['an opening of a topic that is not held', openFrame('w')],
    [
      'a summary that was not asked for',
      encodeFrame({
        type: 'summary',
        from: 0,
        end: 1,
        parts: [],
        symbolsMax: 0,
        symbols: none,
        probe: { index: 0, symbol: none },
      }),
    ],
  ])('that begins with %s is refused', (_, bytes) => {
    const pair = new Pair()
    const inbound = pair.open(pair.b, 500)
    pair.send(pair.b, 500, bytes)
    pair.run(10)
    expect(decodeFrame(pair.of(pair.a, 'send')[0]!.bytes)).toEqual({ type: 'end', code: 'not-held' })
    expect(pair.of(pair.a, 'close')).toEqual([{ type: 'close', stream: inbound }])
    expect(pair.a.machine.nextWakeup).toBeUndefined()
  })

  test('that breaks the protocol ends its session, is left alone for half a minute, and is asked again', () => {
    const pair = new Pair()
    pair.give(pair.b, 'x')
    let isBroken = true
    pair.b.onAction = (action) => {
      if (action.type !== 'send' || !isBroken) return false
      pair.send(pair.b, action.stream, Uint8Array.of(99))
      return true
    }
    pair.meet('t')
    pair.run(500)
    expect(pair.ends(pair.a)).toEqual(['t bad-frame'])
    isBroken = false
    pair.b.onAction = ({ type }) => type === 'open'
    pair.run(quietMs - 1)
    expect(pair.ends(pair.a).length).toBe(1)
    pair.run(quietMs * 2)
    expect(held(pair.a)).toBe(1)
  })

  test('that gives another record than was asked for ends its session, and the record is not kept', () => {
    const pair = new Pair()
    for (const text of ['x', 'y']) pair.give(pair.b, text)
    const { records } = pair.b
    pair.b.onAction = (action) => {
      if (action.type !== 'load') return false
      const swapped = records.map((record, at) => ({ ...record, bytes: records[1 - at]!.bytes }))
      pair.tell(pair.b, { type: 'loaded', ref: action.ref, records: swapped })
      return true
    }
    pair.meet('t')
    pair.run(500)
    expect(pair.ends(pair.a)).toEqual(['t unrequested'])
    expect(held(pair.a)).toBe(0)
  })

  test('that names messages by another rule is not said to break the protocol, and is asked for nothing more', () => {
    const pair = new Pair({ contentId: sha256 })
    for (let at = 0; at < 5; at++) pair.give(pair.b, `m${at}`)
    const otherwise = rulesOf('t', { delivery: 'lossless', contentId: (payload) => sha256(sha256(payload)) })
    pair.tell(pair.a, { type: 'hold', rules: otherwise })
    pair.meet('t', 'u')
    pair.run(500_000)
    const ends = pair.ends(pair.a).filter((end) => end.startsWith('t '))
    expect(ends.filter((end) => end === 't other-definition')).toHaveLength(1)
    expect(new Set([...ends, ...pair.ends(pair.b)])).not.toContain('t unrequested')
    expect(new Set(pair.ends(pair.b))).not.toContain('t peer-refused')
    expect(held(pair.a)).toBe(0)
    // What was fetched in vain is fetched no second time, and the comparison says so.
    const compared = pair.of(pair.a, 'compared').filter(({ topic }) => topic === 't')
    expect(compared.map(({ fetched }) => fetched > 0)).toEqual(ends.map((end) => end === 't other-definition'))
    expect(compared.at(-1)!.report?.lackedByUs).toMatchObject({ missing: 0, refused: 5 })
    // Other topics of the two are compared as ever.
    expect(pair.ends(pair.a)).toContain('u done')
    // Once both mean the same again, all comes.
    pair.tell(pair.a, { type: 'hold', rules: rulesOf('t', { delivery: 'lossless', contentId: sha256 }) })
    pair.meet('t')
    pair.run(510_000)
    expect(held(pair.a)).toBe(5)
  })

  test('whose messages have content ids, where ours are signed, goes by another definition', () => {
    const pair = new Pair({ contentId: sha256 })
    pair.give(pair.b, 'x')
    pair.tell(pair.a, { type: 'release', topic: 't' })
    pair.tell(pair.a, { type: 'hold', rules: rulesOf('t', { delivery: 'lossless' }) })
    pair.meet('t')
    pair.run(500)
    expect(pair.ends(pair.a)).toEqual(['t other-definition'])
  })

  test('that claims more than it has, again and again, is believed once in two seconds at most', () => {
    const pair = new Pair()
    pair.b.machine.handle({ type: 'restored', topic: 't', keys: madeUpKeys(30) }, 0)
    pair.meet('t')
    pair.run(60_000)
    expect(new Set(pair.ends(pair.a))).toEqual(new Set(['t done']))
    expect(pair.of(pair.a, 'open').length).toBeLessThan(20)
  })
})
