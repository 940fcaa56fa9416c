import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/id.ts'
import { isLasting, type Offer, Refusals } from '../../src/store/refusals.ts'
import { encodeUtf8 } from '../../src/text.ts'
import { decide, type Reason, reasons } from '../../src/verdict.ts'
import { rulesOf } from '../machine-world.ts'

const keyNamed = (name: string | number): Uint8Array => sha256(encodeUtf8(String(name)))
const byRule = decide('rule-rejected')
const [signed, other] = [rulesOf('t'), rulesOf('u')]
const byContent = rulesOf('c', { contentId: (payload) => sha256(payload) })

const offer = (names: readonly (string | number)[], { rules = signed, from = 'peer' }: Partial<Offer> = {}): Offer => ({
  rules,
  from,
  keys: names.map(keyNamed),
})

test('only what lies in the message is remembered: no failure of ours, of the peer that brought it, or of the moment', () => {
  const lasting = (Object.keys(reasons) as Reason[]).filter(isLasting)
  expect(lasting.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'bad-body',
    'bad-schema',
    'dependency-cycle',
    'dependency-refused',
    'expired',
    'foreign',
    'other-definition',
    'oversize',
    'rule-ignored',
    'rule-rejected',
  ])
  const refusals = new Refusals()
  for (const reason of Object.keys(reasons) as Reason[]) refusals.note(offer([reason]), decide(reason), 0)
  const forAWhile = Object.keys(reasons).filter(
    (reason) => !lasting.includes(reason as Reason) && refusals.has('t', keyNamed(reason), 'peer', 1),
  )
  expect(forAWhile.toSorted()).toEqual([
    'body-missing',
    'body-no-room',
    'body-unkept',
    'deferred-too-long',
    'deferred-too-often',
    'dependency-missing',
    'park-full',
  ])
  expect(refusals.size).toBe(lasting.length + forAWhile.length)
})

test('what had to wait for too long is asked for again after a minute', () => {
  const refusals = new Refusals()
  refusals.note(offer(['a']), decide('dependency-missing'), 0)
  expect(refusals.has('t', keyNamed('a'), 'peer', 59_999)).toBe(true)
  expect(refusals.has('t', keyNamed('a'), 'peer', 60_000)).toBe(false)
})

describe('a refused message', () => {
  test('is known by topic and the first 16 bytes of its key, whoever offers it', () => {
    const refusals = new Refusals()
    refusals.note(offer(['a']), byRule, 0)
    expect(refusals.has('t', keyNamed('a').subarray(0, 16), 'somebody else', 1)).toBe(true)
    expect(refusals.has('u', keyNamed('a'), 'peer', 1)).toBe(false)
    expect(refusals.has('t', keyNamed('b'), 'peer', 1)).toBe(false)
  })

  test('with a content id is refused from that peer only: another may have the good one under the same id', () => {
    const refusals = new Refusals()
    refusals.note(offer(['a'], { rules: byContent, from: 'liar' }), byRule, 0)
    expect(refusals.has('c', keyNamed('a'), 'liar', 1)).toBe(true)
    expect(refusals.has('c', keyNamed('a'), 'honest', 1)).toBe(false)
    refusals.note(offer(['b'], { rules: byContent, from: 'honest' }), decide('expired'), 0)
    expect(refusals.has('c', keyNamed('b'), 'honest', 1)).toBe(false)
  })

  test('is asked for again after an hour, counted from when it was refused last', () => {
    const refusals = new Refusals()
    refusals.note(offer(['a']), byRule, 0)
    expect(refusals.has('t', keyNamed('a'), 'peer', 3_599_999)).toBe(true)
    refusals.note(offer(['a']), byRule, 3_600_000)
    expect(refusals.has('t', keyNamed('a'), 'peer', 7_199_999)).toBe(true)
    expect(refusals.has('t', keyNamed('a'), 'peer', 7_200_000)).toBe(false)
    expect(refusals.size).toBe(0)
  })

  test('is no more refused once it was accepted, or the topic has other rules', () => {
    const refusals = new Refusals()
    refusals.note(offer(['a', 'b', 'c']), byRule, 0)
    refusals.note(offer(['a'], { rules: other }), decide('oversize'), 0)
    refusals.accepted('t', [keyNamed('b')])
    expect(refusals.count('t')).toEqual({ 'rule-rejected': 2 })
    refusals.forget('t')
    expect(refusals.count('t')).toEqual({})
    expect(refusals.count('u')).toEqual({ oversize: 1 })
  })
})

test('who offers the most makes room for others: nobody pushes out what another peer brought', () => {
  const refusals = new Refusals(100)
  const names = (name: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${name} ${at}`)
  const has = (name: string): boolean => refusals.has('t', keyNamed(name), 'x', 0)
  refusals.note(offer(names('honest', 20), { from: 'honest' }), byRule, 0)
  refusals.note(offer(names('flood', 1000), { from: 'flood' }), byRule, 0)
  expect(refusals.size).toBe(100)
  expect(names('honest', 20).every(has)).toBe(true)
  expect([has('flood 919'), has('flood 920')]).toEqual([false, true])
})

test('whatever is noted and taken back in any order, sizes and counts agree and the bound holds', () => {
  const step = fc.record({
    rules: fc.constantFrom(signed, other),
    key: fc.nat(20),
    from: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('note', 'note', 'note', 'accepted', 'forget'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const refusals = new Refusals(8)
      for (const [at, { rules, key, from, what }] of steps.entries()) {
        const { name } = rules
        if (what === 'note') refusals.note(offer([key], { rules, from }), byRule, at)
        else if (what === 'accepted') refusals.accepted(name, [keyNamed(key)])
        else refusals.forget(name)
        expect(refusals.has(name, keyNamed(key), from, at)).toBe(what === 'note')
        const counted = ['t', 'u'].map((topic) => refusals.count(topic)['rule-rejected'] ?? 0)
        expect(counted[0]! + counted[1]!).toBe(refusals.size)
        expect(refusals.size).toBeLessThanOrEqual(8)
      }
    }),
  )
})
